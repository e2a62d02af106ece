// SPDX-License-Identifier: MIT
// Limits as the values that are written into files, in the order in which the kernel takes them.
// Pure: who writes them, and where, is tree.cpp's.
#pragma once

#include "cgroups/limits.hpp"

#include <string>
#include <vector>

namespace cgroups {

// if_present: where the kernel lacks the file there is nothing to limit, or a limitation has been
// told.
enum class Need { required, if_present };

struct Setting {
    std::string controller; // memory, pids or cpu
    std::string file;
    std::string value;
    Need need = Need::required;
    bool operator==(const Setting&) const = default;
};

std::vector<Setting> settings(Version version, const Limits& limits);

// What makes a memory kill of one process end all of its group: right for a worker, and never to be
// set on workers/, where it would end the app. v1 has nothing of the kind.
std::vector<Setting> togetherness(Version version);

// The limits as the kernel keeps them: sizes in whole pages.
Limits rounded(const Limits& limits, Bytes page);

// v1's cpu.shares for a v2 weight and back. 100 is 1024, as in systemd; every weight survives there
// and back.
std::uint64_t shares_of_weight(std::uint32_t weight);
std::uint32_t weight_of_shares(std::uint64_t shares);

} // namespace cgroups
