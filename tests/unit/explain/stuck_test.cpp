// SPDX-License-Identifier: MIT
// What balancers write of a worker that is stuck, in their own words.
#include "tests/unit/explain/told.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::explain;
using told::event;
using told::explained;
using told::Told;

namespace {

// 7001 took nobody from 12:00:00 on, its gate was closed at 12:01:00, and it ended at 12:01:01.
History stood_for_a_minute() {
    Told told;
    told.take(event("2026-11-23T12:01:00Z", "gate-closed", "7001"))
        .take(event("2026-11-23T12:01:00Z", "stopping", "7001"))
        .take(told::stuck("2026-11-23T12:01:01Z", "7001", std::chrono::seconds(61)))
        .take(event("2026-11-23T12:01:05Z", "gate-opened", "7001"))
        .take(event("2026-11-23T12:01:05Z", "ready", "7002"));
    return told.history();
}

// The one cause of that line.
std::string cause_of(const std::string& line) {
    CAPTURE(line);
    const History history = stood_for_a_minute();
    const control::ExplainedLog log = explained(history, line + "\n");
    REQUIRE(log.causes.size() == 1);
    CHECK(log.causes.front().lines == 1);
    return log.causes.front().cause;
}

std::string nginx_at(const std::string& time, const std::string& message,
                     const std::string& port = "7001") {
    return "2026/11/23 " + time + " [error] 16926#16926: *1171 " + message +
           ", client: 127.0.0.1, server: , request: \"GET /cart HTTP/1.1\", upstream: "
           "\"fastcgi://127.0.0.1:" +
           port + "\", host: \"localhost\"";
}

std::string apache_at(const std::string& time, const std::string& message) {
    return "[Mon Nov 23 " + time + " 2026] [proxy_fcgi:error] [pid 16952:tid 16992] " + message;
}

constexpr const char* k_nginx_late =
    "upstream timed out (110: Connection timed out) while reading response header from upstream";

} // namespace

TEST_CASE("who waited in vain for a stuck worker, before it was ended, is explained by its end") {
    CHECK(cause_of(nginx_at("12:00:31", k_nginx_late)) == "stuck");
    CHECK(cause_of("2026-11-23 12:00:31: (gw_backend.c.2389) read timeout on socket: "
                   "tcp:127.0.0.1:7001 (fd: 12)") == "stuck");
    CHECK(cause_of(
              apache_at("12:00:31.904175",
                        "(70007)The timeout specified has expired: [client 127.0.0.1:9] AH01075: "
                        "Error dispatching request to :80: (polling)")) == "stuck");
    // At the moment in which it was asked for: 30 s later it is logged.
    CHECK(cause_of("127.0.0.1:52478 [23/Nov/2026:12:00:01.643] web shop/w7001 0/0/0/-1/30001 504 "
                   "198 - - sH-- 7/7/5/1/0 0/0 \"GET /cart HTTP/1.1\"") == "stuck");
}

TEST_CASE("what it had taken, and was closed with it, is explained by its end") {
    CHECK(cause_of(nginx_at("12:01:01", "upstream prematurely closed connection while reading "
                                        "response header from upstream")) == "stuck");
    CHECK(cause_of("2026-11-23 12:01:01: (gw_backend.c.2389) response not received, request sent: "
                   "621 on socket: tcp:127.0.0.1:7001 for /cart?, closing connection") == "stuck");
    CHECK(cause_of(apache_at("12:01:01.104175",
                             "(70014)End of file found: [client 127.0.0.1:9] AH01075: Error "
                             "dispatching request to :80: ")) == "stuck");
    CHECK(cause_of("127.0.0.1:52478 [23/Nov/2026:12:00:41.000] web shop/w7001 0/0/0/-1/20000 502 "
                   "209 - - SH-- 7/7/5/1/0 0/0 \"GET /cart HTTP/1.1\"") == "stuck");
}

TEST_CASE("who waited behind a hung worker, until it had ended, is explained by its end") {
    // It hung from 12:00:00 to 12:00:08.5, and was being ended for a second of it.
    Told told;
    auto stopping = event("2026-11-23T12:00:07.500Z", "stopping", "7001");
    stopping.members.emplace_back("trigger", std::string("hung"));
    auto hung = told::end("2026-11-23T12:00:08.500Z", "7001", "hung", "/slow");
    hung.in_flight->seconds = std::chrono::milliseconds(8500);
    auto next = event("2026-11-23T12:00:12Z", "ready", "7001");
    next.generation = 2;
    told.take(event("2026-11-23T11:00:00Z", "ready", "7001")).take(stopping).take(hung).take(next);
    const History history = told.history();
    const auto cause = [&](const std::string& line) {
        return explained(history, line + "\n").causes.front().cause;
    };
    const std::string left = "epoll_wait() reported that client prematurely closed connection, so "
                             "upstream connection is closed too while reading response header from "
                             "upstream";
    const std::string lighttpd = "(gw_backend.c.2708) read timeout on socket: tcp:127.0.0.1:7001";
    for (const char* time : {"12:00:04", "12:00:06", "12:00:07", "12:00:08"}) {
        CAPTURE(time);
        CHECK(cause(nginx_at(time, k_nginx_late)) == "hung");
        CHECK(cause("2026-11-23 " + std::string(time) + ": " + lighttpd) == "hung");
    }
    CHECK(cause(nginx_at("12:00:08", left)) == "hung");
    CHECK(cause(nginx_at("12:00:10", k_nginx_late)) == "handover");
    CHECK(cause(nginx_at("12:00:14", k_nginx_late)) == "slow");
}

TEST_CASE("another time, another slot and a gate that was closed for it are told apart from it") {
    CHECK(cause_of(nginx_at("11:59:31", k_nginx_late)) == "slow"); // somebody was served then
    CHECK(cause_of(nginx_at("12:00:31", k_nginx_late, "7002")) == "slow");
    const History history = stood_for_a_minute();
    const control::ExplainedLog log = explained(
        history,
        nginx_at("12:01:03",
                 "connect() failed (111: Connection refused) while connecting to upstream") +
            "\n");
    REQUIRE(log.causes.size() == 1);
    CHECK(log.causes.front().cause == "gate");
    CHECK(log.causes.front().places ==
          std::vector<control::ExplainedPlace>{{"7001", "ending a stuck worker", 1}});
}
