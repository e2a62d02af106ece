// SPDX-License-Identifier: MIT
// All clients of one server: accepts them, bounds them, and moves each through read, call, answer.
// The inside of server.hpp.
#pragma once

#include "recycler/control/connection.hpp"
#include "recycler/control/server.hpp"

#include <array>
#include <map>
#include <set>

namespace recycler::control {

class Server::Connections {
  public:
    Connections(systemd::EventLoop& loop, Setup setup);
    // Registers with the loop; `this` must not move afterwards.
    Result<void> start();

    void answer(CallId call, std::string message);
    void answer_more(CallId call, std::string message);
    [[nodiscard]] const Connection* find(CallId call) const;
    void set_rights(const Rights& rights) { rights_ = rights; }

  private:
    using Id = std::uint64_t;
    struct Client {
        Connection connection;
        Role counted_as;
        systemd::IoSource io;
        systemd::Timer silence;
    };
    struct Account {
        std::size_t clients = 0;
        std::size_t unsent = 0;
    };

    Account& account_of(const Client& client) {
        return accounts_[static_cast<std::size_t>(client.counted_as)];
    }
    void accept_clients();
    [[nodiscard]] UniqueFd accept_one();
    void keep_a_spare();
    void admit(UniqueFd socket);
    void remove_departed();
    Result<void> watch(Id id, Client& client);
    void on_io(Id id, std::uint32_t events);

    // Nothing is answered, read on or removed from within a call of ours or theirs: a touched
    // client is settled in a turn of its own. Those who may not change things get one when the
    // daemon has nothing else to do, and no more than a tenth of the time: who asks without end
    // makes nothing else late.
    struct Touched {
        std::set<Id> ids;
        Id last = 0;     // who had a turn last
        MonoTime next{}; // no turn before
        systemd::Timer turn;
    };
    Touched& touched_of(const Client& client) {
        return client.counted_as == Role::changer ? touched_changers_ : touched_others_;
    }
    void touch(Id id);
    void settle_next(Touched& touched);
    void settle(Id id);
    void wait_for(Client& client);
    void remove(Id id);

    void take(Id id, Client& client, const std::string& message);
    void tell_of_service(Client& client, const Incoming& incoming);
    void queue(Client& client, std::string message);
    void flush(Client& client);

    systemd::EventLoop& loop_;
    UniqueFd listener_;
    UniqueFd spare_; // given up for one client when the process has no descriptor left
    Rights rights_;
    Calls calls_;
    Limits limits_;
    systemd::IoSource accepting_;
    systemd::Timer accept_again_;
    std::map<Id, Client> clients_;
    std::map<CallId, Id> callers_;
    Touched touched_changers_;
    Touched touched_others_;
    std::array<Account, 3> accounts_{}; // by Role
    Id next_client_ = 1;
    std::uint64_t next_call_ = 1;
};

} // namespace recycler::control
