// SPDX-License-Identifier: MIT
#include "recycler/ctl/input/host_zone.hpp"

#include <cstdlib>
#include <ctime>
#include <filesystem>

namespace recycler::ctl {

namespace {

// Logs of balancers that speak FastCGI, and a while ahead.
constexpr std::time_t k_first = 820454400; // 1996
constexpr std::time_t k_last = 2524608000; // 2050
constexpr std::time_t k_stride =
    std::time_t{7} * 24 * 3600; // no zone changes twice within it, but for a Ramadan

long ahead_at(std::time_t time) {
    std::tm local{};
    return localtime_r(&time, &local) == nullptr ? 0 : local.tm_gmtoff;
}

bool exists(const std::string& name) {
    const char* folder = std::getenv("TZDIR");
    const std::filesystem::path zones = folder == nullptr ? "/usr/share/zoneinfo" : folder;
    std::error_code error;
    return name.find("..") == std::string::npos && name.front() != '/' &&
           std::filesystem::is_regular_file(zones / name, error);
}

} // namespace

std::optional<explain::Zone> host_zone(const std::string& name) {
    if (auto fixed = explain::fixed_zone(name)) {
        return fixed;
    }
    if (!name.empty()) {
        if (!exists(name)) {
            return std::nullopt;
        }
        (void)::setenv("TZ", (":" + name).c_str(), 1);
    }
    ::tzset();
    explain::Zone zone;
    const auto add = [&](std::time_t since, long ahead) {
        zone.push_back(
            {std::chrono::sys_seconds(std::chrono::seconds(since)), std::chrono::seconds(ahead)});
    };
    long ahead = ahead_at(k_first);
    add(k_first, ahead);
    for (std::time_t time = k_first; time < k_last; time += k_stride) {
        const long later = ahead_at(time + k_stride);
        if (later == ahead) {
            continue;
        }
        std::time_t before = time; // the change lies between these two
        std::time_t after = time + k_stride;
        while (after - before > 1) {
            const std::time_t middle = before + (after - before) / 2;
            (ahead_at(middle) == ahead ? before : after) = middle;
        }
        ahead = later;
        add(after, ahead);
    }
    return zone;
}

} // namespace recycler::ctl
