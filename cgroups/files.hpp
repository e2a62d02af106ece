// SPDX-License-Identifier: MIT
// Reading and writing the small files of cgroupfs and /proc, with errors that name the file and
// whose it is. It must not know what the text means.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cgroups::files {

using recycler::Error;
using recycler::Result;
using recycler::UniqueFd;

// "memory.max" of "7012.3".
struct File {
    const char* name;
    const std::string& owner;
};

// "read memory.stat of 7012.3". ENODEV means that the cgroup was removed under an open descriptor:
// the error says so.
Error failed(const char* deed, File file, int code);
// A file whose text is not what it should be.
Error not_understood(File file);

Result<UniqueFd> open(int directory, File file, int flags);
// Missing is a question here and no failure; any other trouble is told when the file is used.
bool exists(int directory, const char* name);

// All of the file. Of one whose lines may be long, say so: else a read that brings less than half
// of a page is all, because the kernel fills a page with whole lines as far as there are any.
enum class Lines { short_ones, long_ones };
Result<std::string> read(int directory, File file, Lines lines = Lines::short_ones);
// From the beginning of a descriptor that stays open, into `space`; EOVERFLOW if it does not fit.
Result<std::string_view> read_again(const UniqueFd& fd, File file, std::span<char> space);
Result<void> write(int directory, File file, const std::string& value);

// Names of the directories directly inside, in no order. `owner` is for the error.
Result<std::vector<std::string>> subdirectories(int directory, const std::string& owner);

} // namespace cgroups::files
