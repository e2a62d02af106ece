// What one thread of a worker was doing when it was looked at: a part of the evidence
// (evidence.hpp). What could not be read is nullopt, or empty. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace recycler::death {

struct Thread {
    std::int32_t id = 0;
    std::string name{};                // its comm
    std::optional<char> state{};       // the letter of proc(5)
    std::optional<std::string> call{}; // the system call it is in, by name or number
    std::optional<std::string> wait_channel{};
    std::vector<std::string> stack{}; // of the kernel's functions, innermost first
};

} // namespace recycler::death
