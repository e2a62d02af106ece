// SPDX-License-Identifier: MIT
// Where the history of this machine's apps is found, daemon or no daemon: the report files that
// their policies name, with the rotated ones, and the journal. Or in files that somebody brought.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/explain/history_builder.hpp"

#include <optional>
#include <string>
#include <vector>

namespace recycler::ctl {

struct HistoryWanted {
    std::optional<std::string> app{}; // only this one's
    std::vector<std::string> files{}; // only what these hold: lines of `--json events` or `why`
    WallTime since = WallTime::min(); // what was before explains nothing
    int interrupt = -1;
};
struct HistoryFound {
    explain::HistoryBuilder history{};
    std::vector<std::string> sources{};  // that had anything
    std::vector<std::string> troubles{}; // what could not be read, one sentence each
};
HistoryFound find_history(const HistoryWanted& wanted);

// The servers that a configuration of HAProxy's names, by "BACKEND/SERVER".
Result<void> read_haproxy_servers(const std::string& path, int interrupt,
                                  explain::HistoryBuilder& into);

} // namespace recycler::ctl
