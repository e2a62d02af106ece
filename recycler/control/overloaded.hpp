// Lambdas joined into one function object, for std::visit.
#pragma once

namespace recycler::control {

template <typename... Functions>
struct Overloaded : Functions... {
    using Functions::operator()...;
};

} // namespace recycler::control
