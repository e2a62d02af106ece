// SPDX-License-Identifier: MIT
// Why there is nothing to run, for a person, with the exit code of recyclerd(8).
#pragma once

#include "recycler/base/result.hpp"

#include <optional>
#include <string>
#include <sysexits.h>

namespace recycler::controller {

// `code` of sysexits.h: EX_CONFIG (78) or EX_OSERR (71).
struct CannotStart {
    int code = 0;
    std::string reason;
};

// For what the machine refused.
inline CannotStart refused(const Error& error) {
    return {EX_OSERR, error.message()};
}

inline std::optional<CannotStart> unless_done(const Result<void>& done) {
    return done ? std::nullopt : std::optional(refused(done.error()));
}

} // namespace recycler::controller
