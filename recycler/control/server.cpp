// SPDX-License-Identifier: MIT
#include "recycler/control/server.hpp"

#include "recycler/control/connections.hpp"
#include "recycler/control/varlink/varlink.hpp"

namespace recycler::control {

Server::Server(std::unique_ptr<Connections> connections) : connections_(std::move(connections)) {}
Server::Server(Server&&) noexcept = default;
Server& Server::operator=(Server&&) noexcept = default;
Server::~Server() = default;

Result<Server> Server::create(systemd::EventLoop& loop, Setup setup) {
    auto connections = std::make_unique<Connections>(loop, std::move(setup));
    if (Result<void> started = connections->start(); !started) {
        return std::move(started).error();
    }
    return Server(std::move(connections));
}

void Server::reply(CallId call, const Reply& reply) {
    if (connections_->find(call) != nullptr) {
        connections_->answer(call, encode_reply(reply, Continues::no));
    }
}

void Server::reply_encoded(CallId call, std::string message) {
    connections_->answer(call, std::move(message));
}

bool Server::is_open(CallId call) const {
    return connections_->find(call) != nullptr;
}

void Server::fail(CallId call, const Failure& failure) {
    connections_->answer(call, encode_failure(failure));
}

void Server::reply_more(CallId call, const Reply& reply) {
    if (wants_more(call)) {
        connections_->answer_more(call, encode_reply(reply, Continues::yes));
    }
}

bool Server::wants_more(CallId call) const {
    const Connection* connection = connections_->find(call);
    return connection != nullptr && connection->call->delivery == Delivery::more;
}

std::optional<Peer> Server::peer(CallId call) const {
    const Connection* connection = connections_->find(call);
    return connection != nullptr ? std::optional(connection->credentials().peer) : std::nullopt;
}

void Server::set_rights(const Rights& rights) {
    connections_->set_rights(rights);
}

} // namespace recycler::control
