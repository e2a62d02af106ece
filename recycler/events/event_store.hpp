// SPDX-License-Identifier: MIT
// Where events and records are kept so that they outlive the process: the journal, or a file where
// there is none. What the two have in common: to keep never makes its caller wait; what reads back
// waits for the disk, and is for a child process (systemd/child_work.hpp).
#pragma once

#include "recycler/control/model/record.hpp"
#include "recycler/events/report_file.hpp"

#include <optional>
#include <string>
#include <vector>

namespace recycler::events {

class EventStore {
  public:
    EventStore() = default;
    virtual ~EventStore() = default;
    EventStore(const EventStore&) = delete;
    EventStore& operator=(const EventStore&) = delete;

    // Keeps it, and shows it to whoever reads the log. What cannot be kept is counted, and told by
    // limitation().
    virtual void keep(const control::EventLine& event) = 0;
    // The record stands for the event `ended` too.
    virtual void keep(const RecordId& id, const control::Record& record) = 0;

    // For a child that reads: open_to_read() while it still has the rights for that; then read()
    // and recall() open no other files than these, and what is in these folders.
    virtual void open_to_read() {}
    [[nodiscard]] virtual std::vector<std::string> readable() const { return {}; }

    // The JSON of events and records, newest first.
    enum class Wanted { everything, records, unexpected_records };
    struct Question {
        Wanted wanted = Wanted::everything;
        std::optional<std::string> slot{};
        std::optional<WallTime> since{};
        std::size_t limit = 1000;
    };
    [[nodiscard]] virtual std::vector<std::string> read(const Question& question) const = 0;

    // What this run of the daemon has kept since `since` through controllers that are gone, newest
    // first, when that is certain to be all of it, or cannot be known; and the JSON of each of
    // `ended` whose record they had kept.
    struct Recalled {
        std::vector<std::string> lines;
        std::vector<std::optional<std::string>> records; // as many as `ended`
        std::string trouble{}; // a sentence if it could not read what it has kept
    };
    [[nodiscard]] virtual Recalled recall(WallTime since,
                                          const std::vector<RecordId>& ended) const = 0;

    // The policy names another file: what a file holds goes there from now on.
    virtual void write_to(const std::string& path) = 0;

    // A sentence when something could not be kept.
    [[nodiscard]] virtual std::optional<std::string> limitation() const = 0;
};

} // namespace recycler::events
