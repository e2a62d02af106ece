// SPDX-License-Identifier: MIT
// Each failure that the control socket can answer.
#pragma once

#include "recycler/control/model/failure.hpp"

#include <vector>

namespace samples {

inline std::vector<recycler::control::Failure> every_failure() {
    using namespace recycler::control;
    return {
        NoSuchSlot{"7099"},
        Refused{"it is the last open gate"},
        TimedOut{{"7012", "7013"}, "still busy"},
        PolicyError{"shop.toml:3:1: no such key\n"},
        ServiceError{ServiceFault::interface_not_found, "a.b"},
        ServiceError{ServiceFault::method_not_found, "io.recycler.X"},
        ServiceError{ServiceFault::method_not_implemented, "io.recycler.X"},
        ServiceError{ServiceFault::invalid_parameter, "slots"},
        ServiceError{ServiceFault::permission_denied, ""},
        ServiceError{ServiceFault::expected_more, ""},
    };
}

} // namespace samples
