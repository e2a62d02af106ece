// SPDX-License-Identifier: MIT
#include "recycler/ctl/input/file_text.hpp"

#include "recycler/base/unique_fd.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace recycler::ctl {

Result<std::string> file_text(const std::string& path, std::size_t longest, int interrupt) {
    // O_NONBLOCK: whoever writes into a FIFO may never come.
    const UniqueFd descriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (!descriptor) {
        return Error{errno, "open " + path};
    }
    std::string text;
    std::array<char, 16384> chunk;
    while (text.size() <= longest) {
        std::array<pollfd, 2> watched{pollfd{descriptor.get(), POLLIN, 0},
                                      pollfd{interrupt, POLLIN, 0}};
        (void)poll(watched.data(), watched.size(), -1); // a regular file is always ready
        if (watched[1].revents != 0) {
            return Error{ECANCELED, "read " + path};
        }
        const ssize_t size = read(descriptor.get(), chunk.data(), chunk.size());
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
            continue;
        }
        if (size < 0) {
            return Error{errno, "read " + path};
        }
        if (size == 0) {
            break;
        }
        text.append(chunk.data(), static_cast<std::size_t>(size));
    }
    return text;
}

} // namespace recycler::ctl
