// SPDX-License-Identifier: MIT
#include "recycler/death/words/words.hpp"

#include <cstring>

namespace recycler::death {
std::string signal_name(int signal) {
    const char* name = ::sigabbrev_np(signal);
    return name == nullptr ? "signal " + std::to_string(signal) : std::string("SIG") + name;
}

std::string errno_name(int error) {
    const char* name = ::strerrorname_np(error);
    const char* description = ::strerrordesc_np(error);
    if (error == 0 || name == nullptr || description == nullptr) {
        return "error " + std::to_string(error);
    }
    return std::string(name) + " (" + description + ")";
}

} // namespace recycler::death
