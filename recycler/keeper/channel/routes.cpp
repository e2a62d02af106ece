// SPDX-License-Identifier: MIT
#include "recycler/keeper/channel/routes.hpp"

#include "recycler/keeper/channel/send.hpp"
#include "recycler/keeper/channel/shut_down.hpp"
#include "recycler/keeper/system.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <utility>

namespace recycler::keeper {
namespace {

using namespace std::chrono_literals;

constexpr int k_moves_of_a_turn = 64;
// More than fit into a channel; a worker that sends on and on holds nobody up.
constexpr int k_most_ended = 4096;
// A full channel says that it has room only when three quarters of it are read, and nothing says
// when fewer descriptors are in flight (ETOOMANYREFS).
constexpr Duration k_move_again = 20ms;

// SCM_MAX_FD of the kernel's include/net/scm.h. With less room the kernel would close the rest, and
// a worker can have made a socket so that its last close waits until its peer has read all.
constexpr std::size_t k_scm_max_fd = 253;

// Without that wait. What is no socket has none.
void close_at_once(UniqueFd fd) {
    const linger none{.l_onoff = 0, .l_linger = 0};
    (void)::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

// The only descriptor of the message, if it has one: what else a worker sends is closed here.
UniqueFd descriptor_in(msghdr& message) {
    UniqueFd found;
    std::size_t count = 0;
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
         part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        const std::size_t here = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < here; ++i, ++count) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
            close_at_once(std::exchange(found, UniqueFd(fd)));
        }
    }
    if (count > 1) {
        close_at_once(std::exchange(found, UniqueFd()));
    }
    return found;
}

// `ended`: a worker has shut it down, and nothing will ever come.
enum class Came { connection, rubbish, nothing, ended };

Came receive(int channel, UniqueFd& connection) {
    std::array<char, 2> text{};
    iovec bytes{.iov_base = text.data(), .iov_len = text.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * k_scm_max_fd)> control{};
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t size = ::recvmsg(channel, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size < 0) {
        return Came::nothing;
    }
    if (size == 0 && is_shut_down(channel)) {
        return Came::ended;
    }
    connection = descriptor_in(message);
    const bool is_one = size == 1 && text[0] == k_connection && connection &&
                        (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
    if (!is_one) {
        close_at_once(std::exchange(connection, UniqueFd()));
    }
    return is_one ? Came::connection : Came::rubbish;
}

// What stands in the channel now.
void end_all(int channel) {
    UniqueFd connection;
    for (int i = 0; i < k_most_ended; ++i) {
        const Came came = receive(channel, connection);
        if (came != Came::connection && came != Came::rubbish) {
            return;
        }
        close_at_once(std::exchange(connection, UniqueFd()));
    }
}

} // namespace

int Routes::end_of(DepositKind kind, std::uint16_t slot) {
    const DepositRecord* deposit = store_.find({.kind = kind, .slot = slot, .serial = 0});
    return deposit == nullptr ? -1 : deposit->fd.get();
}

void Routes::watch(const RouteRecord& route, bool is_watched) {
    const int channel = end_of(DepositKind::channel_in, route.slot);
    if (channel < 0) {
        return;
    }
    const auto index = static_cast<std::uint32_t>(&route - store_.routes().data());
    const Event event{.source = Source::channel, .index = index};
    if (!is_watched) {
        poller_.remove(channel);
    } else if (poller_.add(channel, event) != 0) { // no memory: looked at by time
        again_at_ = std::min(again_at_, now() + k_move_again);
    }
}

int Routes::set(const Route& order) {
    const bool ends = order.count == k_to_nobody;
    if (order.count > k_max_targets && !ends) {
        return EINVAL;
    }
    const int channel = end_of(DepositKind::channel_in, order.slot);
    if (channel < 0) {
        return ENOENT;
    }
    if (ends) {
        end_all(channel);
    }
    RouteRecord* route = store_.find_route(order.slot);
    if (route == nullptr) {
        route = order.count == 0 ? nullptr : store_.free_route();
        if (route == nullptr) {
            return order.count == 0 ? 0 : ENOSPC;
        }
        route->slot = order.slot;
    }
    watch(*route, false);
    route->count = ends ? std::uint16_t{0} : order.count;
    route->ends = ends;
    route->targets = order.targets;
    route->next = 0;
    if (route->stands()) {
        watch(*route, true);
        again_at_ = route->in_hand ? now() : again_at_;
    } else {
        put_back(*route);
    }
    return 0;
}

void Routes::end(const DepositKey& channel) {
    RouteRecord* route = channel.serial == 0 ? store_.find_route(channel.slot) : nullptr;
    if (channel.kind != DepositKind::channel_in || channel.serial != 0) {
        return;
    }
    if (route != nullptr) {
        watch(*route, false);
        route->count = 0;
        route->ends = false;
        close_at_once(std::exchange(route->in_hand, UniqueFd()));
    }
    // Else they would be closed with the last end of the channel, whose process a lingering one
    // could hold up.
    end_all(end_of(DepositKind::channel_in, channel.slot));
}

// Its route has ended: it goes on waiting where it came from.
void Routes::put_back(RouteRecord& route) {
    if (!route.in_hand) {
        return;
    }
    if (send_connection(end_of(DepositKind::channel_out, route.slot), route.in_hand.get()) == 0) {
        route.in_hand.reset();
    } else {
        again_at_ = std::min(again_at_, now() + k_move_again);
    }
}

// Tries the targets one after another, beginning with the one whose turn it is, until one of their
// channels has room.
bool Routes::send(RouteRecord& route) {
    for (std::uint16_t tried = 0; tried < route.count; ++tried) {
        const std::uint16_t target = route.targets[(route.next + tried) % route.count];
        const int channel = end_of(DepositKind::channel_out, target);
        const RouteRecord* onward = store_.find_route(target);
        const bool goes_on = target == route.slot || (onward != nullptr && onward->stands());
        if (channel >= 0 && !goes_on && send_connection(channel, route.in_hand.get()) == 0) {
            route.in_hand.reset();
            route.next = static_cast<std::uint16_t>((route.next + tried + 1) % route.count);
            return true;
        }
    }
    return false;
}

Routes::Moved Routes::move(RouteRecord& route) {
    if (!route.in_hand) {
        const int channel = end_of(DepositKind::channel_in, route.slot);
        const Came came = channel < 0 ? Came::nothing : receive(channel, route.in_hand);
        if (came == Came::ended) {
            watch(route, false);
            route.count = 0;
            route.ends = false;
        }
        if (came != Came::connection) {
            return came == Came::rubbish ? Moved::one : Moved::none;
        }
    }
    if (route.ends) {
        close_at_once(std::exchange(route.in_hand, UniqueFd()));
        return Moved::one;
    }
    return send(route) ? Moved::one : Moved::waits;
}

void Routes::move_some(RouteRecord& route) {
    Moved moved = Moved::one;
    for (int i = 0; i < k_moves_of_a_turn && moved == Moved::one; ++i) {
        moved = move(route);
    }
    if (moved == Moved::waits) {
        watch(route, false);
        again_at_ = std::min(again_at_, now() + k_move_again);
    }
}

void Routes::on_channel(std::size_t index) {
    const auto routes = store_.routes();
    if (index < routes.size() && routes[index].stands()) {
        move_some(routes[index]);
    }
}

void Routes::act_on_time(MonoTime time) {
    if (time < again_at_) {
        return;
    }
    again_at_ = MonoTime::max();
    for (RouteRecord& route : store_.routes()) {
        if (route.stands()) {
            watch(route, false);
            watch(route, true);
            move_some(route);
        } else {
            put_back(route);
        }
    }
}

} // namespace recycler::keeper
