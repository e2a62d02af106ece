// SPDX-License-Identifier: MIT
#include "recycler/worker/signals/filter_kill.hpp"

#include "recycler/base/text/numbers.hpp"

#include <csignal>
#include <linux/seccomp.h>

namespace recycler::worker {

namespace {

// The number after " NAME=". What a process may choose itself, its comm and exe, the kernel writes
// in quotes, or in hexadecimal where it holds a quote or a space: no number can be forged.
template <typename Number>
std::optional<Number> field(std::string_view record, std::string_view name, int base) {
    const std::size_t at = record.find(name);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    return text::number_at_front<Number>(record.substr(at + name.size()), base);
}

// " audit(1795427743.005:29): ", as audit_log_start() of kernel/audit.c writes it: milliseconds
// always have three digits.
std::optional<WallTime> time_of(std::string_view record) {
    constexpr std::string_view name = " audit(";
    const std::size_t at = record.find(name);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    record.remove_prefix(at + name.size());
    const auto seconds = text::take_number<std::uint32_t>(record);
    if (!seconds || !record.starts_with('.')) {
        return std::nullopt;
    }
    const auto milliseconds = text::number_at_front<std::uint16_t>(record.substr(1));
    if (!milliseconds) {
        return std::nullopt;
    }
    return WallTime(std::chrono::seconds(*seconds) + std::chrono::milliseconds(*milliseconds));
}

// AUDIT_SECCOMP, with the signal that follows.
std::optional<FilterKill> call_in(std::string_view record, int signal) {
    if (record.find("type=1326 ") == std::string_view::npos ||
        field<int>(record, " sig=", 10) != signal) {
        return std::nullopt;
    }
    const auto pid = field<pid_t>(record, " pid=", 10);
    const auto architecture = field<std::uint32_t>(record, " arch=", 16);
    const auto call = field<long>(record, " syscall=", 10);
    const auto at = time_of(record);
    if (!pid || !architecture || !call || !at) {
        return std::nullopt;
    }
    return FilterKill{*pid, *architecture, *call, *at};
}

} // namespace

std::optional<FilterKill> filter_kill_in(std::string_view record) {
    return call_in(record, SIGSYS);
}

std::optional<FilterKill> let_through_in(std::string_view record) {
    const bool is_told = field<std::uint32_t>(record, " code=0x", 16) == SECCOMP_RET_LOG;
    return is_told ? call_in(record, 0) : std::nullopt;
}

} // namespace recycler::worker
