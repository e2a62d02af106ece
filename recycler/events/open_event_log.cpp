// SPDX-License-Identifier: MIT
#include "recycler/events/open_event_log.hpp"

#include "recycler/events/file_store.hpp"
#include "recycler/events/journal_store.hpp"

#include <cstdlib>
#include <unistd.h>

namespace recycler::events {

bool logs_to_journal() {
    return systemd::is_journal_stream(STDERR_FILENO, std::getenv("JOURNAL_STREAM"));
}

Result<EventLog> open_event_log(systemd::EventLoop& loop, const policies::Policy& policy,
                                int keeper_pid, WallTime begun_at) {
    // Also unlike that of a daemon that had the same pid, in a container or before a reboot.
    const std::string daemon =
        std::to_string(keeper_pid) + "-" + std::to_string(begun_at.time_since_epoch().count());
    if (!logs_to_journal()) {
        auto file = FileStore::create(loop, policy.report.file, policy.app.name);
        return file ? Result<EventLog>(EventLog(loop, std::move(*file), daemon))
                    : std::move(file).error();
    }
    const auto now = loop.wall_now().time_since_epoch().count();
    const std::string controller = daemon + "/" + std::to_string(now);
    auto journal = JournalStore::create(loop, policy.app.name, controller);
    if (!journal) {
        return std::move(journal).error();
    }
    return EventLog(loop, std::move(*journal), daemon);
}

} // namespace recycler::events
