// SPDX-License-Identifier: MIT
#include "recycler/events/waiting_lines.hpp"

#include <cerrno>

namespace recycler::events {

void WaitingLines::add(Line line) {
    held_ = held_ + Bytes{line.json.size()};
    lines_.push_back(std::move(line));
}

void WaitingLines::write(const Write& write) {
    trouble_.reset();
    while (!lines_.empty()) {
        const auto written = write(lines_.front());
        if (written) {
            held_ = held_ - Bytes{lines_.front().json.size()};
            lines_.pop_front();
        } else if (written.error().code == EINVAL || written.error().code == EMSGSIZE) {
            lose_first(written.error().message());
        } else {
            trouble_ = written.error();
            break;
        }
    }
    while (held_ > most_) {
        lose_first(trouble_ ? trouble_->message() : std::string());
    }
}

void WaitingLines::lose_first(const std::string& why) {
    held_ = held_ - Bytes{lines_.front().json.size()};
    lines_.pop_front();
    ++lost_;
    why_lost_ = why;
}

} // namespace recycler::events
