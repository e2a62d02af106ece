// SPDX-License-Identifier: MIT
// Lambdas joined into one function object, for std::visit.
#pragma once

namespace recycler::control {

template <typename... Functions>
struct Overloaded : Functions... {
    using Functions::operator()...;
};
// clang before 17 does not deduce the arguments of aggregates by itself.
template <typename... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

} // namespace recycler::control
