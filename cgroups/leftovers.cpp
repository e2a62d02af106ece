// SPDX-License-Identifier: MIT
// What an earlier daemon left, and what we leave behind.
#include "cgroups/files.hpp"
#include "cgroups/tree.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <set>
#include <sys/file.h>
#include <unistd.h>

namespace cgroups {
namespace {

using namespace std::chrono_literals;

constexpr Duration k_kill_limit = 1s;
constexpr Duration k_clear_limit = 2s; // for the processes of one leftover to be gone

Result<void> remove_directory(const std::string& path) {
    if (::rmdir(path.c_str()) < 0 && errno != ENOENT) {
        return Error{errno, "remove cgroup " + path};
    }
    return {};
}

} // namespace

Result<UniqueFd> Tree::claim() const {
    // Opened anew: a lock belongs to an open file description, and the one that is kept here is
    // everybody's.
    UniqueFd own(
        ::openat(ground_.directories.front().get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!own || ::flock(own.get(), LOCK_EX | LOCK_NB) != 0) {
        return Error{errno, "claim the cgroup " + path()};
    }
    return own;
}

Result<std::vector<std::string>> Tree::list() const {
    std::set<std::string> names; // a group cut off in the making stands in some hierarchies only
    for (const UniqueFd& directory : ground_.directories) {
        const auto inside = files::subdirectories(directory.get(), path());
        if (!inside) {
            return inside.error();
        }
        names.insert(inside->begin(), inside->end());
    }
    return std::vector<std::string>(names.begin(), names.end());
}

// Groups are made and removed in the memory hierarchy first, so that one which is missing there has
// no processes elsewhere.
Result<void> Tree::clear(const std::string& name) {
    std::vector<UniqueFd> own;
    for (const UniqueFd& directory : ground_.directories) {
        if (files::exists(directory.get(), name.c_str())) {
            auto fd = files::open(directory.get(), {name.c_str(), workers_.name()},
                                  O_RDONLY | O_DIRECTORY);
            if (!fd) {
                return fd.error();
            }
            own.push_back(std::move(*fd));
        }
    }
    if (files::exists(ground_.directories.front().get(), name.c_str())) {
        auto group = Group::adopt(version(), path() + "/" + name, std::move(own));
        if (!group) {
            return group.error();
        }
        if (auto killed = group->kill(k_kill_limit); !killed) {
            return killed;
        }
        if (auto empty = group->wait_empty(k_clear_limit); !empty) {
            return empty;
        }
        return group->remove();
    }
    return remove_empty(name);
}

Result<void> Tree::remove_empty(const std::string& name) {
    for (const UniqueFd& directory : ground_.directories) {
        if (::unlinkat(directory.get(), name.c_str(), AT_REMOVEDIR) < 0 && errno != ENOENT) {
            return Error{errno, "remove cgroup " + name};
        }
    }
    return {};
}

Result<std::vector<std::string>> Tree::sweep(std::span<const std::string> keep) {
    const auto names = list();
    if (!names) {
        return names.error();
    }
    std::vector<std::string> swept;
    for (const std::string& name : *names) {
        if (std::find(keep.begin(), keep.end(), name) != keep.end()) {
            continue;
        }
        if (auto cleared = clear(name); !cleared) {
            return std::move(cleared).error().within("sweep " + name);
        }
        swept.push_back(name);
    }
    return swept;
}

Result<void> Tree::remove() {
    for (const Hierarchy& hierarchy : ground_.around.hierarchies) {
        if (auto removed = remove_directory(hierarchy.directory(ground_.below)); !removed) {
            return removed;
        }
        const std::size_t slash = ground_.below.rfind('/');
        if (slash == std::string::npos) {
            continue; // v2: workers/ stands in the unit's own cgroup
        }
        const std::string top = hierarchy.directory(ground_.below.substr(0, slash));
        if (auto removed = remove_directory(top); !removed) {
            return removed;
        }
    }
    return {};
}

} // namespace cgroups
