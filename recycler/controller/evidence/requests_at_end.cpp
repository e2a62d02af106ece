// SPDX-License-Identifier: MIT
#include "recycler/controller/evidence/requests_at_end.hpp"

#include "recycler/controller/evidence/circumstances.hpp"
#include "recycler/controller/workers/children.hpp"
#include "recycler/controller/workers/counting.hpp"
#include "recycler/request/fates.hpp"

#include <algorithm>
#include <csignal>

namespace recycler::controller {

namespace {

std::string why_not_counted(const LiveWorker& worker, bool page_is_read) {
    if (page_is_read) {
        return worker.ready_at ? "the recorder was not in it when it came to accept() (it is "
                                 "linked statically, or gains privileges)"
                               : "it never came to accept()";
    }
    return worker.page ? "the worker has overwritten what the recorder wrote"
                       : "there was no recorder for it";
}

request::Leaving leaving_of(const keeper::Exit* exit) {
    if (exit == nullptr || exit->code != CLD_EXITED) {
        return request::Leaving::signalled;
    }
    return exit->status == 0 ? request::Leaving::left : request::Leaving::exited;
}

request::Leaving leaving_of(const LiveWorker& worker, const std::optional<death::Order>& order) {
    if (!order || std::holds_alternative<death::NothingSent>(order->sent)) {
        return leaving_of(exit_of(worker));
    }
    const bool busy =
        order->purpose == death::Purpose::hung || order->purpose == death::Purpose::drain_cut;
    return busy && !worker.told_within ? request::Leaving::told_busy : request::Leaving::told;
}

std::vector<request::RequestAtEnd> requests_of(const LiveWorker& worker,
                                               const request::PageReading& page,
                                               request::Leaving leaving, MonoTime at) {
    return request::requests_at_end(
        {.page = worker.page->bytes(),
         .processes = ended_together(worker, page, at).processes,
         .at_order = worker.told_within.value_or(std::vector<request::Process>()),
         .leaving = leaving,
         .gave_up = request::given_up(page) > worker.given_up.before,
         .at = at});
}

death::Concerned in_evidence(const request::RequestAtEnd& found, MonoTime at) {
    death::Concerned concerned{.request = {},
                               .fate = found.fate,
                               .count = found.count,
                               .was_empty = found.how == request::Over::empty};
    if (const auto& request = found.request) {
        const bool timed = request->since != MonoTime{};
        const MonoTime until = std::min(found.until.value_or(at), at);
        concerned.request = death::InFlight{
            request->method, request->uri,
            timed ? std::optional(std::max(until - request->since, Duration::zero()))
                  : std::nullopt};
    }
    return concerned;
}

std::optional<death::Unserved> unserved_at(const LiveWorker& worker, MonoTime at) {
    const auto& stood = worker.notes.unserved;
    return stood ? std::optional(death::Unserved{.lasted = stood->until - stood->since,
                                                 .at_end = at - stood->since,
                                                 .waited = stood->queued,
                                                 .held = stood->held,
                                                 .half = stood->half})
                 : std::nullopt;
}

struct LastSeen {
    request::Activity activity;
    bool exact;
};

// Whether it was busy, and with what: the oldest request that was cut off.
void add_activity(death::Evidence& evidence, const LiveWorker& worker, const LastSeen& last,
                  const std::vector<request::RequestAtEnd>& found) {
    const auto cut = std::ranges::find(found, Fate::cut_off, &request::RequestAtEnd::fate);
    const bool busy = cut != found.end() || last.activity.in_flight > 0 || last.activity.open > 0;
    evidence.at_end = busy ? death::Activity::busy : death::Activity::idle;
    if (cut == found.end() || !cut->request) {
        evidence.kept_open = last.exact && last.activity.in_flight == 0 ? last.activity.open : 0;
        return;
    }
    const auto at = static_cast<std::size_t>(cut - found.begin());
    evidence.in_flight = evidence.requests[at].request;
    const MonoTime since = cut->request->since;
    evidence.circumstances.request =
        since != MonoTime{} ? growth_during(worker, since, evidence.memory_peak)
                            : death::Unread{"the beginning of that request is not known"};
}

} // namespace

void add_requests(death::Evidence& evidence, const LiveWorker& worker, MonoTime at) {
    evidence.unserved = unserved_at(worker, at);
    const auto page = page_of(worker);
    evidence.recorder =
        page && page->came_to_accept ? death::Recorder::present : death::Recorder::absent;
    if (const auto served = served_by(worker, page)) {
        evidence.served = served->count;
    }
    if (!page || !page->came_to_accept) {
        evidence.why_not.requests = why_not_counted(worker, page.has_value());
        return;
    }
    const auto found = requests_of(worker, *page, leaving_of(worker, evidence.order), at);
    for (const request::RequestAtEnd& each : found) {
        evidence.requests.push_back(in_evidence(each, at));
    }
    const auto last = request::last_activity(ended_together(worker, *page, at));
    add_activity(evidence, worker, {last, page->exact}, found);
}

bool ended_within_a_request(const LiveWorker& worker, const request::PageReading& page,
                            const keeper::Exit& exit) {
    return std::ranges::any_of(
        requests_of(worker, page, leaving_of(&exit), exit.at),
        [](const request::RequestAtEnd& found) { return found.fate == Fate::cut_off; });
}

} // namespace recycler::controller
