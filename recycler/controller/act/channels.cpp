// SPDX-License-Identifier: MIT
#include "recycler/controller/act/channels.hpp"

#include "recycler/controller/start/deposit_keys.hpp"
#include "recycler/keeper/channel/shut_down.hpp"
#include "recycler/recorder/slot_word.hpp"

#include <array>
#include <cerrno>
#include <climits>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <utility>

namespace recycler::controller {

namespace {

// A worker that takes what comes by its channel has it within this if it has nothing else to do,
// and else when each connection that rests in it has had its turn.
constexpr Duration k_untaken = std::chrono::seconds(5);
constexpr std::uint64_t k_more_than_rest = 1024;

Result<Channel> make_channel() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) < 0) {
        return Error{errno, "make a channel for kept connections"};
    }
    Channel channel{.out = UniqueFd(ends[0]), .in = UniqueFd(ends[1])};
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

bool is_readable(int channel) {
    pollfd question{.fd = channel, .events = POLLIN, .revents = 0};
    return ::poll(&question, 1, 0) == 1 && (question.revents & POLLIN) != 0;
}

// 0: it has no name that could be read, and nothing is handed back.
std::uint32_t slot_word_of(int listener) {
    recorder::SocketName name{};
    socklen_t size = sizeof name;
    const bool known = ::getsockname(listener, &name.any, &size) == 0 && size <= sizeof name;
    return known ? recorder::slot_word(name, size) : 0;
}

} // namespace

void write_order(recorder::PageFile& page, slots::Resting resting) {
    switch (resting) {
    case slots::Resting::allowed:
        page.hand_on_no_more();
        page.end_kept_no_more();
        page.allow_rest();
        return;
    case slots::Resting::allowed_no_more:
        page.hand_on_no_more();
        page.end_kept_no_more();
        page.forbid_rest();
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

void wake(const LiveWorker& worker) {
    if (worker.kept.wake) {
        const std::uint64_t one = 1;
        // EAGAIN: nobody has read it for 2^64 writes, and who comes to read finds it readable.
        (void)!::write(worker.kept.wake.get(), &one, sizeof one);
    }
}

Result<const Channel*> Channels::channel_of(SlotId slot) {
    const auto there = channels_.find(slot);
    if (there != channels_.end() && !keeper::is_shut_down(there->second.in.get())) {
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
    return &channels_.insert_or_assign(slot, std::move(*made)).first->second;
}

bool Channels::are_kept() const {
    return uses_.policy.app.keep_connections != policies::KeepConnections::off &&
           uses_.link.has_channels();
}

Result<std::vector<int>> Channels::give(WorkerId id, slots::Resting resting, LiveWorker& worker) {
    if (!are_kept()) {
        return std::vector<int>();
    }
    auto files = ends_of(id.slot);
    if (auto given = files ? give_wake(id, worker) : Result<void>(files.error()); !given) {
        return std::move(given).error();
    }
    worker.kept.takes = resting == slots::Resting::allowed;
    files->push_back(worker.kept.wake.get());
    return files;
}

Result<void> Channels::give_wake(WorkerId id, LiveWorker& worker) {
    if (!are_kept()) {
        return {};
    }
    auto wake = make_wake();
    if (!wake) {
        return std::move(wake).error();
    }
    worker.kept.wake = std::move(*wake);
    return uses_.link.deposit(key_of_wake(id), worker.kept.wake.get(), {});
}

Result<std::vector<int>> Channels::ends_of(SlotId slot) {
    const auto channel = channel_of(slot);
    if (!channel) {
        return channel.error();
    }
    return std::vector{(*channel)->out.get(), (*channel)->in.get()};
}

void Channels::carry_out(const slots::LetRest& action) {
    LiveWorker* worker = find_in(uses_.workers, action.worker);
    const bool has_some = worker != nullptr && worker->page && worker->kept.wake;
    if (has_some && !worker->kept.taking_out.asked) { // others may have what it had
        write_order(*worker->page, action.resting);
        worker->page->hand_back(action.back ? slot_word_of(uses_.slots.fd(*action.back)) : 0);
        worker->kept.takes = action.resting == slots::Resting::allowed;
        wake(*worker);
    }
}

void Channels::carry_out(const slots::RouteChannel& action) {
    const auto channel = channels_.find(action.slot);
    if (channel == channels_.end()) {
        return; // none of its workers has kept any
    }
    channel->second.route = action.route;
    set_route(action.slot, action.route);
}

void Channels::set_route(SlotId slot, const slots::ChannelRoute& route) {
    const auto told =
        route.ended ? uses_.link.route_to_nobody(slot) : uses_.link.route(slot, route.targets);
    if (!told) {
        uses_.telling.complain(told.error());
        uses_.learn.learn(
            slots::ListenerFailed{slots::ListenerOrder::route, {slot, 0}, told.error().message()});
    }
}

// The keeper closes them, never we: a worker can have made a socket so that its last close waits.
void Channels::end_all(SlotId slot) {
    const auto channel = channels_.find(slot);
    if (channel == channels_.end() || channel->second.route.ended ||
        !is_readable(channel->second.in.get())) {
        return;
    }
    set_route(slot, {.targets = {}, .ended = true});
    set_route(slot, channel->second.route);
}

void Channels::look_at_untaken(WorkerId id, LiveWorker& worker, const request::PageReading& page,
                               MonoTime now) {
    const auto channel = channels_.find(id.slot);
    if (channel == channels_.end() || !worker.kept.takes ||
        !is_readable(channel->second.in.get())) {
        worker.kept.untaken.reset();
        return;
    }
    std::optional<Untaken>& since = worker.kept.untaken;
    if (!since || since->taken != page.taken) {
        since = Untaken{.since = now, .taken = page.taken, .begun = page.begun};
        wake(worker);
        return;
    }
    const bool is_idle = page.begun == since->begun && page.begun == page.served;
    if (now - since->since >= k_untaken &&
        (is_idle || page.begun - since->begun > k_more_than_rest)) {
        end_all(id.slot);
    }
}

std::vector<int> Channels::sockets_of(SlotId slot) const {
    const auto there = channels_.find(slot);
    return there == channels_.end() ? std::vector<int>()
                                    : std::vector{there->second.out.get(), there->second.in.get()};
}

void Channels::remove(SlotId slot) {
    if (channels_.contains(slot)) {
        // These fail only when the keeper is gone.
        (void)uses_.link.withdraw(key_of_channel_in(slot));
        (void)uses_.link.withdraw(key_of_channel_out(slot));
        channels_.erase(slot);
    }
}

} // namespace recycler::controller
