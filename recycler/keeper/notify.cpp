// SPDX-License-Identifier: MIT
#include "recycler/keeper/notify.hpp"

#include "recycler/base/text/characters.hpp"
#include "recycler/keeper/system.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

namespace recycler::keeper {
namespace {

// What was not taken is told again after this; systemd's queue is full only for moments.
constexpr Duration k_again = std::chrono::milliseconds{500};

// The whole number that a variable holds; 0 when it holds none.
std::uint64_t number_in(const char* variable) {
    const char* text = std::getenv(variable);
    if (text == nullptr || *text < '0' || *text > '9') {
        return 0;
    }
    char* end = nullptr;
    errno = 0;
    const unsigned long long number = std::strtoull(text, &end, 10);
    return *end == '\0' && errno == 0 ? number : 0;
}

// systemd pings at most so often, and a day is as good as never.
constexpr std::uint64_t k_longest_us = 24ULL * 3'600 * 1'000'000;

// Life signs are wanted of us at half of the time after which systemd would end us; 0: never.
Duration life_sign_interval() {
    const char* owner = std::getenv("WATCHDOG_PID"); // unset: meant for all
    if (owner != nullptr && number_in("WATCHDOG_PID") != static_cast<std::uint64_t>(::getpid())) {
        return Duration{0};
    }
    const std::uint64_t limit = std::min(number_in("WATCHDOG_USEC"), k_longest_us);
    return std::chrono::microseconds{limit / 2};
}

// The size of the address, or 0 when it is none of ours ("vsock:..." is for whole machines).
socklen_t read_address(const char* text, sockaddr_un& address) {
    const std::size_t length = text != nullptr ? std::strlen(text) : 0;
    const bool is_known = length > 1 && (*text == '/' || *text == '@');
    if (!is_known || length >= sizeof address.sun_path) {
        return 0;
    }
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, text, length);
    const std::size_t before = offsetof(sockaddr_un, sun_path) + length;
    if (*text == '@') {
        address.sun_path[0] = '\0'; // abstract: without a terminating 0
        return static_cast<socklen_t>(before);
    }
    return static_cast<socklen_t>(before + 1);
}

} // namespace

void Notify::take_environment(MonoTime now) {
    address_size_ = read_address(std::getenv("NOTIFY_SOCKET"), address_);
    if (address_size_ > 0) {
        socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        interval_ = life_sign_interval();
        alive_at_ = interval_ > Duration{0} ? now + interval_ : MonoTime::max();
    }
    for (const char* variable : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) {
        ::unsetenv(variable);
    }
}

void Notify::show(const UnitState& unit_state) {
    known_ = unit_state;
    known_.text.back() = '\0';
    // A line break would begin another assignment, and systemd drops what is not UTF-8.
    for (char* c = known_.text.data(); *c != '\0'; ++c) {
        *c = text::shown(*c);
    }
}

void Notify::stopping() {
    stop_begun_ = true;
}

Notify::Told Notify::wanted() const {
    if (stop_begun_ || known_.phase == AppPhase::stopping) {
        return Told::stopping;
    }
    return known_.phase == AppPhase::serving ? Told::ready : Told::nothing;
}

bool Notify::has_news() const {
    return wanted() > told_ || told_until_ != known_.until ||
           std::strcmp(told_text_.data(), known_.text.data()) != 0;
}

Notify::Text Notify::news(MonoTime now) const {
    Text text;
    if (wanted() > told_) {
        text.add("%s=1\n", wanted() == Told::ready ? "READY" : "STOPPING");
    }
    if (std::strcmp(told_text_.data(), known_.text.data()) != 0) {
        text.add("STATUS=%s\n", known_.text.data());
    }
    const std::int64_t left = (known_.until - as_wire(now)) / 1000;
    if (told_until_ != known_.until && left > 0) {
        // Whatever the unit says, systemd waits for as long as the policy allows.
        text.add("EXTEND_TIMEOUT_USEC=%lld\n", static_cast<long long>(left));
    }
    return text;
}

void Notify::speak(MonoTime now) {
    const bool has_something = has_news() && (again_at_ == MonoTime::max() || now >= again_at_);
    const bool sends_life_sign = now >= alive_at_;
    if (!socket_ || (!has_something && !sends_life_sign)) {
        return;
    }
    Text text = has_something ? news(now) : Text{};
    if (sends_life_sign) {
        text.add("WATCHDOG=1\n");
    }
    const bool taken = send(text);
    if (sends_life_sign) {
        alive_at_ = now + (taken ? interval_ : std::min(interval_, k_again));
    }
    if (has_something && taken) {
        told_ = std::max(told_, wanted());
        told_text_ = known_.text;
        told_until_ = known_.until;
        again_at_ = MonoTime::max();
    } else if (has_something) {
        again_at_ = now + k_again;
    }
}

bool Notify::send(const Text& text) const {
    // Addressed anew each time: the socket there is another one after systemd was re-executed.
    return text.size == 0 ||
           ::sendto(socket_.get(), text.bytes.data(), text.size, MSG_DONTWAIT | MSG_NOSIGNAL,
                    reinterpret_cast<const sockaddr*>(&address_), address_size_) >= 0;
}

MonoTime Notify::next_deadline() const {
    return socket_ ? std::min(alive_at_, again_at_) : MonoTime::max();
}

void Notify::Text::add(const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const int length = std::vsnprintf(bytes.data() + size, bytes.size() - size, format, arguments);
    va_end(arguments);
    // What does not fit is left out whole; it cannot come to that.
    size += length > 0 && static_cast<std::size_t>(length) < bytes.size() - size
                ? static_cast<std::size_t>(length)
                : 0;
}

} // namespace recycler::keeper
