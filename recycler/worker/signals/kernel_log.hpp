// SPDX-License-Identifier: MIT
// The kernel's log, /dev/kmsg, from its oldest record on. Whoever has a descriptor of its own reads
// all of it, beside anybody else. Knows no record's meaning.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"

#include <functional>
#include <string_view>

namespace recycler::worker {

class KernelLog {
  public:
    // EPERM where the log is for the privileged (kernel.dmesg_restrict).
    [[nodiscard]] static Result<KernelLog> open();

    // From what comes next on.
    [[nodiscard]] static Result<KernelLog> open_at_end();

    // Readable when there may be something to read.
    [[nodiscard]] int fd() const { return fd_.get(); }

    // Hands every record there is to `take`, then returns; whoever writes faster than we read does
    // not hold us. Records that were overwritten before they were read are left out.
    [[nodiscard]] Result<void> read_on(const std::function<void(std::string_view)>& take);

  private:
    explicit KernelLog(UniqueFd fd) : fd_(std::move(fd)) {}
    UniqueFd fd_;
};

} // namespace recycler::worker
