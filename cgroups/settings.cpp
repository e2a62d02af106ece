// SPDX-License-Identifier: MIT
#include "cgroups/settings.hpp"

#include <algorithm>

namespace cgroups {
namespace {

std::string text(Bytes bytes) {
    return std::to_string(bytes.count);
}

void add_v2_memory(std::vector<Setting>& out, const Limits& limits) {
    if (limits.memory_max) {
        out.push_back({"memory", "memory.max", text(*limits.memory_max)});
    }
    if (limits.swap_max) {
        out.push_back({"memory", "memory.swap.max", text(*limits.swap_max), Need::if_present});
    }
}

void add_v1_memory(std::vector<Setting>& out, const Limits& limits) {
    if (limits.memory_max) {
        out.push_back({"memory", "memory.limit_in_bytes", text(*limits.memory_max)});
    }
    // After the limit, because it may not be below it (EINVAL).
    if (limits.memory_max && limits.swap_max) {
        out.push_back({"memory", "memory.memsw.limit_in_bytes",
                       text(*limits.memory_max + *limits.swap_max), Need::if_present});
    }
    // The sum alone would let a worker below its limit be swapped out when the app or the host is
    // short.
    if (limits.swap_max == Bytes{0}) {
        out.push_back({"memory", "memory.swappiness", "0", Need::if_present});
    }
}

} // namespace

std::vector<Setting> togetherness(Version version) {
    if (version == Version::v1) {
        return {};
    }
    return {{"memory", "memory.oom.group", "1", Need::if_present}}; // Linux 4.19
}

std::vector<Setting> settings(Version version, const Limits& limits) {
    std::vector<Setting> out;
    if (version == Version::v2) {
        add_v2_memory(out, limits);
    } else {
        add_v1_memory(out, limits);
    }
    if (limits.pids_max) {
        out.push_back({"pids", "pids.max", std::to_string(*limits.pids_max)});
    }
    if (limits.cpu_weight && version == Version::v2) {
        out.push_back({"cpu", "cpu.weight", std::to_string(*limits.cpu_weight)});
    } else if (limits.cpu_weight) {
        out.push_back({"cpu", "cpu.shares", std::to_string(shares_of_weight(*limits.cpu_weight))});
    }
    return out;
}

Limits rounded(const Limits& limits, Bytes page) {
    const auto down = [page](std::optional<Bytes> size) -> std::optional<Bytes> {
        return size ? std::optional(Bytes{size->count / page.count * page.count}) : std::nullopt;
    };
    Limits whole = limits;
    whole.memory_max = down(limits.memory_max);
    whole.swap_max = down(limits.swap_max);
    return whole;
}

std::uint64_t shares_of_weight(std::uint32_t weight) {
    return std::max<std::uint64_t>(2, (std::uint64_t{weight} * 1024 + 50) /
                                          100); // 2: the kernel's least
}

std::uint32_t weight_of_shares(std::uint64_t shares) {
    const std::uint64_t capped = std::min<std::uint64_t>(shares, 262144); // the kernel's most
    return static_cast<std::uint32_t>((capped * 100 + 512) / 1024);
}

} // namespace cgroups
