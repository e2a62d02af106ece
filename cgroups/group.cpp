// SPDX-License-Identifier: MIT
#include "cgroups/group.hpp"

#include "cgroups/files.hpp"
#include "cgroups/parse.hpp"
#include "cgroups/settings.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>

namespace cgroups {
namespace {

// What each version calls the same thing.
struct Names {
    const char* current;
    const char* peak;
    const char* max;
    const char* swap_max;
    const char* weight;
    const char* events;
};
constexpr Names k_v1{.current = "memory.usage_in_bytes",
                     .peak = "memory.max_usage_in_bytes",
                     .max = "memory.limit_in_bytes",
                     .swap_max = "memory.memsw.limit_in_bytes",
                     .weight = "cpu.shares",
                     .events = "memory.oom_control"};
constexpr Names k_v2{.current = "memory.current",
                     .peak = "memory.peak",
                     .max = "memory.max",
                     .swap_max = "memory.swap.max",
                     .weight = "cpu.weight",
                     .events = "memory.events"};

constexpr const Names& names(Version version) {
    return version == Version::v1 ? k_v1 : k_v2;
}

Result<MemoryStat> read_memory_stat(const UniqueFd& file, Version version,
                                    const std::string& group) {
    std::array<char, 16384> space; // 1.5 KB on v1, up to 3 KB on v2 so far
    const auto text = files::read_again(file, {"memory.stat", group}, space);
    if (!text) {
        return text.error();
    }
    const auto stat = parse_memory_stat(version, *text);
    if (!stat) {
        return files::not_understood({"memory.stat", group});
    }
    return *stat;
}

} // namespace

Group::Group(Version version, std::string path, std::vector<UniqueFd> directories)
    : version_(version), name_(path.substr(path.rfind('/') + 1)), path_(std::move(path)),
      directories_(std::move(directories)) {}

Result<Group> Group::adopt(Version version, std::string path, std::vector<UniqueFd> directories) {
    Group group(version, std::move(path), std::move(directories));
    if (auto kept = group.keep_files(); !kept) {
        return kept.error();
    }
    return group;
}

Result<void> Group::keep_files() {
    const auto keep_of = [this](int directory, const char* name, UniqueFd& into) -> Result<void> {
        auto fd = files::open(directory, {name, name_}, O_RDONLY);
        if (!fd) {
            return fd.error();
        }
        into = std::move(*fd);
        return {};
    };
    const auto keep = [&](const char* name, UniqueFd& into) {
        return keep_of(memory(), name, into);
    };
    const Names& file = names(version_);
    if (auto kept = keep(file.current, kept_.current); !kept) {
        return kept;
    }
    if (auto kept = keep("memory.stat", kept_.stat); !kept) {
        return kept;
    }
    if (const UniqueFd* directory = directory_with("pids.current")) {
        if (auto kept = keep_of(directory->get(), "pids.current", kept_.tasks); !kept) {
            return kept;
        }
    }
    // memory.peak came with Linux 5.19; memory.swap.current needs swap accounting.
    if (files::exists(memory(), file.peak)) {
        if (auto kept = keep(file.peak, kept_.peak); !kept) {
            return kept;
        }
    }
    if (version_ == Version::v2 && files::exists(memory(), "memory.swap.current")) {
        return keep("memory.swap.current", kept_.swap);
    }
    return {};
}

Result<Bytes> Group::read_size(const UniqueFd& fd, const char* name) const {
    std::array<char, 64> space{};
    const auto text = files::read_again(fd, {name, name_}, space);
    if (!text) {
        return text.error();
    }
    const auto number = parse_number(*text);
    if (!number) {
        return files::not_understood({name, name_});
    }
    return Bytes{*number};
}

Result<Bytes> Group::current() const {
    return read_size(kept_.current, names(version_).current);
}

Result<Bytes> Group::shared_memory() const {
    const auto stat = read_memory_stat(kept_.stat, version_, name_);
    return stat ? Result(stat->shmem) : stat.error();
}

Result<Usage> Group::usage() {
    const Names& file = names(version_);
    const auto current = this->current();
    if (!current) {
        return current.error();
    }
    const auto stat = read_memory_stat(kept_.stat, version_, name_);
    if (!stat) {
        return stat.error();
    }
    Bytes swap = stat->swap;
    if (kept_.swap) {
        const auto swapped = read_size(kept_.swap, "memory.swap.current");
        if (!swapped) {
            return swapped.error();
        }
        swap = *swapped;
    }
    peak_seen_ = std::max(peak_seen_, *current);
    if (kept_.peak) {
        const auto peak = read_size(kept_.peak, file.peak);
        if (!peak) {
            return peak.error();
        }
        peak_seen_ = std::max(peak_seen_, *peak);
    }
    // A page in the swap cache counts as cache and as swapped, so it stands here once.
    return Usage{.current = *current, .bloat = *current - stat->cache + swap, .peak = peak_seen_};
}

Result<OomCounts> Group::read_oom(const char* name) const {
    const auto text = files::read(memory(), {name, name_});
    if (!text) {
        return text.error();
    }
    const auto counts = parse_oom(version_, *text);
    if (!counts) {
        return files::not_understood({name, name_});
    }
    return *counts;
}

Result<OomCounts> Group::oom() const {
    return read_oom(names(version_).events);
}

Result<OomCounts> Group::oom_local() const {
    return version_ == Version::v1 ? oom() : read_oom("memory.events.local");
}

Result<std::vector<pid_t>> Group::procs() const {
    const auto text = files::read(memory(), {"cgroup.procs", name_});
    if (!text) {
        return text.error();
    }
    auto pids = parse_procs(*text);
    if (!pids) {
        return files::not_understood({"cgroup.procs", name_});
    }
    return std::move(*pids);
}

Result<void> Group::take(pid_t pid) const {
    for (const UniqueFd& directory : directories_) {
        if (auto moved =
                files::write(directory.get(), {"cgroup.procs", name_}, std::to_string(pid));
            !moved) {
            return moved;
        }
    }
    return {};
}

// Nothing: no limit, or no hierarchy of the group has such a file.
Result<std::optional<std::uint64_t>> Group::read_limit(const char* name) const {
    for (const UniqueFd& directory : directories_) {
        const auto text = files::read(directory.get(), {name, name_});
        if (!text && text.error().code == ENOENT) {
            continue;
        }
        if (!text) {
            return text.error();
        }
        const auto limit = parse_limit(*text);
        if (!limit) {
            return files::not_understood({name, name_});
        }
        return *limit == k_unlimited ? std::nullopt : limit;
    }
    return std::optional<std::uint64_t>{};
}

Result<std::optional<Bytes>> Group::memory_max() {
    const files::File file{names(version_).max, name_};
    if (!kept_.max) {
        auto fd = files::open(memory(), file, O_RDONLY);
        if (!fd) {
            return fd.error().code == ENOENT ? Result<std::optional<Bytes>>(std::nullopt)
                                             : Result<std::optional<Bytes>>(fd.error());
        }
        kept_.max = std::move(*fd);
    }
    std::array<char, 64> space{};
    const auto text = files::read_again(kept_.max, file, space);
    if (!text) {
        return text.error();
    }
    const auto limit = parse_limit(*text);
    if (!limit) {
        return files::not_understood(file);
    }
    return *limit == k_unlimited ? std::nullopt : std::optional(Bytes{*limit});
}

Result<Limits> Group::limits() const {
    const Names& file = names(version_);
    const std::array<const char*, 4> wanted{file.max, file.swap_max, "pids.max", file.weight};
    std::array<std::optional<std::uint64_t>, 4> found;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const auto limit = read_limit(wanted[i]);
        if (!limit) {
            return limit.error();
        }
        found[i] = *limit;
    }
    const auto [max, swap, pids, weight] = found;
    Limits limits;
    if (max) {
        limits.memory_max = Bytes{*max};
    }
    if (swap && version_ == Version::v2) {
        limits.swap_max = Bytes{*swap};
    } else if (swap && max) { // v1's is the limit of both together
        limits.swap_max = Bytes{*swap} - Bytes{*max};
    }
    limits.pids_max = pids;
    if (weight) {
        limits.cpu_weight = version_ == Version::v1 ? weight_of_shares(*weight)
                                                    : static_cast<std::uint32_t>(*weight);
    }
    return limits;
}

Result<Placement> Group::placement() const {
    Placement placement;
    if (version_ == Version::v2) {
        placement.v2_directory.reset(::fcntl(memory(), F_DUPFD_CLOEXEC, 3));
        if (!placement.v2_directory) {
            return Error{errno, "duplicate the directory of " + name_};
        }
        return placement;
    }
    for (const UniqueFd& directory : directories_) {
        auto tasks = files::open(directory.get(), {"tasks", name_}, O_WRONLY);
        if (!tasks) {
            return tasks.error();
        }
        placement.v1_tasks.push_back(std::move(*tasks));
    }
    return placement;
}

} // namespace cgroups
