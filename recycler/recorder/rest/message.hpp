// SPDX-License-Identifier: MIT
// One message of a channel with the descriptors that came with it, as the recorder takes them from
// sockets into which a hostile worker can write, too. Says nothing of what they are.
#pragma once

#include <cstddef>
#include <sys/types.h>

namespace recycler::recorder {

struct Message {
    // Room for more than a message may have: what does not fit is closed by the kernel.
    static constexpr std::size_t k_most_files = 4;

    ssize_t size = -1;  // as of recvmsg(2); -1: with errno
    char first = 0;     // byte
    bool whole = false; // neither bytes nor descriptors were cut off
    int files[k_most_files] = {};
    std::size_t count = 0; // of files, which are the caller's, close-on-exec

    void close_files() const;
};

// `flags`: MSG_PEEK, or 0. Does not block.
[[nodiscard]] Message receive_message(int channel, int flags);

} // namespace recycler::recorder
