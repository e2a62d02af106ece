// SPDX-License-Identifier: MIT
// Questions to the journal, answered later: each by a child process (child_work.hpp). Knows nothing
// of what the entries mean.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/units.hpp"
#include "systemd/child_work.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace systemd {

// What an entry must have, as "NAME=value": one of those of each name. Anybody may write to the
// journal: a question for entries of somebody in particular names _UID too.
using JournalMatches = std::vector<std::string>;

struct JournalQuery {
    JournalMatches matches;
    std::vector<std::string> fields;           // wanted of each entry; others are not read
    std::optional<recycler::WallTime> since{}; // when journald got it
    std::size_t limit = 1000;                  // entries; and an answer takes 64 MiB at most
    // Answered when there is an entry that matches these (since `since`), or after `patience`.
    JournalMatches awaited{};
    recycler::Duration patience{};
};

// The wanted fields that it has; of a field that it has twice, the first.
using JournalEntry = std::map<std::string, std::string>;
using JournalEntries = std::vector<JournalEntry>; // newest first

// Answers at once, in this process, and waits for the disk and for what is awaited. An error of
// opening or seeking; a host without a journal has no entries.
[[nodiscard]] recycler::Result<JournalEntries> read_journal(const JournalQuery& query);

// Each entry, newest first, without keeping any: query.limit is not looked at, nor what is awaited.
[[nodiscard]] recycler::Result<void>
visit_journal(const JournalQuery& query, const std::function<void(const JournalEntry&)>& visit);

// The files and folders that reading the journal opens, all of them to read. A process that may not
// open others, and is root without a capability or of the group systemd-journal, reads all of it.
[[nodiscard]] std::vector<std::string> journal_files();

class JournalReader {
  public:
    // `loop` must outlive it. `confine`: what its children give up.
    JournalReader(EventLoop& loop, ChildWork::Confine confine);

    // Called once, from the loop; from within ask() only when no child can be had. ETIMEDOUT: it
    // took longer than five seconds, besides the patience. EBUSY: its turn did not come.
    using Answer = std::function<void(recycler::Result<JournalEntries>)>;
    void ask(JournalQuery query, Answer answer);

  private:
    ChildWork children_;
};

} // namespace systemd
