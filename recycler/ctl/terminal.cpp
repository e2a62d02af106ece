#include "recycler/ctl/terminal.hpp"

#include <cerrno>
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

} // namespace

Result<Terminal> Terminal::open() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &signals, nullptr) != 0) {
        return Error{errno, "block signals"};
    }
    (void)std::signal(SIGPIPE, SIG_IGN); // cannot fail for a signal that there is
    UniqueFd descriptor(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!descriptor) {
        return Error{errno, "open a descriptor for signals"};
    }
    return Terminal(std::move(descriptor));
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
    return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
           std::fflush(stdout) == 0;
}

void complain(const std::string& sentence) {
    (void)std::fprintf(stderr, "recyclerctl: %s\n", sentence.c_str());
}

} // namespace recycler::ctl
