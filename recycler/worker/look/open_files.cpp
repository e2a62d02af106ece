// SPDX-License-Identifier: MIT
#include "recycler/worker/look/open_files.hpp"

#include "recycler/worker/look/proc.hpp"

#include <cerrno>
#include <string>
#include <sys/stat.h>

namespace recycler::worker {

Result<OpenFiles> open_files_of(pid_t pid) {
    const std::string folder = "/proc/" + std::to_string(pid) + "/fd";
    struct stat status {};
    if (::stat(folder.c_str(), &status) < 0) {
        return Error{errno, "look at " + folder};
    }
    OpenFiles files{.count = static_cast<std::uint64_t>(status.st_size)};
    if (status.st_size == 0) { // before Linux 6.2; a worker has its listener at least
        const auto listed = descriptors_of(pid);
        if (!listed) {
            return listed.error();
        }
        files.count = *listed;
        files.counted = Counted::by_us;
    }
    return files;
}

} // namespace recycler::worker
