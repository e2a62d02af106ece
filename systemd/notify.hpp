// What systemd is told about us (sd_notify). Each call does nothing, successfully, where there is
// no $NOTIFY_SOCKET: outside systemd, or when the unit is not Type=notify. Knows nothing of what is
// reported.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/units.hpp"

#include <optional>
#include <string_view>

namespace systemd::notify {

// The service is up.
recycler::Result<void> ready();
// One line for `systemctl status`. Control characters are replaced: a line break would start
// another assignment.
recycler::Result<void> status(std::string_view text);
// The orderly end has begun.
recycler::Result<void> stopping();
// Alive: feeds WatchdogSec=.
recycler::Result<void> watchdog();
// How long systemd waits between two watchdog() calls before it kills; feed it at half of this.
// Nullopt: not watched.
std::optional<recycler::Duration> watchdog_interval();

} // namespace systemd::notify
