// SPDX-License-Identifier: MIT
// The controller's program: which file it is, and a process made of it. Prefers what is installed
// now; falls back to the very file that worked last, kept open, when what is installed has failed.
// Does not watch the process.
#pragma once

#include "recycler/base/unique_fd.hpp"

#include <array>
#include <climits>
#include <cstdint>
#include <sys/stat.h>
#include <sys/types.h>

namespace recycler::keeper {

// The number under which the controller finds its socket. The keeper never has anything else of its
// own there.
inline constexpr int k_link_fd = 3;

struct StartedController {
    pid_t pid = -1; // -1: `error` says why there is none
    UniqueFd socket{};
    int error = 0;
};

class ControllerProgram {
  public:
    // `arguments` as main() got them, terminated with nullptr; [0] is replaced by the program's
    // path. They and the environment are handed on.
    explicit ControllerProgram(char** arguments) : arguments_(arguments) {}

    // What keeps one from being started is told once, until it is another reason or none.
    [[nodiscard]] StartedController start();

    // The process that start() made serves: its file is the one to fall back to.
    void works(pid_t pid);
    // What start() chose last does not serve: the other one is next, if there is another.
    void does_not_work();

    [[nodiscard]] const char* path() const { return path_.data(); }

  private:
    enum class Source { installed, kept };
    struct Identity {
        dev_t device = 0;
        ino_t inode = 0;
        std::int64_t changed = 0; // ctime in nanoseconds: an inode is used again, this never
        bool operator==(const Identity&) const = default;
    };
    static Identity identify(const struct stat& file);

    void find_installed();
    [[nodiscard]] StartedController fork_controller() const;
    [[nodiscard]] Source choose() const;
    [[noreturn]] void become_controller(int socket) const;

    char** arguments_;
    std::array<char, PATH_MAX> path_{};
    Identity installed_;
    Identity unfit_; // the installed file that did not work; another one gets its chance
    Identity works_; // the file that worked last
    UniqueFd kept_;  // that file, O_PATH
    Source source_ = Source::installed;
    int start_error_ = 0; // of the last attempt
};

} // namespace recycler::keeper
