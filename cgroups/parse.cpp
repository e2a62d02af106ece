// SPDX-License-Identifier: MIT
#include "cgroups/parse.hpp"

#include "recycler/base/text/numbers.hpp"
#include "recycler/base/text/split.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace cgroups {
namespace text = recycler::text;
namespace {

// A file of the kernel may end with a line break.
std::string_view trimmed(std::string_view text) {
    return text::trimmed(text, " \t\n");
}

// "\040" is a space: mountinfo writes blanks and backslashes in octal.
std::string unescaped(std::string_view text) {
    std::string plain;
    while (!text.empty()) {
        unsigned value = 0;
        const std::string_view digits = text.substr(1, 3);
        const auto end = digits.data() + digits.size();
        if (text.front() == '\\' && digits.size() == 3 &&
            std::from_chars(digits.data(), end, value, 8).ptr == end && value < 256) {
            plain += static_cast<char>(value);
            text.remove_prefix(4);
        } else {
            plain += text.front();
            text.remove_prefix(1);
        }
    }
    return plain;
}

} // namespace

std::optional<std::uint64_t> parse_number(std::string_view text) {
    return text::number_in<std::uint64_t>(trimmed(text));
}

std::optional<std::uint64_t> parse_limit(std::string_view text) {
    if (trimmed(text) == "max") {
        return k_unlimited;
    }
    const auto number = parse_number(text);
    return number && *number >= std::uint64_t{1} << 62 ? k_unlimited : number;
}

std::optional<Quota> parse_cpu_max(std::string_view text) {
    const std::vector<std::string_view> words = parse_words(text);
    return words.size() == 2 ? parse_cfs(words[0], words[1]) : std::nullopt;
}

std::optional<Quota> parse_cfs(std::string_view quota, std::string_view period) {
    const auto time = parse_number(quota);
    const auto in = parse_number(period);
    return time && in.value_or(0) > 0 ? std::optional(Quota{*time, *in}) : std::nullopt;
}

unsigned whole_processors(const Quota& quota) {
    constexpr std::uint64_t k_most = 1'000'000;
    const std::uint64_t whole = quota.time / quota.period + (quota.time % quota.period > 0 ? 1 : 0);
    return static_cast<unsigned>(std::clamp<std::uint64_t>(whole, 1, k_most));
}

std::optional<std::uint64_t> parse_key(std::string_view text, std::string_view key) {
    while (!text.empty()) {
        std::string_view line = text::take_line(text);
        if (!line.starts_with(key)) {
            continue;
        }
        line.remove_prefix(key.size());
        if (!line.empty() && (line.front() == ' ' || line.front() == '\t')) {
            line = trimmed(line);
            return parse_number(text::take_until(line, " "));
        }
    }
    return std::nullopt;
}

std::optional<MemoryStat> parse_memory_stat(Version version, std::string_view text) {
    const bool v1 = version == Version::v1;
    const auto cache = parse_key(text, v1 ? "total_cache" : "file");
    if (!cache) {
        return std::nullopt;
    }
    const auto shmem = parse_key(text, v1 ? "total_shmem" : "shmem");
    // v1 has the line only where the kernel accounts swap.
    const auto swap = v1 ? parse_key(text, "total_swap") : std::nullopt;
    return MemoryStat{.cache = Bytes{*cache} - Bytes{shmem.value_or(0)},
                      .swap = Bytes{swap.value_or(0)},
                      .shmem = Bytes{shmem.value_or(0)}};
}

std::optional<OomCounts> parse_oom(Version version, std::string_view text) {
    const auto oom_kill = parse_key(text, "oom_kill");
    const auto oom = version == Version::v2 ? parse_key(text, "oom") : std::nullopt;
    if (!oom_kill || (version == Version::v2 && !oom)) {
        return std::nullopt;
    }
    return OomCounts{.oom_kill = *oom_kill, .oom = oom};
}

// "some avg10=0.00 avg60=0.00 avg300=0.00 total=2687790", the total in microseconds.
std::optional<Pressure> parse_pressure(std::string_view text) {
    std::string_view line = text::take_line(text);
    if (text::take_until(line, " ") != "some") {
        return std::nullopt;
    }
    std::optional<double> lately;
    std::optional<std::uint64_t> total;
    while (!line.empty()) {
        std::string_view value = text::take_until(line, " ");
        const std::string_view name = text::take_until(value, "=");
        if (name == "avg10") {
            double percent = 0;
            const auto end = value.data() + value.size();
            const auto read = std::from_chars(value.data(), end, percent, std::chars_format::fixed);
            if (read.ec == std::errc{} && read.ptr == end && percent >= 0 && percent <= 100) {
                lately = percent;
            }
        } else if (name == "total") {
            total = parse_number(value);
        }
    }
    constexpr std::uint64_t k_longest =
        std::chrono::floor<std::chrono::microseconds>(recycler::Duration::max()).count();
    if (!lately || !total || *total > k_longest) {
        return std::nullopt;
    }
    return Pressure{*lately, std::chrono::microseconds(*total)};
}

std::optional<std::vector<pid_t>> parse_procs(std::string_view text) {
    std::vector<pid_t> pids;
    while (!text.empty()) {
        const auto pid = parse_number(text::take_line(text));
        if (!pid || *pid > static_cast<std::uint64_t>(std::numeric_limits<pid_t>::max())) {
            return std::nullopt;
        }
        if (*pid != 0) {
            pids.push_back(static_cast<pid_t>(*pid));
        }
    }
    return pids;
}

std::vector<Membership> parse_memberships(std::string_view text) {
    std::vector<Membership> memberships;
    while (!text.empty()) {
        std::string_view line = text::take_line(text);
        const auto hierarchy = parse_number(text::take_until(line, ":"));
        std::string_view controllers = text::take_until(line, ":");
        if (!hierarchy || !line.starts_with('/')) { // the path itself may hold colons
            continue;
        }
        Membership& membership = memberships.emplace_back();
        membership.hierarchy = *hierarchy;
        membership.path = line;
        while (!controllers.empty()) {
            membership.controllers.emplace_back(text::take_until(controllers, ","));
        }
    }
    return memberships;
}

// 36 35 98:0 /root /point rw,noatime shared:1 ... - type source options: any number of fields stand
// before the dash.
std::vector<Mount> parse_mounts(std::string_view text) {
    std::vector<Mount> mounts;
    while (!text.empty()) {
        const std::vector<std::string_view> fields = parse_words(text::take_line(text));
        const auto dash = std::find(fields.begin(), fields.end(), "-");
        if (dash - fields.begin() < 6 || fields.end() - dash < 2) {
            continue;
        }
        mounts.push_back({.root = unescaped(fields[3]),
                          .point = unescaped(fields[4]),
                          .type = std::string(dash[1])});
    }
    return mounts;
}

std::optional<std::string> below_root(std::string_view path, std::string_view root) {
    // "/.." stands for a cgroup outside our cgroup namespace.
    if (path.starts_with("/..") || root.starts_with("/..")) {
        return std::nullopt;
    }
    if (root == "/") {
        return std::string(path);
    }
    if (!path.starts_with(root) || (path.size() > root.size() && path[root.size()] != '/')) {
        return std::nullopt;
    }
    return path.size() == root.size() ? "/" : std::string(path.substr(root.size()));
}

std::vector<std::string_view> parse_words(std::string_view text) {
    std::vector<std::string_view> words;
    text = trimmed(text);
    while (!text.empty()) {
        words.push_back(text::take_word(text));
    }
    return words;
}

} // namespace cgroups
