// SPDX-License-Identifier: MIT
// Time zones as this machine knows them, as tables for the readers of logs.
#pragma once

#include "recycler/explain/lines/log_time.hpp"

#include <optional>
#include <string>

namespace recycler::ctl {

// "Europe/Berlin", "+02:00", "UTC"; empty: this machine's own. Nullopt: there is no such zone. Sets
// TZ of this process.
std::optional<explain::Zone> host_zone(const std::string& name);

} // namespace recycler::ctl
