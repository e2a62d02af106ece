// SPDX-License-Identifier: MIT
// What the workers write to stdout and stderr, handed on to the journal line by line. The rings are
// the queue: what journald does not take stays there, and what they lose is said. How far a ring
// has been handed on stands in the ring, so the next controller neither repeats nor leaves out. A
// writer of its own, so that a worker's chatter never takes the place of a record.
#pragma once

#include "recycler/base/ids.hpp"
#include "recycler/base/units.hpp"
#include "systemd/journal_writer.hpp"

#include <map>
#include <string>
#include <string_view>

namespace recycler::events {

// Of one worker.
struct OutputSource {
    std::string slot; // "7012"
    std::uint32_t generation = 0;
    std::int32_t pid = 0;
    int ring = -1;
};

// A longer one is told in several entries, each but the last marked.
inline constexpr std::size_t k_longest_line = std::size_t{48} * 1024;

class WorkerOutput {
  public:
    explicit WorkerOutput(std::string app, std::string socket_path = systemd::k_journal_socket)
        : app_(std::move(app)), writer_(std::move(socket_path)) {}

    // Hands on the whole lines of all, a bounded number. Returns after which time to do it again.
    Duration follow(const std::map<WorkerId, OutputSource>& sources);
    // The rest, of one that has ended: its last line need not be whole.
    void follow_to_end(const OutputSource& source);

  private:
    enum class Extent { whole_lines, all };
    // How a line ended, as journald calls it (_LINE_BREAK in systemd.journal-fields(7)).
    enum class Break { newline, line_max, eof };
    struct Line {
        std::string_view text;
        std::size_t size = 0; // with its newline
        Break ended = Break::newline;
    };

    static Line first_line(std::string_view bytes, Extent extent);
    std::size_t hand_on(const OutputSource& source, Extent extent, std::size_t most);
    void tell_losses();
    bool send(const OutputSource& source, const Line& line);
    void tell_lost(const OutputSource& source, std::uint64_t lost);
    [[nodiscard]] std::vector<systemd::JournalField> fields(const OutputSource& source) const;

    std::string app_;
    systemd::JournalWriter writer_;
    WorkerId next_; // whose turn it is first
};

} // namespace recycler::events
