// SPDX-License-Identifier: MIT
// How many processors' time we get, as a process inside a group with a quota sees it.
#include "cgroups/hierarchies.hpp"
#include "cgroups/quota.hpp"
#include "tests/kernel/cgroups/site.hpp"

#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

using namespace cgroups;

namespace {

// Of one and a half processors. False: the kernel knows none for this group.
bool set_quota(const Tree& tree, const std::string& name) {
    const bool v2 = tree.version() == Version::v2;
    const std::string below = v2 ? "workers/" : "recycler-kernel-test/workers/";
    bool set = false;
    for (const Hierarchy& hierarchy : hierarchies_of_processors()) {
        const std::string directory = hierarchy.directory(below + name);
        if (::access((directory + "/cpu.max").c_str(), W_OK) == 0) {
            set = set || (std::ofstream(directory + "/cpu.max") << "150000 100000" << std::flush);
        } else if (::access((directory + "/cpu.cfs_quota_us").c_str(), W_OK) == 0) {
            set = set || (std::ofstream(directory + "/cpu.cfs_quota_us") << 150000 << std::flush);
        }
    }
    return set;
}

// What a child of ours sees that has entered the group.
unsigned seen_inside(const Group& group) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const bool inside = group.take(::getpid()).has_value();
        ::_exit(inside ? static_cast<int>(processors_by_quota().value_or(99)) : 98);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    return static_cast<unsigned>(WEXITSTATUS(status));
}

} // namespace

TEST_CASE("whoever is inside a group with a quota counts the processors that it is worth") {
    const auto outside = processors_by_quota();
    Site site;
    const Group group = site.group("7012.1", {});
    if (!set_quota(site.tree, "7012.1")) {
        MESSAGE("no quota can be set here");
        return;
    }
    CHECK(processors_by_quota() == outside);
    CHECK(seen_inside(group) == std::min(outside.value_or(2), 2U));
}
