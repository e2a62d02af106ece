// SPDX-License-Identifier: MIT
// The same time in the words of different calls.
#pragma once

#include <ctime>
#include <sys/time.h>

namespace recycler::recorder {

inline timespec timespec_of(const timeval& time) {
    return {.tv_sec = time.tv_sec, .tv_nsec = time.tv_usec * 1000};
}

// Not of a negative one, which means: without end.
inline timespec timespec_of(int milliseconds) {
    return {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1'000'000L};
}

} // namespace recycler::recorder
