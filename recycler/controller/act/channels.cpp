// SPDX-License-Identifier: MIT
#include "recycler/controller/act/channels.hpp"

#include "recycler/controller/start/deposit_keys.hpp"

#include <array>
#include <cerrno>
#include <climits>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <utility>

namespace recycler::controller {

namespace {

Result<Channel> make_channel() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) < 0) {
        return Error{errno, "make a channel for kept connections"};
    }
    Channel channel{UniqueFd(ends[0]), UniqueFd(ends[1])};
    // As many as one worker lets rest shall find room before anybody takes them. The kernel cuts it
    // to net.core.wmem_max, and a smaller channel is only slower.
    const int most = INT_MAX / 2;
    (void)::setsockopt(channel.out.get(), SOL_SOCKET, SO_SNDBUF, &most, sizeof most);
    return channel;
}

Result<UniqueFd> make_wake() {
    UniqueFd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    return wake ? Result(std::move(wake)) : Error{errno, "make an eventfd for a worker"};
}

void order(recorder::PageFile& page, slots::Resting resting) {
    switch (resting) {
    case slots::Resting::allowed:
        page.hand_on_no_more();
        page.end_kept_no_more();
        page.allow_rest();
        return;
    case slots::Resting::handed_on:
        page.hand_on();
        page.end_kept_no_more();
        return;
    case slots::Resting::ended:
        page.end_kept();
        page.hand_on_no_more();
        return;
    }
}

} // namespace

void wake(const LiveWorker& worker) {
    if (worker.wake) {
        const std::uint64_t one = 1;
        // EAGAIN: nobody has read it for 2^64 writes, and who comes to read finds it readable.
        (void)!::write(worker.wake.get(), &one, sizeof one);
    }
}

Result<const Channel*> Channels::channel_of(SlotId slot) {
    if (const auto there = channels_.find(slot); there != channels_.end()) {
        return &there->second;
    }
    auto made = make_channel();
    if (!made) {
        return std::move(made).error();
    }
    auto kept = uses_.link.deposit(key_of_channel_out(slot), made->out.get(), {});
    if (kept) {
        kept = uses_.link.deposit(key_of_channel_in(slot), made->in.get(), {});
    }
    if (!kept) {
        return std::move(kept).error();
    }
    return &channels_.emplace(slot, std::move(*made)).first->second;
}

Result<std::vector<int>> Channels::give(WorkerId id, LiveWorker& worker) {
    if (uses_.policy.app.keep_connections == policies::KeepConnections::off ||
        !uses_.link.has_channels()) {
        return std::vector<int>();
    }
    const auto channel = channel_of(id.slot);
    auto wake = channel ? make_wake() : Result<UniqueFd>(channel.error());
    if (!wake) {
        return std::move(wake).error();
    }
    if (auto kept = uses_.link.deposit(key_of_wake(id), wake->get(), {}); !kept) {
        return std::move(kept).error();
    }
    worker.wake = std::move(*wake);
    return std::vector{(*channel)->out.get(), (*channel)->in.get(), worker.wake.get()};
}

void Channels::carry_out(const slots::LetRest& action) {
    LiveWorker* worker = find_in(uses_.workers, action.worker);
    if (worker != nullptr && worker->page && worker->wake) {
        order(*worker->page, action.resting);
        wake(*worker);
    }
}

void Channels::carry_out(const slots::RouteChannel& action) {
    if (!channels_.contains(action.slot)) {
        return; // none of its workers has kept any
    }
    if (const auto told = uses_.link.route(action.slot, action.targets); !told) {
        uses_.telling.complain(told.error());
    }
}

std::vector<int> Channels::sockets_of(SlotId slot) const {
    const auto there = channels_.find(slot);
    return there == channels_.end()
               ? std::vector<int>()
               : std::vector{there->second.out.get(), there->second.in.get()};
}

void Channels::remove(SlotId slot) {
    if (channels_.erase(slot) > 0) {
        // These fail only when the keeper is gone.
        (void)uses_.link.withdraw(key_of_channel_in(slot));
        (void)uses_.link.withdraw(key_of_channel_out(slot));
    }
}

} // namespace recycler::controller
