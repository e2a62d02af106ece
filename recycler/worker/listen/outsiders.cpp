// SPDX-License-Identifier: MIT
#include "recycler/worker/listen/outsiders.hpp"

#include "recycler/base/text/numbers.hpp"
#include "recycler/worker/listen/holder.hpp"
#include "recycler/worker/look/proc.hpp"

#include <algorithm>
#include <dirent.h>
#include <memory>
#include <optional>
#include <sys/stat.h>

namespace recycler::worker {
namespace {

// One process may have a million descriptors; the others are looked at all the same.
constexpr Duration k_longest_process = std::chrono::milliseconds(200);

// More would be a loop: a number that was another's when the walk began.
constexpr int k_deepest = 64;
// A parent may end while the walk comes to it; its children are the keeper's then.
constexpr int k_walks = 3;

// nullopt: somebody on the way has ended.
std::optional<bool> walk_up(pid_t pid, pid_t above) {
    for (int step = 0; step < k_deepest; ++step) {
        if (pid == above) {
            return true;
        }
        if (pid <= 1) {
            return false;
        }
        const auto parent = parent_of(pid);
        if (!parent) {
            return std::nullopt;
        }
        pid = *parent;
    }
    return false;
}

// One that cannot be told is not accused.
bool is_below(pid_t pid, pid_t above) {
    for (int walk = 0; walk < k_walks; ++walk) {
        if (const auto found = walk_up(pid, above)) {
            return *found;
        }
    }
    return true;
}

std::string in_words(pid_t pid) {
    struct stat status {};
    const std::string folder = "/proc/" + std::to_string(pid) + "/task";
    const bool known = ::stat(folder.c_str(), &status) == 0;
    return name_of_process(pid) + " (pid " + std::to_string(pid) +
           (known ? ", uid " + std::to_string(status.st_uid) : std::string()) + ")";
}

} // namespace

Outsiders outsiders_of(const std::vector<SocketInode>& sockets, pid_t above, const LookTime& time) {
    Outsiders found;
    const std::unique_ptr<DIR, int (*)(DIR*)> processes(::opendir("/proc"), ::closedir);
    while (const dirent* entry =
               processes && !time.is_over() ? ::readdir(processes.get()) : nullptr) {
        const auto pid = text::number_in<pid_t>(entry->d_name);
        const auto held = pid ? sockets_of(*pid, LookTime(k_longest_process))
                              : Result<std::vector<SocketInode>>(std::vector<SocketInode>());
        for (const SocketInode socket : held ? *held : std::vector<SocketInode>()) {
            const bool asked = std::ranges::find(sockets, socket) != sockets.end();
            if (asked && !found.contains(socket) && !is_below(*pid, above)) {
                found.emplace(socket, in_words(*pid));
            }
        }
    }
    return found;
}

std::string to_lines(const Outsiders& outsiders) {
    std::string lines;
    for (const auto& [socket, who] : outsiders) {
        lines += std::to_string(socket) + " " + who + "\n";
    }
    return lines;
}

Outsiders outsiders_in(const std::string& lines) {
    Outsiders outsiders;
    std::size_t from = 0;
    for (auto end = lines.find('\n'); end != std::string::npos; end = lines.find('\n', from)) {
        const std::string line = lines.substr(from, end - from);
        const auto space = line.find(' ');
        const auto socket = text::number_in<SocketInode>(line.substr(0, space));
        if (socket && space != std::string::npos) {
            outsiders.emplace(*socket, line.substr(space + 1));
        }
        from = end + 1;
    }
    return outsiders;
}

} // namespace recycler::worker
