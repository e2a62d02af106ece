// SPDX-License-Identifier: MIT
#include "tests/unit/explain/told.hpp"

#include <doctest/doctest.h>
#include <numeric>

using namespace recycler;
using namespace recycler::explain;
using told::end;
using told::explained;
using told::lines_of;
using told::Told;

namespace {

// Of a lighttpd 1.4.18 in front of 20 workers, in January 2008.
constexpr const char* k_story =
    R"(2008-01-09 11:05:13: (mod_fastcgi.c.2635) fcgi-server re-enabled: tcp:127.0.0.1:7000
2008-01-09 11:20:15: (log.c.135) server stopped
2008-01-09 11:20:17: (log.c.75) server started
2008-01-09 11:33:15: (network_openssl.c.133) SSL: 5 -1 104 Connection reset by peer
2008-01-09 11:33:15: (connections.c.603) connection closed: write failed on fd 8
2008-01-09 11:44:38: (mod_fastcgi.c.2462) unexpected end-of-file (perhaps the fastcgi process died): pid: 0 socket: tcp:127.0.0.1:7012
2008-01-09 11:44:38: (mod_fastcgi.c.3254) response not received, request sent: 855 on socket: tcp:127.0.0.1:7012 for /dispatch.fcgi , closing connection
2008-01-09 13:11:15: (server.c.1253) NOTE: a request for /dispatch.fcgi timed out after writing 34776 bytes. We waited 360 seconds. If this a problem increase server.max-write-idle
2008-01-09 13:27:00: (mod_fastcgi.c.2462) unexpected end-of-file (perhaps the fastcgi process died): pid: 0 socket: tcp:127.0.0.1:7018
2008-01-09 13:27:00: (mod_fastcgi.c.3254) response not received, request sent: 1226 on socket: tcp:127.0.0.1:7018 for /dispatch.fcgi , closing connection
2008-01-09 13:28:56: (connections.c.279) SSL: 1 error:140940E5:SSL routines:SSL3_READ_BYTES:ssl handshake failure
)";

} // namespace

TEST_CASE("without a history each line of the story is read, and none is explained") {
    const History history = HistoryBuilder().build();
    const control::ExplainedLog log = explained(history, k_story);
    CHECK(log.lines.all == 11);
    CHECK(log.lines.unparsed == 0);
    CHECK(log.lines.explained == 0);
    CHECK(lines_of(log, "no-history") == 5);
    CHECK(lines_of(log, "unfinished") == 1);
    CHECK(lines_of(log, "client") == 3);
    CHECK(log.lines.beside == 2);
}

TEST_CASE("with a history the story's lines are the deaths that they were") {
    Told told;
    auto start = told::event("2008-01-09T10:00:00Z", "app-started");
    auto hung = end("2008-01-09T13:11:20Z", "7003", "hung", "/dispatch.fcgi");
    hung.in_flight->seconds = std::chrono::seconds(380);
    told.take(start)
        .take(end("2008-01-09T11:44:38.900Z", "7012", "oom-worker", "/dispatch.fcgi"))
        .take(hung)
        .take(end("2008-01-09T13:27:00.200Z", "7018", "crashed", "/dispatch.fcgi"))
        .take(told::event("2008-01-09T13:27:00.300Z", "ready", "7000"));
    const control::ExplainedLog log = explained(told.history(), k_story);
    CHECK(lines_of(log, "oom-worker") == 2);
    CHECK(lines_of(log, "crashed") == 2);
    CHECK(lines_of(log, "hung") == 1);
    CHECK(log.lines.of_backends == log.lines.explained);
    REQUIRE_FALSE(log.causes.empty());
    CHECK(log.causes.front().places.front().what == "GET /dispatch.fcgi");
}

TEST_CASE("each line counts once, whatever it is") {
    const History history = HistoryBuilder().build();
    const control::ExplainedLog log =
        explained(history, std::string(k_story) + "rubbish\n\xff\xfe\n" + k_story);
    const control::ExplainedLines& lines = log.lines;
    CHECK(lines.all == 24);
    CHECK(lines.of_backends + lines.not_ours + lines.beside + lines.unparsed == lines.all);
    CHECK(log.unparsed == std::vector<std::string>{"rubbish", "\xff\xfe"});
    const auto counted =
        std::accumulate(log.causes.begin(), log.causes.end(), std::uint64_t{0},
                        [](std::uint64_t sum, const auto& cause) { return sum + cause.lines; });
    CHECK(counted == lines.of_backends + lines.not_ours);
}

TEST_CASE("the line that ends a connection has the request of the line that follows it") {
    Told told;
    told.take(told::event("2008-01-09T10:00:00Z", "app-started"))
        .take(end("2008-01-09T11:44:38.100Z", "7012", "killed", "/other"))
        .take(end("2008-01-09T11:44:38.900Z", "7012", "oom-worker", "/dispatch.fcgi"));
    const control::ExplainedLog log = explained(told.history(), k_story);
    CHECK(lines_of(log, "oom-worker") == 2);
    CHECK(lines_of(log, "killed") == 0);
}

TEST_CASE("a balancer whose clock is wrong is explained all the same, and the answer says so") {
    Told told;
    told.take(told::event("2026-11-23T05:00:00Z", "app-started"));
    std::string log_text;
    for (int i = 0; i < 9; ++i) {
        auto record = end("2026-11-23T06:00:00.500Z", "7000", "crashed");
        record.at += std::chrono::seconds(i * 61 + i * i * 7);
        record.generation = static_cast<std::uint32_t>(i + 1);
        told.take(record);
        const std::string time = control::time_text(record.at + std::chrono::hours(1));
        log_text += time.substr(0, 10) + " " + time.substr(11, 8) +
                    ": (gw_backend.c.2389) response not received, request sent: 1 on socket: "
                    "tcp:127.0.0.1:7000 for /a?, closing connection\n";
    }
    const History history = told.history();
    const control::ExplainedLog found = explained(history, log_text);
    CHECK(lines_of(found, "crashed") == 9);
    CHECK(found.offset == std::chrono::hours(1));
    CHECK(found.offset_lines == 9);
    const control::ExplainedLog given = explained(history, log_text, {.offset = Duration::zero()});
    CHECK(lines_of(given, "crashed") == 0);
    CHECK(lines_of(given, "unexplained") == 9);
}

TEST_CASE("only lines of the time that was asked for are counted") {
    const History history = HistoryBuilder().build();
    const control::ExplainedLog log =
        explained(history, k_story, {.since = told::at("2008-01-09T13:00:00Z")});
    CHECK(log.lines.all == 4);
}

TEST_CASE("Apache's lines of one thread share the address of the first") {
    Told told;
    told.take(told::event("2026-11-23T17:04:20Z", "gate-closed", "7001"))
        .take(told::event("2026-11-23T17:04:20Z", "draining", "7001"))
        .take(told::event("2026-11-23T17:04:40Z", "gate-opened", "7001"));
    const std::string at = "[Mon Nov 23 17:04:25.904175 2026] [proxy:error] [pid 1:tid 2] ";
    const control::ExplainedLog log = explained(
        told.history(), at +
                            "(111)Connection refused: AH00957: FCGI: attempt to connect to "
                            "127.0.0.1:7001 (127.0.0.1:7001) failed\n" +
                            at +
                            "AH00959: ap_proxy_connect_backend disabling worker for "
                            "(127.0.0.1:7001) for 1s\n" +
                            at +
                            "[client 1.2.3.4:5] AH01079: failed to make connection to backend: "
                            "127.0.0.1\n");
    CHECK(lines_of(log, "gate") == 3);
    CHECK(log.causes.front().attempts == 1);
    CHECK(log.causes.front().places ==
          std::vector<control::ExplainedPlace>{{"7001", "drained by an operator", 3}});
}

TEST_CASE("Apache's lines about a socket file that name only its host share its path") {
    Told told;
    told.builder.take_slot("shop", "0.sock", "unix:/run/shop/0.sock");
    told.take(told::event("2026-11-23T17:00:00Z", "ready", "0.sock"));
    const std::string at = "[Mon Nov 23 17:04:25.904175 2026] [proxy:error] [pid 1:tid 2] ";
    const control::ExplainedLog log = explained(
        told.history(), at +
                            "(13)Permission denied: AH02454: FCGI: attempt to connect to Unix "
                            "domain socket /run/shop/0.sock (worker-1:8000) failed\n" +
                            at +
                            "AH00959: ap_proxy_connect_backend disabling worker for "
                            "(worker-1:8000) for 1s\n" +
                            at +
                            "[client 1.2.3.4:5] AH01079: failed to make connection to backend: "
                            "worker-1\n");
    CHECK(lines_of(log, "no-permission") == 3);
}

TEST_CASE("Apache's member that another thread took out is explained by why it was") {
    Told told;
    told.take(told::event("2026-11-23T17:00:00Z", "app-started"))
        .take(end("2026-11-23T17:04:25.900Z", "7001", "exited", "/login"))
        .take(told::event("2026-11-23T17:05:00Z", "ready", "7001"));
    const std::string at = "[Mon Nov 23 17:04:25.904175 2026] [proxy:error] [pid 1:tid ";
    const control::ExplainedLog log = explained(
        told.history(), at + "2] [client 1.2.3.4:5] AH01067: Failed to read FastCGI header\n" + at +
                            "2] (104)Connection reset by peer: [client 1.2.3.4:5] AH01075: Error "
                            "dispatching request to : \n" +
                            at +
                            "3] [client 1.2.3.4:6] AH01079: failed to make connection to backend: "
                            "127.0.0.1\n");
    CHECK(lines_of(log, "exited") == 3);
    CHECK(log.causes.front().attempts == 1);
}
