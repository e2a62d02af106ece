// SPDX-License-Identifier: MIT
#include "cgroups/quota.hpp"

#include "cgroups/files.hpp"
#include "cgroups/hierarchies.hpp"
#include "cgroups/libcgroup.hpp"
#include "cgroups/parse.hpp"

#include <algorithm>
#include <fcntl.h>
#include <string>

namespace cgroups {
namespace {

std::string text_of(const std::string& directory, const char* name) {
    const std::string path = directory + "/" + name;
    const auto text = files::read(AT_FDCWD, {path.c_str(), directory});
    return text ? *text : std::string();
}

std::optional<Quota> quota_of(const std::string& directory) {
    const auto v2 = parse_cpu_max(text_of(directory, "cpu.max"));
    return v2 ? v2
              : parse_cfs(text_of(directory, "cpu.cfs_quota_us"),
                          text_of(directory, "cpu.cfs_period_us"));
}

} // namespace

std::optional<unsigned> processors_by_quota() {
    if (!libcgroup::start()) {
        return std::nullopt;
    }
    std::optional<unsigned> least;
    for (const Hierarchy& hierarchy : hierarchies_of_processors()) {
        std::string path = hierarchy.directory(".");
        // Where a container shows a part of the hierarchy, its mount is no root and has a quota.
        while (path.size() > hierarchy.mount.size()) {
            path.resize(path.rfind('/'));
            if (const auto quota = quota_of(path)) {
                const unsigned whole = whole_processors(*quota);
                least = std::min(least.value_or(whole), whole);
            }
        }
    }
    return least;
}

} // namespace cgroups
