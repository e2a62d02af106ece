// SPDX-License-Identifier: MIT
#include "recycler/keeper/poller.hpp"

#include <algorithm>
#include <cerrno>

namespace recycler::keeper {
namespace {

epoll_event as_epoll(Event event, std::uint32_t events) {
    epoll_event entry{};
    entry.events = events;
    entry.data.u64 = (std::uint64_t{static_cast<std::uint32_t>(event.source)} << 32) | event.index;
    return entry;
}

} // namespace

int Poller::open() {
    epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
    return epoll_ ? 0 : errno;
}

int Poller::add(int fd, Event event, std::uint32_t events) {
    epoll_event entry = as_epoll(event, events);
    return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &entry) < 0 ? errno : 0;
}

void Poller::change(int fd, Event event, std::uint32_t events) {
    epoll_event entry = as_epoll(event, events);
    (void)::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &entry); // cannot fail for what was added
}

void Poller::remove(int fd) {
    (void)::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); // ENOENT: was not added
}

std::span<const Event> Poller::wait(MonoTime now, MonoTime deadline, std::size_t most) {
    std::array<epoll_event, k_most_events> ready;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now).count();
    const int timeout = static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
    const int count = ::epoll_wait(epoll_.get(), ready.data(),
                                   static_cast<int>(std::min(most, ready.size())), timeout);
    const std::size_t size =
        count > 0 ? static_cast<std::size_t>(count) : 0; // EINTR: nothing happened
    for (std::size_t i = 0; i < size; ++i) {
        const std::uint64_t tag = ready[i].data.u64;
        events_[i] = {.source = static_cast<Source>(tag >> 32),
                      .index = static_cast<std::uint32_t>(tag)};
    }
    return std::span{events_}.first(size);
}

} // namespace recycler::keeper
