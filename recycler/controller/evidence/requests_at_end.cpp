// SPDX-License-Identifier: MIT
#include "recycler/controller/evidence/requests_at_end.hpp"

#include "recycler/controller/evidence/circumstances.hpp"
#include "recycler/controller/workers/children.hpp"
#include "recycler/controller/workers/counting.hpp"

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

// An exception that nobody catches, or an exit within a request, has the connection closed before
// the process ends.
std::optional<request::InFlight> closed_on_its_way_out(const LiveWorker& worker,
                                                       const request::PageReading& page) {
    const std::uint64_t now = request::given_up(page);
    if (worker.told_to_end) {
        return now > worker.told_to_end->given_up ? std::optional(worker.told_to_end->oldest)
                                                  : std::nullopt;
    }
    const keeper::Exit* exit = exit_of(worker);
    const bool left = exit != nullptr && exit->code == CLD_EXITED;
    return left && now > worker.given_up.before
               ? request::last_before_end(worker.page->bytes(), worker.pid)
               : std::nullopt;
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
    const request::Activity last = activity_at_end(worker, *page, at);
    evidence.at_end =
        last.in_flight > 0 || last.open > 0 ? death::Activity::busy : death::Activity::idle;
    auto oldest = last.oldest;
    if (!oldest && (oldest = closed_on_its_way_out(worker, *page))) {
        evidence.at_end = death::Activity::busy;
    }
    if (!oldest && page->exact && last.in_flight == 0) {
        evidence.kept_open = last.open;
    }
    if (oldest) {
        const bool timed = oldest->since != MonoTime{};
        evidence.in_flight = death::InFlight{
            oldest->method, oldest->uri,
            timed ? std::optional(std::max(at - oldest->since, Duration::zero())) : std::nullopt};
        evidence.circumstances.request =
            timed ? growth_during(worker, oldest->since, evidence.memory_peak)
                  : death::Unread{"the beginning of that request is not known"};
    }
}

} // namespace recycler::controller
