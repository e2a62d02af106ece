// SPDX-License-Identifier: MIT
#include "recycler/control/varlink/varlink.hpp"

namespace recycler::control {

bool Frames::feed(std::string_view bytes) {
    for (const char byte : bytes) {
        if (byte == '\0') {
            ++whole_;
            unfinished_ = 0;
        } else if (++unfinished_ > longest_) {
            return false;
        }
    }
    buffer_ += bytes;
    return true;
}

std::optional<std::string> Frames::next() {
    if (whole_ == 0) {
        return std::nullopt;
    }
    const std::size_t end = buffer_.find('\0');
    std::string message = buffer_.substr(0, end);
    buffer_.erase(0, end + 1);
    --whole_;
    return message;
}

} // namespace recycler::control
