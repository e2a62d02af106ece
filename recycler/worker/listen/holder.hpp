// SPDX-License-Identifier: MIT
// Who holds an address that we wanted: a phrase for an error message, as good as /proc allows.
// Decides nothing.
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>

namespace recycler::worker {

// What a process calls itself, as it can be shown on a terminal: "php-cgi", or "a process".
[[nodiscard]] std::string name_of_process(pid_t pid);

// "php-cgi (pid 4242)", or "another process" where we may not see it.
[[nodiscard]] std::string holder_of_port(int family, std::uint16_t port);

// The same of the listener that `socket` (a connected unix socket) reached.
[[nodiscard]] std::string holder_of_peer(int socket);

} // namespace recycler::worker
