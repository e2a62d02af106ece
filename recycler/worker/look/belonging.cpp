// SPDX-License-Identifier: MIT
#include "recycler/worker/look/belonging.hpp"

#include "recycler/base/text/numbers.hpp"
#include "recycler/base/unique_fd.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

namespace recycler::worker {

namespace {

constexpr int k_generations = 64; // no worker has as many; a chain that changes meanwhile must end

// A short file of /proc; empty: it could not be read as a whole.
struct ShortFile {
    ShortFile(pid_t thread, const char* name) {
        std::array<char, 32> path{};
        (void)std::snprintf(path.data(), path.size(), "/proc/%d/%s", thread, name);
        const UniqueFd file(::open(path.data(), O_RDONLY | O_CLOEXEC));
        const ssize_t got = file ? ::read(file.get(), bytes.data(), bytes.size()) : 0;
        const auto size = static_cast<std::size_t>(std::max<ssize_t>(got, 0));
        text = std::string_view(bytes.data(), size < bytes.size() ? size : 0);
    }
    ShortFile(const ShortFile&) = delete;
    ShortFile& operator=(const ShortFile&) = delete;

    std::array<char, 4096> bytes;
    std::string_view text;
};

// 0: it is gone. proc(5): "PID (NAME) S PPID ...", and a name may hold anything.
pid_t parent_of(pid_t process) {
    const ShortFile stat(process, "stat");
    constexpr std::string_view between = ") S ";
    const std::size_t name_ends = stat.text.rfind(')');
    if (name_ends == std::string_view::npos || stat.text.size() - name_ends < between.size()) {
        return 0;
    }
    return text::number_at_front<pid_t>(stat.text.substr(name_ends + between.size())).value_or(0);
}

bool descends_from(pid_t process, pid_t leader) {
    for (int i = 0; i < k_generations && process > 1; ++i) {
        if (process == leader) {
            return true;
        }
        process = parent_of(process);
    }
    return false;
}

bool shares_cgroup(pid_t process, pid_t leader) {
    const ShortFile its(process, "cgroup");
    const ShortFile leaders(leader, "cgroup");
    const ShortFile ours(::getpid(), "cgroup");
    return !its.text.empty() && its.text == leaders.text && its.text != ours.text;
}

} // namespace

bool belongs_to_worker(pid_t thread, pid_t leader) noexcept {
    return thread > 0 && leader > 0 &&
           (::getsid(thread) == leader || descends_from(thread, leader) ||
            shares_cgroup(thread, leader));
}

} // namespace recycler::worker
