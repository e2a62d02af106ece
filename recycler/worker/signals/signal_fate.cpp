// SPDX-License-Identifier: MIT
#include "recycler/worker/signals/signal_fate.hpp"

#include "recycler/base/text/split.hpp"
#include "recycler/worker/look/proc.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace recycler::worker {
namespace {

// The value of a line "Name:\t..." of a status file; empty: there is none.
std::string_view value_in(std::string_view status, std::string_view name) {
    const std::size_t at = status.find("\n" + std::string(name) + ":");
    if (at == std::string_view::npos) {
        return {};
    }
    const std::string_view value = status.substr(at + name.size() + 2);
    return text::without_leading(text::first_line(value));
}

// The kernel writes it at once, whatever the process does.
Result<std::string> status_at(const std::string& folder) {
    errno = 0;
    std::ifstream file(folder + "/status");
    std::ostringstream text;
    if (!file || !(text << file.rdbuf())) {
        return Error{errno == 0 ? ESRCH : errno, "read " + folder + "/status"};
    }
    return std::move(text).str();
}

bool holds_signal(std::string_view status, std::string_view set, int signal) {
    const std::uint64_t bits =
        std::strtoull(std::string(value_in(status, set)).c_str(), nullptr, 16);
    return signal > 0 && signal <= 64 && (bits >> (signal - 1) & 1U) != 0;
}

} // namespace

Result<SignalFate> fate_of(pid_t process, int signal, const LookTime& time) {
    const std::string folder = "/proc/" + std::to_string(process);
    const auto status = status_at(folder);
    if (!status) {
        return status.error();
    }
    const std::string_view state = value_in(*status, "State");
    SignalFate fate{.ignored = holds_signal(*status, "SigIgn", signal),
                    .blocked = holds_signal(*status, "SigBlk", signal),
                    .pending = holds_signal(*status, "ShdPnd", signal),
                    .ended = state.empty() || state.front() == 'Z' || state.front() == 'X'};
    if (!fate.blocked || fate.ignored) {
        return fate; // of the others nothing depends then
    }
    const auto threads = threads_of(process);
    if (!threads) {
        return threads.error();
    }
    for (const pid_t thread : *threads) {
        if (time.is_over()) {
            return LookTime::took_too_long();
        }
        const auto one = status_at(folder + "/task/" + std::to_string(thread));
        if (!one) {
            return one.error();
        }
        fate.blocked = fate.blocked && holds_signal(*one, "SigBlk", signal);
    }
    return fate;
}

} // namespace recycler::worker
