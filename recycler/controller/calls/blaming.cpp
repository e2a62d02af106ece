// SPDX-License-Identifier: MIT
#include "recycler/controller/calls/blaming.hpp"

#include "recycler/death/verdict.hpp"
#include "recycler/request/measured.hpp"

namespace recycler::controller {

namespace {

// Why none of its requests can be measured; nullopt: they can, or it is starting.
std::optional<std::string> why_unseen(const LiveWorker& worker) {
    if (!worker.page) {
        return "there was no recorder for it";
    }
    const auto page = page_of(worker);
    if (!page) {
        return "the worker has overwritten what the recorder wrote";
    }
    if (!page->came_to_accept) {
        return worker.ready_at
                   ? std::optional(
                         "the recorder is not in it (it is linked statically, or gains privileges)")
                   : std::nullopt;
    }
    return request::has_ring(worker.page->bytes())
               ? std::nullopt
               : std::optional("it was started by an earlier version of Recycler");
}

} // namespace

void Blaming::take(LiveWorker& worker) {
    if (!worker.page) {
        return;
    }
    if (const auto read = request::read_measured(worker.page->bytes(), worker.courses.next)) {
        worker.courses.next = read->next;
        tally_.tell_apart_by(policy_.blame.query);
        tally_.add(*read, worker.courses);
    }
}

void Blaming::take_last(LiveWorker& worker, const control::Record& record) {
    take(worker);
    const auto verdict = death::verdict_named(record.verdict);
    const bool cut = verdict == death::Verdict::hung || verdict == death::Verdict::drain_cut;
    if (cut && record.in_flight) {
        tally_.add_hung(record.in_flight->method.value_or(""), record.in_flight->uri.value_or(""),
                        record.in_flight->seconds.value_or(Duration::zero()));
    }
}

control::Blame Blaming::told(LiveWorkers& workers, const SlotTable& slots) {
    for (auto& [id, worker] : workers) {
        take(worker);
    }
    control::Blame blame = tally_.told();
    blame.since = since_;
    for (const auto& [id, worker] : workers) {
        if (exit_of(worker) != nullptr || worker.pid == 0) {
            continue;
        }
        ++blame.workers;
        if (const auto why = why_unseen(worker)) {
            ++blame.unseen_workers;
            blame.unseen = slots.name(id) + ": " + *why;
        }
    }
    return blame;
}

} // namespace recycler::controller
