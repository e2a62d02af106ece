// SPDX-License-Identifier: MIT
#include "recycler/worker/spawn/plan.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>

namespace recycler::worker {
namespace {

// The plan while it is written: the header, then the sections as they come, then the texts.
class Writer {
  public:
    Writer() : bytes_(sizeof(PlanHeader)) {}

    template <typename T>
    PlanSection section(const std::vector<T>& elements) {
        const PlanSection at{.offset = end(), .count = static_cast<std::uint32_t>(elements.size())};
        append(elements.data(), elements.size() * sizeof(T));
        return at;
    }

    std::uint32_t text(const std::string& text) {
        const std::uint32_t at = end();
        append(text.c_str(), text.size() + 1);
        return at;
    }

    PlanSection texts(const std::vector<std::string>& strings) {
        std::vector<std::uint32_t> offsets;
        for (const std::string& string : strings) {
            offsets.push_back(text(string));
        }
        return section(offsets);
    }

    std::vector<std::byte> finish(PlanHeader header) {
        bytes_.push_back(std::byte{0});
        header.size = end();
        std::memcpy(bytes_.data(), &header, sizeof header);
        return std::move(bytes_);
    }

  private:
    [[nodiscard]] std::uint32_t end() const { return static_cast<std::uint32_t>(bytes_.size()); }

    void append(const void* from, std::size_t size) {
        const auto* first = static_cast<const std::byte*>(from);
        bytes_.insert(bytes_.end(), first, first + size);
    }

    std::vector<std::byte> bytes_;
};

Error too_many(const char* what, std::size_t count, std::size_t most) {
    return Error{E2BIG, "the plan of a worker has " + std::to_string(count) + " " + what +
                            ", at most " + std::to_string(most) + " fit"};
}

Result<void> check_counts(const SpawnPlan& plan) {
    const struct {
        const char* what;
        std::size_t count;
        std::size_t most;
    } bounds[] = {
        {"places to look for the program", plan.programs.size(), k_max_programs},
        {"arguments", plan.arguments.size(), k_max_strings},
        {"environment variables", plan.environment.size(), k_max_strings},
        {"groups", plan.identity ? plan.identity->groups.size() : 0, k_max_groups},
        {"limits", plan.rlimits.size(), k_max_rlimits},
        {"seccomp instructions", plan.filter.size(), k_max_filter},
    };
    for (const auto& bound : bounds) {
        if (bound.count > bound.most) {
            return too_many(bound.what, bound.count, bound.most);
        }
    }
    return {};
}

bool holds_nul(const std::string& text) {
    return text.find('\0') != std::string::npos;
}

Result<void> check_values(const SpawnPlan& plan) {
    if (plan.programs.empty() || plan.arguments.empty()) {
        return Error{EINVAL, "the plan of a worker has no command"};
    }
    if (plan.page_fd < k_lowest_page_fd || plan.page_fd > k_highest_page_fd) {
        return Error{EINVAL,
                     "the recorder page cannot be descriptor " + std::to_string(plan.page_fd)};
    }
    if (plan.identity && (plan.identity->uid == k_no_id || plan.identity->gid == k_no_id)) {
        return Error{EINVAL, "4294967295 is no user and no group"};
    }
    if (plan.umask > 0777) {
        return Error{EINVAL, "the umask has more than nine bits"};
    }
    if (plan.nice < -20 || plan.nice > 19) {
        return Error{EINVAL, "no worker can be that nice"};
    }
    if (holds_nul(plan.directory) || std::ranges::any_of(plan.programs, holds_nul) ||
        std::ranges::any_of(plan.arguments, holds_nul) ||
        std::ranges::any_of(plan.environment, holds_nul)) {
        return Error{EINVAL, "a text of the plan has a NUL byte inside"};
    }
    return {};
}

std::uint32_t flags_of(const SpawnPlan& plan) {
    return (plan.identity ? k_plan_changes_user : 0U) |
           (plan.no_new_privs ? k_plan_no_new_privs : 0U) |
           (plan.capabilities ? k_plan_bounds_capabilities : 0U) |
           (plan.isolation.own_domain ? k_plan_own_domain : 0U) |
           (plan.isolation.scopes_signals ? k_plan_scopes_signals : 0U) |
           (plan.isolation.own_shm ? k_plan_own_shm : 0U);
}

} // namespace

Result<std::vector<std::byte>> serialise(const SpawnPlan& plan) {
    for (const Result<void>& checked : {check_counts(plan), check_values(plan)}) {
        if (!checked) {
            return Error{checked.error()};
        }
    }
    const Identity identity = plan.identity.value_or(Identity{});
    Writer writer;
    const std::uint32_t flags = flags_of(plan);
    PlanHeader header{
        .version = (flags & ~k_plain_plan_flags) == 0 ? k_plain_plan_version : k_plan_version,
        .flags = flags,
        .uid = identity.uid,
        .gid = identity.gid,
        .umask = plan.umask,
        .page_fd = plan.page_fd,
        .filter_flags = plan.filter_flags,
        .capabilities = plan.capabilities.value_or(0),
        .nice = plan.nice,
        .tracepoints = plan.tracepoints,
    };
    header.groups = writer.section(identity.groups);
    header.rlimits = writer.section(plan.rlimits);
    header.filter = writer.section(plan.filter);
    header.directory = writer.text(plan.directory);
    header.programs = writer.texts(plan.programs);
    header.arguments = writer.texts(plan.arguments);
    header.environment = writer.texts(plan.environment);
    std::vector<std::byte> bytes = writer.finish(header);
    if (bytes.size() > k_max_plan_size) {
        return too_many("bytes", bytes.size(), k_max_plan_size);
    }
    return bytes;
}

std::vector<std::string> programs_for(const std::string& argument0, const std::string& path) {
    if (argument0.find('/') != std::string::npos) {
        return {argument0};
    }
    std::vector<std::string> programs;
    for (std::size_t start = 0; start <= path.size();) {
        const std::size_t end = std::min(path.find(':', start), path.size());
        const std::string directory = path.substr(start, end - start);
        programs.push_back(directory.empty() ? "./" + argument0 : directory + "/" + argument0);
        start = end + 1;
    }
    return programs;
}

std::string path_of(const std::map<std::string, std::string>& environment) {
    const auto path = environment.find("PATH");
    return path == environment.end() ? k_default_path : path->second;
}

std::map<std::string, std::string> environment_for(const EnvironmentParts& parts) {
    std::map<std::string, std::string> environment = {
        {"PATH", k_default_path},
        {"HOME", parts.account.home},
        {"USER", parts.account.name},
        {"LOGNAME", parts.account.name},
    };
    for (const auto& [name, value] : parts.policy) {
        environment[name] = value;
    }
    environment["RECYCLER_PAGE"] = std::to_string(parts.page_fd);
    if (!parts.recorder.empty()) {
        std::string& preload = environment["LD_PRELOAD"];
        preload = preload.empty() ? parts.recorder : parts.recorder + ":" + preload;
    }
    return environment;
}

std::vector<std::string> as_strings(const std::map<std::string, std::string>& environment) {
    std::vector<std::string> strings;
    for (const auto& [name, value] : environment) {
        strings.push_back(name + "=" + value);
    }
    return strings;
}

std::uint32_t page_fd_below(std::uint64_t nofile) {
    const std::uint64_t below = std::min<std::uint64_t>(nofile, k_highest_page_fd + 1);
    return static_cast<std::uint32_t>(std::max<std::uint64_t>(below, k_lowest_page_fd + 1) - 1);
}

} // namespace recycler::worker
