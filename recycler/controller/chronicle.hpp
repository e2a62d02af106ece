// What has happened: every event and record, in the order it happened. Keeps the last ones in
// memory for `events` and `why`, appends each to the report file, and hands each to whoever
// follows. What the file cannot keep is counted and said once.
#pragma once

#include "recycler/control/calls.hpp"
#include "recycler/controller/report.hpp"

#include <deque>
#include <functional>
#include <map>

namespace recycler::controller {

class Chronicle {
  public:
    using Follower = std::function<void(const control::EventLine&)>;

    // `keeper`: names this run of the daemon in records.
    Chronicle(std::string report_path, std::string keeper)
        : report_(std::move(report_path)), keeper_(std::move(keeper)) {}

    void follow(Follower follower) { follower_ = std::move(follower); }

    void happened(control::EventLine line);

    void record(const control::Record& record);

    // The record of this worker's end, if a controller of this daemon has written it; an unreadable
    // file counts as no.
    [[nodiscard]] std::optional<control::Record> recorded(const std::string& slot,
                                                          std::uint32_t generation) const;

    // Takes back what this run of the daemon, begun at `since`, has written before: what `events`,
    // `why` and `status` tell does not end with a controller.
    Result<void> recall(WallTime since);

    // From now on lines go to this file; what an earlier one holds stays there.
    void write_to(const std::string& path);

    [[nodiscard]] const std::deque<control::EventLine>& events() const { return events_; }
    // Newest first; read back from the report file, so also of earlier controllers and runs.
    [[nodiscard]] std::vector<control::Record> why(const control::WhyCall& call) const;
    [[nodiscard]] std::optional<control::Record> last_end(const std::string& slot) const;

    // A sentence when something could not be kept.
    [[nodiscard]] std::optional<std::string> limitation() const;

  private:
    void lost(const Error& error);

    Report report_;
    std::string keeper_;
    Follower follower_;
    std::deque<control::EventLine> events_;
    std::deque<control::Record> records_; // newest first; what the file may have failed to keep
    std::map<std::string, control::Record> last_end_;
    std::uint64_t lost_ = 0;
    std::string why_lost_;
};

} // namespace recycler::controller
