// SPDX-License-Identifier: MIT
// What there is to be got at, and children that try to.
#pragma once

#include "recycler/base/unique_fd.hpp"

#include <functional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace recycler::confine {

constexpr uid_t k_other_user = 65534;

class Scene {
  public:
    Scene();
    ~Scene();
    Scene(const Scene&) = delete;
    Scene& operator=(const Scene&) = delete;

    // What the reader may open: the folder, and /proc.
    [[nodiscard]] std::vector<std::string> readable() const { return {folder_ + "/in", "/proc"}; }
    [[nodiscard]] std::string ours() const { return folder_ + "/in/ours"; }     // root's, 0600
    [[nodiscard]] std::string theirs() const { return folder_ + "/in/theirs"; } // another's, 0600
    [[nodiscard]] std::string new_file() const { return folder_ + "/in/new"; }
    [[nodiscard]] std::string outside() const { return folder_ + "/outside"; } // root's, 0600
    [[nodiscard]] pid_t victim() const { return victim_; } // a process of root with all rights
    [[nodiscard]] int writable() const { return pipe_.get(); }

  private:
    std::string folder_;
    UniqueFd read_end_;
    UniqueFd pipe_;
    pid_t victim_ = -1;
};

// How a child fares with `deed`, which returns an errno: that, or of a child that a signal ended
// minus its number. `before`: is done first.
int fate_of(const std::function<void()>& before, const std::function<int()>& deed);

// For mounts of its own, so that what this process mounts ends with it.
void leave_for_own_mounts();

// Of a system call or function that sets errno.
int error_of(long result);

struct Attempt {
    const char* name;
    int refused; // errno, or minus the signal
    std::function<int(const Scene&)> deed;
    std::function<void()> before{}; // with all rights
};

[[nodiscard]] std::vector<Attempt> attempts();

} // namespace recycler::confine
