// SPDX-License-Identifier: MIT
// What the keeper keeps of an accepted policy: what is read of any bytes is written and read again
// as the same.
#include "recycler/controller/policy/policy_in_force.hpp"

#include <cstdint>

using namespace recycler::controller;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto read = policy_in_force_from({reinterpret_cast<const char*>(bytes), size});
    if (!read) {
        return 0;
    }
    const auto again = policy_in_force_from(to_bytes(*read));
    if (!again || !(*again == *read)) {
        __builtin_trap();
    }
    return 0;
}
