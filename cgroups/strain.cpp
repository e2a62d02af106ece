// SPDX-License-Identifier: MIT
// How hard a group presses against what it has: its threads and processes, and what it waits for.
#include "cgroups/files.hpp"
#include "cgroups/group.hpp"

#include <array>
#include <cerrno>

namespace cgroups {
namespace {

constexpr const char* file_of(Resource resource) {
    switch (resource) {
    case Resource::memory:
        return "memory.pressure";
    case Resource::cpu:
        return "cpu.pressure";
    case Resource::io:
        return "io.pressure";
    }
    return "";
}

Error no_pids_controller(const std::string& group) {
    return Error{0, "there is no pids controller for " + group};
}

} // namespace

const UniqueFd* Group::directory_with(const char* name) const {
    for (const UniqueFd& directory : directories_) {
        if (files::exists(directory.get(), name)) {
            return &directory;
        }
    }
    return nullptr;
}

Result<std::uint64_t> Group::tasks() const {
    if (!kept_.tasks) {
        return no_pids_controller(name_);
    }
    std::array<char, 32> space{};
    const auto text = files::read_again(kept_.tasks, {"pids.current", name_}, space);
    if (!text) {
        return text.error();
    }
    const auto count = parse_number(*text);
    return count ? Result(*count)
                 : Result<std::uint64_t>(files::not_understood({"pids.current", name_}));
}

Result<std::uint64_t> Group::tasks_refused() const {
    if (!kept_.tasks) {
        return no_pids_controller(name_);
    }
    const UniqueFd* directory = directory_with("pids.events");
    if (directory == nullptr) {
        return Error{0, "this kernel does not count them"};
    }
    const auto text = files::read(directory->get(), {"pids.events", name_});
    if (!text) {
        return text.error();
    }
    const auto count = parse_key(*text, "max");
    return count ? Result(*count)
                 : Result<std::uint64_t>(files::not_understood({"pids.events", name_}));
}

Result<Pressure> Group::pressure(Resource resource) const {
    if (version_ == Version::v1) {
        return Error{0, "cgroup v1 counts none"};
    }
    const char* name = file_of(resource);
    const auto text = files::read(memory(), {name, name_});
    if (!text) {
        const int code = text.error().code;
        return code == ENOENT || code == EOPNOTSUPP
                   ? Error{0, "this kernel counts none (it was built, or booted, without PSI)"}
                   : text.error();
    }
    const auto pressure = parse_pressure(*text);
    return pressure ? Result(*pressure) : Result<Pressure>(files::not_understood({name, name_}));
}

} // namespace cgroups
