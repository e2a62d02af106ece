// SPDX-License-Identifier: MIT
#include "cgroups/hierarchies.hpp"

#include "cgroups/files.hpp"
#include "cgroups/libcgroup.hpp"
#include "cgroups/parse.hpp"
#include "recycler/base/own_process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>

namespace cgroups {
namespace {

using recycler::Error;
using recycler::Result;

const std::array<std::string, 3> k_wanted{"memory", "pids", "cpu"};

struct Seen {
    std::vector<Membership> memberships;
    std::vector<Mount> mounts;
};

Result<Seen> see() {
    const std::string self = "this process";
    const auto memberships = files::read(AT_FDCWD, {recycler::own_process("cgroup").c_str(), self},
                                         files::Lines::long_ones);
    if (!memberships) {
        return memberships.error();
    }
    const auto mounts = files::read(AT_FDCWD, {recycler::own_process("mountinfo").c_str(), self},
                                    files::Lines::long_ones);
    if (!mounts) {
        return mounts.error();
    }
    return Seen{parse_memberships(*memberships), parse_mounts(*mounts)};
}

std::string parent_of_supervisor(std::string path) {
    const std::size_t slash = path.rfind('/');
    if (path.substr(slash + 1) != k_supervisor) {
        return path;
    }
    return slash == 0 ? "/" : path.substr(0, slash);
}

// Our v2 cgroup, if the unified hierarchy is mounted where we see ourselves in it.
std::optional<Hierarchy> find_v2(const Seen& seen) {
    const auto own = std::find_if(seen.memberships.begin(), seen.memberships.end(),
                                  [](const Membership& m) { return m.hierarchy == 0; });
    const auto mount = std::find_if(seen.mounts.begin(), seen.mounts.end(),
                                    [](const Mount& m) { return m.type == "cgroup2"; });
    if (own == seen.memberships.end() || mount == seen.mounts.end()) {
        return std::nullopt;
    }
    const auto path = below_root(own->path, mount->root);
    if (!path) {
        return std::nullopt;
    }
    Hierarchy found{mount->point, parent_of_supervisor(*path), {}};
    const std::string offered_file = found.directory("cgroup.controllers");
    const auto offered = files::read(AT_FDCWD, {offered_file.c_str(), found.base});
    const auto words = offered ? parse_words(*offered) : std::vector<std::string_view>{};
    for (const std::string& controller : k_wanted) {
        if (std::find(words.begin(), words.end(), controller) != words.end()) {
            found.controllers.push_back(controller);
        }
    }
    return found;
}

Result<Hierarchy> find_v1(const Seen& seen, const std::string& controller) {
    const auto mount = libcgroup::mount_point(controller);
    if (!mount) {
        return mount.error();
    }
    const auto own =
        std::find_if(seen.memberships.begin(), seen.memberships.end(), [&](const Membership& m) {
            return std::find(m.controllers.begin(), m.controllers.end(), controller) !=
                   m.controllers.end();
        });
    const auto shown = std::find_if(seen.mounts.begin(), seen.mounts.end(), [&](const Mount& m) {
        return m.point == *mount && m.type == "cgroup";
    });
    const auto path = own != seen.memberships.end() && shown != seen.mounts.end()
                          ? below_root(own->path, shown->root)
                          : std::nullopt;
    if (!path) {
        return Error{ENOENT,
                     "find our own cgroup in the " + controller + " hierarchy at " + *mount};
    }
    return Hierarchy{*mount, *path, {controller}};
}

// A hierarchy may serve several controllers: "cpu,cpuacct", or all of ours.
void merge(std::vector<Hierarchy>& hierarchies, Hierarchy found) {
    for (Hierarchy& known : hierarchies) {
        if (known.mount == found.mount) {
            known.controllers.push_back(found.controllers.front());
            return;
        }
    }
    hierarchies.push_back(std::move(found));
}

std::string missing(const std::string& controller) {
    return controller == "pids"
               ? "the kernel does not limit the number of processes of a worker (limits.pids)"
               : "the kernel does not set the CPU weight of workers (limits.cpu_weight)";
}

} // namespace

std::string Hierarchy::directory(const std::string& below) const {
    return mount + (base == "/" ? "" : base) + "/" + below;
}

std::string Hierarchy::relative(const std::string& below) const {
    return base == "/" ? below : base.substr(1) + "/" + below;
}

Result<std::string> cgroup_of(pid_t pid, Version version) {
    const std::string owner = "pid " + std::to_string(pid);
    const std::string path = "/proc/" + std::to_string(pid) + "/cgroup";
    const auto text = files::read(AT_FDCWD, {path.c_str(), owner}, files::Lines::long_ones);
    if (!text) {
        return text.error();
    }
    for (const Membership& one : parse_memberships(*text)) {
        if (version == Version::v2
                ? one.hierarchy == 0
                : std::ranges::find(one.controllers, "memory") != one.controllers.end()) {
            return one.path;
        }
    }
    return files::not_understood({"cgroup", owner});
}

std::vector<Hierarchy> hierarchies_of_processors() {
    std::vector<Hierarchy> found;
    if (const auto seen = see()) {
        if (auto v2 = find_v2(*seen)) {
            found.push_back(std::move(*v2));
        }
        if (auto v1 = find_v1(*seen, "cpu")) {
            found.push_back(std::move(*v1));
        }
    }
    return found;
}

std::vector<std::string> own_folders() {
    std::vector<std::string> found;
    const auto around = libcgroup::start() ? look_around() : Result<Surroundings>(Error{});
    for (const Hierarchy& hierarchy : around ? around->hierarchies : std::vector<Hierarchy>()) {
        found.push_back(hierarchy.mount + (hierarchy.base == "/" ? "" : hierarchy.base));
    }
    return found;
}

Result<Surroundings> look_around() {
    const auto seen = see();
    if (!seen) {
        return seen.error();
    }
    Surroundings around;
    const auto v2 = find_v2(*seen);
    const auto has = [](const Hierarchy& h, const std::string& controller) {
        return std::find(h.controllers.begin(), h.controllers.end(), controller) !=
               h.controllers.end();
    };
    if (v2 && has(*v2, "memory")) {
        for (const std::string& controller : k_wanted) {
            if (!has(*v2, controller)) {
                around.limitations.push_back(missing(controller) +
                                             ": cgroup v2 does not offer the " + controller +
                                             " controller to " + v2->base);
            }
        }
        around.hierarchies.push_back(*v2);
    } else {
        around.version = Version::v1;
        for (const std::string& controller : k_wanted) {
            auto found = find_v1(*seen, controller);
            if (found) {
                merge(around.hierarchies, std::move(*found));
            } else if (controller == "memory") {
                return Error{
                    0, "there is no usable memory controller: cgroup v2 does not offer it to " +
                           (v2 ? v2->base : std::string("us (not mounted)")) +
                           ", and v1: " + found.error().message() +
                           "; run the unit with Delegate=yes, or set memory.enforcement = "
                           "\"preferred\""};
            } else {
                around.limitations.push_back(missing(controller) + ": " + found.error().message());
            }
        }
    }
    return around;
}

} // namespace cgroups
