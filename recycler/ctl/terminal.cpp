// SPDX-License-Identifier: MIT
#include "recycler/ctl/terminal.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <poll.h>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace recycler::ctl {

namespace {

Terminal::Screen screen_of(int descriptor) {
    Terminal::Screen screen;
    screen.style.now = std::chrono::system_clock::now();
    if (isatty(descriptor) != 1) {
        return screen;
    }
    winsize size{};
    if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
        screen.style.width = size.ws_col;
        screen.rows = size.ws_row;
    }
    const char* no_colour = std::getenv("NO_COLOR"); // no-color.org: set to anything but ""
    const bool is_plain = no_colour != nullptr && *no_colour != '\0';
    screen.style.colours = is_plain ? Colours::off : Colours::on;
    return screen;
}

// What a pipe that is ready to be written to takes without blocking.
constexpr std::size_t k_at_once = PIPE_BUF;

sigset_t interrupting() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    return signals;
}

// Readable while one of them is pending.
Result<UniqueFd> interrupts() {
    const sigset_t signals = interrupting();
    UniqueFd descriptor(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!descriptor) {
        return Error{errno, "open a descriptor for signals"};
    }
    return descriptor;
}

} // namespace

Result<Terminal> Terminal::open() {
    const sigset_t signals = interrupting();
    if (sigprocmask(SIG_BLOCK, &signals, nullptr) != 0) {
        return Error{errno, "block signals"};
    }
    (void)std::signal(SIGPIPE, SIG_IGN); // cannot fail for a signal that there is
    auto descriptor = interrupts();
    if (!descriptor) {
        return std::move(descriptor).error();
    }
    return Terminal(*std::move(descriptor));
}

bool Terminal::is_terminal() const {
    return isatty(STDOUT_FILENO) == 1;
}

Style Terminal::style() const {
    return screen_of(STDOUT_FILENO).style;
}

std::size_t Terminal::rows() const {
    return screen_of(STDOUT_FILENO).rows;
}

std::optional<Terminal::Screen> Terminal::progress_screen() const {
    const char* kind = std::getenv("TERM");
    const bool moves = kind != nullptr && *kind != '\0' && std::string_view(kind) != "dumb";
    if (isatty(STDERR_FILENO) != 1 || !moves) {
        return std::nullopt;
    }
    return screen_of(STDERR_FILENO);
}

bool Terminal::wait(std::chrono::milliseconds time) const {
    pollfd signals{signals_.get(), POLLIN, 0};
    return poll(&signals, 1, static_cast<int>(time.count())) == 0;
}

bool print(const std::string& text) {
    const auto interrupt = interrupts();
    for (std::string_view rest = text; !rest.empty();) {
        std::array<pollfd, 2> fds{
            {{STDOUT_FILENO, POLLOUT, 0}, {interrupt ? interrupt->get() : -1, POLLIN, 0}}};
        (void)poll(fds.data(), fds.size(), -1);
        if (fds[0].revents == 0 && fds[1].revents != 0) {
            return false;
        }
        const ssize_t size = write(STDOUT_FILENO, rest.data(), std::min(rest.size(), k_at_once));
        if (size < 0 && errno != EINTR && errno != EAGAIN) {
            return false;
        }
        rest.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    }
    return true;
}

void complain(const std::string& sentence) {
    (void)std::fprintf(stderr, "recyclerctl: %s\n", sentence.c_str());
}

} // namespace recycler::ctl
