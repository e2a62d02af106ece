// SPDX-License-Identifier: MIT
// Where the control sockets are and how they are opened, on both ends. A path may be longer than a
// socket address holds (107 bytes). Knows nothing of what is said over them.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"

#include <string>
#include <vector>

namespace recycler::control {

// $RECYCLER_RUNTIME_DIR, or /run/recycler.
std::string runtime_folder();
// RUNTIME/APP/control.
std::string control_path(const std::string& app);

// A listening, non-blocking socket at `path`. Whatever was there is removed first: the caller holds
// the app's lock, so that it is a dead daemon's. Mode 0666: who may do what is decided by the
// peer's credentials, not by the file.
Result<UniqueFd> listen_at(const std::string& path);
// A connected, blocking socket. ENOENT and ECONNREFUSED: no daemon there.
Result<UniqueFd> connect_to(const std::string& path);
// The apps below the runtime folder whose daemon accepts connections, sorted.
std::vector<std::string> running_apps();

} // namespace recycler::control
