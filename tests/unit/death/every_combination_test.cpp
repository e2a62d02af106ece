// SPDX-License-Identifier: MIT
// Every combination of a bounded space of evidence: the table has no hole, no worker text gets
// through, and what the promises forbid to be said is never said.
#include "recycler/death/explain.hpp"

#include "tests/unit/death/worked_evidence.hpp"

#include <algorithm>
#include <cerrno>
#include <doctest/doctest.h>
#include <set>

using namespace recycler;
using namespace recycler::death;

namespace {

std::vector<std::optional<WaitStatus>> statuses() {
    std::vector<std::optional<WaitStatus>> all{std::nullopt, Exited{0}, Exited{1}};
    for (const int signal : {SIGKILL, SIGTERM, SIGSEGV, SIGSYS, SIGPIPE}) {
        all.emplace_back(Signalled{.signal = signal});
    }
    return all;
}

std::vector<std::optional<Order>> orders() {
    std::vector<std::optional<Order>> all{std::nullopt};
    for (const Purpose purpose :
         {Purpose::recycle, Purpose::stop, Purpose::hung, Purpose::stuck, Purpose::drain_cut,
          Purpose::cancelled_handover, Purpose::not_ready, Purpose::child_oom}) {
        for (const Sent sent :
             {Sent{NothingSent{}}, Sent{StopSent{SIGTERM}}, Sent{KillSent{SIGTERM}}}) {
            all.emplace_back(Order{.purpose = purpose, .trigger = Trigger::age, .sent = sent});
        }
    }
    return all;
}

// Each counter unknown, 0 and 1; without a kill the others are noise, which one combination stands
// for.
std::vector<Oom> ooms() {
    constexpr std::optional<std::uint64_t> unknown;
    std::vector<Oom> all{NoCgroup{}, OomV2{unknown, 1, 1}, OomV2{0, 1, 1},
                         OomV1{unknown, true, true}, OomV1{0, true, true}};
    for (const auto own : {unknown, std::optional<std::uint64_t>{0}, {1}}) {
        for (const auto app : {unknown, std::optional<std::uint64_t>{0}, {1}}) {
            const auto fired = [](const std::optional<std::uint64_t>& count) {
                return count ? std::optional<bool>{*count > 0} : std::nullopt;
            };
            all.emplace_back(OomV2{1, own, app});
            all.emplace_back(OomV1{1, fired(own), fired(app)});
        }
    }
    return all;
}

// Who was doing what: the ways in which the rest of the evidence can look.
std::vector<Evidence> situations() {
    Evidence nothing_known;
    nothing_known.worker = "7012.3";
    Evidence step = starting(ready_worker());
    step.start_failure = StepFailed{.step = "exec", .error = EACCES};
    Evidence late = starting(ready_worker());
    late.start_failure = NotReady{std::chrono::seconds{60}};
    Evidence claims_requests = ready_worker();
    claims_requests.readiness = Readiness::starting;
    Evidence told = ready_worker();
    told.sender = Sender{.pid = 4711, .comm = "bash", .signal = SIGKILL};
    return {nothing_known, ready_worker(), serving(ready_worker()), starting(ready_worker()),
            step,          late,           claims_requests,         told};
}

// What is wrong with this explanation; nullptr when nothing is.
const char* fault_of(const Explanation& told, const Evidence& e) {
    if (!told.sentence.starts_with(told.verdict == Verdict::unknown ? "Why 7012.3 " : "7012.3 ") ||
        !told.sentence.ends_with(".") || told.sentence.find('\n') != std::string::npos) {
        return "the sentence is not one line that begins with the worker and ends with a full stop";
    }
    if (told.next ? !told.next->ends_with(".") || told.next->find('\n') != std::string::npos
                  : is_warning(told.verdict)) {
        return "a warning does not say what to do, or not on one line that ends with a full stop";
    }
    if (told.trigger.has_value() != e.order.has_value()) {
        return "the trigger of the order was lost, or one was made up";
    }
    if (std::ranges::any_of(told.evidence,
                            [](const Fact& f) { return f.name.empty() || f.value.empty(); })) {
        return "a fact has no name or no value";
    }
    if (told.cause.has_value() != (is_warning(told.verdict) && told.verdict != Verdict::unknown)) {
        return "a warning has no cause, or what was planned or is unknown has one";
    }
    const bool names_checks =
        told.sentence.find("Recycler checked the wait status (") != std::string::npos;
    if (names_checks != (told.verdict == Verdict::unknown)) {
        return "unknown does not say what was checked, or another verdict does";
    }
    const bool planned = told.verdict == Verdict::recycled || told.verdict == Verdict::stopped;
    if (planned && (!e.order || std::holds_alternative<NothingSent>(e.order->sent))) {
        return "we claim an end that we sent no signal for";
    }
    if (!is_warning(told.verdict) && (e.at_end == Activity::busy || e.in_flight)) {
        return "a lost request is no warning";
    }
    if (told.verdict == Verdict::left &&
        (e.served.value_or(0) == 0 || e.readiness == Readiness::starting)) {
        return "a worker left before it was ready, or before its first request";
    }
    return nullptr;
}

} // namespace

TEST_CASE("every combination of evidence has one verdict, a sentence, and proofs with values") {
    std::set<Verdict> reached;
    for (Evidence e : situations()) {
        for (const auto& status : statuses()) {
            for (const auto& order : orders()) {
                for (const Oom& oom : ooms()) {
                    e.status = status;
                    e.order = order;
                    e.oom = oom;
                    const Explanation told = explain(e);
                    reached.insert(told.verdict);
                    const char* fault = fault_of(told, e);
                    if (fault != nullptr) {
                        FAIL(fault << ": " << told.sentence);
                    }
                }
            }
        }
    }
    CHECK(reached.size() == k_verdicts.size());
}
