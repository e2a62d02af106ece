// SPDX-License-Identifier: MIT
#include "recycler/events/stderr_sink.hpp"

#include <algorithm>
#include <poll.h>
#include <unistd.h>

namespace recycler::events::log {

namespace {

// A pipe that poll(2) calls writable takes this much at once (PIPE_BUF, pipe(7)).
constexpr std::size_t k_at_once = 4096;

bool would_take() {
    pollfd wait{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
    return ::poll(&wait, 1, 0) == 1 && (wait.revents & POLLOUT) != 0;
}

// In pieces, each of which is written only when it is taken at once; true when all were.
bool put(std::string_view text) {
    while (!text.empty()) {
        if (!would_take()) {
            return false;
        }
        const ssize_t written =
            ::write(STDERR_FILENO, text.data(), std::min(text.size(), k_at_once));
        if (written <= 0) {
            return false;
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

char priority_of(spdlog::level::level_enum level) {
    switch (level) {
    case spdlog::level::critical:
        return '2';
    case spdlog::level::err:
        return '3';
    case spdlog::level::warn:
        return '4';
    case spdlog::level::info:
        return '6';
    case spdlog::level::trace:
    case spdlog::level::debug:
    case spdlog::level::off:
    case spdlog::level::n_levels:
        break;
    }
    return '7';
}

} // namespace

void StderrSink::sink_it_(const spdlog::details::log_msg& message) {
    if (dropped_ > 0 &&
        put("recyclerd: " + std::to_string(dropped_) + (dropped_ == 1 ? " line is" : " lines are") +
            " lost here, because nobody read them\n")) {
        dropped_ = 0;
    }
    spdlog::memory_buf_t formatted;
    formatter_->format(message, formatted);
    const std::string_view line(formatted.data(), formatted.size());
    const std::string text = reader_ == Reader::journal
                                 ? with_priority(line, priority_of(message.level))
                                 : std::string(line);
    if (dropped_ > 0 || !put(text)) {
        ++dropped_;
    }
}

} // namespace recycler::events::log
