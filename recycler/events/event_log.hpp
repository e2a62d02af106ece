// SPDX-License-Identifier: MIT
// What has happened: every event and record, in the order it happened. Keeps the last ones in
// memory for `events` and `why`, has each kept by the event store, and hands each to whoever
// follows. Whoever asks for more than is remembered is answered by a child process, which reads the
// store and says the whole answer. Knows nothing of where the store is.
#pragma once

#include "recycler/control/model/calls.hpp"
#include "recycler/events/event_budget.hpp"
#include "recycler/events/event_store.hpp"
#include "systemd/child_work.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <utility>

namespace recycler::events {

class EventLog {
  public:
    using Follower = std::function<void(const control::EventLine&)>;

    // `loop` must outlive it. `keeper`: names this run of the daemon in records.
    EventLog(systemd::EventLoop& loop, std::unique_ptr<EventStore> store, std::string keeper);

    void follow(Follower follower) { follower_ = std::move(follower); }

    // Told within the budget of its slot (event_budget.hpp).
    void happened(control::EventLine line);

    // Keeps a record, and tells the event `ended` within that budget.
    void record(const control::Record& record);

    // Tells how many events were not told, as far as their minute is over; or of all.
    void tell_rest(WallTime now) { tell_all(budget_.rest(now)); }
    void tell_all_rest(WallTime now) { tell_all(budget_.all_rest(now)); }

    // When recalled(): the record of this worker's end, if it was asked for then, and a controller
    // of this daemon has kept it.
    [[nodiscard]] std::optional<control::Record> recorded(const std::string& slot,
                                                          std::uint32_t generation) const;

    // Takes back what controllers before us have kept since the daemon's start at `since`: what
    // `events`, `why` and `status` tell does not end with a controller. `ended`: workers, as slot
    // and generation, whose records may be among it. `done` is called when that is certain to be
    // all of it, at once or later. Our first event has been kept before.
    using Ended = std::pair<std::string, std::uint32_t>;
    void recall(WallTime since, const std::vector<Ended>& ended, std::function<void()> done);
    [[nodiscard]] bool recalled() const { return recalled_; }

    // From now on, if lines go to a file, they go to this one; what an earlier one holds stays
    // there.
    void write_to(const std::string& path) { store_->write_to(path); }

    // Since the daemon's start, the last ones, oldest first.
    [[nodiscard]] const std::deque<control::EventLine>& events() const { return events_; }

    // Somebody who asked, until his answer comes, at once or later: a message of the protocol, or
    // the error EBUSY when too many ask.
    struct Asker {
        std::function<bool()> is_there;
        std::function<void(Result<std::string>)> answer;
    };
    // The last ones, oldest first, also those of daemons before.
    void look_up_events(Asker asker);
    // Newest first, also those of daemons before.
    void why(const control::WhyCall& call, Asker asker);
    [[nodiscard]] std::optional<control::Record> last_end(const std::string& slot) const;

    // A sentence when something could not be kept.
    [[nodiscard]] std::optional<std::string> limitation() const { return store_->limitation(); }

  private:
    void keep(control::EventLine line);
    void tell_all(std::vector<control::EventLine> lines);
    void remember(control::EventLine line);
    void take_back(const std::vector<std::string>& lines);
    [[nodiscard]] std::vector<control::Record> remembered(const control::WhyCall& call) const;
    // In the child: they read the store.
    [[nodiscard]] std::vector<control::EventLine> all_events() const;
    [[nodiscard]] std::vector<control::Record> all_records(const control::WhyCall& call) const;
    void note_last_end(const control::Record& record);
    void tell(Asker asker, const std::function<control::Reply()>& all,
              const std::function<control::Reply()>& what_is_remembered);

    std::unique_ptr<EventStore> store_;
    std::unique_ptr<systemd::ChildWork> readers_;
    std::string keeper_;
    Follower follower_;
    EventBudget budget_;
    std::deque<control::EventLine> events_;
    std::deque<control::Record> records_; // newest first
    std::map<std::string, control::Record> last_end_;
    std::map<Ended, std::string> on_record_; // JSON of what controllers before us had kept
    bool recalled_ = false;
};

} // namespace recycler::events
