// SPDX-License-Identifier: MIT
#include "recycler/death/words/listing.hpp"

#include "recycler/base/text/escape.hpp"
#include "recycler/base/text/join.hpp"
#include "recycler/base/text/plural.hpp"
#include "recycler/death/hang.hpp"
#include "recycler/death/proof.hpp"
#include "recycler/death/words/fates.hpp"
#include "recycler/death/words/phrases.hpp"
#include "recycler/death/words/reported.hpp"
#include "recycler/death/words/surroundings.hpp"
#include "recycler/death/words/words.hpp"

#include <algorithm>
#include <cmath>

namespace recycler::death {
namespace {

std::string unknown(const std::string& why) {
    return why.empty() ? "unknown" : "unknown: " + text::in_ascii(why, k_longest_quote);
}
std::string value_of(const std::optional<std::uint64_t>& counter, const std::string& why) {
    return counter ? std::to_string(*counter) : unknown(why);
}
std::string value_of(const std::optional<bool>& eventfd, const std::string& why) {
    if (!eventfd) {
        return unknown(why);
    }
    return *eventfd ? "fired" : "silent";
}
std::string value_of(const std::optional<Bytes>& amount, const std::string& why) {
    return amount ? in_words(*amount) : unknown(why);
}
std::string limit_of(const std::optional<Bytes>& limit) {
    return limit ? in_words(*limit) : "none";
}

std::string sender_or_why_not(const Evidence& evidence) {
    if (evidence.sender) {
        return sender_in_words(*evidence.sender);
    }
    if (ended_as_ordered(evidence)) {
        return "Recycler, as ordered";
    }
    const OomSource source = oom_source(evidence);
    if (source != OomSource::unreadable && died_of_memory(evidence, source) &&
        source != OomSource::none) {
        return "the kernel, for memory";
    }
    return unknown(evidence.why_not.sender);
}

std::string core_in_words(const Core& core) {
    const auto* none = std::get_if<NoCore>(&core);
    return text::in_ascii(none == nullptr ? std::get<CoreDumped>(core).where : "none: " + none->why,
                          k_longest_quote);
}

std::string frames_in_words(const CoreDumped& core) {
    if (core.frames.empty()) {
        return unknown(core.why_no_frames);
    }
    return text::joined(core.frames, " < ", [](const std::string& frame) {
        return text::in_ascii(frame, k_longest_quote);
    });
}

void list_end(const Evidence& evidence, std::vector<Fact>& facts) {
    facts.push_back({"wait status", status_in_words(evidence.status)});
    facts.push_back({"our order", order_in_words(evidence.order)});
    if (evidence.order && evidence.order->trigger) {
        facts.push_back({"trigger", std::string(to_string(*evidence.order->trigger))});
    }
    if (evidence.start_failure) {
        if (const auto* step = std::get_if<StepFailed>(&*evidence.start_failure)) {
            facts.push_back({"failed step", text::in_ascii(step->step, k_longest_quote)});
            facts.push_back({"errno", errno_name(step->error)});
        } else {
            facts.push_back(
                {"start.timeout", in_words(std::get<NotReady>(*evidence.start_failure).timeout)});
        }
    }
    if (fatal_signal(evidence) != 0 || evidence.sender) {
        facts.push_back({"sender of the signal", sender_or_why_not(evidence)});
    }
    if (evidence.sender && evidence.sender->uid) {
        facts.push_back({"user id of the sender", std::to_string(*evidence.sender->uid)});
    }
    if (evidence.syscall) {
        facts.push_back(
            {"forbidden system call", text::in_ascii(*evidence.syscall, k_longest_quote)});
        if (!evidence.syscall_witness.empty()) {
            facts.push_back({"witness of the call", evidence.syscall_witness});
        }
    }
    if (evidence.core) {
        facts.push_back({"core", core_in_words(*evidence.core)});
        if (const auto* dumped = std::get_if<CoreDumped>(&*evidence.core)) {
            facts.push_back({"top frames", frames_in_words(*dumped)});
        }
    }
}

void list_oom(const Evidence& evidence, std::vector<Fact>& facts) {
    const Oom& oom = evidence.oom;
    const std::string& why = evidence.why_not.counters;
    if (const auto* v2 = std::get_if<OomV2>(&oom)) {
        facts.push_back({"cgroup version", "2"});
        facts.push_back({"worker memory.events oom_kill", value_of(v2->worker_oom_kill, why)});
        facts.push_back({"worker memory.events oom", value_of(v2->worker_oom, why)});
        facts.push_back({"app memory.events.local oom", value_of(v2->app_oom, why)});
    } else if (const auto* v1 = std::get_if<OomV1>(&oom)) {
        facts.push_back({"cgroup version", "1"});
        facts.push_back({"worker memory.oom_control oom_kill", value_of(v1->worker_oom_kill, why)});
        facts.push_back({"worker OOM eventfd", value_of(v1->worker_eventfd, why)});
        facts.push_back({"app OOM eventfd", value_of(v1->app_eventfd, why)});
    } else {
        facts.push_back({"cgroup version", "none: the kernel counts no OOM for this worker"});
    }
}

void list_memory(const Evidence& evidence, std::vector<Fact>& facts) {
    if (evidence.chosen_child) {
        facts.push_back({"killed for memory", chosen_in_words(*evidence.chosen_child)});
    } else if (!evidence.why_not.child.empty()) {
        facts.push_back({"killed for memory", unknown(evidence.why_not.child)});
    }
    facts.push_back({"memory.max", limit_of(evidence.memory_max)});
    facts.push_back({"memory.app_max", limit_of(evidence.app_max)});
    const std::string& why = evidence.why_not.memory;
    facts.push_back({"bloat", value_of(evidence.bloat, why)});
    facts.push_back({"memory now", value_of(evidence.memory_current, why)});
    facts.push_back({"memory peak", value_of(evidence.memory_peak, why)});
    if (evidence.growth_per_request && std::isfinite(*evidence.growth_per_request)) {
        const double growth = *evidence.growth_per_request;
        const Bytes amount{static_cast<std::uint64_t>(std::min(std::abs(growth), 1e18))};
        facts.push_back({"growth per request", (growth < 0 ? "-" : "") + in_words(amount)});
    }
}

std::string in_flight_in_words(const Evidence& evidence) {
    if (!evidence.in_flight) {
        return evidence.recorder == Recorder::present ? "none" : unknown(evidence.why_not.requests);
    }
    const InFlight& request = *evidence.in_flight;
    std::string out = request_in_words(request);
    return request.running ? out + " for " + in_words(*request.running) : out;
}

std::string activity_in_words(const Evidence& evidence) {
    if (!evidence.at_end) {
        return unknown(evidence.why_not.requests);
    }
    if (evidence.kept_open > 0) {
        return "busy: " + open_connections_in_words(evidence.kept_open);
    }
    return *evidence.at_end == Activity::idle ? "idle" : "busy";
}

std::string_view state_in_words(char state) {
    switch (state) {
    case 'R':
        return "running";
    case 'S':
        return "sleeping";
    case 'D':
        return "in an uninterruptible sleep";
    case 'T':
    case 't':
        return "stopped";
    case 'Z':
    case 'X':
        return "ended";
    default:
        return "in an unknown state";
    }
}

// "sleeping in futex, wait channel futex_do_wait, kernel stack futex_do_wait < __futex_wait".
std::string thread_in_words(const Thread& thread) {
    std::string out = thread.state ? std::string(state_in_words(*thread.state)) : "state unknown";
    if (thread.call) {
        out += " in " + text::in_ascii(*thread.call, k_longest_quote);
    } else if (!thread.why_no_call.empty()) {
        out += ", system call " + unknown(thread.why_no_call);
    }
    std::string of = " of ";
    for (const WaitedFor& waited : thread.waits_for) {
        out += of + waited_in_words(waited);
        of = " and ";
    }
    if (thread.cpu_share) {
        out += ", used " + share_in_words(*thread.cpu_share) + " of a processor";
    }
    if (thread.wait_channel) {
        out += ", wait channel " + text::in_ascii(*thread.wait_channel, k_longest_quote);
    }
    std::string between = ", kernel stack ";
    for (const std::string& function : thread.stack) {
        out += between + text::in_ascii(function, k_longest_quote);
        between = " < ";
    }
    return thread.why_no_stack.empty() ? out
                                       : out + ", kernel stack " + unknown(thread.why_no_stack);
}

void list_threads(const Evidence& evidence, std::vector<Fact>& facts) {
    for (const Thread& thread : evidence.threads) {
        facts.push_back(
            {"thread " + std::to_string(thread.id) + " (" + text::in_ascii(thread.name, 32) + ")",
             thread_in_words(thread)});
    }
}

void list_work(const Evidence& evidence, std::vector<Fact>& facts) {
    facts.push_back({"age", evidence.age ? in_words(*evidence.age) : "unknown"});
    facts.push_back({"requests served", value_of(evidence.served, evidence.why_not.requests)});
    facts.push_back({"in flight", in_flight_in_words(evidence)});
    const bool is_said = evidence.requests.size() == 1 && evidence.in_flight;
    if (!evidence.requests.empty() && !is_said) {
        facts.push_back({"requests at its end", requests_in_words(evidence.requests)});
    }
    facts.push_back({"at its end", activity_in_words(evidence)});
    if (evidence.queue_lost) {
        facts.push_back({"its queue", "it " + queue_lost_in_words(*evidence.queue_lost)});
    }
    if (evidence.turned_away > 0) {
        facts.push_back({"turned away meanwhile", turned_away_in_words(evidence.turned_away)});
    }
    if (const auto& unserved = evidence.unserved) {
        facts.push_back({"served nobody for", in_words(unserved->lasted)});
        facts.push_back(
            {"waited in its queue", text::counted_plain(unserved->waited, "connection")});
        facts.push_back({"had taken meanwhile", held_in_words(*unserved)});
    }
    if (evidence.readiness) {
        facts.push_back({"had been ready", *evidence.readiness == Readiness::ready ? "yes" : "no"});
    }
    if (evidence.recorder) {
        facts.push_back(
            {"recorder", *evidence.recorder == Recorder::present ? "present" : "absent"});
    }
}

} // namespace

std::vector<Fact> list_evidence(const Evidence& evidence) {
    std::vector<Fact> facts;
    list_end(evidence, facts);
    list_report(evidence, facts);
    list_oom(evidence, facts);
    list_memory(evidence, facts);
    list_work(evidence, facts);
    list_circumstances(evidence.circumstances, facts);
    list_threads(evidence, facts);
    return facts;
}

} // namespace recycler::death
