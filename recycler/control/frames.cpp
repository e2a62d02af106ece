#include "recycler/control/varlink.hpp"

namespace recycler::control {

bool Frames::feed(std::string_view bytes) {
    buffer_ += bytes;
    if (buffer_.find('\0', searched_) != std::string::npos) {
        return true;
    }
    searched_ = buffer_.size();
    return buffer_.size() <= longest_;
}

std::optional<std::string> Frames::next() {
    const std::size_t end = buffer_.find('\0', searched_);
    if (end == std::string::npos) {
        searched_ = buffer_.size();
        return std::nullopt;
    }
    std::string message = buffer_.substr(0, end);
    buffer_.erase(0, end + 1);
    searched_ = 0;
    return message;
}

} // namespace recycler::control
