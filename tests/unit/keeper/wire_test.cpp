// SPDX-License-Identifier: MIT
#include "recycler/keeper/protocol/link.hpp"
#include "recycler/keeper/protocol/reports.hpp"
#include "recycler/keeper/protocol/requests.hpp"
#include "recycler/keeper/protocol/take_out.hpp"
#include "recycler/keeper/protocol/thread_files.hpp"
#include "recycler/keeper/protocol/wire.hpp"
#include "tests/unit/keeper/link_pair.hpp"

#include <array>
#include <cerrno>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

using namespace recycler;
using namespace recycler::keeper;

namespace {

int open_descriptors() {
    int count = 0;
    for (int fd = 0; fd < 256; ++fd) {
        count += ::fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    }
    return count;
}

} // namespace

// Keepers and controllers of different builds meet: a layout may only change together with
// k_protocol, and what each protocol has always been stands in tests/recorded.
TEST_CASE("the layouts of the protocols 3 to 8 stand") {
    CHECK(k_oldest_protocol == 3);
    CHECK(k_protocol == 8);
    CHECK(sizeof(Header) == 8);
    CHECK(sizeof(Hello) == 48);
    CHECK(sizeof(Refused) == 48);
    CHECK(size_in<Welcome>(3) == 56);
    CHECK(size_in<Welcome>(4) == 64);
    CHECK(size_in<Welcome>(5) == 72);
    CHECK(sizeof(Welcome) == 72);
    CHECK(sizeof(Permit) == 8);
    CHECK(sizeof(Inherit) == 8);
    CHECK(sizeof(KeepPermit) == 16);
    CHECK(sizeof(ReplayPermit) == 8);
    CHECK(sizeof(Deposit) == 80);
    CHECK(sizeof(Withdraw) == 16);
    CHECK(size_in<Launch>(3) == 24);
    CHECK(size_in<Launch>(6) == 24);
    CHECK(size_in<Launch>(7) == 32);
    CHECK(sizeof(Launch) == 32);
    CHECK(sizeof(Route) == 44);
    CHECK(sizeof(TakeOut) == 96);
    CHECK(sizeof(TakenOut) == 32);
    CHECK(sizeof(TakeSlot) == 24);
    CHECK(sizeof(Forget) == 16);
    CHECK(sizeof(Quit) == 16);
    CHECK(sizeof(UnitState) == 224);
    CHECK(sizeof(ReplayDeposit) == 80);
    CHECK(sizeof(ReplayWorker) == 80);
    CHECK(sizeof(Launched) == 40);
    CHECK(sizeof(LaunchFailed) == 24);
    CHECK(sizeof(Exited) == 56);
    CHECK(sizeof(SignalReceived) == 16);
    CHECK(sizeof(Rejected) == 24);
    CHECK(static_cast<int>(Type::quit) == 8);
    CHECK(static_cast<int>(Type::keep_permit) == 12);
    CHECK(size_in<ReplayDone>(3) == 8);
    CHECK(size_in<ReplayDone>(5) == 8);
    CHECK(size_in<ReplayDone>(6) == 16);
    CHECK(sizeof(ReplayDone) == 16);
    CHECK(sizeof(OpenThreadFiles) == 40);
    CHECK(sizeof(ThreadFilesOpened) == 48);
    CHECK(static_cast<int>(Type::open_thread_files) == 13);
    CHECK(static_cast<int>(Type::route) == 14);
    CHECK(static_cast<int>(Type::take_out) == 15);
    CHECK(static_cast<int>(Type::take_slot) == 16);
    CHECK(static_cast<int>(Type::rejected) == 74);
    CHECK(static_cast<int>(Type::replay_permit) == 75);
    CHECK(static_cast<int>(Type::thread_files_opened) == 76);
    CHECK(static_cast<int>(Type::taken_out) == 77);
}

TEST_CASE("a message arrives with its descriptors, closed on exec") {
    const LinkPair pair;
    const int fd = STDIN_FILENO;
    const DepositKey key{.kind = DepositKind::lock, .slot = 3, .serial = 9};
    REQUIRE(send_message(pair.theirs.get(), k_protocol, Deposit{.key = key}, std::span{&fd, 1}) ==
            0);
    Packet packet;
    REQUIRE(receive_packet(pair.ours.get(), packet) == Arrival::packet);
    const std::optional<Deposit> deposit = message_in<Deposit>(packet, k_protocol, 1);
    REQUIRE(deposit);
    CHECK(deposit->key == key);
    CHECK(::fcntl(packet.fds[0].get(), F_GETFD) == FD_CLOEXEC);
    CHECK_FALSE(message_in<Deposit>(packet, k_protocol));
    CHECK_FALSE(message_in<Withdraw>(packet, k_protocol, 1));
    CHECK(receive_packet(pair.ours.get(), packet) == Arrival::nothing);
}

TEST_CASE("a packet that is empty or too long is malformed, and its descriptors are closed") {
    LinkPair pair;
    Packet packet;
    const int before = open_descriptors();
    const std::array<std::byte, k_max_message + 1> large{};
    const std::array<int, 2> fds{STDIN_FILENO, STDIN_FILENO};
    REQUIRE(send_packet(pair.theirs.get(), large, fds) == 0);
    CHECK(receive_packet(pair.ours.get(), packet) == Arrival::malformed);
    CHECK(packet.fd_count == 0);
    CHECK(open_descriptors() == before);
    REQUIRE(send_packet(pair.theirs.get(), {}, {}) == 0);
    CHECK(receive_packet(pair.ours.get(), packet) == Arrival::malformed);
    pair.theirs.reset();
    CHECK(receive_packet(pair.ours.get(), packet) == Arrival::closed);
    CHECK(send_message(pair.ours.get(), k_protocol, Ping{}) == EPIPE);
}

TEST_CASE("last words are heard although the speaker left without listening") {
    LinkPair pair;
    REQUIRE(send_message(pair.ours.get(), k_protocol, Ping{}) == 0);
    REQUIRE(send_message(pair.theirs.get(), k_protocol, Quit{.code = 4}) == 0);
    pair.theirs.reset();
    Packet packet;
    REQUIRE(receive_packet(pair.ours.get(), packet) == Arrival::packet);
    CHECK(message_in<Quit>(packet, k_protocol));
    CHECK(receive_packet(pair.ours.get(), packet) == Arrival::closed);
}

TEST_CASE("a message of another protocol is none, whatever its type says") {
    const LinkPair pair;
    Packet packet;
    Pong pong;
    REQUIRE(send_message(pair.theirs.get(), k_protocol + 1, pong) == 0);
    REQUIRE(receive_packet(pair.ours.get(), packet) == Arrival::packet);
    CHECK(header_of(packet));
    CHECK_FALSE(message_in<Pong>(packet, k_protocol));
    pong = Pong{};
    pong.header.magic = 1;
    REQUIRE(send_message(pair.theirs.get(), k_protocol, pong) == 0);
    REQUIRE(receive_packet(pair.ours.get(), packet) == Arrival::packet);
    CHECK_FALSE(header_of(packet));
}

TEST_CASE("the replay is taken over as values, states included") {
    LinkPair pair;
    const int keeper = pair.theirs.get();
    const std::array<int, 3> fds{STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
    Build build{};
    build[0] = '9';
    REQUIRE(send_message(keeper, k_protocol,
                         Welcome{.keeper_pid = 41, .starts = 2, .build = build, .permits = 1}) ==
            0);
    REQUIRE(send_message(keeper, k_protocol, ReplayPermit{}, std::span{fds}.first(1)) == 0);
    REQUIRE(send_message(keeper, k_protocol,
                         ReplayDeposit{.key = {.kind = DepositKind::listener, .slot = 4}},
                         std::span{fds}.first(1)) == 0);
    REQUIRE(send_message(keeper, k_protocol,
                         ReplayWorker{.id = {.slot = 1, .generation = 5},
                                      .pid = 99,
                                      .state = WorkerState::running,
                                      .execed_at = 7},
                         fds) == 0);
    REQUIRE(send_message(keeper, k_protocol,
                         ReplayWorker{.id = {.slot = 2, .generation = 1},
                                      .state = WorkerState::failed,
                                      .step = worker::Step::user,
                                      .error = EPERM},
                         std::span{fds}.first(2)) == 0);
    REQUIRE(send_message(keeper, k_protocol, Ping{}) == 0);
    REQUIRE(send_message(keeper, k_protocol, ReplayDone{.given_up = 0x1000000001}) == 0);
    REQUIRE(send_message(keeper, k_protocol, SignalReceived{.signal = 15}) == 0);

    Link link{std::move(pair.ours)};
    const Result<Greeting> greeting = link.greet();
    REQUIRE(greeting);
    CHECK(greeting->keeper_pid == 41);
    CHECK(greeting->starts == 2);
    CHECK(greeting->keeper_build == "9");
    CHECK(greeting->wants_permits);
    CHECK(greeting->policies.size() == 1);
    REQUIRE(link.permit(STDIN_FILENO, STDOUT_FILENO));
    const Result<Replay> replay = link.replay();
    REQUIRE(replay);
    Packet said;
    const auto next = [&] {
        REQUIRE(receive_packet(keeper, said) == Arrival::packet);
        return header_of(said)->type;
    };
    CHECK(next() == Type::hello);
    CHECK(next() == Type::permit);
    CHECK(said.fd_count == 2);
    CHECK(next() == Type::inherit);
    CHECK(replay->given_up == 0x1000000001);
    REQUIRE(replay->deposits.size() == 1);
    CHECK(replay->deposits[0].key.slot == 4);
    REQUIRE(replay->workers.size() == 2);
    CHECK(replay->workers[0].id == WorkerId{.slot = {1}, .generation = 5});
    REQUIRE(std::holds_alternative<Running>(replay->workers[0].state));
    CHECK(std::get<Running>(replay->workers[0].state).execed_at == MonoTime{Duration{7}});
    CHECK(replay->workers[0].pidfd);
    REQUIRE(std::holds_alternative<Failed>(replay->workers[1].state));
    CHECK(std::get<Failed>(replay->workers[1].state).step == worker::Step::user);
    CHECK_FALSE(replay->workers[1].pidfd);

    const Result<News> news = link.receive();
    REQUIRE(news);
    CHECK(std::get<SignalArrived>(*news).signal == 15);
    CHECK(std::holds_alternative<NothingYet>(*link.receive()));
    pair.theirs.reset();
    CHECK(std::holds_alternative<KeeperGone>(*link.receive()));
}

TEST_CASE("the counters of accepts come as news, or why there are none") {
    LinkPair pair;
    const int keeper = pair.theirs.get();
    REQUIRE(send_message(keeper, k_protocol, Welcome{}) == 0);
    Link link{std::move(pair.ours)};
    REQUIRE(link.greet());
    CHECK(link.opens_thread_files());
    const std::array<pid_t, 6> threads{11, 12, 13, 14, 15, 16};
    REQUIRE(link.open_thread_files({.slot = {1}, .generation = 5}, ThreadFile::stack, threads));
    Packet said;
    REQUIRE(receive_packet(keeper, said) == Arrival::packet); // hello
    REQUIRE(receive_packet(keeper, said) == Arrival::packet);
    const auto order = message_in<OpenThreadFiles>(said, k_protocol);
    REQUIRE(order);
    CHECK(order->id == WireId{.slot = 1, .generation = 5});
    CHECK(order->threads == std::array<std::int32_t, 5>{11, 12, 13, 14, 15});
    CHECK(order->which == ThreadFile::stack);

    const auto arrived = [&] {
        Result<News> news = link.receive();
        REQUIRE(news);
        REQUIRE(std::holds_alternative<ThreadFilesArrived>(*news));
        return std::get<ThreadFilesArrived>(std::move(*news));
    };
    const std::array<int, 2> fds{STDIN_FILENO, STDOUT_FILENO};
    const ThreadFilesOpened counted{
        .id = order->id, .files = 2, .which = ThreadFile::stack, .threads = {11, 13}};
    REQUIRE(send_message(keeper, k_protocol, counted, fds) == 0);
    ThreadFilesArrived news = arrived();
    CHECK(news.id == WorkerId{.slot = {1}, .generation = 5});
    CHECK(news.which == ThreadFile::stack);
    CHECK(news.threads == std::vector<pid_t>{11, 13});
    CHECK(news.files.size() == 2);
    CHECK(news.error == 0);
    REQUIRE(send_message(keeper, k_protocol, counted) == 0); // there was no room for them
    news = arrived();
    CHECK(news.files.empty());
    CHECK(news.error == EMFILE);
    WireId rejected = order->id;
    rejected.reserved = static_cast<std::uint16_t>(ThreadFile::stack);
    REQUIRE(send_message(
                keeper, k_protocol,
                Rejected{.id = rejected, .type = Type::open_thread_files, .error = ESRCH}) == 0);
    news = arrived();
    CHECK(news.id == WorkerId{.slot = {1}, .generation = 5});
    CHECK(news.which == ThreadFile::stack);
    CHECK(news.error == ESRCH);
}

TEST_CASE("a keeper of another protocol is told apart from a dead one") {
    LinkPair pair;
    REQUIRE(send_message(pair.theirs.get(), k_protocol, Refused{}) == 0);
    Link link{std::move(pair.ours)};
    const Result<Greeting> refused = link.greet();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == EPROTONOSUPPORT);
    pair.theirs.reset();
    const Result<Greeting> gone = link.greet();
    REQUIRE_FALSE(gone);
    CHECK(gone.error().code == EPIPE);
}

TEST_CASE("every step of a start has a name") {
    CHECK(worker::to_string(worker::Step::none) == std::string{"none"});
    CHECK(worker::to_string(worker::Step::cgroup) == std::string{"cgroup"});
    CHECK(worker::to_string(worker::Step::directory) == std::string{"directory"});
    CHECK(worker::to_string(worker::Step::exec) == std::string{"exec"});
    CHECK(worker::to_string(worker::Step::seccomp) == std::string{"seccomp"});
    CHECK(worker::to_string(worker::Step::nice) == std::string{"nice"});
    CHECK(worker::to_string(worker::Step::isolation) == std::string{"isolation"});
    CHECK(static_cast<int>(worker::Step::isolation) + 1 == worker::k_step_count);
    CHECK(worker::to_string(static_cast<worker::Step>(999)) == std::string{"unknown"});
}
