// SPDX-License-Identifier: MIT
#include "tests/kernel/confine/scene.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace recycler::confine {

namespace {

void make_file(const std::string& path, uid_t owner) {
    const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    REQUIRE(file);
    REQUIRE(::write(file.get(), "secret", 6) == 6);
    REQUIRE(::fchown(file.get(), owner, owner) == 0);
}

} // namespace

Scene::Scene() : folder_(std::filesystem::temp_directory_path() / "recycler-confine-XXXXXX") {
    REQUIRE(::mkdtemp(folder_.data()) != nullptr);
    REQUIRE(::mkdir((folder_ + "/in").c_str(), 0700) == 0);
    make_file(ours(), 0);
    make_file(theirs(), k_other_user);
    make_file(outside(), 0);
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    read_end_.reset(ends[0]);
    pipe_.reset(ends[1]);
    victim_ = ::fork();
    REQUIRE(victim_ >= 0);
    while (victim_ == 0) {
        ::pause();
    }
}

Scene::~Scene() {
    (void)::kill(victim_, SIGKILL);
    (void)::waitpid(victim_, nullptr, 0);
    std::error_code left_behind; // a destructor has nobody to tell
    std::filesystem::remove_all(folder_, left_behind);
}

int fate_of(const std::function<void()>& before, const std::function<int()>& deed) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        if (before) {
            before();
        }
        ::_exit(deed());
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

void leave_for_own_mounts() {
    if (::unshare(CLONE_NEWNS) < 0 ||
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0) {
        ::_exit(255);
    }
}

int error_of(long result) {
    return result < 0 ? errno : 0;
}

} // namespace recycler::confine
