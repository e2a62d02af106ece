// SPDX-License-Identifier: MIT
#include "cgroups/tree.hpp"

#include "cgroups/files.hpp"
#include "cgroups/libcgroup.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>

namespace cgroups {
namespace {

Bytes page_size() {
    return Bytes{static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))};
}

// One level of the tree and no name of the kernel's own: the group must not stand elsewhere.
Result<void> check_name(const std::string& name) {
    if (name.empty() || name.size() > 200 || name.front() == '.' ||
        name.find_first_of("/\n") != std::string::npos) {
        return Error{EINVAL, "name a cgroup \"" + name + "\""};
    }
    return {};
}

// The root of a hierarchy has no limit, and on v2 no such files; the mount of a container is no
// root, and has the container's.
std::vector<Group> groups_above(const Ground& ground) {
    std::vector<Group> above;
    const Hierarchy& memory = ground.around.hierarchies.front();
    for (auto path = std::filesystem::path(memory.directory(ground.below)).parent_path();
         path.native().size() >= memory.mount.size(); path = path.parent_path()) {
        std::vector<UniqueFd> directory;
        directory.emplace_back(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!directory.front()) {
            break;
        }
        auto group = Group::adopt(ground.around.version, path, std::move(directory));
        if (group) {
            above.push_back(std::move(*group));
        }
    }
    return above;
}

const char* swap_file(Version version) {
    return version == Version::v1 ? "memory.memsw.limit_in_bytes" : "memory.swap.max";
}

} // namespace

Tree::Tree(Ground ground, Group workers)
    : ground_(std::move(ground)), workers_(std::move(workers)), above_(groups_above(ground_)) {}

Result<Tree> Tree::open(const std::string& app, std::span<const pid_t> supervisors, CpuGroups cpu) {
    if (auto named = check_name(app); !named) {
        return named.error();
    }
    if (auto started = libcgroup::start(); !started) {
        return started.error();
    }
    auto around = look_around();
    if (!around) {
        return around.error();
    }
    if (cpu == CpuGroups::left_out && around->version == Version::v1) {
        std::erase_if(around->hierarchies, [](const Hierarchy& hierarchy) {
            return hierarchy.controllers == std::vector<std::string>{"cpu"};
        });
    }
    auto ground = around->version == Version::v2 ? prepare_v2(std::move(*around), supervisors)
                                                 : prepare_v1(std::move(*around), app);
    if (!ground) {
        return ground.error();
    }
    Ground& found = *ground;
    std::vector<UniqueFd> own;
    own.emplace_back(::fcntl(found.directories.front().get(), F_DUPFD_CLOEXEC, 3));
    if (!own.front()) {
        return Error{errno, "duplicate the directory of workers"};
    }
    if (!files::exists(own.front().get(), swap_file(found.around.version))) {
        found.around.limitations.push_back("the kernel does not limit the swap of workers "
                                           "(memory.swap_max), because it does not account swap");
    }
    auto workers =
        Group::adopt(found.around.version,
                     "/" + found.around.hierarchies.front().relative(found.below), std::move(own));
    if (!workers) {
        return workers.error();
    }
    return Tree(std::move(found), std::move(*workers));
}

std::optional<Bytes> Tree::room_above() {
    std::optional<Bytes> least;
    for (Group& group : above_) {
        const auto max = group.memory_max();
        const auto usage = max && *max ? group.usage() : Result<Usage>(Error{});
        if (usage) {
            const Bytes left = **max - usage->bloat;
            least = std::min(least.value_or(left), left);
        }
    }
    return least;
}

bool Tree::stands() const {
    for (std::size_t i = 0; i < ground_.directories.size(); ++i) {
        struct stat ours {};
        struct stat there {};
        const std::string path = ground_.around.hierarchies[i].directory(ground_.below);
        if (::fstat(ground_.directories[i].get(), &ours) != 0 ||
            ::stat(path.c_str(), &there) != 0 || ours.st_ino != there.st_ino) {
            return false;
        }
    }
    return true;
}

const Hierarchy* Tree::hierarchy_of(const std::string& controller) const {
    for (const Hierarchy& hierarchy : ground_.around.hierarchies) {
        if (std::find(hierarchy.controllers.begin(), hierarchy.controllers.end(), controller) !=
            hierarchy.controllers.end()) {
            return &hierarchy;
        }
    }
    return nullptr;
}

// Without what a limitation says cannot be had here.
Limits Tree::enforceable(const Limits& limits) const {
    Limits possible = rounded(limits, page_size());
    const bool sums_need_max = version() == Version::v1 && !limits.memory_max;
    if (sums_need_max || !files::exists(ground_.directories.front().get(), swap_file(version()))) {
        possible.swap_max.reset();
    }
    if (hierarchy_of("pids") == nullptr) {
        possible.pids_max.reset();
    }
    if (hierarchy_of("cpu") == nullptr) {
        possible.cpu_weight.reset();
    }
    return possible;
}

// Through the directories that are held open: a worker's group is made at each start, and libcgroup
// reads the table of mounts for each value.
Result<void> Tree::put(const std::string& below, std::span<const Setting> settings) {
    const std::string inside = below.substr(ground_.below.size());
    for (const Setting& setting : settings) {
        const Hierarchy* const hierarchy = hierarchy_of(setting.controller);
        if (hierarchy == nullptr) {
            continue; // a limitation
        }
        const auto at = hierarchy - ground_.around.hierarchies.data();
        const int directory = ground_.directories[static_cast<std::size_t>(at)].get();
        const std::string file = "." + inside + "/" + setting.file;
        if (setting.need == Need::if_present && !files::exists(directory, file.c_str())) {
            continue;
        }
        const std::string name = below.substr(below.rfind('/') + 1);
        if (const auto set = files::write(directory, {file.c_str(), name}, setting.value); !set) {
            return Error{set.error().code,
                         "set " + setting.file + " of " + name + " to " + setting.value};
        }
    }
    return {};
}

// Only what the kernel gives back is believed.
Result<void> Tree::check(const Group& group, const Limits& limits) const {
    const auto now = group.limits();
    if (!now) {
        return now.error();
    }
    const Limits wanted = enforceable(limits);
    const auto held = [](const auto& want, const auto& have) { return !want || want == have; };
    if (!held(wanted.memory_max, now->memory_max) || !held(wanted.swap_max, now->swap_max) ||
        !held(wanted.pids_max, now->pids_max) || !held(wanted.cpu_weight, now->cpu_weight)) {
        return Error{0, "the kernel keeps other limits for " + group.name() + " than were set"};
    }
    return {};
}

Result<void> Tree::require_free(const std::string& name) const {
    for (const UniqueFd& directory : ground_.directories) {
        if (files::exists(directory.get(), name.c_str())) {
            return Error{EEXIST, "make cgroup " + name};
        }
    }
    return {};
}

Result<void> Tree::make_directories(const std::string& name) {
    for (const UniqueFd& directory : ground_.directories) {
        if (::mkdirat(directory.get(), name.c_str(), 0755) < 0) {
            return Error{errno, "make cgroup " + name};
        }
    }
    return {};
}

Result<Group> Tree::open_group(const std::string& name) const {
    std::vector<UniqueFd> own;
    for (const UniqueFd& directory : ground_.directories) {
        auto fd =
            files::open(directory.get(), {name.c_str(), workers_.name()}, O_RDONLY | O_DIRECTORY);
        if (!fd) {
            return fd.error();
        }
        own.push_back(std::move(*fd));
    }
    return Group::adopt(version(), path() + "/" + name, std::move(own));
}

Result<Group> Tree::create(const std::string& name, const Limits& limits) {
    if (auto named = check_name(name); !named) {
        return named.error();
    }
    if (auto free = require_free(name); !free) {
        return free.error();
    }
    auto group = make_limited(name, limits);
    if (!group) {
        (void)remove_empty(name); // else its name would be in use when it is tried again
    }
    return group;
}

Result<Group> Tree::make_limited(const std::string& name, const Limits& limits) {
    if (auto made = make_directories(name); !made) {
        return made.error();
    }
    auto group = open_group(name);
    if (!group) {
        return group;
    }
    std::vector<Setting> all = settings(version(), limits);
    const std::vector<Setting> more = togetherness(version());
    all.insert(all.end(), more.begin(), more.end());
    auto limited = put(ground_.below + "/" + name, all);
    if (limited) {
        limited = check(*group, limits);
    }
    return limited ? std::move(group) : Result<Group>(limited.error());
}

Result<Group> Tree::reopen(const std::string& name) {
    if (auto named = check_name(name); !named) {
        return named.error();
    }
    return open_group(name);
}

Result<void> Tree::set_app_max(std::optional<Bytes> app_max) {
    if (!app_max) {
        const std::array none{version() == Version::v1
                                  ? Setting{"memory", "memory.limit_in_bytes", "-1"}
                                  : Setting{"memory", "memory.max", "max"}};
        return put(ground_.below, none);
    }
    const auto used = workers_.usage();
    if (!used) {
        return used.error();
    }
    if (used->bloat > *app_max) {
        return Error{EBUSY, "set memory.app_max to " + std::to_string(app_max->count) +
                                " (the workers use " + std::to_string(used->bloat.count) + " now)"};
    }
    const Limits limits{.memory_max = app_max};
    if (auto set = put(ground_.below, settings(version(), limits)); !set) {
        return set;
    }
    return check(workers_, limits);
}

Result<Usage> Tree::usage() {
    return workers_.usage();
}

Result<OomCounts> Tree::oom() const {
    return workers_.oom_local();
}

Result<UniqueFd> Tree::oom_eventfd() const {
    return workers_.oom_eventfd();
}

} // namespace cgroups
