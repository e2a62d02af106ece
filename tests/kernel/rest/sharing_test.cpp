// SPDX-License-Identifier: MIT
// Several processes of one worker at one listener, among which connections rest.
#include "recycler/request/page_layout.hpp"
#include "tests/kernel/rest/slot.hpp"

#include <cstddef>
#include <doctest/doctest.h>
#include <thread>
#include <unistd.h>

using namespace recycler;
using namespace recycler::testing;

namespace {

constexpr std::uint32_t k_children = 3; // of php_worker_with_children()

std::vector<FastCgiClient> clients_of(const Slot& slot, const WorkerCommand& command, int count) {
    std::vector<FastCgiClient> clients;
    for (int i = 0; i < count; ++i) {
        clients.push_back(slot.connect());
        ask(clients.back(), command, "f" + std::to_string(i));
    }
    return clients;
}

// Asks on each of them in turn. What failed.
std::string ask_in_turn(std::vector<FastCgiClient>& clients, const WorkerCommand& command,
                        int rounds) {
    for (int round = 0; round < rounds; ++round) {
        for (std::size_t i = 0; i < clients.size(); ++i) {
            const auto nonce = std::to_string(round) + "-" + std::to_string(i);
            const auto answer = ask_and_check(clients[i], kept(command), nonce);
            if (!answer) {
                return answer.error().message();
            }
        }
    }
    return "";
}

} // namespace

TEST_CASE("a request on a connection that has rested waits for no busy child") {
    const WorkerCommand command = php_worker_with_children();
    for (const Family family : {Family::tcp, Family::local}) {
        const Slot slot{family};
        RestingWorker worker{slot, command};
        REQUIRE(worker.becomes_ready(k_children));
        std::vector<FastCgiClient> clients = clients_of(slot, command, 9);
        REQUIRE(worker.becomes_resting(9));
        // All children but one are busy until the test ends.
        for (std::size_t i = 0; i < k_children - 1; ++i) {
            REQUIRE(clients[i].send(kept(command, "sleep=60000")));
        }
        const auto all_but_one_are_busy = [](const RecordedWorker& one) {
            return one.activity().in_flight == k_children - 1;
        };
        REQUIRE(worker.eventually(all_but_one_are_busy));
        for (int round = 0; round < 5; ++round) {
            for (std::size_t i = k_children - 1; i < clients.size(); ++i) {
                ask(clients[i], command, std::to_string(round) + "-" + std::to_string(i));
            }
        }
        CHECK(worker.eventually(all_but_one_are_busy)); // the page follows the answer
        FastCgiClient new_one = slot.connect();
        ask(new_one, command, "new");
        CHECK(worker.read().accepted == 10);
        CHECK(worker.read().misfits == 0);
    }
}

TEST_CASE("many clients at once and a child that leaves now and then lose nothing") {
    WorkerCommand command = php_worker_with_children();
    command.environment["PHP_FCGI_MAX_REQUESTS"] = "150";
    for (const Family family : {Family::tcp, Family::local}) {
        const Slot slot{family};
        RestingWorker worker{slot, command};
        constexpr std::size_t k_askers = 4;
        constexpr int k_rounds = 60;
        std::vector<std::vector<FastCgiClient>> clients;
        for (std::size_t i = 0; i < k_askers; ++i) {
            clients.push_back(clients_of(slot, command, 4));
        }
        std::vector<std::string> faults(k_askers);
        std::vector<std::thread> askers;
        for (std::size_t i = 0; i < k_askers; ++i) {
            askers.emplace_back([&, i] { faults[i] = ask_in_turn(clients[i], command, k_rounds); });
        }
        for (std::thread& each : askers) {
            each.join();
        }
        for (const std::string& fault : faults) {
            CHECK(fault.empty());
            CAPTURE(fault);
        }
        CHECK(worker.becomes_idle());
        CHECK(worker.read().served == k_askers * 4 * (k_rounds + 1));
        CHECK(worker.read().accepted == k_askers * 4);
        CHECK(worker.read().misfits == 0);
    }
}

TEST_CASE("a child that was killed in its turn to call accept() holds up nobody") {
    const WorkerCommand command = php_worker_with_children();
    const Slot slot{Family::local};
    RestingWorker worker{slot, command};
    REQUIRE(worker.becomes_ready(k_children));
    const std::uint32_t taken = 7; // odd, and nobody will end it
    REQUIRE(pwrite(worker.page().fd(), &taken, sizeof taken,
                   offsetof(request::PageHeader, accept_turn)) == sizeof taken);
    std::vector<FastCgiClient> clients = clients_of(slot, command, 6);
    CHECK(ask_in_turn(clients, command, 3).empty());
    CHECK(worker.becomes_resting(6));
}

TEST_CASE("each child hands on the connections that rest in it if the page says so") {
    const WorkerCommand command = php_worker_with_children();
    const Slot slot{Family::local};
    std::vector<FastCgiClient> clients;
    {
        RestingWorker old{slot, command};
        clients = clients_of(slot, command, 12);
        REQUIRE(old.becomes_resting(12));
        old.hand_on();
        REQUIRE(old.becomes_resting(0));
    }
    const RestingWorker successor{slot, command};
    CHECK(ask_in_turn(clients, command, 3).empty());
    CHECK(successor.becomes_resting(12));
    CHECK(successor.read().accepted == 0);
}
