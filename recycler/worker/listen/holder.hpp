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

// Who stands in the way of a listener on this port, and what to do: "held by php-cgi (pid 4242):
// end it, or ...", or "another process" where we may not see it. A connection holds a port too, if
// the kernel has given it that.
[[nodiscard]] std::string who_uses_port(int family, std::uint16_t port);

// "php-cgi (pid 4242)", or "another process", of the listener that `socket` (a connected unix
// socket) reached.
[[nodiscard]] std::string holder_of_peer(int socket);

} // namespace recycler::worker
