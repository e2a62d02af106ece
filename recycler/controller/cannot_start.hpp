// Why there is nothing to run, for a person, with the exit code of recyclerd(8).
#pragma once

#include "recycler/base/result.hpp"

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

} // namespace recycler::controller
