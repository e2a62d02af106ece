// SPDX-License-Identifier: MIT
// A view: what a process that has entered it may still do with files. Each deed is done without it,
// too, and succeeds.
#include "recycler/confine/view.hpp"

#include "tests/kernel/confine/scene.hpp"

#include <cerrno>
#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace recycler;
using namespace recycler::confine;

namespace {

constexpr int k_no_view = 200;
constexpr int k_rw = O_RDWR | O_CLOEXEC;

// A folder of the root's file system, beside Scene's files.
class Ground {
  public:
    Ground() {
        REQUIRE(::mkdtemp(path_.data()) != nullptr);
        for (const char* folder : {"kept", "kept/deep", "other", "hidden", "hidden/deep"}) {
            REQUIRE(::mkdir(in(folder).c_str(), 0755) == 0);
            make(std::string(folder) + "/file");
        }
    }
    ~Ground() {
        std::error_code left_behind; // a destructor has nobody to tell
        std::filesystem::remove_all(path_, left_behind);
    }
    Ground(const Ground&) = delete;
    Ground& operator=(const Ground&) = delete;

    [[nodiscard]] std::string in(const std::string& name) const { return path_ + "/" + name; }
    void make(const std::string& name) const {
        const UniqueFd file(::open(in(name).c_str(), k_rw | O_CREAT, 0600));
        REQUIRE(::write(file.get(), "secret", 6) == 6);
    }
    [[nodiscard]] View view() const { return {.writable = {in("kept")}, .hidden = {in("hidden")}}; }

  private:
    std::string path_ = std::filesystem::temp_directory_path() / "recycler-view-XXXXXX";
};

int open_at(const std::string& path, int flags) {
    return error_of(::open(path.c_str(), flags, 0600));
}

int enter_and(const View& view, const std::function<int()>& deed,
              const std::function<void()>& before = {}) {
    return fate_of(before, [&] { return enter(view) ? deed() : k_no_view; });
}

// Done by a process with all files, then by one with the view.
void check(const View& view, int refused, const std::function<int()>& deed,
           const std::function<void()>& before = {}) {
    CHECK(fate_of(before, deed) == 0);
    CHECK(enter_and(view, deed, before) == refused);
}

int connect_to(const std::string& path) {
    sockaddr_un name{.sun_family = AF_UNIX, .sun_path = {}};
    path.copy(name.sun_path, sizeof name.sun_path - 1);
    const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return error_of(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name));
}

UniqueFd listen_at(const std::string& path) {
    sockaddr_un name{.sun_family = AF_UNIX, .sun_path = {}};
    path.copy(name.sun_path, sizeof name.sun_path - 1);
    UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0);
    REQUIRE(::listen(socket.get(), 1) == 0);
    return socket;
}

} // namespace

TEST_CASE("nothing is written to but the folders that were named, with all that is in them") {
    const Ground ground;
    const View view = ground.view();
    for (const char* name : {"other/file", "file"}) {
        check(view, EROFS, [&] { return open_at(ground.in(name), k_rw | O_CREAT); });
    }
    check(view, EROFS, [] { return open_at("/etc", k_rw | O_TMPFILE); });
    check(view, EROFS, [&] { return error_of(::chmod(ground.in("other/file").c_str(), 0640)); });
    for (const char* name : {"kept/file", "kept/deep/file", "kept/new"}) {
        check(view, 0, [&] { return open_at(ground.in(name), k_rw | O_CREAT); });
    }
}

TEST_CASE("a writable folder in one that is read-only, and what is mounted in it, stay writable") {
    const Ground ground;
    const auto mount_inside = [&] {
        leave_for_own_mounts();
        if (::mount("none", ground.in("kept/deep").c_str(), "tmpfs", 0, nullptr) != 0) {
            ::_exit(255);
        }
    };
    check(
        ground.view(), 0, [&] { return open_at(ground.in("kept/deep/new"), k_rw | O_CREAT); },
        mount_inside);
    const View nested{.writable = {ground.in("kept"), ground.in("kept/deep")}};
    for (const char* name : {"kept/new", "kept/deep/new"}) {
        check(nested, 0, [&] { return open_at(ground.in(name), k_rw | O_CREAT); });
    }
}

TEST_CASE("a link in a writable folder leads to nothing that may be written to") {
    const Ground ground;
    REQUIRE(::symlink(ground.in("other").c_str(), ground.in("kept/link").c_str()) == 0);
    check(ground.view(), EROFS, [&] { return open_at(ground.in("kept/link/file"), k_rw); });
    check(ground.view(), EROFS, [&] { return open_at(ground.in("kept/../other/file"), k_rw); });
    check(ground.view(), EROFS, [&] {
        const UniqueFd kept(::open(ground.in("kept").c_str(), O_RDONLY | O_CLOEXEC));
        return error_of(::openat(kept.get(), "../other/file", k_rw));
    });
}

TEST_CASE("what is hidden is empty, folders as well as sockets, and cannot be read below it") {
    const Ground ground;
    const auto listener = listen_at(ground.in("socket"));
    View view = ground.view();
    view.hidden.push_back(ground.in("socket"));
    check(view, ENOENT, [&] { return open_at(ground.in("hidden/file"), O_RDONLY); });
    check(view, ENOENT, [&] { return open_at(ground.in("hidden/deep/file"), O_RDONLY); });
    check(view, ECONNREFUSED, [&] { return connect_to(ground.in("socket")); });
    check(view, EROFS, [&] { return open_at(ground.in("hidden/new"), k_rw | O_CREAT); });
}

TEST_CASE("a working directory that is hidden is no way to what is in it") {
    const Ground ground;
    const auto stand = [&](const char* name) {
        return [&ground, name] {
            if (::chdir(ground.in(name).c_str()) != 0) {
                ::_exit(255);
            }
        };
    };
    check(
        ground.view(), ENOENT, [] { return open_at("file", O_RDONLY); }, stand("hidden"));
    check(
        ground.view(), 0, [] { return open_at("file", k_rw); }, stand("kept"));
    check(
        ground.view(), EROFS, [] { return open_at("file", k_rw); }, stand("other"));
}

TEST_CASE("of devices only those that were named are opened") {
    const Ground ground;
    View view = ground.view();
    view.devices = {"/dev/null", "/dev/not-there"};
    check(view, 0, [] { return open_at("/dev/null", k_rw); });
    check(view, EACCES, [] { return open_at("/dev/zero", k_rw); });
    // A device on a file system that is written to: as a disk would be.
    REQUIRE(::mknod(ground.in("kept/zero").c_str(), S_IFCHR | 0600, ::makedev(1, 5)) == 0);
    check(view, EACCES, [&] { return open_at(ground.in("kept/zero"), k_rw); });
}

TEST_CASE("of another process no link of /proc is followed, and nothing in /proc is written to") {
    const Scene scene;
    const Ground ground;
    const View view = ground.view();
    const std::string victim = "/proc/" + std::to_string(scene.victim()) + "/";
    const std::string fd = victim + "fd/" + std::to_string(scene.writable());
    for (const std::string& link : {victim + "root/etc", victim + "cwd", victim + "exe"}) {
        check(view, ELOOP, [&] { return open_at(link, O_RDONLY); });
    }
    check(view, ELOOP, [&] { return open_at(fd, O_WRONLY); });
    check(view, ELOOP, [] { return open_at("/proc/self/status", O_RDONLY); });
    check(view, EROFS, [&] { return open_at(victim + "oom_score_adj", O_WRONLY); });
    check(view, EROFS, [&] { return open_at(victim + "mem", O_RDWR); });
    check(view, 0, [&] { return open_at(victim + "status", O_RDONLY); });
}

TEST_CASE("its own folder in /proc has links that lead on, and the mounts are listed") {
    const Ground ground;
    check(ground.view(), 0, [&] {
        const UniqueFd kept(::open(ground.in("kept").c_str(), O_PATH | O_CLOEXEC));
        const std::string own = "/proc/" + std::to_string(::getpid()) + "/";
        return open_at(own + "fd/" + std::to_string(kept.get()) + "/file", k_rw);
    });
    check(ground.view(), 0, [] { return open_at("/proc/mounts", O_RDONLY); });
}

TEST_CASE("a path that is not there keeps nobody from entering") {
    const Ground ground;
    const View view{.writable = {ground.in("none"), ground.in("kept")},
                    .hidden = {ground.in("none/deep"), "/nowhere"},
                    .devices = {"/dev/nothing"}};
    check(view, 0, [&] { return open_at(ground.in("kept/file"), k_rw); });
}

TEST_CASE("what is mounted later in a hidden folder stays hidden, and others do not see the view") {
    const Ground ground;
    CHECK(enter_and(ground.view(), [] { return 0; }) == 0);
    CHECK(open_at(ground.in("hidden/file"), k_rw) == 0);
    CHECK(open_at(ground.in("other/file"), k_rw) == 0);
    const auto deed = [&] {
        leave_for_own_mounts();
        (void)::mount(nullptr, "/", nullptr, MS_REC | MS_SHARED, nullptr);
        const pid_t child = ::fork();
        if (child == 0) {
            ::_exit(enter(ground.view()) && ::raise(SIGSTOP) == 0 &&
                            open_at(ground.in("hidden/late"), O_RDONLY) == ENOENT
                        ? 0
                        : 1);
        }
        int status = 0;
        (void)::waitpid(child, &status, WUNTRACED);
        if (!WIFSTOPPED(status) ||
            ::mount("none", ground.in("hidden").c_str(), "tmpfs", 0, nullptr) != 0) {
            return 2;
        }
        ground.make("hidden/late");
        (void)::kill(child, SIGCONT);
        (void)::waitpid(child, &status, 0);
        return status;
    };
    CHECK(fate_of({}, deed) == 0);
}

TEST_CASE("without the right to mount nobody enters, and is told so") {
    const Ground ground;
    CHECK(fate_of({}, [&] {
              if (::setuid(k_other_user) != 0) {
                  return 255;
              }
              const auto entered = enter(ground.view());
              return entered ? 0 : entered.error().code;
          }) == EPERM);
}
