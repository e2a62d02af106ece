// SPDX-License-Identifier: MIT
#include "recycler/control/connections.hpp"

#include <sys/epoll.h>
#include <unistd.h>

namespace recycler::control {

namespace {

// How long the next one of those who only read waits, in what this one took, and at most.
constexpr int k_pause = 10;
constexpr Duration k_longest_pause = std::chrono::seconds(1);

} // namespace

Server::Connections::Connections(systemd::EventLoop& loop, Setup setup)
    : loop_(loop), listener_(std::move(setup.listener)), rights_(setup.rights),
      calls_(std::move(setup.calls)), limits_(setup.limits) {}

Result<void> Server::Connections::start() {
    using systemd::Priority;
    auto accepting = loop_.add_io(
        listener_.get(), EPOLLIN, [this](auto) { accept_clients(); }, Priority::last);
    auto again = loop_.add_timer([this] { accepting_.watch(EPOLLIN); });
    auto changers = loop_.add_timer([this] { settle_next(touched_changers_); });
    auto others = loop_.add_timer([this] { settle_next(touched_others_); }, Priority::last);
    if (!accepting) {
        return std::move(accepting).error().within("serve the control socket");
    }
    if (!again) {
        return std::move(again).error().within("serve the control socket");
    }
    if (!changers || !others) {
        return std::move(changers ? others : changers).error().within("serve the control socket");
    }
    accepting_ = *std::move(accepting);
    accept_again_ = *std::move(again);
    touched_changers_.turn = *std::move(changers);
    touched_others_.turn = *std::move(others);
    keep_a_spare();
    return {};
}

void Server::Connections::on_io(Id id, std::uint32_t events) {
    Client& client = clients_.at(id);
    Connection& connection = client.connection;
    const bool gone = (events & (EPOLLHUP | EPOLLERR)) != 0;
    const bool only_reads = client.counted_as != Role::changer;
    if (gone && (only_reads || !connection.is_idle())) {
        connection.lose(); // nobody is there to read the answer
    } else if (connection.is_idle() && !connection.has_message() &&
               (gone || (events & EPOLLIN) != 0)) {
        connection.receive();
    }
    const bool is_cheap = connection.line() == Connection::Line::lost || !connection.has_message();
    if (is_cheap || !only_reads) {
        settle(id);
    } else {
        touch(id);
        client.io.pause(); // until its turn
    }
}

void Server::Connections::touch(Id id) {
    Touched& touched = touched_of(clients_.at(id));
    touched.ids.insert(id);
    touched.turn.arm(std::max(loop_.now(), touched.next));
}

// One of them, in the order of their ids.
void Server::Connections::settle_next(Touched& touched) {
    auto next = touched.ids.upper_bound(touched.last);
    next = next == touched.ids.end() ? touched.ids.begin() : next;
    if (next == touched.ids.end()) {
        return;
    }
    const Duration before = systemd::EventLoop::processor_time();
    touched.last = *next;
    touched.ids.erase(next);
    settle(touched.last);
    if (&touched == &touched_others_) {
        const Duration took = systemd::EventLoop::processor_time() - before;
        touched.next = loop_.now() + std::min(took * k_pause, k_longest_pause);
    }
    if (!touched.ids.empty()) {
        touched.turn.arm(touched.next);
    }
}

// Sends what can be sent, takes at most one message, removes who is through.
void Server::Connections::settle(Id id) {
    Client& client = clients_.at(id);
    flush(client);
    if (const auto message = client.connection.next_message()) {
        client.silence.arm(loop_.now() + limits_.silence);
        take(id, client, *message);
        touch(id); // an answer may be there already, or the next message
    } else if (client.connection.is_idle() && client.connection.line() == Connection::Line::half) {
        client.connection.lose();
    }
    if (client.connection.line() == Connection::Line::lost) {
        remove(id);
    } else {
        wait_for(client);
    }
}

void Server::Connections::wait_for(Client& client) {
    const Connection& connection = client.connection;
    if (connection.unsent() > 0) {
        client.io.watch(EPOLLOUT);
    } else if (connection.call || connection.line() == Connection::Line::half) {
        client.io.watch(0); // tells only that the client has gone
        client.silence.disarm();
    } else if (connection.has_message()) {
        client.io.watch(0); // it is taken in the next turn
    } else {
        client.io.watch(EPOLLIN);
    }
}

void Server::Connections::remove(Id id) {
    const auto place = clients_.find(id);
    const std::optional<OpenCallOf> call = place->second.connection.call;
    Account& account = account_of(place->second);
    account.unsent -= place->second.connection.unsent();
    --account.clients;
    touched_of(place->second).ids.erase(id);
    clients_.erase(place);
    keep_a_spare();
    if (call && callers_.erase(call->id) > 0) {
        calls_.on_cancelled(call->id);
    }
}

void Server::Connections::flush(Client& client) {
    const std::size_t before = client.connection.unsent();
    const bool taken = client.connection.flush();
    account_of(client).unsent -= before - client.connection.unsent();
    if (taken && before > 0) {
        client.silence.arm(loop_.now() + limits_.silence);
    }
}

void Server::Connections::queue(Client& client, std::string message) {
    const bool is_first = client.connection.unsent() == 0;
    Account& account = account_of(client);
    account.unsent += message.size();
    if (is_first) {
        client.silence.arm(loop_.now() + limits_.silence);
    }
    client.connection.queue(std::move(message));
    // One answer may be longer than a stream may lag behind.
    if ((!is_first && client.connection.unsent() > limits_.unsent) ||
        account.unsent > limits_.unsent_all) {
        client.connection.lose();
    }
}

void Server::Connections::take(Id id, Client& client, const std::string& message) {
    const Role role = role_of(client.connection.credentials(), rights_, geteuid());
    if (role == Role::stranger) { // whatever it is: to read it would cost us time
        queue(client, encode_failure(ServiceError{ServiceFault::permission_denied, ""}));
        return;
    }
    auto decoded = decode_call(message);
    if (std::holds_alternative<NoCall>(decoded)) {
        client.connection.lose();
        return;
    }
    if (const auto* bad = std::get_if<BadCall>(&decoded)) {
        if (bad->delivery != Delivery::oneway) {
            queue(client, encode_failure(bad->failure));
        }
        return;
    }
    const Incoming& incoming = std::get<Incoming>(decoded);
    const Call* call = std::get_if<Call>(&incoming.call);
    if (!is_allowed(role, call != nullptr ? needed_for(*call) : Role::reader)) {
        if (incoming.delivery != Delivery::oneway) {
            queue(client, encode_failure(ServiceError{ServiceFault::permission_denied, ""}));
        }
        return;
    }
    if (call != nullptr) {
        const CallId call_id{next_call_++};
        if (incoming.delivery != Delivery::oneway) {
            client.connection.call = OpenCallOf{call_id, incoming.delivery};
            callers_.emplace(call_id, id);
        }
        calls_.on_call(call_id, *call);
        return;
    }
    if (incoming.delivery != Delivery::oneway) {
        tell_of_service(client, incoming);
    }
}

void Server::Connections::tell_of_service(Client& client, const Incoming& incoming) {
    const auto* described = std::get_if<GetInterfaceDescription>(&incoming.call);
    queue(client, described == nullptr ? encode_info()
                                       : encode_interface_description(described->interface));
}

const Connection* Server::Connections::find(CallId call) const {
    const auto caller = callers_.find(call);
    return caller == callers_.end() ? nullptr : &clients_.at(caller->second).connection;
}

void Server::Connections::answer(CallId call, std::string message) {
    const auto caller = callers_.find(call);
    if (caller == callers_.end()) {
        return;
    }
    const Id id = caller->second;
    callers_.erase(caller);
    Client& client = clients_.at(id);
    client.connection.call.reset();
    queue(client, std::move(message));
    touch(id);
}

void Server::Connections::answer_more(CallId call, std::string message) {
    const auto caller = callers_.find(call);
    if (caller == callers_.end()) {
        return;
    }
    Client& client = clients_.at(caller->second);
    if (client.connection.call->delivery == Delivery::more) {
        flush(client);
        queue(client, std::move(message));
        touch(caller->second);
    }
}

} // namespace recycler::control
