// SPDX-License-Identifier: MIT
// Clients that do not read, do not stop, say half or nothing, or are too many.
#include "clients.hpp"
#include "daemon.hpp"

#include "recycler/control/socket.hpp"
#include "recycler/control/varlink/varlink.hpp"

#include <doctest/doctest.h>
#include <filesystem>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace recycler;
using namespace recycler::control;
using namespace std::chrono_literals;

namespace {

// A connection of another user than the one who goes on with it.
UniqueFd raw_client_of(uid_t user, const std::string& app) {
    REQUIRE(seteuid(user) == 0);
    UniqueFd socket = raw_client(app);
    REQUIRE(seteuid(0) == 0);
    return socket;
}

} // namespace

TEST_CASE("who does not read is cut off before the daemon grows") {
    ControlDaemon daemon("slow", k_rights);
    const long before = daemon.resident_kib();
    const UniqueFd socket = raw_client("slow");
    say(socket, encode_call(EventsCall{Follow::and_coming}, Delivery::more));
    CHECK(daemon.next_event() == 'E');
    CHECK(daemon.next_event() == 'C');
    // 8 MiB are allowed; growing them costs at most twice that, and sanitizers keep what was freed.
    CHECK(daemon.resident_kib() - before < 256 * 1024);
    CHECK(outcome("slow", StatusCall{}) == "reply");
}

TEST_CASE("calls sent ahead wait in the socket and not in the daemon") {
    const ControlDaemon daemon("ahead", k_rights);
    [[maybe_unused]] const long before = daemon.resident_kib();
    const UniqueFd socket = raw_client("ahead");
    std::string call = "{\"method\":\"io.recycler.Explode\"" + std::string(1000, ' ') + "}";
    call.push_back('\0');
    std::size_t begun = 0, sent = 0;
    constexpr std::size_t k_much = std::size_t{24} << 20;
    while (begun < k_much) {
        pollfd line{socket.get(), POLLIN | POLLOUT, 0};
        REQUIRE(poll(&line, 1, 20'000) == 1);
        char answers[65536];
        (void)recv(socket.get(), answers, sizeof answers, MSG_DONTWAIT);
        const ssize_t size =
            send(socket.get(), call.data() + sent, call.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (size > 0) {
            begun += static_cast<std::size_t>(size);
            sent = (sent + static_cast<std::size_t>(size)) % call.size();
        }
    }
#ifndef __SANITIZE_ADDRESS__ // which keeps what was freed
    CHECK(daemon.resident_kib() - before < 4 * 1024);
#endif
    CHECK(outcome("ahead", StatusCall{}) == "reply");
}

TEST_CASE("who says a message byte by byte has no more time for it than who is silent") {
    Limits limits;
    limits.silence = 1s;
    const ControlDaemon daemon("trickle", k_rights, limits);
    const UniqueFd socket = raw_client("trickle");
    int bytes = 0;
    for (pollfd closed{socket.get(), POLLIN, 0}; poll(&closed, 1, 50) == 0; ++bytes) {
        REQUIRE(bytes < 400); // 20 s
        (void)send(socket.get(), " ", 1, MSG_NOSIGNAL);
    }
    CHECK(hear(socket, k_until_closed).empty());
    CHECK(outcome("trickle", StatusCall{}) == "reply");
}

TEST_CASE("messages that are huge or no calls end the connection") {
    const ControlDaemon daemon("huge", k_rights);
    const UniqueFd huge = raw_client("huge");
    const std::string bytes(std::size_t{1} << 20, '{');
    // The daemon may close at any byte of it.
    (void)send(huge.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    CHECK(hear(huge, k_until_closed).empty());
    const UniqueFd other = raw_client("huge");
    say(other, std::string("GET / HTTP/1.1\r\n\r\n\0", 19));
    CHECK(hear(other, k_until_closed).empty());
    const UniqueFd wrong = raw_client("huge");
    say(wrong, std::string("{\"method\":\"io.recycler.Explode\"}\0", 33));
    CHECK(has(hear(wrong, 1), "MethodNotFound"));
    CHECK(outcome("huge", StatusCall{}) == "reply");
}

TEST_CASE("who says half a message, or nothing, is not waited for for ever") {
    Limits limits;
    limits.silence = 1s;
    ControlDaemon daemon("silent", k_rights, limits);
    const UniqueFd half = raw_client("silent");
    const UniqueFd nothing = raw_client("silent");
    const UniqueFd waiting = raw_client("silent");
    say(half, "{\"method\":");
    say(waiting, encode_call(DrainCall{{"7012"}, {}, {}, {}}, Delivery::single));
    CHECK(daemon.next_event() == 'D');
    CHECK(hear(half, k_until_closed).empty());
    CHECK(hear(nothing, k_until_closed).empty());
    // Who waits for us is not silent.
    pollfd closed{waiting.get(), POLLIN, 0};
    CHECK(poll(&closed, 1, 1500) == 0);
}

TEST_CASE("two hundred connections are served up to the limit and the others are told") {
    const ControlDaemon daemon("crowd", k_rights);
    std::vector<UniqueFd> crowd;
    std::size_t served = 0, told = 0;
    for (int i = 0; i < 200; ++i) {
        crowd.push_back(raw_client("crowd"));
        const std::string call = encode_call(OpenCall{{"7012"}}, Delivery::single);
        (void)send(crowd.back().get(), call.data(), call.size(), MSG_NOSIGNAL);
        const std::string answer = hear(crowd.back(), 1);
        served += has(answer, "serving") ? 1 : 0;
        told += has(answer, "too many connections") ? 1 : 0;
    }
    CHECK(served == Limits{}.changers);
    CHECK(told == 200 - Limits{}.changers);
    crowd.clear();
    CHECK(outcome("crowd", StatusCall{}) == "reply");
}

TEST_CASE("two hundred connections of one user keep nobody above him out") {
    const ControlDaemon daemon("siege", k_rights);
    const User stranger{k_stranger, k_stranger, {}};
    const User reader{k_reader, k_reader, {}};
    const auto look = [] { return outcome("siege", StatusCall{}); };
    const Crowd strangers("siege", stranger);
    CHECK(as_user(stranger, look) == "refused");
    CHECK(as_user(reader, look) == "reply");
    const Crowd readers("siege", reader);
    CHECK(as_user(reader, look) == "refused");
    CHECK(look() == "reply");
}

TEST_CASE("who only reads is answered while nothing else is due") {
    const std::string app = "patient";
    std::filesystem::create_directories(runtime_folder() + "/" + app);
    auto loop = systemd::EventLoop::create();
    REQUIRE(loop);
    std::string order;
    std::optional<Server> server;
    Calls calls;
    calls.on_call = [&](CallId id, const Call& call) {
        REQUIRE(std::holds_alternative<StatusCall>(call));
        order += 'r';
        server->reply(id, Snapshot{});
    };
    auto made = Server::create(*loop, {*listen_at(control_path(app)), k_rights, calls});
    REQUIRE(made);
    server = *std::move(made);
    std::vector<UniqueFd> readers;
    for (int i = 0; i < 5; ++i) {
        readers.push_back(raw_client_of(k_reader, app));
        for (int ahead = 0; ahead < 20; ++ahead) {
            say(readers.back(), encode_call(StatusCall{}, Delivery::single));
        }
    }
    while (order.size() < 10) {
        REQUIRE(*loop->run_once(10s));
    }
    order.clear();
    std::optional<systemd::Deferred> work;
    work = *loop->add_deferred([&] {
        order += 'w';
        if (order.size() < 50) {
            work->schedule();
        }
    });
    work->schedule();
    while (order.size() < 60) {
        REQUIRE(*loop->run_once(10s));
    }
    CHECK(order == std::string(50, 'w') + std::string(10, 'r'));
}

TEST_CASE("a stranger's words are not even read") {
    const ControlDaemon daemon("stranger", k_rights);
    const UniqueFd stranger = raw_client_of(k_stranger, "stranger");
    say(stranger, std::string("no JSON\0", 8));
    CHECK(has(hear(stranger, 1), "PermissionDenied"));
}

TEST_CASE("who asks a daemon that has no descriptor left is answered, one after another") {
    const ControlDaemon daemon("exhausted", k_rights);
    REQUIRE(outcome("exhausted", StatusCall{}) == "reply"); // it has come up
    rlimit none{0, 1024};
    const auto fds = std::filesystem::path("/proc") / std::to_string(daemon.pid()) / "fd";
    while (std::filesystem::is_symlink(fds / std::to_string(none.rlim_cur))) {
        ++none.rlim_cur; // all below are in use
    }
    REQUIRE(::prlimit(daemon.pid(), RLIMIT_NOFILE, &none, nullptr) == 0);
    for (int round = 0; round < 3; ++round) {
        CHECK(outcome("exhausted", StatusCall{}) == "reply");
    }
}
