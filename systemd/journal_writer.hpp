// SPDX-License-Identifier: MIT
// Entries to the systemd journal, in its native protocol, that never wait: what journald does not
// take at once stands in a bounded queue until flush(), and what does not fit into that is counted.
// libsystemd's own sd_journal_send() waits as long as journald is stopped or behind, and a
// supervisor that waits for its log serves nobody. Knows nothing of what the entries mean. Made for
// one thread.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"
#include "recycler/base/units.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>

namespace systemd {

// Where journald receives, on every host (systemd-journald.socket).
inline constexpr const char* k_journal_socket = "/run/systemd/journal/socket";

// `name`: capital letters, digits and underscores, and neither of the last two at its beginning; at
// most 64 (systemd.journal-fields(7)). `value`: any bytes.
struct JournalField {
    std::string_view name;
    std::string value;
};

class JournalWriter {
  public:
    // What may wait. An entry of a death takes some KiB; 480 workers that all die at once fit.
    struct Limits {
        std::size_t entries = 4096;
        recycler::Bytes amount{8 << 20};
    };

    // Opens nothing yet.
    explicit JournalWriter(std::string socket_path = k_journal_socket)
        : JournalWriter(std::move(socket_path), Limits()) {}
    JournalWriter(std::string socket_path, Limits limits);

    // Sends one entry behind all that wait. `sent`: journald's socket has it. `waiting`: flush()
    // will try again. `lost`: there was no room to wait in, or journald cannot be given it at all;
    // counted.
    enum class Fate { sent, waiting, lost };
    Fate send(std::span<const JournalField> entry);

    // Sends what waits, oldest first, as far as it is taken. To be called every now and then while
    // waiting() is not 0: also a journald that was replaced, or came late, is found by this.
    void flush();

    [[nodiscard]] std::size_t waiting() const { return queue_.size(); }
    // Entries sent so far: with waiting(), whoever sent the n-th knows when it has gone.
    [[nodiscard]] std::uint64_t sent() const { return sent_; }
    [[nodiscard]] std::uint64_t lost() const { return lost_; }
    // How many were lost since this was last asked, to be told where they are missing: 0 as long as
    // any wait.
    [[nodiscard]] std::uint64_t take_losses();
    // What journald's socket said last to an entry that it did not take; empty: it took all.
    [[nodiscard]] const std::string& trouble() const { return trouble_; }

  private:
    [[nodiscard]] recycler::Result<void> connect_if_needed();
    [[nodiscard]] int put(std::string_view entry);
    [[nodiscard]] int put_once(std::string_view entry);
    Fate lose(int error);

    std::string socket_path_;
    Limits limits_;
    recycler::UniqueFd socket_;
    std::deque<std::string> queue_;
    std::size_t queued_bytes_ = 0;
    std::uint64_t sent_ = 0;
    std::uint64_t lost_ = 0;
    std::uint64_t losses_taken_ = 0;
    std::string trouble_;
};

// Whether `fd` is the stream to the journal that systemd connected it to: `journal_stream` is what
// $JOURNAL_STREAM holds, "device:inode" (systemd.exec(5)); nullptr: it is not set.
[[nodiscard]] bool is_journal_stream(int fd, const char* journal_stream);

} // namespace systemd
