// SPDX-License-Identifier: MIT
#include "tests/kernel/captured/attempts.hpp"

#include "recycler/base/unique_fd.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <sys/wait.h>

namespace recycler::captured {

namespace {

std::string word(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? "" : value;
}

} // namespace

Scene scene_of_environment() {
    return {.folder = word("CAPTURED_FOLDER"),
            .other_app = word("CAPTURED_OTHER_APP"),
            .other_cgroup = word("CAPTURED_OTHER_CGROUP"),
            .own = word("CAPTURED_OWN"),
            .accomplice = word("CAPTURED_ACCOMPLICE"),
            .victim = std::atoi(word("CAPTURED_VICTIM").c_str()),
            .victims_root = std::atoi(word("CAPTURED_VICTIMS_ROOT").c_str()),
            .victims_file = std::atoi(word("CAPTURED_VICTIMS_FILE").c_str()),
            .captured = ::getpid(),
            .keeper = ::getppid()};
}

std::vector<Attempt> attempts() {
    std::vector<Attempt> all;
    add_files(all);
    add_descriptors(all);
    add_processes(all);
    add_rights(all);
    return all;
}

int fate_of(const Attempt& attempt, const Scene& scene) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::_exit(attempt.deed(scene));
    }
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child) {
        return errno;
    }
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

int error_of(long result) {
    return result < 0 ? errno : 0;
}

int make_file(int at, const std::string& path) {
    const UniqueFd file(
        ::openat(at, path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    return file ? error_of(::unlinkat(at, path.c_str(), 0)) : errno;
}

} // namespace recycler::captured
