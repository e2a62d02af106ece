// SPDX-License-Identifier: MIT
// Well-behaved clients: rights by user, answers, cancelled calls.
#include "clients.hpp"
#include "daemon.hpp"

#include "recycler/control/client.hpp"
#include "recycler/control/reach.hpp"
#include "recycler/control/socket.hpp"
#include "recycler/control/varlink/varlink.hpp"

#include <array>
#include <chrono>
#include <doctest/doctest.h>
#include <filesystem>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace recycler;
using namespace recycler::control;

TEST_CASE("each user may do what the rights say and no more") {
    const ControlDaemon daemon("rights", k_rights);
    const auto tried = [](const Call& call) { return [call] { return outcome("rights", call); }; };
    const User root{0, 0, {}};
    const User reader{k_reader, k_reader, {}};
    const User member{k_stranger, k_stranger, {k_group}};
    const User primary_member{k_stranger, k_group, {}};
    const User stranger{k_stranger, k_stranger, {}};
    for (const User& user : {root, member, primary_member}) {
        CHECK(as_user(user, tried(StatusCall{})) == "reply");
        CHECK(as_user(user, tried(OpenCall{{"7012"}})) == "reply");
        CHECK(as_user(user, tried(StopCall{})) == "reply");
    }
    for (const Call& call :
         {Call{StatusCall{}}, Call{WhyCall{}}, Call{EventsCall{}}, Call{BlameCall{}}}) {
        CHECK(as_user(reader, tried(call)) == "reply");
    }
    for (const Call& call :
         {Call{DrainCall{{"7012"}, {}, {}, {}}}, Call{OpenCall{{"7012"}}},
          Call{RecycleCall{{"7012"}, {}}}, Call{ReloadCall{}}, Call{StopCall{}}}) {
        CHECK(as_user(reader, tried(call)) == "permission");
        CHECK(as_user(stranger, tried(call)) == "permission");
    }
    CHECK(as_user(stranger, tried(StatusCall{})) == "permission");
}

TEST_CASE("a call is answered, or fails as the daemon says") {
    const ControlDaemon daemon("answers", k_rights);
    auto client = Client::connect("answers", -1);
    REQUIRE(std::holds_alternative<Client>(client));
    for (int i = 0; i < 3; ++i) { // on one connection
        const auto answer = std::get<Client>(client).call(StatusCall{});
        REQUIRE(std::holds_alternative<Reply>(answer));
        CHECK(std::get<Snapshot>(std::get<Reply>(answer)).slots.front().slot == "7012");
    }
    CHECK(outcome("answers", DrainCall{{"7099"}, {}, {}, {}}) == "refused");
    CHECK(outcome("answers", DrainCall{{"7098"}, {}, {}, {}}) == "timed out");
    CHECK(outcome("answers", DrainCall{{"7097"}, {}, {}, {}}) == "refused");
}

TEST_CASE("an app that does not run is named, and those that do") {
    const ControlDaemon daemon("shop", k_rights);
    const auto client = Client::connect("shp", -1);
    REQUIRE(std::holds_alternative<ClientError>(client));
    CHECK(std::get<ClientError>(client).trouble == Trouble::no_daemon);
    CHECK(std::get<ClientError>(client).sentence ==
          "no app \"shp\" runs here; these apps run: shop");
    const auto outside = Client::connect("../shop", -1);
    CHECK(std::get<ClientError>(outside).trouble == Trouble::no_daemon);
}

TEST_CASE("a socket may lie deeper than a socket address reaches") {
    const std::string app(150, 'a');
    const ControlDaemon daemon(app, k_rights);
    CHECK(outcome(app, StatusCall{}) == "reply");
}

TEST_CASE("calls sent in one go are answered in their order, also to one who has stopped talking") {
    const ControlDaemon daemon("pipeline", k_rights);
    const UniqueFd socket = raw_client("pipeline");
    say(socket, encode_call(OpenCall{{"1"}}, Delivery::single) +
                    encode_call(StopCall{}, Delivery::oneway) +
                    encode_call(OpenCall{{"2"}}, Delivery::more));
    REQUIRE(shutdown(socket.get(), SHUT_WR) == 0);
    const std::string first = encode_reply(OrderReply{{{"1", "serving", {}}}}, Continues::no);
    const std::string second = encode_reply(OrderReply{{{"2", "serving", {}}}}, Continues::no);
    CHECK(hear(socket, k_until_closed) == first + second);
}

TEST_CASE("a client that goes away cancels its call, and only once") {
    ControlDaemon daemon("cancel", k_rights);
    {
        const UniqueFd socket = raw_client("cancel");
        say(socket, encode_call(DrainCall{{"7012"}, {}, {}, {}}, Delivery::more));
        CHECK(has(hear(socket, 1), "draining"));
        CHECK(daemon.next_event() == 'D');
    }
    CHECK(daemon.next_event() == 'C');
    const UniqueFd socket = raw_client("cancel");
    say(socket, encode_call(DrainCall{{"7012"}, {}, {}, {}}, Delivery::single));
    CHECK(daemon.next_event() == 'D'); // no second cancel came in between
}

namespace {

using namespace std::chrono_literals;

constexpr Patience k_short{.silence = 50ms, .pings = 3, .answer = 400ms};

// As of a daemon that is stopped: connections are taken by the kernel alone.
UniqueFd stopped_daemon(const std::string& app) {
    std::filesystem::create_directories(runtime_folder() + "/" + app);
    auto listener = listen_at(control_path(app));
    REQUIRE(listener);
    return *std::move(listener);
}

Trouble trouble_of(const std::variant<Reply, ClientError>& answer) {
    REQUIRE(std::holds_alternative<ClientError>(answer));
    return std::get<ClientError>(answer).trouble;
}

} // namespace

TEST_CASE("no call waits for ever for a daemon that answers nothing") {
    const UniqueFd stopped = stopped_daemon("stopped");
    for (const Call& call :
         {Call{StatusCall{}}, Call{DrainCall{{"7012"}, {}, {}, {}}}, Call{OpenCall{{"7012"}}},
          Call{RecycleCall{{"7012"}, {}}}, Call{ReloadCall{}}, Call{WhyCall{}},
          Call{EventsCall{Follow::and_coming}}, Call{BlameCall{}}, Call{StopCall{}}}) {
        auto client = Client::connect("stopped", -1, k_short);
        REQUIRE(std::holds_alternative<Client>(client));
        CHECK(trouble_of(std::get<Client>(client).call(call)) == Trouble::silent);
    }
}

TEST_CASE("nor does who finds no place in the queue of such a daemon") {
    const UniqueFd stopped = stopped_daemon("full");
    std::vector<UniqueFd> queue;
    for (auto next = reach(control_path("full"), -1, 0ms); next;
         next = reach(control_path("full"), -1, 0ms)) {
        queue.push_back(*std::move(next));
        REQUIRE(queue.size() < 1000);
    }
    const auto client = Client::connect("full", -1, k_short);
    REQUIRE(std::holds_alternative<ClientError>(client));
    CHECK(std::get<ClientError>(client).trouble == Trouble::silent);
    const auto elsewhere = Client::connect("none", -1, k_short); // names those that listen
    CHECK(has(std::get<ClientError>(elsewhere).sentence, "full"));
}

TEST_CASE("the queue of such a daemon is not waited for after an interrupt") {
    const UniqueFd stopped = stopped_daemon("full");
    std::vector<UniqueFd> queue;
    for (auto next = reach(control_path("full"), -1, 0ms); next;
         next = reach(control_path("full"), -1, 0ms)) {
        queue.push_back(*std::move(next));
    }
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    const UniqueFd interrupt(ends[0]);
    UniqueFd(ends[1]).reset(); // its end makes it readable
    const auto client = Client::connect("full", interrupt.get(), {.silence = 1h});
    CHECK(std::get<ClientError>(client).trouble == Trouble::interrupted);
}

TEST_CASE("a drain may take any time while the daemon answers pings, and what is not so may not") {
    ControlDaemon daemon("slow", k_rights);
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    const UniqueFd interrupt(ends[0]);
    UniqueFd end(ends[1]);
    auto client = Client::connect("slow", interrupt.get(), k_short);
    REQUIRE(std::holds_alternative<Client>(client));
    std::thread later([&] {
        pollfd never{interrupt.get(), 0, 0};
        (void)poll(&never, 1, 1000); // several times as long as silence is allowed
        end.reset();
    });
    const auto began = std::chrono::steady_clock::now();
    CHECK(trouble_of(std::get<Client>(client).call(DrainCall{{"7012"}, {}, {}, {}})) ==
          Trouble::interrupted);
    CHECK(std::chrono::steady_clock::now() - began > 900ms);
    later.join();
    auto other = Client::connect("slow", -1, k_short);
    REQUIRE(std::holds_alternative<Client>(other));
    const DrainCall accepted{{"7012"}, {}, {}, Wait::until_accepted};
    const auto overdue = std::get<Client>(other).call(accepted);
    CHECK(trouble_of(overdue) == Trouble::silent);
    CHECK(has(std::get<ClientError>(overdue).sentence, "is alive, but has not answered"));
}
