// SPDX-License-Identifier: MIT
// Hearing: orders of the controller.
#include "recycler/keeper/conversation.hpp"

#include "recycler/base/version.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <unistd.h>

namespace recycler::keeper {

namespace {

Build build_name() {
    Build build{};
    std::ranges::copy(version(), build.begin());
    return build;
}

} // namespace

int Conversation::begin(UniqueFd socket, std::uint32_t starts) {
    end();
    socket_ = std::move(socket);
    starts_ = starts;
    permits_.begin();
    replayed_permits_ = 0;
    replayed_deposits_ = 0;
    replayed_workers_ = 0;
    answer_.reset();
    stops_told_ = 0;
    protocol_ = k_protocol;
    state_ = State::greeting;
    watched_ = EPOLLIN;
    return poller_.add(socket_.get(), {.source = Source::socket}, watched_);
}

void Conversation::mute() {
    if (state_ != State::closed) {
        poller_.remove(socket_.get());
        state_ = State::mute;
    }
}

void Conversation::end() {
    mute();
    socket_.reset();
    state_ = State::closed;
}

Heard Conversation::listen() {
    if (state_ == State::closed || state_ == State::mute || answer_) {
        return Heard::nothing;
    }
    Packet packet;
    switch (receive_packet(socket_.get(), packet)) {
    case Arrival::nothing:
        return Heard::nothing;
    case Arrival::closed:
        return Heard::closed;
    case Arrival::malformed:
        return reject(Header{}, EBADMSG);
    case Arrival::stripped:
        return reject_stripped(packet);
    case Arrival::packet:
        break;
    }
    const std::optional<Header> header = header_of(packet);
    if (!header) {
        return reject(Header{}, EBADMSG);
    }
    if (header->type == Type::hello) {
        return greet(packet);
    }
    if (state_ == State::permitting) {
        return take_permit(packet, *header);
    }
    return state_ == State::greeting ? reject(*header, EPROTO) : obey(packet, *header);
}

Heard Conversation::reject(const Header& header, int error, const WireId& id) {
    answer_ = Rejected{.id = id, .type = header.type, .error = error};
    return Heard::order;
}

// Its descriptors are lost and its words are not, so the controller learns whose order it was.
Heard Conversation::reject_stripped(const Packet& packet) {
    const std::optional<Header> header = header_of(packet);
    if (const auto launch = message_in<Launch>(packet, protocol_)) {
        return reject(*header, EMFILE, launch->id);
    }
    if (const auto deposit = message_in<Deposit>(packet, protocol_)) {
        return reject(*header, EMFILE, id_of(deposit->key));
    }
    return reject(Header{}, EBADMSG);
}

// Its layout is the same in every version, so the protocol in the header does not matter.
Heard Conversation::greet(const Packet& packet) {
    Hello hello;
    if (packet.size != sizeof hello || packet.fd_count != 0 || state_ != State::greeting) {
        return reject(Header{}, EPROTO);
    }
    std::memcpy(&hello, packet.bytes.data(), sizeof hello);
    if (hello.oldest > k_protocol || hello.newest < k_oldest_protocol) {
        (void)send_message(socket_.get(), k_protocol,
                           Refused{.build = build_name()}); // it is ended all the same
        return Heard::unfit;
    }
    protocol_ = std::min(hello.newest, k_protocol);
    const Welcome welcome{.keeper_pid = ::getpid(),
                          .deposits = store_.deposit_count(),
                          .workers = store_.worker_count(),
                          .starts = starts_,
                          .build = build_name(),
                          .oldest_plan = worker::k_oldest_plan_version,
                          .newest_plan = worker::k_plan_version,
                          .permits = static_cast<std::uint32_t>(permits_.held().size())};
    if (send_message(socket_.get(), protocol_, welcome) != 0) {
        return Heard::closed; // a fresh socket has room: there is nobody
    }
    state_ = protocol_ < k_permits_since ? State::replaying : State::permitting;
    return Heard::order;
}

// Nothing that a controller before has deposited is told before these have ended.
Heard Conversation::take_permit(Packet& packet, const Header& header) {
    if (message_in<Inherit>(packet, protocol_)) {
        permits_.close();
        rights_.keep_for(permits_.held());
        state_ = State::replaying;
        return Heard::order;
    }
    if (!message_in<Permit>(packet, protocol_, 2)) {
        return reject(header, EPROTO);
    }
    const int error =
        permits_.tell({.plan = std::move(packet.fds[0]), .policy = std::move(packet.fds[1])});
    return error == 0 ? Heard::order : reject(header, error);
}

Heard Conversation::obey(Packet& packet, const Header& header) {
    switch (header.type) {
    case Type::established:
    case Type::pong:
        return obey_without_words(packet, header);
    case Type::deposit:
    case Type::withdraw:
    case Type::route:
        return obey_of_deposits(packet, header);
    case Type::launch:
    case Type::forget:
    case Type::take_slot:
    case Type::open_thread_files:
    case Type::take_out:
        return obey_about_worker(packet, header);
    case Type::quit:
    case Type::unit_state:
        return obey_about_app(packet, header);
    case Type::permit:
    case Type::inherit:
    case Type::keep_permit:
        return obey_of_permits(packet, header);
    case Type::hello:
    case Type::welcome:
    case Type::refused:
    case Type::replay_deposit:
    case Type::replay_worker:
    case Type::replay_done:
    case Type::launched:
    case Type::launch_failed:
    case Type::exited:
    case Type::signal_received:
    case Type::ping:
    case Type::rejected:
    case Type::replay_permit:
    case Type::thread_files_opened:
    case Type::taken_out:
        break;
    }
    return reject(header, EBADMSG);
}

Heard Conversation::obey_without_words(const Packet& packet, const Header& header) {
    if (message_in<Established>(packet, protocol_)) {
        return Heard::established;
    }
    return message_in<Pong>(packet, protocol_) ? Heard::order : reject(header, EBADMSG);
}

Heard Conversation::obey_launch(Packet& packet, const Header& header) {
    const std::optional<Launch> launch = message_in<Launch>(packet, protocol_, packet.fd_count);
    if (!launch) {
        return reject(header, EBADMSG);
    }
    const int error =
        workers_.launch(*launch, packet, protocol_ < k_permits_since ? nullptr : &permits_);
    return error == 0 ? Heard::order : reject(header, error, launch->id);
}

// One that there is, was, or shall be.
Heard Conversation::obey_about_worker(Packet& packet, const Header& header) {
    if (header.type == Type::launch) {
        return obey_launch(packet, header);
    }
    if (header.type == Type::take_out) {
        return obey_take_out(packet, header);
    }
    if (header.type == Type::take_slot) {
        return obey_take_slot(packet, header);
    }
    if (header.type == Type::open_thread_files) {
        return obey_open_thread_files(packet, header);
    }
    const std::optional<Forget> forget = message_in<Forget>(packet, protocol_);
    if (!forget) {
        return reject(header, EBADMSG);
    }
    const int error = workers_.forget(forget->id);
    return error == 0 ? Heard::order : reject(header, error, forget->id);
}

Heard Conversation::obey_take_slot(const Packet& packet, const Header& header) {
    const std::optional<TakeSlot> order = message_in<TakeSlot>(packet, protocol_);
    if (!order || protocol_ < k_spares_since) {
        return reject(header, EBADMSG);
    }
    const int error = workers_.take_slot(*order);
    return error == 0 ? Heard::order : reject(header, error, order->worker);
}

// Once all else that is held was told, a permit comes too late.
Heard Conversation::obey_of_permits(const Packet& packet, const Header& header) {
    const std::optional<KeepPermit> keep = message_in<KeepPermit>(packet, protocol_);
    if (protocol_ < k_permits_since || (header.type == Type::keep_permit && !keep)) {
        return reject(header, EBADMSG);
    }
    const int error = keep ? permits_.keep(keep->permit) : EPERM;
    return error == 0 ? Heard::order : reject(header, error);
}

Heard Conversation::obey_about_app(const Packet& packet, const Header& header) {
    if (header.type == Type::unit_state) {
        return obey_unit_state(packet, header);
    }
    const std::optional<Quit> quit = message_in<Quit>(packet, protocol_);
    if (!quit) {
        return reject(header, EBADMSG);
    }
    quit_code_ = quit->code;
    return Heard::quit;
}

Heard Conversation::obey_unit_state(const Packet& packet, const Header& header) {
    const std::optional<UnitState> unit_state = message_in<UnitState>(packet, protocol_);
    if (!unit_state || unit_state->phase > AppPhase::stopping || unit_state->until < 0) {
        return reject(header, EBADMSG);
    }
    unit_state_ = *unit_state;
    return Heard::unit_state;
}

Heard Conversation::obey_open_thread_files(const Packet& packet, const Header& header) {
    const std::optional<OpenThreadFiles> order = message_in<OpenThreadFiles>(packet, protocol_);
    if (!order || protocol_ < k_thread_files_since) {
        return reject(header, EBADMSG);
    }
    const WorkerRecord* worker = store_.find(order->id);
    Opened opened{.id = order->id, .which = order->which, .files = {}};
    const int error = worker == nullptr ? ENOENT : open_thread_files(*order, *worker, opened.files);
    if (error != 0) {
        WireId id = order->id;
        id.reserved = static_cast<std::uint16_t>(order->which);
        return reject(header, error, id);
    }
    answer_ = std::move(opened);
    return Heard::order;
}

Heard Conversation::obey_take_out(const Packet& packet, const Header& header) {
    const std::optional<TakeOut> order = message_in<TakeOut>(packet, protocol_);
    if (!order || protocol_ < k_channels_since) {
        return reject(header, EBADMSG);
    }
    WorkerRecord* worker = store_.find(order->id);
    answer_ = worker == nullptr
                  ? TakenOut{.id = order->id, .process = order->process, .error = ENOENT}
                  : take_out(*order, *worker, store_);
    return Heard::order;
}

} // namespace recycler::keeper
