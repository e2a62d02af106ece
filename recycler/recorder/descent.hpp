// SPDX-License-Identifier: MIT
// Which programs are none of the worker's own processes: those that one of them starts on account
// of its requests, such as a CGI script or what system() runs. They find nothing of ours. Programs
// that start the worker (a shell, env, multiwatch) need the page to hand it on, and have not come
// to accept() before.
#pragma once

#include "recycler/request/page_layout.hpp"

#include <sys/types.h>

namespace recycler::recorder {

// Whether the program `self`, which has not come to accept() itself, was started by a process that
// had. One that executes itself anew has its row already, and is no such program.
[[nodiscard]] bool is_started_for_a_request(request::Page& page, pid_t self, pid_t parent);

// Closes the page's descriptor, and takes its number and the recorder out of the environment. Only
// while the program is being loaded: later the environment is the program's own.
void hide_page(int page_fd);

} // namespace recycler::recorder
