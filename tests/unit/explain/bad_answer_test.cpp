// SPDX-License-Identifier: MIT
// Living workers whose answers the balancer does not understand, or that give none.
#include "tests/unit/explain/told.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::explain;
using told::event;
using told::explained;
using told::Told;

namespace {

// Both workers serve from 12:00:00.9 on, and the daemon runs still.
Told both_serving() {
    Told told;
    for (const char* slot : {"7000", "7001"}) {
        told.builder.take_slot("shop", slot, "127.0.0.1:" + std::string(slot));
        told.take(event("2026-11-23T12:00:00Z", "starting", slot))
            .take(event("2026-11-23T12:00:00.900Z", "ready", slot));
    }
    return told;
}

// "bad-answer: closed without a whole answer, and it lived on".
std::string told_alive(const History& history, const std::string& line) {
    CAPTURE(line);
    const control::ExplainedLog log = explained(history, line + "\n");
    REQUIRE(log.causes.size() == 1);
    return log.causes.front().cause + ": " + log.causes.front().places.front().what;
}

std::string nginx_closed(const std::string& time, const std::string& port = "7000") {
    return "2026/11/23 " + time +
           " [error] 7#7: *1 upstream prematurely closed connection while reading response header "
           "from upstream, client: 127.0.0.1, server: , request: \"GET /x HTTP/1.1\", upstream: "
           "\"fastcgi://127.0.0.1:" +
           port + "\", host: \"h\"";
}

std::string lighttpd_line(const std::string& time, const std::string& message) {
    return "2026-11-23 " + time + ": " + message;
}

std::string apache_line(const std::string& time, const std::string& message) {
    return "[Mon Nov 23 " + time + ".201299 2026] [proxy_fcgi:error] [pid 7:tid 8] " + message;
}

const std::string k_lived_on = "bad-answer: closed without a whole answer, and it lived on";
const std::string k_nobody_knows = "unexplained: ended without an answer";
const std::string k_not_understood = "bad-answer: not understood";

} // namespace

TEST_CASE(
    "a worker that closes a connection without an answer and lives on is told, by each line") {
    const History history = both_serving().history();
    CHECK(told_alive(history, nginx_closed("12:10:00")) == k_lived_on);
    CHECK(
        told_alive(history, lighttpd_line("12:10:00",
                                          "(mod_fastcgi.c.360) unexpected end-of-file (perhaps the "
                                          "fastcgi process died):pid: 0 socket: "
                                          "tcp:127.0.0.1:7000")) == k_lived_on);
    CHECK(told_alive(history,
                     lighttpd_line("12:10:00", "(gw_backend.c.2389) response not received, "
                                               "request sent: 568 on socket: tcp:127.0.0.1:7000 "
                                               "for /x?a=1, closing connection")) == k_lived_on);
    CHECK(told_alive(history,
                     "127.0.0.1:48928 [23/Nov/2026:12:10:00.757] web shop/w7001 0/0/0/-1/2 "
                     "502 209 - - SH-- 1/1/0/0/0 0/0 \"GET /x HTTP/1.1\"") == k_lived_on);
    CHECK(
        told_alive(history, apache_line("12:10:00", "[client 127.0.0.1:9] AH01067: Failed to read "
                                                    "FastCGI header")) == k_lived_on);
    CHECK(told_alive(history,
                     apache_line("12:10:00", "(70014)End of file found: [client 127.0.0.1:9] "
                                             "AH01075: Error dispatching request to :80: ")) ==
          k_lived_on);
    const control::ExplainedLog log = explained(history, nginx_closed("12:10:00") + "\n");
    CHECK(log.lines.explained == 1);
    CHECK(log.causes.front().sentence.value_or("").find("no record of an end") !=
          std::string::npos);
}

TEST_CASE("in the second in which it has become ready, a worker may have been asked") {
    CHECK(told_alive(both_serving().history(), nginx_closed("12:00:00")) == k_lived_on);
}

TEST_CASE("that a worker lived on is said only if the history shows it") {
    SUBCASE("no worker served") {
        Told told = both_serving();
        told.take(event("2026-11-23T12:20:00Z", "braked", "7000"));
        CHECK(told_alive(told.history(), nginx_closed("12:30:00")) == k_nobody_knows);
    }
    SUBCASE("one of that slot ended a moment before, or a moment after") {
        Told told = both_serving();
        told.take(told::end("2026-11-23T12:20:00Z", "7000", "crashed"));
        const History history = told.history();
        CHECK(told_alive(history, nginx_closed("12:20:01")) == k_nobody_knows);
        CHECK(told_alive(history, nginx_closed("12:19:58")) == k_nobody_knows);
        CHECK(told_alive(history, nginx_closed("12:20:01", "7001")) == k_lived_on);
        CHECK(
            told_alive(history, apache_line("12:20:01",
                                            "[client 127.0.0.1:9] AH01067: Failed to read FastCGI "
                                            "header")) == k_nobody_knows);
    }
    SUBCASE("the files that were brought end before") {
        Told told;
        told.take(event("2026-11-23T12:00:00Z", "starting", "7000"))
            .take(event("2026-11-23T12:00:01Z", "ready", "7000"));
        CHECK(told_alive(told.history(), nginx_closed("12:10:00")) == k_nobody_knows);
    }
    SUBCASE("it has been sent nothing") {
        CHECK(told_alive(
                  both_serving().history(),
                  lighttpd_line("12:10:00",
                                "(gw_backend.c.2380) response not received, request sent: 0 on "
                                "socket: tcp:127.0.0.1:7000 for /x, closing connection")) ==
              k_nobody_knows);
    }
}

TEST_CASE("of an answer that ended in the middle HAProxy says no more") {
    const std::string line =
        "127.0.0.1:45390 [23/Nov/2026:12:10:00.462] web shop/w7001 0/0/0/0/1001 "
        "200 40066 - - SD-- 3/3/2/2/0 0/0 \"GET /x HTTP/1.1\"";
    CHECK(told_alive(both_serving().history(), line) ==
          "unfinished: its answer had begun, and then stopped");
    const auto log = explained(both_serving().history(), line + "\n");
    CHECK(log.causes.front().sentence.value_or("").find("timeout server") != std::string::npos);
    Told told = both_serving();
    told.take(told::end("2026-11-23T12:10:01.463Z", "7001", "crashed", "/x"));
    CHECK(told_alive(told.history(), line) == "crashed: GET /x");
}

TEST_CASE("each line of an answer that is not understood is one") {
    const History history = both_serving().history();
    for (const char* message :
         {"[client 127.0.0.1:9] AH01068: Got bogus version 73",
          "(22)Invalid argument: [client 127.0.0.1:9] AH01075: Error dispatching request to :80: ",
          "[client 127.0.0.1:9] AH01070: Error parsing script headers",
          "[client 127.0.0.1:9] End of script output before headers: app",
          "[client 127.0.0.1:9] malformed header from script 'app': Bad header: x"}) {
        CHECK(told_alive(history, apache_line("12:10:00", message)) == k_not_understood);
    }
    CHECK(told_alive(history,
                     lighttpd_line("12:10:00", "(http-header-glue.c.1128) response headers too "
                                               "large for /app")) == k_not_understood);
    // Of a program that Apache itself has started, and of what a client wrote.
    const std::string other = "[Mon Nov 23 12:10:00.201299 2026] [cgi:error] [pid 7] [client "
                              "127.0.0.1:9] End of script output before headers: app\n";
    CHECK(explained(history, other).causes.empty());
    CHECK(explained(history, apache_line("12:10:00", "[client 127.0.0.1:9] script not found: /x, "
                                                     "referer: malformed header from script \n"))
              .causes.empty());
}
