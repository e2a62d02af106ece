// SPDX-License-Identifier: MIT
#include "cgroups/delegation.hpp"

#include "cgroups/files.hpp"
#include "cgroups/libcgroup.hpp"
#include "cgroups/parse.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

namespace cgroups {
namespace {

using recycler::Error;
using recycler::Result;
using recycler::UniqueFd;

constexpr const char* k_how = "; set Delegate=yes in the unit, start as root, or start in a cgroup "
                              "of its own (systemd-run --scope -p Delegate=yes)";

bool is_read_only(const std::string& mount) {
    struct statvfs mounted {};
    return ::statvfs(mount.c_str(), &mounted) == 0 && (mounted.f_flag & ST_RDONLY) != 0;
}

// A process with every right cannot write to a mount that is read-only: it must be mounted anew.
std::string advice_at(const std::string& mount, Version version) {
    if (!is_read_only(mount)) {
        return k_how;
    }
    const char* const with_v2 = version == Version::v2
                                    ? "--security-opt writable-cgroups=true (Docker 28 or newer), "
                                      "--security-opt unmask=/sys/fs/cgroup (Podman) or "
                                    : "";
    return "; " + mount +
           " is mounted read-only, as it is in containers: give the container a writable one by " +
           with_v2 + "--privileged";
}

Error with_advice(const Error& error, const Hierarchy& hierarchy, Version version) {
    // The advice stands behind the errno's text: contexts end without punctuation.
    return Error{0, error.message() + advice_at(hierarchy.mount, version)};
}

Result<UniqueFd> open_directory(int parent, const std::string& path) {
    UniqueFd fd(::openat(parent, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) {
        return Error{errno, "open cgroup " + path};
    }
    return fd;
}

Result<UniqueFd> make_directory(int parent, const std::string& name, const std::string& where) {
    if (::mkdirat(parent, name.c_str(), 0755) < 0 && errno != EEXIST) {
        return Error{errno, "make cgroup " + name + " in " + where};
    }
    return open_directory(parent, name);
}

Result<void> enable(int directory, const std::string& controller, const std::string& owner) {
    const auto enabled = files::read(directory, {"cgroup.subtree_control", owner});
    if (!enabled) {
        return enabled.error();
    }
    const auto words = parse_words(*enabled);
    if (std::find(words.begin(), words.end(), controller) != words.end()) {
        return {};
    }
    return files::write(directory, {"cgroup.subtree_control", owner}, "+" + controller);
}

// EBUSY: the kernel gives controllers to children only where no process stands beside them.
Error who_is_in_the_way(Error error, int base, const std::string& owner) {
    const auto procs = files::read(base, {"cgroup.procs", owner});
    const auto pids = procs ? parse_procs(*procs) : std::nullopt;
    if (error.code == EBUSY && pids && !pids->empty()) {
        error.context +=
            ", where other processes run (such as pid " + std::to_string(pids->front()) + ")";
    }
    return error;
}

// Enables in the unit and in workers/. Memory must work; what fails of the others is a limitation.
Result<void> enable_controllers(Surroundings& around, int base, int workers) {
    Hierarchy& unified = around.hierarchies.front();
    std::vector<std::string> enabled;
    for (const std::string& controller : unified.controllers) {
        auto done = enable(base, controller, unified.base);
        if (done) {
            done = enable(workers, controller, "workers");
        }
        if (done) {
            enabled.push_back(controller);
        } else if (controller == "memory") {
            return with_advice(who_is_in_the_way(done.error(), base, unified.base), unified,
                               Version::v2);
        } else {
            around.limitations.push_back("workers have no " + controller +
                                         " limit: " + done.error().message());
        }
    }
    unified.controllers = std::move(enabled);
    return {};
}

Result<void> move_aside(int supervisor, std::span<const pid_t> pids) {
    const std::string owner = k_supervisor;
    for (const pid_t pid : pids) {
        if (auto moved = files::write(supervisor, {"cgroup.procs", owner}, std::to_string(pid));
            !moved) {
            return moved;
        }
    }
    return {};
}

// Before Linux 5.11 the children of a v1 group are counted with it only if it says so before it has
// any.
Result<void> count_children_too(const Hierarchy& hierarchy, const std::string& top) {
    const std::string file = hierarchy.directory(top) + "/memory.use_hierarchy";
    const auto now = files::read(AT_FDCWD, {file.c_str(), top});
    if (!now || parse_number(*now) != 0U) {
        return {};
    }
    return libcgroup::set_value(hierarchy.relative(top), {"memory", "memory.use_hierarchy", "1"});
}

Result<UniqueFd> make_v1(const Hierarchy& hierarchy, const std::string& top,
                         const std::string& below) {
    if (auto made = libcgroup::make_group(hierarchy.relative(top), hierarchy.controllers); !made) {
        return made.error();
    }
    if (hierarchy.controllers.front() == "memory") {
        if (auto set = count_children_too(hierarchy, top); !set) {
            return set.error();
        }
    }
    if (auto made = libcgroup::make_group(hierarchy.relative(below), hierarchy.controllers);
        !made) {
        return made.error();
    }
    return open_directory(AT_FDCWD, hierarchy.directory(below));
}

} // namespace

Result<Ground> prepare_v2(Surroundings around, std::span<const pid_t> supervisors) {
    const Hierarchy unified = around.hierarchies.front();
    const auto base = open_directory(AT_FDCWD, unified.directory("."));
    if (!base) {
        return with_advice(base.error(), unified, Version::v2);
    }
    auto workers = make_directory(base->get(), "workers", unified.base);
    if (!workers) {
        return with_advice(workers.error(), unified, Version::v2);
    }
    const auto supervisor = make_directory(base->get(), k_supervisor, unified.base);
    if (!supervisor) {
        return with_advice(supervisor.error(), unified, Version::v2);
    }
    if (auto moved = move_aside(supervisor->get(), supervisors); !moved) {
        return with_advice(moved.error(), unified, Version::v2);
    }
    if (auto enabled = enable_controllers(around, base->get(), workers->get()); !enabled) {
        return enabled.error();
    }
    Ground ground{std::move(around), "workers", {}};
    ground.directories.push_back(std::move(*workers));
    return ground;
}

Result<Ground> prepare_v1(Surroundings around, const std::string& app) {
    const std::string top = "recycler-" + app;
    Ground ground{{around.version, {}, std::move(around.limitations)}, top + "/workers", {}};
    for (Hierarchy& hierarchy : around.hierarchies) {
        auto workers = make_v1(hierarchy, top, ground.below);
        if (workers) {
            ground.around.hierarchies.push_back(std::move(hierarchy));
            ground.directories.push_back(std::move(*workers));
        } else if (hierarchy.controllers.front() == "memory") {
            return with_advice(workers.error(), hierarchy, Version::v1);
        } else {
            ground.around.limitations.push_back("workers have no " + hierarchy.controllers.front() +
                                                " limit: " + workers.error().message());
        }
    }
    return ground;
}

} // namespace cgroups
