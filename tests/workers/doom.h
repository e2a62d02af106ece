// SPDX-License-Identifier: MIT
// The ways in which app can be told to die; vocabulary.md has the words. Each returns when the
// query does not ask for it.
#pragma once

// By what it does itself: a bad access, a division by zero, a failed assertion ...
void crash(const char* how);
// By a limit or a timer that it has set itself.
void overstep(const char* limit);
// Uses up what there is of something ("files", "processes", "disk": the file of that name), says so
// on stderr and exits with status 1, as programs do.
void exhaust(const char* what, const char* file);
// For ever: reads from a "socket" into which nobody writes.
void wait_for(const char* what);
// Sends a signal: to "self", to "parent", or to a pid.
void send_signal(const char* whom, int number);
// Forbids itself that system call by seccomp, and makes it: the kernel kills the process at its
// entry, so that the call does nothing.
void forbid_and_call(const char* call);
