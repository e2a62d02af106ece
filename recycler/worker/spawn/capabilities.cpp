// SPDX-License-Identifier: MIT
#include "recycler/worker/spawn/capabilities.hpp"

#include "recycler/base/text/numbers.hpp"

#include <fstream>
#include <string>
#include <string_view>

namespace recycler::worker {

Capabilities capabilities_of(pid_t process) {
    Capabilities found;
    std::ifstream status("/proc/" + std::to_string(process) + "/status");
    constexpr std::string_view name = "CapEff:\t";
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(name)) {
            const std::string_view digits = std::string_view(line).substr(name.size());
            found.effective = text::number_in<std::uint64_t>(digits, 16).value_or(0);
        }
    }
    return found;
}

} // namespace recycler::worker
