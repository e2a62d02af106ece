#include "recycler/controller/stderr_sink.hpp"

#include <algorithm>
#include <poll.h>
#include <string>
#include <string_view>
#include <unistd.h>

namespace recycler::controller {

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

} // namespace

void StderrSink::sink_it_(const spdlog::details::log_msg& message) {
    if (dropped_ > 0 && put("recyclerd: " + std::to_string(dropped_) +
                            " lines were dropped here: nobody read them\n")) {
        dropped_ = 0;
    }
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    if (dropped_ > 0 || !put({line.data(), line.size()})) {
        ++dropped_;
    }
}

} // namespace recycler::controller
