// SPDX-License-Identifier: MIT
#include "tests/balancer/load/chunked_body.hpp"

#include <algorithm>
#include <charconv>

namespace recycler::load {

ChunkedBody::Progress ChunkedBody::take(std::string_view bytes) {
    pending_.append(bytes);
    while (!malformed_ && advance()) {
    }
    if (malformed_ || (expects_ == Expects::nothing && !pending_.empty())) {
        return Progress::malformed;
    }
    return expects_ == Expects::nothing ? Progress::complete : Progress::more;
}

bool ChunkedBody::advance() {
    if (expects_ == Expects::nothing) {
        return false;
    }
    if (expects_ != Expects::content) {
        return take_line();
    }
    const auto size = std::min<std::uint64_t>(left_, pending_.size());
    text_.append(pending_, 0, size);
    pending_.erase(0, size);
    left_ -= size;
    if (left_ == 0) {
        expects_ = Expects::end_of_content;
    }
    return left_ == 0;
}

bool ChunkedBody::take_line() {
    const auto end = pending_.find("\r\n");
    if (end == std::string::npos) {
        return false;
    }
    const std::string line = pending_.substr(0, end);
    pending_.erase(0, end + 2);
    if (expects_ == Expects::length) {
        const auto parsed = std::from_chars(line.data(), line.data() + line.size(), left_, 16);
        const bool sane = parsed.ec == std::errc{} &&
                          (parsed.ptr == line.data() + line.size() || *parsed.ptr == ';');
        malformed_ = !sane;
        expects_ = left_ == 0 ? Expects::trailer : Expects::content;
    } else if (expects_ == Expects::end_of_content) {
        malformed_ = !line.empty();
        expects_ = Expects::length;
    } else if (line.empty()) {
        expects_ = Expects::nothing;
    }
    return true;
}

} // namespace recycler::load
