// SPDX-License-Identifier: MIT
// v1's eventfds, which tell of a group that is out of memory.
#include "cgroups/files.hpp"
#include "cgroups/group.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/eventfd.h>

namespace cgroups {

// "<eventfd> <fd of the watched file> <arguments>" into cgroup.event_control. The kernel holds the
// eventfd by itself then; the other descriptors may be closed.
Result<UniqueFd> Group::register_eventfd(const char* name, const std::string& arguments) const {
    if (version_ != Version::v1) {
        return Error{ENOTSUP, std::string("watch ") + name + " of " + name_ + " by eventfd"};
    }
    const auto watched = files::open(memory(), {name, name_}, O_RDONLY);
    if (!watched) {
        return watched.error();
    }
    UniqueFd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!event) {
        return Error{errno, "make an eventfd for " + name_};
    }
    const std::string line =
        std::to_string(event.get()) + " " + std::to_string(watched->get()) + " " + arguments;
    if (auto set = files::write(memory(), {"cgroup.event_control", name_}, line); !set) {
        return std::move(set).error().within(std::string("watch ") + name);
    }
    return event;
}

Result<UniqueFd> Group::oom_eventfd() const {
    return register_eventfd("memory.oom_control", "");
}

} // namespace cgroups
