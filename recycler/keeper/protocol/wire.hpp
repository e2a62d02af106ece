// SPDX-License-Identifier: MIT
// Packets on the socket between keeper and controller: how one is sent and received, with
// descriptors. Knows no meaning; allocates nothing, because the keeper stands on it. What does not
// look exactly like a message of ours is never one.
#pragma once

#include "recycler/base/unique_fd.hpp"
#include "recycler/keeper/protocol/protocol.hpp"

#include <array>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>

namespace recycler::keeper {

struct Packet {
    std::array<std::byte, k_max_message> bytes;
    std::size_t size = 0;
    std::array<UniqueFd, k_max_fds> fds;
    std::size_t fd_count = 0;
};

enum class Arrival {
    packet,
    stripped,  // whole, but we have no room for its descriptors: RLIMIT_NOFILE
    malformed, // empty, longer than any message, or with more descriptors than any message has
    nothing,
    closed, // the other side is gone, or the socket is broken
};

// Takes the next packet; never waits. Descriptors of a malformed or stripped one are closed.
[[nodiscard]] Arrival receive_packet(int socket, Packet& packet);

// Sends one packet; never waits and raises no signal. 0 or an errno: EAGAIN when the other side
// does not read, EPIPE when it is gone.
[[nodiscard]] int send_packet(int socket, std::span<const std::byte> bytes,
                              std::span<const int> fds);

// The beginning of a packet, when it is one of ours in any version.
[[nodiscard]] std::optional<Header> header_of(const Packet& packet);

// The message as this protocol has it: what later ones append is left out.
template <typename Message>
[[nodiscard]] int send_message(int socket, std::uint16_t protocol, Message message,
                               std::span<const int> fds = {}) {
    static_assert(std::has_unique_object_representations_v<Message>,
                  "padding would carry our memory away");
    static_assert(sizeof message <= k_max_message);
    message.header.protocol = protocol;
    return send_packet(
        socket, std::as_bytes(std::span{&message, 1}).first(size_in<Message>(protocol)), fds);
}

// The packet as a Message of this protocol: size, magic, version, type and number of descriptors
// are right. What later protocols append is as in a new Message.
template <typename Message>
[[nodiscard]] std::optional<Message> message_in(const Packet& packet, std::uint16_t protocol,
                                                std::size_t fd_count = 0) {
    static_assert(std::is_trivially_copyable_v<Message>);
    const std::optional<Header> header = header_of(packet);
    Message message;
    if (!header || header->protocol != protocol || header->type != message.header.type ||
        packet.size != size_in<Message>(protocol) || packet.fd_count != fd_count) {
        return std::nullopt;
    }
    std::memcpy(&message, packet.bytes.data(), packet.size);
    return message;
}

} // namespace recycler::keeper
