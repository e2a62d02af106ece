// SPDX-License-Identifier: MIT
#include "recycler/worker/spawn/plan.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace recycler::worker {

Result<UniqueFd> seal_into_memfd(const std::vector<std::byte>& bytes, const char* name) {
    UniqueFd memfd{::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (!memfd) {
        return Error{errno, std::string("create the memfd ") + name};
    }
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t written = ::write(memfd.get(), bytes.data() + done, bytes.size() - done);
        if (written < 0 && errno != EINTR) {
            return Error{errno, std::string("write the memfd ") + name};
        }
        done += written > 0 ? static_cast<std::size_t>(written) : 0;
    }
    if (::fcntl(memfd.get(), F_ADD_SEALS,
                F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0) {
        return Error{errno, std::string("seal the memfd ") + name};
    }
    return memfd;
}

} // namespace recycler::worker
