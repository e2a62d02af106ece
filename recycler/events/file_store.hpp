// SPDX-License-Identifier: MIT
// The event store where there is no journal: lines of the report file, and the log on stderr for
// people. What the file cannot keep waits until it can, is counted, and is said once.
#pragma once

#include "recycler/events/event_store.hpp"
#include "recycler/events/waiting_lines.hpp"
#include "systemd/event_loop.hpp"

#include <memory>

namespace recycler::events {

class FileStore : public EventStore {
  public:
    // `loop` must outlive it.
    static Result<std::unique_ptr<FileStore>> create(systemd::EventLoop& loop, std::string path,
                                                     std::string app);

    void keep(const control::EventLine& event) override;
    void keep(const RecordId& id, const control::Record& record) override;
    void open_to_read() override { report_.hold_open(); }
    [[nodiscard]] std::vector<std::string> read(const Question& question) const override;
    // Of an unreadable file, nothing.
    [[nodiscard]] Recalled recall(WallTime since,
                                  const std::vector<RecordId>& ended) const override;
    void write_to(const std::string& path) override;
    [[nodiscard]] std::optional<std::string> limitation() const override;

  private:
    // A record is a few KiB: hundreds of deaths.
    static constexpr Bytes k_most_waiting = 4_MiB;
    FileStore(systemd::EventLoop& loop, std::string path, std::string app)
        : loop_(loop), report_(std::move(path)), app_(std::move(app)), waiting_(k_most_waiting) {}
    void put(WaitingLines::Line line);
    void flush();

    systemd::EventLoop& loop_;
    systemd::Timer retry_;
    Report report_;
    std::string app_;
    WaitingLines waiting_;
    std::string told_; // why lines wait
};

} // namespace recycler::events
