// SPDX-License-Identifier: MIT
#include "recycler/worker/listen/outsiders.hpp"

#include "recycler/base/text/numbers.hpp"
#include "recycler/worker/listen/holder.hpp"
#include "recycler/worker/look/look_time.hpp"
#include "recycler/worker/look/proc.hpp"

#include <algorithm>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace recycler::worker {
namespace {

// One process may have a million descriptors; the others are looked at all the same.
constexpr int k_most_slices = 100;
// Descriptors, or folders of them.
constexpr int k_of_a_step = 64;

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

std::string task_folder(pid_t pid) {
    return "/proc/" + std::to_string(pid) + "/task";
}

// Beside the main one: a folder has a link for each folder in it, and two of its own.
bool has_threads(pid_t pid) {
    struct stat status {};
    return ::stat(task_folder(pid).c_str(), &status) == 0 && status.st_nlink > 3;
}

std::string in_words(pid_t pid) {
    struct stat status {};
    const bool known = ::stat(task_folder(pid).c_str(), &status) == 0;
    return name_of_process(pid) + " (pid " + std::to_string(pid) +
           (known ? ", uid " + std::to_string(status.st_uid) : std::string()) + ")";
}

} // namespace

OutsiderSearch::OutsiderSearch(std::vector<SocketInode> sockets, pid_t above)
    : sockets_(std::move(sockets)), above_(above), processes_(::opendir("/proc")) {}

bool OutsiderSearch::go_on(Duration slice) {
    const LookTime time(slice);
    if (++slices_ > k_most_slices) {
        pid_ = 0;
    }
    do {
        if (pid_ == 0 && !next_process()) {
            return false;
        }
        read_some();
    } while (!time.is_over());
    return true;
}

bool OutsiderSearch::next_process() {
    while (const dirent* entry = processes_ ? ::readdir(processes_.get()) : nullptr) {
        const auto pid = text::number_in<pid_t>(entry->d_name);
        if (!pid || *pid == above_ || *pid == ::getpid()) {
            continue;
        }
        descriptors_.reset(::opendir(("/proc/" + std::to_string(*pid) + "/fd").c_str()));
        if (descriptors_) {
            pid_ = *pid;
            slices_ = 0;
            any_ = false;
            is_leader_ = true;
            threads_.clear();
            return true;
        }
    }
    return false;
}

// A main thread that has ended shows no descriptors, though the others have them all. One without
// others, as all threads of the kernel are, has none.
void OutsiderSearch::next_folder() {
    if (is_leader_ && has_threads(pid_)) {
        if (auto threads = threads_of(pid_)) {
            threads_ = std::move(*threads);
        }
    }
    is_leader_ = false;
    descriptors_.reset();
    while (!descriptors_ && !threads_.empty()) {
        descriptors_.reset(
            ::opendir((task_folder(pid_) + "/" + std::to_string(threads_.back()) + "/fd").c_str()));
        threads_.pop_back();
    }
}

void OutsiderSearch::read_some() {
    for (int read = 0; read < k_of_a_step; ++read) {
        const dirent* entry = ::readdir(descriptors_.get());
        if (entry != nullptr && entry->d_name[0] != '.') {
            any_ = true;
            note(linked_socket(::dirfd(descriptors_.get()), entry->d_name));
        } else if (entry == nullptr) {
            if (!any_) {
                next_folder();
            }
            if (any_ || !descriptors_) {
                pid_ = 0;
            }
            return;
        }
    }
}

void OutsiderSearch::note(SocketInode socket) {
    const bool asked = std::ranges::find(sockets_, socket) != sockets_.end();
    if (asked && !found_.contains(socket) && !is_below(pid_, above_)) {
        found_.emplace(socket, in_words(pid_));
    }
}

} // namespace recycler::worker
