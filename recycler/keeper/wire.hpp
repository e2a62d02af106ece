// Packets on the socket between keeper and controller: how one is sent and received, with
// descriptors. Knows no meaning; allocates nothing, because the keeper stands on it. What does not
// look exactly like a message of ours is never one.
#pragma once

#include "recycler/base/unique_fd.hpp"
#include "recycler/keeper/protocol.hpp"

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
    malformed, // empty, longer than any message, or with more descriptors than we take or have room
               // for
    nothing,
    closed, // the other side is gone, or the socket is broken
};

// Takes the next packet; never waits. Descriptors of a malformed one are closed.
[[nodiscard]] Arrival receive_packet(int socket, Packet& packet);

// Sends one packet; never waits and raises no signal. 0 or an errno: EAGAIN when the other side
// does not read, EPIPE when it is gone.
[[nodiscard]] int send_packet(int socket, std::span<const std::byte> bytes,
                              std::span<const int> fds);

// The beginning of a packet, when it is one of ours in any version.
[[nodiscard]] std::optional<Header> header_of(const Packet& packet);

template <typename Message>
[[nodiscard]] int send_message(int socket, const Message& message, std::span<const int> fds = {}) {
    static_assert(std::has_unique_object_representations_v<Message>,
                  "padding would carry our memory away");
    static_assert(sizeof message <= k_max_message);
    return send_packet(socket, std::as_bytes(std::span{&message, 1}), fds);
}

// The packet as a Message of this protocol: size, magic, version, type and number of descriptors
// are right.
template <typename Message>
[[nodiscard]] std::optional<Message> message_in(const Packet& packet, std::size_t fd_count = 0) {
    static_assert(std::is_trivially_copyable_v<Message>);
    const std::optional<Header> header = header_of(packet);
    if (!header || header->protocol != k_protocol || header->type != Message{}.header.type ||
        packet.size != sizeof(Message) || packet.fd_count != fd_count) {
        return std::nullopt;
    }
    Message message;
    std::memcpy(&message, packet.bytes.data(), sizeof message);
    return message;
}

} // namespace recycler::keeper
