// SPDX-License-Identifier: MIT
// The lines of a log file, or of standard input: plain, or compressed by gzip, xz, zstd or bzip2,
// which is unpacked by a child process. Takes as much memory for gigabytes as for one line. Knows
// nothing of what the lines say.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace recycler::ctl {

// A longer one is cut there, and its rest is skipped.
inline constexpr std::size_t k_longest_line = std::size_t{64} << 10;

class LogInput {
  public:
    // "-" is standard input. Errors name the file, and the program that would unpack it where that
    // is missing. `interrupt`: a descriptor that ends the reading once it is readable, or -1.
    static Result<LogInput> open(const std::string& path, int interrupt);
    LogInput(LogInput&& other) noexcept;
    LogInput& operator=(LogInput&&) = delete;
    ~LogInput();

    [[nodiscard]] const std::string& path() const { return path_; }
    // The beginning, which is read again by read(): at least a line if there is one.
    Result<std::string_view> head();
    // Each line without its end, in order. ECANCELED: interrupted. What could be read has been
    // handed on when there is an error.
    Result<void> read(const std::function<void(std::string_view)>& take);

  private:
    LogInput(std::string path, UniqueFd file, int interrupt);
    Result<void> unpack(const char* program);
    Result<std::size_t> fill();
    Result<void> reap();
    std::size_t hand_on(std::string_view text, const std::function<void(std::string_view)>& take);

    std::string path_;
    UniqueFd file_;
    int interrupt_ = -1;
    pid_t child_ = 0;
    const char* program_ = "";
    std::vector<char> buffer_;
    std::size_t filled_ = 0;
    bool skipping_ = false; // the rest of a line that was cut
};

} // namespace recycler::ctl
