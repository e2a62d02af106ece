#include "systemd/notify.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <systemd/sd-daemon.h>

namespace systemd::notify {

namespace {

recycler::Result<void> send(const std::string& state) {
    const int status = sd_notify(0, state.c_str());
    if (status < 0) {
        return recycler::Error{-status, "notify systemd of " + state};
    }
    return {};
}

} // namespace

recycler::Result<void> ready() {
    return send("READY=1");
}

recycler::Result<void> status(std::string_view text) {
    std::string line = "STATUS=" + std::string(text);
    std::ranges::replace_if(
        line, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
    return send(line);
}

recycler::Result<void> stopping() {
    return send("STOPPING=1");
}

recycler::Result<void> watchdog() {
    return send("WATCHDOG=1");
}

std::optional<recycler::Duration> watchdog_interval() {
    std::uint64_t microseconds = 0;
    if (sd_watchdog_enabled(0, &microseconds) <= 0) {
        return std::nullopt;
    }
    return std::chrono::microseconds{microseconds};
}

} // namespace systemd::notify
