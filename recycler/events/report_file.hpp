// SPDX-License-Identifier: MIT
// The report file: one JSON object a line, appended whole, rotated by size. Where there is no
// journal it is the memory of what happened. It knows lines, not JSON, and it never ends the
// daemon: what cannot be kept is an Error for the caller to count. A line survives the death of any
// of our processes (it is in the page cache), not that of the machine: nothing is fsync'ed.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"
#include "recycler/base/units.hpp"
#include "recycler/events/line_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace recycler::events {

// Names one record for ever: a new keeper counts generations anew, so its instance id is part of
// it.
struct RecordId {
    std::string keeper;
    std::string slot; // "7012"
    std::uint32_t generation = 0;
    bool operator==(const RecordId&) const = default;
};

struct ReportLimits {
    Bytes rotate_at = 16_MiB;
    unsigned kept = 4;  // at least 1: PATH.1 (youngest) ... PATH.4
    Bytes line = 1_MiB; // longer ones are refused, and skipped when read
};

class Report {
  public:
    // Touches nothing yet: the file is opened, and its folders made, by the first append.
    explicit Report(std::string path, ReportLimits limits = {});

    // Appends one line, by one write. `object` is "{...}" without a newline. Errors say which line
    // was not kept and why (ENOSPC, EROFS, EACCES ...); the next append tries again, on a whole
    // line. If somebody moved the file away, a new one is begun.
    Result<void> append(std::string_view object);

    // The same for a death record: the line gets a first member "record":"KEEPER/SLOT/GENERATION",
    // by which find() knows it.
    Result<void> append(const RecordId& id, std::string_view object);

    // The line of each of these records, which are of one keeper, if it has been written. Reads
    // back no further than the last record of another keeper, nor than what is wanted.
    [[nodiscard]] Result<std::vector<std::optional<std::string>>>
    find(const std::vector<RecordId>& ids) const;

    // The whole lines that `judge` takes, newest first, across the rotated files, at most `limit`,
    // none before the one at which it has enough. A line that was torn by a crash is left out. No
    // file yet: no lines.
    enum class Take { yes, no, enough };
    [[nodiscard]] Result<std::vector<std::string>>
    read_back(const std::function<Take(std::string_view)>& judge, std::size_t limit) const;

    // The newest whole lines, newest first, as many as fit into `amount`.
    [[nodiscard]] Result<std::vector<std::string>> tail(Bytes amount) const;

    // Opens now what these three read, for a process that may not open it when it reads.
    void hold_open() { held_ = open_all(); }

    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    struct OldFile {
        std::string path;
        UniqueFd fd;
        int error = 0; // why there is none
    };
    using OldFiles = std::vector<OldFile>; // youngest first
    [[nodiscard]] Result<OldFiles> open_all() const;
    [[nodiscard]] Result<void> walk_files(const std::function<Walk(std::string_view)>& visit) const;
    // These return its size.
    [[nodiscard]] Result<off_t> open_if_needed();
    [[nodiscard]] Result<off_t> rotate();
    [[nodiscard]] bool is_full(off_t size, std::size_t more) const;
    [[nodiscard]] Result<void> write_line(const std::string& line, off_t size);
    [[nodiscard]] std::string rotated(unsigned age) const;

    std::string path_;
    ReportLimits limits_;
    UniqueFd folder_; // of the file that is open: its own user may write to the path above it
    UniqueFd fd_;
    std::optional<off_t> whole_; // its size after a line of ours: it ends with a newline
    std::optional<Result<OldFiles>> held_;
};

} // namespace recycler::events
