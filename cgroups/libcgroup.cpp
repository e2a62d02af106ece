// SPDX-License-Identifier: MIT
#include "cgroups/libcgroup.hpp"

#include "recycler/base/unique_fd.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <libcgroup.h>
#include <memory>

namespace cgroups::libcgroup {
namespace {

using recycler::Error;
using recycler::UniqueFd;

struct FreeGroup {
    void operator()(cgroup* group) const { ::cgroup_free(&group); }
};
using GroupPtr = std::unique_ptr<cgroup, FreeGroup>;

// ECGOTHER stands for an errno that the next call of the library overwrites. The other codes have a
// text only: errno is by then that of some later call (2.0.2).
Error failed(std::string context, int code) {
    // It reads the table of mounts, and takes what it cannot open for what is not there.
    const UniqueFd probe(::open("/", O_PATH | O_CLOEXEC));
    if (!probe) {
        return Error{errno, std::move(context)};
    }
    if (code == ECGOTHER) {
        return Error{::cgroup_get_last_errno(), std::move(context)};
    }
    return Error{code == ECGROUPNOTEXIST ? ENOENT : 0, context + ": " + ::cgroup_strerror(code)};
}

Error out_of_memory() {
    return Error{ENOMEM, "describe a cgroup to libcgroup"};
}

} // namespace

Result<void> start() {
    if (const int code = ::cgroup_init(); code != 0) {
        return failed("the mounted cgroup hierarchies cannot be found", code);
    }
    return {};
}

Result<std::string> mount_point(const std::string& controller) {
    char* found = nullptr;
    if (::cgroup_get_subsys_mount_point(controller.c_str(), &found) != 0) {
        return Error{ENOENT, "find the " + controller + " hierarchy"};
    }
    const std::unique_ptr<char, decltype(&std::free)> owned(found, &std::free);
    return std::string(found);
}

Result<void> make_group(const std::string& path, std::span<const std::string> controllers) {
    const GroupPtr group(::cgroup_new_cgroup(path.c_str()));
    if (!group) {
        return out_of_memory();
    }
    for (const std::string& controller : controllers) {
        if (::cgroup_add_controller(group.get(), controller.c_str()) == nullptr) {
            return out_of_memory();
        }
    }
    constexpr int k_keep_owner = 1; // no chown: the groups stay with whoever runs us
    if (const int code = ::cgroup_create_cgroup(group.get(), k_keep_owner); code != 0) {
        return failed("make cgroup " + path, code);
    }
    return {};
}

Result<void> set_value(const std::string& path, const Setting& setting) {
    const GroupPtr group(::cgroup_new_cgroup(path.c_str()));
    cgroup_controller* const controller =
        group ? ::cgroup_add_controller(group.get(), setting.controller.c_str()) : nullptr;
    if (controller == nullptr) {
        return out_of_memory();
    }
    int code = ::cgroup_add_value_string(controller, setting.file.c_str(), setting.value.c_str());
    if (code == 0) {
        code = ::cgroup_modify_cgroup(group.get());
    }
    if (code != 0) {
        const std::string name = path.substr(path.rfind('/') + 1);
        return failed("set " + setting.file + " of " + name + " to " + setting.value, code);
    }
    return {};
}

} // namespace cgroups::libcgroup
