#include "recycler/control/connections.hpp"

#include "recycler/control/overloaded.hpp"

#include <sys/epoll.h>
#include <unistd.h>

namespace recycler::control {

Server::Connections::Connections(systemd::EventLoop& loop, Setup setup)
    : loop_(loop), listener_(std::move(setup.listener)), rights_(setup.rights),
      calls_(std::move(setup.calls)), limits_(setup.limits) {}

Result<void> Server::Connections::start() {
    auto accepting = loop_.add_io(listener_.get(), EPOLLIN, [this](auto) { accept_clients(); });
    auto again = loop_.add_timer([this] { accepting_.watch(EPOLLIN); });
    auto settling = loop_.add_deferred([this] { settle_touched(); });
    if (!accepting) {
        return std::move(accepting).error().within("serve the control socket");
    }
    if (!again) {
        return std::move(again).error().within("serve the control socket");
    }
    if (!settling) {
        return std::move(settling).error().within("serve the control socket");
    }
    accepting_ = *std::move(accepting);
    accept_again_ = *std::move(again);
    settling_ = *std::move(settling);
    return {};
}

void Server::Connections::on_io(Id id, std::uint32_t events) {
    Connection& connection = clients_.at(id).connection;
    const bool gone = (events & (EPOLLHUP | EPOLLERR)) != 0;
    if (gone && !connection.is_idle()) {
        connection.lose(); // nobody is there to read the answer
    } else if (connection.is_idle() && !connection.has_message() &&
               (gone || (events & EPOLLIN) != 0)) {
        connection.receive();
    }
    settle(id);
}

void Server::Connections::touch(Id id) {
    touched_.insert(id);
    settling_.schedule();
}

void Server::Connections::settle_touched() {
    const std::set<Id> now = std::exchange(touched_, {});
    for (const Id id : now) {
        if (clients_.contains(id)) {
            settle(id);
        }
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
    clients_.erase(place);
    touched_.erase(id);
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
    const Standing standing = standing_of(client.connection.credentials(), rights_, geteuid());
    const Call* call = std::get_if<Call>(&incoming.call);
    if (!is_allowed(standing, call != nullptr ? needed_for(*call) : Standing::reader)) {
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
        dispatch(call_id, *call);
        return;
    }
    const auto* described = std::get_if<GetInterfaceDescription>(&incoming.call);
    if (incoming.delivery == Delivery::oneway) {
        return;
    }
    if (described == nullptr) {
        queue(client, encode_info());
    } else {
        queue(client, encode_interface_description(described->interface));
    }
}

void Server::Connections::dispatch(CallId id, const Call& call) {
    std::visit(Overloaded{
                   [&](const StatusCall& status) { calls_.on_status(id, status); },
                   [&](const DrainCall& drain) { calls_.on_drain(id, drain); },
                   [&](const OpenCall& open) { calls_.on_open(id, open); },
                   [&](const RecycleCall& recycle) { calls_.on_recycle(id, recycle); },
                   [&](const ReloadCall& reload) { calls_.on_reload(id, reload); },
                   [&](const WhyCall& why) { calls_.on_why(id, why); },
                   [&](const BlameCall& blame) { calls_.on_blame(id, blame); },
                   [&](const EventsCall& events) { calls_.on_events(id, events); },
                   [&](const StopCall& stop) { calls_.on_stop(id, stop); },
               },
               call);
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
