// Questions to the journal, answered later. Each is answered by a child process of its own: files
// of gigabytes on a slow disk, a wait for an entry that is still to come, and a file that shrinks
// while it is mapped (SIGBUS) are its trouble, and the loop never waits for any of them. Knows
// nothing of what the entries mean.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/units.hpp"
#include "systemd/event_loop.hpp"

#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
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

class JournalReader {
  public:
    // `loop` must outlive it.
    explicit JournalReader(EventLoop& loop);
    // Ends the children; their questions get no answer.
    ~JournalReader();
    JournalReader(const JournalReader&) = delete;
    JournalReader& operator=(const JournalReader&) = delete;

    // Called once, from the loop; from within ask() only when no child can be had. ETIMEDOUT: it
    // took longer than five seconds, besides the patience.
    using Answer = std::function<void(recycler::Result<JournalEntries>)>;
    void ask(JournalQuery query, Answer answer);

  private:
    struct Question {
        JournalQuery query;
        Answer answer;
    };
    struct Reading; // one child at work
    void begin(Question question);
    void read_some(Reading& reading);
    void give_up(Reading& reading);
    void finish(Reading& reading);
    void drop(const Reading& reading);

    EventLoop& loop_;
    std::list<std::unique_ptr<Reading>> under_way_;
    std::deque<Question> queue_; // those beyond so many at once
};

} // namespace systemd
