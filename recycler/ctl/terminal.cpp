#include "recycler/ctl/terminal.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace recycler::ctl {

Result<Terminal> Terminal::open() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &signals, nullptr) != 0) {
        return Error{errno, "block signals"};
    }
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
    Style style;
    style.now = std::chrono::system_clock::now();
    winsize size{};
    if (is_terminal() && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        style.width = size.ws_col;
    }
    const char* no_colour = std::getenv("NO_COLOR"); // no-color.org: set to anything but ""
    const bool is_plain = no_colour != nullptr && *no_colour != '\0';
    style.colours = is_terminal() && !is_plain ? Colours::on : Colours::off;
    return style;
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
