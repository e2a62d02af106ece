// SPDX-License-Identifier: MIT
#include "recycler/confine/view.hpp"

#include "recycler/base/own_process.hpp"
#include "recycler/base/unique_fd.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace recycler::confine {

namespace {

constexpr std::uint64_t k_for_each = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;

// By their numbers: the C library has these calls from version 2.36 on.
UniqueFd open_tree(int at, const char* path, unsigned flags) {
    return UniqueFd(
        static_cast<int>(::syscall(SYS_open_tree, at, path, flags | unsigned{OPEN_TREE_CLOEXEC})));
}

bool change(int at, const char* path, unsigned flags, std::uint64_t attributes) {
    mount_attr wanted{};
    wanted.attr_set = attributes;
    return ::syscall(SYS_mount_setattr, at, path, flags, &wanted, sizeof wanted) == 0;
}

// A folder with what is mounted in it, or a file, as it is now, to be put over itself: that which
// was opened, whatever its path leads to by then.
struct Kept {
    UniqueFd place;
    UniqueFd tree;
};

Result<Kept> keep(const std::string& path) {
    Kept kept{.place = UniqueFd(::open(path.c_str(), O_PATH | O_CLOEXEC)), .tree = {}};
    if (kept.place) {
        kept.tree = open_tree(kept.place.get(), "", OPEN_TREE_CLONE | AT_RECURSIVE | AT_EMPTY_PATH);
    }
    if (!kept.tree && errno != ENOENT) {
        return Error{errno, "keep " + path};
    }
    return kept;
}

Result<std::vector<Kept>> keep(const std::vector<std::string>& paths) {
    std::vector<Kept> all;
    for (const std::string& path : paths) {
        auto one = keep(path);
        if (!one) {
            return std::move(one).error();
        }
        all.push_back(std::move(*one));
    }
    return all;
}

bool put(int tree, int place) {
    return ::syscall(SYS_move_mount, tree, "", place, "",
                     MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) == 0;
}

bool put_back(const std::vector<Kept>& all, std::uint64_t attributes) {
    return std::ranges::all_of(all, [attributes](const Kept& one) {
        return !one.tree || (change(one.tree.get(), "", AT_EMPTY_PATH | AT_RECURSIVE, attributes) &&
                             put(one.tree.get(), one.place.get()));
    });
}

// An empty file system whose root nobody may enter.
UniqueFd make_nothing() {
    const UniqueFd made(static_cast<int>(::syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC)));
    const int fd = made.get();
    if (::syscall(SYS_fsconfig, fd, FSCONFIG_SET_STRING, "mode", "0", 0) != 0 ||
        ::syscall(SYS_fsconfig, fd, FSCONFIG_SET_STRING, "size", "4k", 0) != 0 ||
        ::syscall(SYS_fsconfig, fd, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
        return {};
    }
    return UniqueFd(static_cast<int>(
        ::syscall(SYS_fsmount, fd, FSMOUNT_CLOEXEC,
                  MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)));
}

Result<void> hide(const std::string& path) {
    const UniqueFd place(::open(path.c_str(), O_PATH | O_CLOEXEC));
    struct stat found {};
    if (!place || ::fstat(place.get(), &found) != 0) {
        return {};
    }
    const UniqueFd nothing =
        S_ISDIR(found.st_mode) ? make_nothing() : open_tree(AT_FDCWD, "/dev/null", OPEN_TREE_CLONE);
    return nothing && put(nothing.get(), place.get()) ? Result<void>()
                                                      : Error{errno, "hide " + path};
}

// Over what `path` names, a link itself.
bool put_over(int tree, const std::string& path) {
    const UniqueFd place(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    return place && put(tree, place.get());
}

// /proc without links to follow; our own folder with them; and as a file what the link /proc/mounts
// leads to, for libcgroup.
Result<void> close_proc() {
    const std::string own = own_process("");
    const UniqueFd ours = open_tree(AT_FDCWD, own.c_str(), OPEN_TREE_CLONE);
    const UniqueFd mounts = open_tree(AT_FDCWD, (own + "mounts").c_str(), OPEN_TREE_CLONE);
    if (!ours || !mounts || !change(AT_FDCWD, "/proc", 0, MOUNT_ATTR_NOSYMFOLLOW) ||
        !put_over(ours.get(), own) || !put_over(mounts.get(), "/proc/mounts")) {
        return Error{errno, "follow no link of /proc but our own"};
    }
    return {};
}

// The working directory would stay what it was, below what hides it or keeps it writable.
void stand_inside() {
    std::array<char, PATH_MAX> path{};
    if (::getcwd(path.data(), path.size()) == nullptr || ::chdir(path.data()) != 0) {
        (void)!::chdir("/");
    }
}

} // namespace

Result<void> enter(const View& view) {
    // A slave, so that what the system unmounts is not kept busy by us.
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) {
        return Error{errno, "make a mount namespace"};
    }
    const auto writable = keep(view.writable);
    const auto devices = keep(view.devices);
    if (!writable || !devices) {
        return writable ? devices.error() : writable.error();
    }
    for (const std::string& path : view.hidden) {
        if (auto hidden = hide(path); !hidden) {
            return hidden;
        }
    }
    if (!change(AT_FDCWD, "/", AT_RECURSIVE, MOUNT_ATTR_RDONLY | k_for_each)) {
        return Error{errno, "make what is mounted read-only"};
    }
    if (!put_back(*writable, k_for_each) || !put_back(*devices, MOUNT_ATTR_NOSUID)) {
        return Error{errno, "keep a folder writable"};
    }
    if (auto closed = close_proc(); !closed) {
        return closed;
    }
    stand_inside();
    return {};
}

} // namespace recycler::confine
