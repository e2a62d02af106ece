// SPDX-License-Identifier: MIT
#include "recycler/controller/evidence/end_record.hpp"

#include "recycler/controller/evidence/circumstances.hpp"
#include "recycler/controller/evidence/forbidden_call.hpp"
#include "recycler/controller/evidence/hung_threads.hpp"
#include "recycler/controller/evidence/requests_at_end.hpp"
#include "recycler/controller/look/signal_log.hpp"
#include "recycler/keeper/ring/ring_reader.hpp"
#include "recycler/worker/spawn/plan.hpp"
#include "recycler/worker/spawn/program_look.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <unistd.h>

namespace recycler::controller {

namespace {

// More than a ring of 64 KiB has: a report's tables and maps may fill it behind the cause.
constexpr std::size_t k_lines_of_all = 1 << 16;

std::optional<death::Purpose> purpose_of(slots::Order order, std::optional<Trigger> trigger) {
    switch (order) {
    case slots::Order::none:
        return std::nullopt;
    case slots::Order::recycle:
        return death::Purpose::recycle;
    case slots::Order::stop:
        return death::Purpose::stop;
    case slots::Order::hung:
        return trigger == Trigger::stuck ? death::Purpose::stuck : death::Purpose::hung;
    case slots::Order::drain_cut:
        return death::Purpose::drain_cut;
    case slots::Order::cancel:
        return death::Purpose::cancelled_handover;
    case slots::Order::start_timeout:
        return death::Purpose::not_ready;
    }
    return std::nullopt;
}

death::Sent sent_of(const EndedWorker& d) {
    const SentSignals& sent = d.worker.sent;
    const bool by_the_one_before = ended_while_away(d.worker) || (!sent.stop && !sent.kill);
    if (by_the_one_before && d.order.order != slots::Order::none) {
        // The controller before had written the order down and sent it in the same instant, and
        // whether it came to SIGKILL is not known. The worker may also have ended by it before this
        // one could do anything.
        return death::KillSent{d.policy.drain.stop_signal};
    }
    if (sent.kill) {
        return death::KillSent{sent.stop};
    }
    if (sent.stop) {
        return death::StopSent{*sent.stop};
    }
    return death::NothingSent{};
}

std::optional<death::Order> order_of(const EndedWorker& d) {
    if (d.worker.child_oom) {
        return death::Order{death::Purpose::child_oom, d.order.trigger, sent_of(d)};
    }
    if (const auto purpose = purpose_of(d.order.order, d.order.trigger)) {
        return death::Order{*purpose, d.order.trigger, sent_of(d)};
    }
    if (d.order.trigger) {
        return death::Order{death::Purpose::recycle, d.order.trigger, death::NothingSent{}};
    }
    return std::nullopt;
}

void add_counters(death::Evidence& evidence, const LiveWorker& worker,
                  std::optional<std::uint64_t> app_ooms) {
    if (!worker.group) {
        return;
    }
    const auto counts = worker.group->oom();
    evidence.why_not.counters =
        counts ? "the number of events before this worker is not known" : counts.error().message();
    const auto kills = counts ? std::optional(counts->oom_kill) : std::nullopt;
    if (worker.group->version() == cgroups::Version::v1) {
        evidence.oom = on_v1(kills, count_in(worker.oom.eventfd), worker.oom.app_before, app_ooms);
        return;
    }
    evidence.oom = death::OomV2{.worker_oom_kill = kills,
                                .worker_oom = counts ? counts->oom : std::nullopt,
                                .app_oom = risen(worker.oom.app_before, app_ooms)};
}

void add_memory(death::Evidence& evidence, LiveWorker& worker) {
    if (worker.last_sample) {
        evidence.bloat = worker.last_sample->bloat;
        evidence.memory_current = worker.last_sample->current;
        evidence.memory_peak = worker.last_sample->peak;
    } else {
        evidence.why_not.memory =
            worker.ready_at ? "it ended before the first measurement"
                            : "the first measurement comes when it is ready, and it never was";
    }
    if (worker.group) {
        if (const auto usage = worker.group->usage()) {
            evidence.memory_peak = usage->peak; // counts on when the processes are gone
        }
    }
    evidence.growth_per_request = worker.growth_per_request;
}

// Requests that waited, and were lost without having been in it.
void add_lost(death::Evidence& evidence, const EndedWorker& d) {
    evidence.queue_lost = d.worker.queue_lost;
    evidence.turned_away = d.order.turned_away;
}

void add_forbidden_call(death::Evidence& evidence, const EndedWorker& d) {
    if (auto call = forbidden_call_of(d.worker, d.now - (d.mono_now - d.worker.launched_at),
                                      d.kernel.deaths())) {
        evidence.syscall = std::move(call->name);
        evidence.syscall_witness = std::move(call->witness);
    }
}

// The counters have moved: the log is asked only for whom they moved.
void add_chosen_child(death::Evidence& evidence, const EndedWorker& d) {
    const LiveWorker& worker = d.worker;
    if (!worker.group || exit_of(worker) == nullptr || !worker::log_has_our_pids()) {
        return;
    }
    const auto counts = worker.group->oom();
    if (!counts || counts->oom_kill == 0U) {
        return;
    }
    if (d.kernel.why_not()) {
        evidence.why_not.child = d.kernel.why_not()->message();
        return;
    }
    const auto kill = d.kernel.deaths().memory_kill_of(worker.group->path());
    if (kill && kill->pid != worker.pid) {
        evidence.chosen_child = death::Chosen{kill->pid, kill->name};
    }
}

// What of the policy a step of the start works on.
std::string object_of(const std::string& step, const policies::Policy& policy) {
    if (step == "exec") {
        return policy.app.command.front();
    }
    if (step == "directory") {
        return policy.app.directory;
    }
    return step == "user" ? policy.app.user : std::string();
}

// What of a program that could not be found is missing: it, or the next in its chain of
// interpreters.
std::string missing_of(const policies::App& app) {
    const auto programs =
        worker::programs_for(app.command.front(), worker::path_of(app.environment));
    for (const std::string& file : worker::files_of_program(programs, app.directory)) {
        if (::access(file.c_str(), F_OK) != 0 && errno == ENOENT) {
            return file;
        }
    }
    const auto is_there = [&](const std::string& program) {
        const std::string path = program.starts_with('/') ? program : app.directory + "/" + program;
        return ::access(path.c_str(), F_OK) == 0;
    };
    return std::ranges::any_of(programs, is_there) ? "" : app.command.front();
}

std::optional<death::StartFailure> start_failure_of(const EndedWorker& d) {
    if (const auto* never = std::get_if<NeverStarted>(&d.worker.life)) {
        const auto& [step, error] = never->failure;
        const bool not_found = step == "exec" && error == ENOENT;
        return death::StepFailed{step, error, object_of(step, d.policy),
                                 not_found ? missing_of(d.policy.app) : ""};
    }
    if (d.order.order == slots::Order::start_timeout) {
        return death::NotReady{d.policy.start.timeout};
    }
    return std::nullopt;
}

death::Evidence evidence_of(const EndedWorker& d) {
    LiveWorker& worker = d.worker;
    const auto* ended = std::get_if<Ended>(&worker.life);
    const MonoTime ended_at = ended != nullptr ? ended->exit.at : d.mono_now;
    death::Evidence evidence;
    evidence.worker = d.slot + "." + std::to_string(d.order.worker.generation);
    evidence.order = order_of(d);
    if (ended != nullptr) {
        evidence.status = death::wait_status(ended->exit.code, ended->exit.status);
        add_counters(evidence, worker, d.app_ooms);
    }
    evidence.start_failure = start_failure_of(d);
    evidence.memory_max = worker.born_under.memory_max;
    evidence.app_max = d.policy.memory.app_max;
    evidence.readiness = worker.ready_at ? death::Readiness::ready : death::Readiness::starting;
    evidence.age = ended_at - worker.launched_at;
    add_memory(evidence, worker);
    evidence.threads = threads_of(worker);
    evidence.circumstances = circumstances_of(worker, ended_at, d.policy.memory.app_max);
    add_requests(evidence, worker, ended_at);
    add_lost(evidence, d);
    add_forbidden_call(evidence, d);
    add_chosen_child(evidence, d);
    evidence.sender = sender_of_end(worker);
    evidence.why_not.sender = d.why_no_sender;
    if (const auto* known = ended == nullptr ? nullptr : std::get_if<CoreKnown>(&ended->core)) {
        evidence.core = *known;
    }
    if (worker.ring) {
        if (const auto all = keeper::read_ring_tail(worker.ring.get(), {.lines = k_lines_of_all})) {
            evidence.report = death::find_report(all->lines);
        }
        if (auto tail = keeper::read_ring_tail(worker.ring.get(),
                                               {.lines = d.policy.report.stderr_lines})) {
            evidence.stderr_tail = std::move(tail->lines);
        }
    }
    return evidence;
}

constexpr std::size_t k_most_requests = 32;

void add_requests(control::Record& record, const death::Evidence& evidence) {
    if (evidence.recorder == death::Recorder::present) {
        record.requests_cut = 0;
    }
    for (const death::Concerned& each : evidence.requests) {
        if (each.fate == Fate::cut_off) {
            record.requests_cut = record.requests_cut.value_or(0) + each.count;
        }
        if (record.last_requests.size() == k_most_requests) {
            continue;
        }
        control::LastRequest& last = record.last_requests.emplace_back();
        last.outcome = to_string(each.fate);
        last.count = each.count;
        if (each.request) {
            last.method = each.request->method;
            last.uri = each.request->uri;
            last.seconds = each.request->running;
        }
    }
}

control::Record record_of(const EndedWorker& d, const death::Evidence& evidence,
                          const death::Explanation& explanation) {
    control::Record record;
    record.kind = explanation.kind == death::Kind::end ? control::RecordKind::end
                                                       : control::RecordKind::start_failure;
    record.verdict = death::to_string(explanation.verdict);
    record.cause = explanation.cause;
    if (explanation.trigger) {
        record.trigger = std::string(to_string(*explanation.trigger));
    }
    record.sentence = explanation.sentence;
    record.next_step = explanation.next;
    record.at = d.now;
    record.slot = d.slot;
    record.generation = d.order.worker.generation;
    record.pid = d.worker.pid > 0 ? std::optional(d.worker.pid) : std::nullopt;
    record.age = evidence.age;
    record.requests = evidence.served;
    if (evidence.readiness == death::Readiness::starting) {
        record.turned_away = evidence.turned_away;
    }
    if (evidence.in_flight) {
        record.in_flight = control::InFlight{evidence.in_flight->method, evidence.in_flight->uri,
                                             evidence.in_flight->running};
    }
    add_requests(record, evidence);
    if (evidence.unserved) {
        record.unserved = evidence.unserved->at_end;
    }
    record.memory = {
        .bloat = evidence.bloat, .peak = evidence.memory_peak, .max = evidence.memory_max};
    if (evidence.growth_per_request) {
        record.growth_bytes_per_request = static_cast<std::int64_t>(*evidence.growth_per_request);
    }
    for (const death::Fact& fact : explanation.evidence) {
        record.evidence.push_back({fact.name, fact.value});
    }
    record.stderr_lines = evidence.stderr_tail;
    return record;
}

} // namespace

control::Record examine(const EndedWorker& ended) {
    const death::Evidence evidence = evidence_of(ended);
    control::Record record = record_of(ended, evidence, death::explain(evidence));
    record.spare = ended.order.spare;
    return record;
}

} // namespace recycler::controller
