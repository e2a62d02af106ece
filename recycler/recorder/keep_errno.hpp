// SPDX-License-Identifier: MIT
// What the recorder does between the worker and its call is no call of the worker's.
#pragma once

#include <cerrno>

namespace recycler::recorder {

// The worker's errno, put back at the end of the block.
class KeepErrno {
  public:
    KeepErrno() : error_(errno) {}
    KeepErrno(const KeepErrno&) = delete;
    KeepErrno& operator=(const KeepErrno&) = delete;
    ~KeepErrno() { errno = error_; }

  private:
    int error_;
};

} // namespace recycler::recorder
