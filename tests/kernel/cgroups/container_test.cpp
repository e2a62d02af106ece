// SPDX-License-Identifier: MIT
// What a supervisor sees that runs in a container: the mount of the hierarchy begins with the
// container's own group, and that has the container's limit.
#include "tests/kernel/cgroups/site.hpp"

#include <filesystem>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

using namespace cgroups;
using recycler::operator""_MiB; // NOLINT(misc-unused-using-decls): used below

namespace {

enum Seen : int { limit_counts, limit_missed, no_tree, no_container };

bool enter_container(const Group& group, Version version) {
    const bool v1 = version == Version::v1;
    const char* mount_point = v1 ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup";
    return group.take(::getpid()) && ::unshare(CLONE_NEWCGROUP | CLONE_NEWNS) == 0 &&
           ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           ::umount2(mount_point, MNT_DETACH) == 0 &&
           ::mount("cgroup", mount_point, v1 ? "cgroup" : "cgroup2", 0, v1 ? "memory" : nullptr) ==
               0;
}

Seen look_from_inside() {
    auto tree = open_tree("in-a-container");
    if (!tree || !tree->sweep({})) {
        return no_tree;
    }
    const auto room = tree->room_above();
    (void)tree->remove();
    return room && *room <= 512_MiB && *room >= 400_MiB ? limit_counts : limit_missed;
}

// On v2 the group of the supervisor itself is still there, for it was in it to the end.
void remove_what_is_left(const std::filesystem::path& directory) {
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        if (entry.is_directory()) {
            remove_what_is_left(entry);
            CHECK(::rmdir(entry.path().c_str()) == 0);
        }
    }
}

int seen_inside(const Group& group, Version version) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::_exit(enter_container(group, version) ? look_from_inside() : no_container);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status);
}

} // namespace

TEST_CASE("the limit of a container is above the workers in it") {
    Site site;
    const Group group = site.group("container", {.memory_max = 512_MiB});
    const bool v1 = site.tree.version() == Version::v1;
    CHECK(seen_inside(group, site.tree.version()) == limit_counts);
    remove_what_is_left((v1 ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup") + site.tree.path() +
                        "/container");
}
