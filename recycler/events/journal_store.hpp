// SPDX-License-Identifier: MIT
// The event store in the systemd journal: one entry for each event and each record, with fields
// that journalctl finds it by and the JSON to read it back from. journald takes entries in its own
// time, so what was sent may not be readable yet, and what it does not take waits here.
#pragma once

#include "recycler/events/event_store.hpp"
#include "systemd/event_loop.hpp"
#include "systemd/journal_reader.hpp"
#include "systemd/journal_writer.hpp"

namespace recycler::events {

class JournalStore : public EventStore {
  public:
    // `loop` must outlive it. `controller` names this process among all that ever write for the
    // app.
    static Result<std::unique_ptr<JournalStore>> create(systemd::EventLoop& loop, std::string app,
                                                        std::string controller);

    void keep(const control::EventLine& event) override;
    void keep(const RecordId& id, const control::Record& record) override;
    [[nodiscard]] std::vector<std::string> readable() const override {
        return systemd::journal_files();
    }
    [[nodiscard]] std::vector<std::string> read(const Question& question) const override;
    // The first event that this controller keeps must have been kept before: journald takes entries
    // in the order in which they were sent, so when that one can be read, so can all of those who
    // wrote before.
    [[nodiscard]] Recalled recall(WallTime since,
                                  const std::vector<RecordId>& ended) const override;
    void write_to(const std::string&) override {}
    [[nodiscard]] std::optional<std::string> limitation() const override;

  private:
    JournalStore(systemd::EventLoop& loop, std::string app, std::string controller);
    void send(std::vector<systemd::JournalField> fields);
    void flush();
    void tell_losses();
    [[nodiscard]] systemd::JournalQuery ours() const;

    systemd::EventLoop& loop_;
    std::string app_;
    std::string controller_;
    systemd::JournalWriter writer_;
    systemd::Timer retry_;
};

} // namespace recycler::events
