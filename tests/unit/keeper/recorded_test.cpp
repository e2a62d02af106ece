// SPDX-License-Identifier: MIT
// A keeper lives for months: what it says and hears is what its protocol has always been.
#include "recycler/keeper/protocol/link.hpp"
#include "recycler/keeper/protocol/wire.hpp"
#include "tests/support/recorded.hpp"
#include "tests/unit/keeper/link_pair.hpp"
#include "tests/unit/keeper/message_samples.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <doctest/doctest.h>
#include <unistd.h>

using namespace recycler;
using namespace recycler::keeper;
using recycler::testing::in_hexadecimal;
using recycler::testing::recorded_lines;

namespace {

using Recorded = std::map<std::string, std::vector<std::byte>>;

std::string heard(int socket) {
    Packet packet;
    REQUIRE(receive_packet(socket, packet) == Arrival::packet);
    return in_hexadecimal(std::span(packet.bytes).first(packet.size));
}

Packet packet_of(const std::vector<std::byte>& bytes) {
    Packet packet;
    std::ranges::copy(bytes, packet.bytes.begin());
    packet.size = bytes.size();
    return packet;
}

// A keeper of that protocol, which says what is recorded of one.
void say(const LinkPair& ends, const Recorded& lines, const char* name, std::size_t fd_count = 0) {
    const std::array<int, 3> fds{STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
    CAPTURE(name);
    REQUIRE(send_packet(ends.theirs.get(), lines.at(name), std::span(fds).first(fd_count)) == 0);
}

} // namespace

TEST_CASE("each message is sent and read as it is recorded, in each protocol that is spoken") {
    for (std::uint16_t protocol = k_oldest_protocol; protocol <= k_protocol; ++protocol) {
        CAPTURE(protocol);
        const Recorded lines = recorded_lines("protocol-" + std::to_string(protocol));
        const LinkPair ends;
        std::size_t told = 0;
        for_each_sample(protocol, [&]<typename Message>(const char* name, const Message& message) {
            CAPTURE(name);
            REQUIRE(send_message(ends.ours.get(), protocol, message) == 0);
            CHECK(heard(ends.theirs.get()) == in_hexadecimal(lines.at(name)));
            const auto read = message_in<Message>(packet_of(lines.at(name)), protocol);
            REQUIRE(read);
            REQUIRE(send_message(ends.ours.get(), protocol, *read) == 0);
            CHECK(heard(ends.theirs.get()) == in_hexadecimal(lines.at(name)));
            ++told;
        });
        CHECK(told + 2 == lines.size()); // and how a conversation begins
    }
}

TEST_CASE("a conversation begins as it always has") {
    const Recorded lines = recorded_lines("protocol-3");
    Packet packet = packet_of(lines.at("hello"));
    CHECK(packet.size == sizeof(Hello));
    Hello hello;
    std::memcpy(&hello, packet.bytes.data(), sizeof hello);
    CHECK(hello.oldest == 3);
    CHECK(hello.newest == 3);
    CHECK(hello.build == k_sample_build);
    packet = packet_of(lines.at("refused"));
    CHECK(packet.size == sizeof(Refused));
    Refused refused;
    std::memcpy(&refused, packet.bytes.data(), sizeof refused);
    CHECK(refused.spoken == 3);
    CHECK(refused.oldest == 0);
    CHECK(refused.build == k_sample_build);
}

TEST_CASE("a running keeper of protocol 3 is spoken with in protocol 3, to the byte") {
    const Recorded lines = recorded_lines("protocol-3");
    LinkPair ends;
    say(ends, lines, "welcome");
    say(ends, lines, "replay_deposit", 1);
    say(ends, lines, "replay_worker", 3);
    say(ends, lines, "replay_done");
    Link link{std::move(ends.ours)};
    const Result<Greeting> greeting = link.greet();
    REQUIRE(greeting);
    CHECK(greeting->keeper_pid == 71);
    CHECK(greeting->starts == 74);
    CHECK(greeting->keeper_build == "1.2.3-45-gabcdef");
    CHECK_FALSE(greeting->wants_permits);
    CHECK_FALSE(link.opens_thread_files());
    const Result<Replay> replay = link.replay();
    REQUIRE(replay);
    REQUIRE(replay->deposits.size() == 1);
    CHECK(replay->deposits[0].key == k_sample_key);
    REQUIRE(replay->workers.size() == 1);
    CHECK(std::get<Ended>(replay->workers[0].state).exit.status == 9);
    Packet packet;
    REQUIRE(receive_packet(ends.theirs.get(), packet) == Arrival::packet);
    Hello hello;
    REQUIRE(packet.size == sizeof hello);
    std::memcpy(&hello, packet.bytes.data(), sizeof hello);
    CHECK(hello.oldest == 3);
    CHECK(hello.newest == k_protocol);

    const auto expect = [&](const char* name) {
        CAPTURE(name);
        CHECK(heard(ends.theirs.get()) == in_hexadecimal(lines.at(name)));
    };
    const WorkerId id{.slot = {k_sample_id.slot}, .generation = k_sample_id.generation};
    const std::array<int, 3> tasks{0, 1, 2};
    Aux aux{};
    aux[0] = std::byte{1};
    aux[63] = std::byte{2};
    REQUIRE(link.established());
    expect("established");
    REQUIRE(link.deposit(k_sample_key, STDIN_FILENO, aux));
    expect("deposit");
    REQUIRE(link.launch({.id = id,
                         .plan = 0,
                         .listener = 0,
                         .page = 0,
                         .ring = 0,
                         .placement = Placement::tasks,
                         .placements = tasks}));
    expect("launch");
    REQUIRE(link.unit_state(AppPhase::serving, MonoTime{Duration{0x2122232425262728}},
                            "4 workers, 1 draining"));
    expect("standing");
    REQUIRE(link.pong());
    expect("pong");
    REQUIRE(link.forget(id));
    expect("forget");
    REQUIRE(link.withdraw(k_sample_key));
    expect("withdraw");
    REQUIRE(link.quit(75));
    expect("quit");

    const auto news = [&](const char* name, std::size_t fd_count = 0) {
        say(ends, lines, name, fd_count);
        Result<News> told = link.receive();
        REQUIRE(told);
        return std::move(*told);
    };
    CHECK(std::get<WorkerLaunched>(news("launched", 1)).pid == 91);
    CHECK(std::get<WorkerLaunchFailed>(news("launch_failed")).error == 94);
    CHECK(std::get<WorkerExited>(news("exited")).exit.status == 9);
    CHECK(std::get<SignalArrived>(news("signal_received")).signal == 96);
    CHECK(std::holds_alternative<PingArrived>(news("ping")));
    CHECK(std::get<OrderRejected>(news("rejected")).error == 97);
    // What a keeper says in another protocol than the one that was agreed on is nothing.
    REQUIRE(send_message(ends.theirs.get(), k_protocol, Ping{}) == 0);
    CHECK_FALSE(link.receive());
}

TEST_CASE("a keeper that reads no plan that is written here is refused in words") {
    const auto hello_to = [](const Welcome& welcome) {
        LinkPair ends;
        REQUIRE(send_message(ends.theirs.get(), k_protocol, welcome) == 0);
        Link link{std::move(ends.ours)};
        const Result<Greeting> greeting = link.greet();
        return greeting ? "" : greeting.error().message();
    };
    Welcome welcome{.oldest_plan = 1, .newest_plan = worker::k_plan_version};
    CHECK(hello_to(welcome).empty());
    welcome.newest_plan = worker::k_plain_plan_version; // it isolates no workers
    CHECK(hello_to(welcome).empty());
    welcome.newest_plan = worker::k_plain_plan_version - 1;
    CHECK(hello_to(welcome).find("reads the spawn plans 1 to 1, and this controller writes 2 to 3; "
                                 "restart the app to bring it up to date") != std::string::npos);
    welcome = {.oldest_plan = worker::k_plan_version + 1,
               .newest_plan = worker::k_plan_version + 5};
    CHECK_FALSE(hello_to(welcome).empty());
}
