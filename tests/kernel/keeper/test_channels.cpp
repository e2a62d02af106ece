// SPDX-License-Identifier: MIT
#include "tests/kernel/keeper/test_channels.hpp"

#include "recycler/keeper/protocol/wire.hpp"

#include <array>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace recycler;
using namespace recycler::keeper;

namespace {

std::uint16_t slot_in(const Order& order, const std::string& name = "slot") {
    return static_cast<std::uint16_t>(std::stoi(field(order, name, "0")));
}

DepositKey key(DepositKind kind, std::uint16_t slot) {
    return {.kind = kind, .slot = slot, .serial = 0};
}

std::string send(int channel, const std::string& text, std::size_t descriptors) {
    const std::vector<int> fds(descriptors, STDERR_FILENO);
    const int error = send_packet(channel, std::as_bytes(std::span{text}), fds);
    return error == 0 ? "" : "not sent " + std::to_string(error);
}

// Waits for the next one, with its descriptor.
bool took_one(int channel) {
    pollfd question{.fd = channel, .events = POLLIN, .revents = 0};
    Packet packet;
    return ::poll(&question, 1, 10'000) == 1 &&
           receive_packet(channel, packet) == Arrival::packet && packet.size == 1 &&
           packet.fd_count == 1;
}

// A connection whose last close waits for a minute, because its peer reads nothing. The peer's end.
UniqueFd send_lingering(int channel) {
    const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {}, .sin_zero = {}};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    UniqueFd peer(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::bind(listener.get(), any, size) < 0 || ::listen(listener.get(), 1) < 0 ||
        ::getsockname(listener.get(), any, &size) < 0 || ::connect(peer.get(), any, size) < 0) {
        give_up("no connection");
    }
    const UniqueFd own(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const linger minute{.l_onoff = 1, .l_linger = 60};
    (void)::setsockopt(own.get(), SOL_SOCKET, SO_LINGER, &minute, sizeof minute);
    const std::vector<char> much(1 << 20);
    while (::send(own.get(), much.data(), much.size(), MSG_DONTWAIT) > 0) {
    }
    const int fd = own.get();
    const std::string text = "k";
    if (send_packet(channel, std::as_bytes(std::span{text}), std::span{&fd, 1}) != 0) {
        give_up("not sent");
    }
    return peer;
}

// Reads all that comes until nothing more does.
bool ends(int peer) {
    std::vector<char> much(1 << 20);
    pollfd question{.fd = peer, .events = POLLIN, .revents = 0};
    while (::poll(&question, 1, 10'000) == 1) {
        if (::recv(peer, much.data(), much.size(), 0) <= 0) {
            return true;
        }
    }
    return false;
}

} // namespace

std::string TestChannels::carry_out(const std::string& verb, const Order& order, Link& link) {
    const std::uint16_t slot = slot_in(order);
    const int count = std::stoi(field(order, "count", "1"));
    if (verb == "channel") {
        std::array<int, 2> ends{};
        if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) < 0) {
            give_up("no channel");
        }
        channels_[slot] = {UniqueFd(ends[0]), UniqueFd(ends[1])};
        must(link.deposit(key(DepositKind::channel_out, slot), ends[0], {}));
        must(link.deposit(key(DepositKind::channel_in, slot), ends[1], {}));
        return "made";
    }
    if (verb == "route") {
        if (order.contains("to") && order.find("to")->second == "nobody") {
            must(link.route_to_nobody({slot}));
            return "routed";
        }
        std::vector<SlotId> targets;
        const auto [first, last] = order.equal_range("to");
        for (auto entry = first; entry != last; ++entry) {
            targets.push_back({static_cast<std::uint16_t>(std::stoi(entry->second))});
        }
        must(link.route({slot}, targets));
        return "routed";
    }
    if (verb == "take slot") {
        must(link.take_slot(id_of(order), id_of({{"id", field(order, "as", "")}})));
        return "named";
    }
    if (verb == "send" || verb == "rubbish") {
        std::string failed;
        for (int i = 0; i < count && failed.empty(); ++i) {
            failed = verb == "send" ? send(channels_.at(slot).out.get(), "k", 1)
                                    : send(channels_.at(slot).out.get(), i % 2 == 0 ? "k" : "xy",
                                           i % 2 == 0 ? 2 : 1);
        }
        return failed.empty() ? "sent" : failed;
    }
    if (verb == "take") {
        int taken = 0;
        while (taken < count && took_one(channels_.at(slot).in.get())) {
            ++taken;
        }
        return "took " + std::to_string(taken);
    }
    if (verb == "linger") {
        peer_ = send_lingering(channels_.at(slot).out.get());
        return "lingers";
    }
    if (verb == "peer") {
        return ends(peer_.get()) ? "peer ends" : "peer waits";
    }
    if (verb == "shut") {
        (void)::shutdown(channels_.at(slot).out.get(), SHUT_RDWR);
        return "shut";
    }
    if (verb == "drop") {
        must(link.withdraw(key(DepositKind::channel_in, slot)));
        return "dropped";
    }
    give_up("unknown order " + verb);
}

void TestChannels::take(const HeldDeposit& deposit) {
    const int copy = ::fcntl(deposit.fd.get(), F_DUPFD_CLOEXEC, 3);
    if (deposit.key.kind == DepositKind::channel_out) {
        channels_[deposit.key.slot].out.reset(copy);
    } else if (deposit.key.kind == DepositKind::channel_in) {
        channels_[deposit.key.slot].in.reset(copy);
    } else {
        ::close(copy);
    }
}

std::vector<int> TestChannels::given(const Order& order) const {
    if (!order.contains("channel")) {
        return {};
    }
    const Ends& ends = channels_.at(slot_in(order, "channel"));
    return {ends.out.get(), ends.in.get(), STDERR_FILENO};
}
