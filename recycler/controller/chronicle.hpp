// What has happened: every event and record, in the order it happened. Keeps the last ones in
// memory for `events` and `why`, has each kept by the archive, and hands each to whoever follows.
// Knows nothing of where the archive is.
#pragma once

#include "recycler/control/calls.hpp"
#include "recycler/controller/archive.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>

namespace recycler::controller {

class Chronicle {
  public:
    using Follower = std::function<void(const control::EventLine&)>;

    // `keeper`: names this run of the daemon in records.
    Chronicle(std::unique_ptr<Archive> archive, std::string keeper)
        : archive_(std::move(archive)), keeper_(std::move(keeper)) {}

    void follow(Follower follower) { follower_ = std::move(follower); }

    void happened(control::EventLine line);

    // Keeps a record, and tells the event `ended`.
    void record(const control::Record& record);

    // When recalled(): the record of this worker's end, if a controller of this daemon has kept it.
    [[nodiscard]] std::optional<control::Record> recorded(const std::string& slot,
                                                          std::uint32_t generation) const;

    // Takes back what controllers before us have kept since the daemon's start at `since`: what
    // `events`, `why` and `status` tell does not end with a controller. `done` is called when that
    // is certain to be all of it, at once or later. Our first event has been kept before.
    void recall(WallTime since, std::function<void()> done);
    [[nodiscard]] bool recalled() const { return recalled_; }

    // From now on, if lines go to a file, they go to this one; what an earlier one holds stays
    // there.
    void write_to(const std::string& path) { archive_->write_to(path); }

    // Since the daemon's start, the last ones, oldest first.
    [[nodiscard]] const std::deque<control::EventLine>& events() const { return events_; }
    // The last ones, oldest first, also those of daemons before; answered at once or later.
    void look_up_events(std::function<void(std::vector<control::EventLine>)> answer);
    // Newest first, also those of daemons before; answered at once or later.
    void why(const control::WhyCall& call,
             std::function<void(std::vector<control::Record>)> answer);
    [[nodiscard]] std::optional<control::Record> last_end(const std::string& slot) const;

    // A sentence when something could not be kept.
    [[nodiscard]] std::optional<std::string> limitation() const { return archive_->limitation(); }

  private:
    void remember(control::EventLine line);
    void take_back(const std::vector<std::string>& lines, WallTime since, WallTime until);
    [[nodiscard]] std::vector<control::Record> remembered(const control::WhyCall& call) const;

    std::unique_ptr<Archive> archive_;
    std::string keeper_;
    Follower follower_;
    std::deque<control::EventLine> events_;
    std::deque<control::Record> records_; // newest first
    std::map<std::string, control::Record> last_end_;
    bool recalled_ = false;
};

} // namespace recycler::controller
