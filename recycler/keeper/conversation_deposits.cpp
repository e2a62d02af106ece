// SPDX-License-Identifier: MIT
// Hearing: orders about what the keeper holds for the controllers, and about the channels in it.
#include "recycler/keeper/conversation.hpp"

#include <cerrno>

namespace recycler::keeper {

WireId id_of(const DepositKey& key) {
    return {.slot = key.slot,
            .reserved = static_cast<std::uint16_t>(key.kind),
            .generation = key.serial};
}

Heard Conversation::obey_deposit(Packet& packet, const Header& header) {
    const std::optional<Deposit> deposit = message_in<Deposit>(packet, protocol_, 1);
    if (!deposit) {
        return reject(header, EBADMSG);
    }
    routes_.end(deposit->key);
    DepositRecord* record = store_.put(deposit->key);
    if (record == nullptr) {
        return reject(header, ENOSPC, id_of(deposit->key));
    }
    record->key = deposit->key;
    record->aux = deposit->aux;
    record->fd = std::move(packet.fds[0]);
    return Heard::order;
}

// One comes, one is closed, or what stands in a channel is to be moved.
Heard Conversation::obey_of_deposits(Packet& packet, const Header& header) {
    if (header.type == Type::deposit) {
        return obey_deposit(packet, header);
    }
    const std::optional<Withdraw> withdrawn = message_in<Withdraw>(packet, protocol_);
    const std::optional<Route> route = message_in<Route>(packet, protocol_);
    if (route && protocol_ >= k_channels_since) {
        const int error = routes_.set(*route);
        return error == 0 ? Heard::order : reject(header, error, WireId{.slot = route->slot});
    }
    if (!withdrawn) {
        return reject(header, EBADMSG);
    }
    routes_.end(withdrawn->key);
    if (DepositRecord* record = store_.find(withdrawn->key)) {
        record->fd.reset();
    }
    return Heard::order;
}

} // namespace recycler::keeper
