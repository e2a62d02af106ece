// SPDX-License-Identifier: MIT
#include "recycler/controller/open_chronicle.hpp"

#include "recycler/controller/file_archive.hpp"
#include "recycler/controller/journal_archive.hpp"

#include <cstdlib>
#include <unistd.h>

namespace recycler::controller {

bool logs_to_journal() {
    return systemd::is_journal_stream(STDERR_FILENO, std::getenv("JOURNAL_STREAM"));
}

Result<Chronicle> open_chronicle(systemd::EventLoop& loop, const policies::Policy& policy,
                                 int keeper_pid, WallTime begun_at) {
    // Also unlike that of a daemon that had the same pid, in a container or before a reboot.
    const std::string daemon =
        std::to_string(keeper_pid) + "-" + std::to_string(begun_at.time_since_epoch().count());
    if (!logs_to_journal()) {
        auto file = FileArchive::create(loop, policy.report.file, policy.app.name);
        return file ? Result<Chronicle>(Chronicle(loop, std::move(*file), daemon))
                    : std::move(file).error();
    }
    const auto now = loop.wall_now().time_since_epoch().count();
    const std::string controller = daemon + "/" + std::to_string(now);
    auto journal = JournalArchive::create(loop, policy.app.name, controller);
    if (!journal) {
        return std::move(journal).error();
    }
    return Chronicle(loop, std::move(*journal), daemon);
}

} // namespace recycler::controller
