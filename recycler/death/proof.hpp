// SPDX-License-Identifier: MIT
// What a piece of evidence proves, each question once: whose signal ended it, which limit the
// kernel killed for, was it busy. explain.cpp asks these in order; sentence.cpp asks them again for
// the words. Decides no verdict.
#pragma once

#include "recycler/death/evidence.hpp"

namespace recycler::death {

// Which limit made the kernel kill inside the worker's cgroup.
enum class OomSource {
    none,       // the counters say that it did not
    worker,     // memory.max
    app,        // app_max
    host,       // neither: the machine, or a limit above the app
    unclear,    // it did kill, but a counter that tells the limits apart could not be read
    unreadable, // nobody can say whether it did
};
OomSource oom_source(const Evidence& evidence);

// The signal that ended it; 0 when it exited, or when the wait status is unknown.
int fatal_signal(const Evidence& evidence);
// Another process is known to have sent it that signal.
bool sent_by_another(const Evidence& evidence, int signal);
// One of SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE, SIGTRAP: raised by what the worker itself did.
bool is_crash_signal(int signal);

// We had sent it a signal, and it ended by that signal or exited after it, with whatever status.
bool ended_as_ordered(const Evidence& evidence);
bool ordered_for(const Evidence& evidence, Purpose purpose);
// It was in the middle of a request; not when nobody could tell.
bool was_busy(const Evidence& evidence);
// The kernel's memory kill is what ended it: it got the SIGKILL itself, or a child did, and then a
// shell said so by its exit status, or we ended the rest for it.
bool died_of_memory(const Evidence& evidence, OomSource source);
// start.timeout ran out for it.
bool was_not_ready(const Evidence& evidence);
// At the last look it had as many files open as it may, or nearly.
bool ran_out_of_files(const Circumstances& circumstances);
// At the last look as much of a limit was used as may be, or nearly.
bool is_nearly_full(const Filled& filled);
bool is_nearly_full(const Room& room);
// The program ends after so many requests, and has answered them.
bool served_its_own_count(const Circumstances& circumstances, std::optional<std::uint64_t> served);
// It had run out of something when it ended, so that an end in good order is none. An accept() that
// fails for want of descriptors ends many a program with status 0.
bool ended_for_want(const Circumstances& circumstances, std::optional<std::uint64_t> served);
// Ended by itself with status 0, between two requests, after at least one, with no signal from
// outside on record, and not for want of something.
bool left_by_itself(const Evidence& evidence);

} // namespace recycler::death
