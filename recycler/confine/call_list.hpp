// SPDX-License-Identifier: MIT
// A list of system calls that a process of ours may make from some moment on, and what becomes of
// each other call. compile() is libseccomp's work and allocates; install() is one system call, so
// that a child makes it between fork() and its work. The calls of other architectures than this
// machine's end the process.
#pragma once

#include "recycler/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <linux/filter.h>
#include <string>
#include <vector>

namespace recycler::confine {

// It holds if the bits `mask` of an argument are `value`.
struct Condition {
    unsigned argument = 0; // the first is 0
    std::uint64_t mask = 0;
    std::uint64_t value = 0;
};
// For an argument that is an int: the kernel does not look at the upper half of the register.
[[nodiscard]] constexpr Condition is(unsigned argument, std::uint32_t value) {
    return {.argument = argument, .mask = 0xffffffff, .value = value};
}
[[nodiscard]] constexpr Condition has_none_of(unsigned argument, std::uint32_t bits) {
    return {.argument = argument, .mask = bits, .value = 0};
}

enum class Outcome {
    runs,
    not_permitted, // EPERM
    not_there,     // ENOSYS: the caller falls back to an older call
    runs_logged,   // in the kernel's log
    ends_process,  // SIGSYS
};

// If a call has several rules, one of those whose conditions all hold applies; if none does, the
// call is not on the list.
struct CallRule {
    std::string name;
    std::vector<Condition> conditions{};
    Outcome outcome = Outcome::runs;
};

class CallList {
  public:
    // A name that libseccomp has no number for is left out: see unknown(). An error: libseccomp
    // refuses a rule, or the program cannot be made.
    [[nodiscard]] static Result<CallList> compile(const std::vector<CallRule>& rules,
                                                  Outcome of_others);

    // For this thread, and all that it starts, for good. EACCES: without no_new_privs only root
    // may.
    [[nodiscard]] Result<void> install() const;

    [[nodiscard]] const std::vector<std::string>& unknown() const { return unknown_; }
    [[nodiscard]] std::size_t steps() const { return program_.size(); } // of the program

  private:
    std::vector<sock_filter> program_;
    std::vector<std::string> unknown_;
};

} // namespace recycler::confine
