// SPDX-License-Identifier: MIT
// Connections that wait in a real listener, turned away: what their clients get.
#include "recycler/worker/listen/turning_away.hpp"

#include "tests/kernel/listener/clients.hpp"
#include "tests/kernel/listener/rig.hpp"

#include <cerrno>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <string>
#include <sys/socket.h>

using namespace recycler;
using namespace recycler::worker;
using namespace std::chrono_literals;

namespace {

constexpr MonoTime k_now{1h};

std::string begun(const std::string& method, const std::string& uri = "/") {
    const std::string pair = std::string{14, static_cast<char>(method.size())} + "REQUEST_METHOD" +
                             method + std::string{11, static_cast<char>(uri.size())} +
                             "REQUEST_URI" + uri;
    return std::string{1, 1, 0, 1, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0} +
           std::string{1, 4, 0, 1, 0, static_cast<char>(pair.size()), 0, 0} + pair +
           std::string{1, 4, 0, 1, 0, 0, 0, 0};
}

const std::string k_no_body{1, 5, 0, 1, 0, 0, 0, 0};
// The head of a record with 65,535 bytes of a body.
const std::string k_body_begins{1, 5, 0, 1, -1, -1, 0, 0};

UniqueFd client(const rig::Slot& slot, const std::string& bytes) {
    UniqueFd connection = rig::connect_to(slot.address);
    REQUIRE(connection);
    CHECK(::send(connection.get(), bytes.data(), bytes.size(), 0) ==
          static_cast<ssize_t>(bytes.size()));
    return connection;
}

// All that comes until the end of the stream; "reset" when it ends otherwise.
std::string answer(const UniqueFd& connection) {
    std::string text;
    char buffer[4096];
    for (;;) {
        const ssize_t got = ::recv(connection.get(), buffer, sizeof buffer, 0);
        if (got <= 0) {
            return got == 0 ? text : "reset";
        }
        text.append(buffer, static_cast<std::size_t>(got));
    }
}

} // namespace

TEST_CASE("a GET is closed and a POST is answered with 503, a bounded number at a time") {
    const rig::Slot slot = rig::open_slot("127.0.0.1");
    std::vector<UniqueFd> clients;
    clients.push_back(client(slot, begun("GET") + k_no_body));
    clients.push_back(client(slot, begun("POST") + k_body_begins + std::string(65535, 'x')));
    clients.push_back(client(slot, begun("HEAD") + k_no_body));
    REQUIRE(rig::has_queued(slot.listener.get(), 3));
    TurningAway turning_away;
    auto done = turning_away.turn_away(slot.listener.get(), 2, k_now);
    CHECK_FALSE(done.error);
    CHECK((done.taken == 2 && done.lost == 2));
    CHECK(answer(clients[0]).empty());
    done = turning_away.turn_away(slot.listener.get(), 100, k_now);
    CHECK((done.taken == 1 && done.lost == 1));
    CHECK(answer(clients[2]).empty());

    CHECK(turning_away.next(k_now)); // its body may not be whole
    const std::string rest = std::string(65535, 'y');
    for (int i = 0; i < 40; ++i) { // more than any buffer holds
        (void)::send(clients[1].get(), rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        turning_away.read_on(k_now);
    }
    const std::string told = answer(clients[1]);
    CHECK(told.find("Status: 503") == 8);
    turning_away.read_on(k_now + k_lingers);
    CHECK_FALSE(turning_away.next(k_now));
}

TEST_CASE("an empty queue is no reason to wait, and its worker finds the listener as it was") {
    const rig::Slot slot = rig::open_slot("127.0.0.1");
    TurningAway turning_away;
    const auto done = turning_away.turn_away(slot.listener.get(), 100, k_now);
    CHECK_FALSE(done.error);
    CHECK(done.taken == 0);
    CHECK((::fcntl(slot.listener.get(), F_GETFL) & O_NONBLOCK) == 0);
}

TEST_CASE("the first of those that are lost are named") {
    const rig::Slot slot = rig::open_slot("127.0.0.1");
    std::vector<UniqueFd> clients;
    clients.push_back(client(slot, begun("POST", "/pay?id=1") + k_no_body));
    for (std::size_t i = 1; i <= k_most_told; ++i) {
        clients.push_back(client(slot, begun("GET", "/" + std::to_string(i)) + k_no_body));
    }
    clients.push_back(client(slot, ""));
    REQUIRE(rig::has_queued(slot.listener.get(), static_cast<std::uint32_t>(clients.size())));
    TurningAway turning_away;
    const auto done = turning_away.turn_away(slot.listener.get(), 100, k_now);
    CHECK(done.lost == clients.size());
    CHECK(done.first ==
          std::vector<std::string>{"POST /pay?id=1", "GET /1", "GET /2", "GET /3", "GET /4"});
}

TEST_CASE("who has gone away meanwhile is not lost") {
    const rig::Slot slot = rig::open_slot("127.0.0.1");
    (void)client(slot, begun("POST")); // and closed
    REQUIRE(rig::has_queued(slot.listener.get(), 1));
    TurningAway turning_away;
    CHECK(rig::eventually([&] {
        const auto done = turning_away.turn_away(slot.listener.get(), 100, k_now);
        CHECK(done.lost == 0);
        return done.taken == 1;
    }));
}
