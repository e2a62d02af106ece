// SPDX-License-Identifier: MIT
// Requests that waited where no worker served, and answers that stopped in the middle.
#include "recycler/explain/words.hpp"
#include "tests/unit/explain/told.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::explain;
using told::event;
using told::Told;

namespace {

control::EventLine of_worker(const std::string& time, const std::string& name,
                             std::uint32_t generation, const std::string& trigger = "") {
    control::EventLine line = event(time, name, "7000");
    line.generation = generation;
    if (!trigger.empty()) {
        line.members.emplace_back("trigger", trigger);
    }
    return line;
}

control::Record ended(const std::string& time, std::uint32_t generation, const char* verdict) {
    control::Record record = told::end(time, "7000", verdict);
    record.generation = generation;
    record.sentence = "7000." + std::to_string(generation) + " ended.";
    return record;
}

// Its workers end before they are ready, from the first one on; then the brake holds.
Told never_ready() {
    Told told;
    told.take(of_worker("2026-11-23T12:00:00Z", "starting", 1))
        .take(ended("2026-11-23T12:00:10Z", 1, "exited"))
        .take(of_worker("2026-11-23T12:00:10Z", "starting", 2))
        .take(ended("2026-11-23T12:00:20Z", 2, "exited"))
        .take(of_worker("2026-11-23T12:00:20Z", "braked", 0))
        .take(of_worker("2026-11-23T12:01:00Z", "starting", 3))
        .take(of_worker("2026-11-23T12:02:00Z", "ready", 3));
    return told;
}

std::string line_at(const char* time, const std::string& message) {
    return "2026/11/23 " + std::string(time) + " [error] 7#7: *1 " + message +
           ", client: 127.0.0.1, server: , request: \"GET /x HTTP/1.1\", upstream: "
           "\"fastcgi://127.0.0.1:7000\", host: \"h\"\n";
}
const std::string k_late = "upstream timed out (110: Connection timed out) while reading response "
                           "header from upstream";
const std::string k_left = "epoll_wait() reported that client prematurely closed connection, so "
                           "upstream connection is closed too while reading response header from "
                           "upstream";

// "start-failed: no worker: 7000.1 exited before it was ready".
std::string told_of(const History& history, const std::string& line) {
    const control::ExplainedLog log = told::explained(history, line);
    REQUIRE(log.causes.size() == 1);
    return log.causes.front().cause + ": " + log.causes.front().places.front().what;
}

} // namespace

TEST_CASE(
    "a request that waited in a slot without a worker says which start failed, and the brake") {
    Told told = never_ready();
    const History history = told.history();
    CHECK(told_of(history, line_at("12:00:05", k_late)) == "restart: no worker: it was starting");
    CHECK(told_of(history, line_at("12:00:15", k_late)) ==
          "start-failed: no worker: 7000.1 exited before it was ready");
    CHECK(told_of(history, line_at("12:00:40", k_late)) ==
          "brake: no worker: the brake delayed the next start until 12:01:00 UTC, 7000.2 exited "
          "before it was ready");
    CHECK(told_of(history, line_at("12:01:30", k_late)) ==
          "start-failed: no worker: 7000.2 exited before it was ready");
    CHECK(told_of(history, line_at("12:03:00", k_late)) == "slow: no answer in time");
    SUBCASE("a client that gave up there is not to blame") {
        CHECK(told_of(history, line_at("12:00:40", k_left)) ==
              "brake: no worker: the brake delayed the next start until 12:01:00 UTC, 7000.2 "
              "exited before it was ready");
        CHECK(told_of(history, line_at("12:03:00", k_left)) == "client: the client's doing");
        CHECK(told_of(history, line_at("12:02:00", k_left)) == "client: the client's doing");
    }
    SUBCASE("the record of the start is among those behind most lines") {
        const auto log = told::explained(history, line_at("12:00:40", k_late));
        REQUIRE(log.deaths.size() == 1);
        CHECK(log.deaths.front().worker == "7000.2");
        CHECK(log.deaths.front().sentence == "7000.2 ended.");
        CHECK(log.history.deaths == 2);
    }
}

TEST_CASE("a start that could not be made is one that failed") {
    Told told;
    control::Record failure = ended("2026-11-23T12:00:10Z", 2, "start-failed");
    failure.kind = control::RecordKind::start_failure;
    told.take(of_worker("2026-11-23T11:00:00Z", "ready", 1))
        .take(ended("2026-11-23T12:00:00Z", 1, "crashed"))
        .take(failure);
    const History history = told.history();
    CHECK(told_of(history, line_at("12:00:05", k_late)) == "restart: no worker: it was starting");
    CHECK(told_of(history, line_at("12:00:15", k_late)) ==
          "start-failed: no worker: 7000.2 start-failed");
}

TEST_CASE("a gate that was closed for want of a worker says why there was none") {
    Told told = never_ready();
    auto closed = event("2026-11-23T12:00:20Z", "gate-closed", "7000");
    closed.generation.reset();
    told.take(closed).take(event("2026-11-23T12:02:00Z", "gate-opened", "7000"));
    const std::string refused = "connect() failed (111: Connection refused) while connecting to "
                                "upstream";
    CHECK(told_of(told.history(), line_at("12:00:40", refused)) ==
          "brake: no worker: the brake delayed the next start until 12:01:00 UTC, 7000.2 exited "
          "before it was ready");
}

TEST_CASE("a request that waited while the worker was replaced is told from a slow one") {
    Told told;
    told.take(of_worker("2026-11-23T12:00:00Z", "ready", 1))
        .take(of_worker("2026-11-23T12:00:10Z", "stopping", 1, "requests"))
        .take(of_worker("2026-11-23T12:00:20Z", "starting", 2))
        .take(ended("2026-11-23T12:00:20.010Z", 1, "recycled"))
        .take(of_worker("2026-11-23T12:00:21Z", "ready", 2));
    const History history = told.history();
    CHECK(told_of(history, line_at("12:00:15", k_late)) ==
          "handover: no worker yet: the slot was being recycled (requests)");
    CHECK(told_of(history, line_at("12:00:25", k_late)) == "slow: no answer in time");
}

TEST_CASE("an overlap leaves a slot no moment without a worker, and a failed replacement neither") {
    Told told;
    control::Record failure = ended("2026-11-23T12:00:12Z", 3, "start-failed");
    failure.kind = control::RecordKind::start_failure;
    told.take(of_worker("2026-11-23T12:00:00Z", "ready", 1))
        .take(of_worker("2026-11-23T12:00:05Z", "handed-over", 2))
        .take(ended("2026-11-23T12:00:10Z", 1, "recycled"))
        .take(failure);
    CHECK(told_of(told.history(), line_at("12:00:30", k_late)) == "slow: no answer in time");
    CHECK(told.history().vacancies().empty());
}

TEST_CASE("what one daemon left vacant is over when it ends") {
    Told told;
    told.take(of_worker("2026-11-23T12:00:00Z", "starting", 1))
        .take(event("2026-11-23T12:00:10Z", "stopped"))
        .take(event("2026-11-23T12:10:00Z", "app-started"))
        .take(of_worker("2026-11-23T12:10:00Z", "ready", 1));
    const History history = told.history();
    REQUIRE(history.vacancies().size() == 1);
    CHECK(history.vacancies().front().until == told::at("2026-11-23T12:00:10Z"));
}

TEST_CASE("an answer that stopped in the middle is whose doing the history or the balancer says") {
    const std::string note =
        "2026-11-23 13:21:58: (connections.c.1492) NOTE: a request from "
        "127.0.0.1 for /b?stall timed out after writing 34174 bytes. We waited "
        "5 seconds. If this is a problem, increase server.max-write-idle\n";
    auto hung = told::end("2026-11-23T13:22:10Z", "7000", "hung", "/b?stall");
    hung.in_flight->seconds = std::chrono::seconds(20);
    SUBCASE("nothing tells") {
        Told told;
        const auto log = told::explained(told.history(), note);
        CHECK(log.causes.front().cause == "unfinished");
        CHECK(log.causes.front().places.front().what ==
              "its answer stopped after 34,174 bytes, nothing for 5 s");
        CHECK(log.causes.front().next_step.value_or("").find("server.max-write-idle") !=
              std::string::npos);
    }
    SUBCASE("the worker hung in it") {
        Told told;
        told.take(hung);
        CHECK(told_of(told.history(), note) == "hung: GET /b?stall");
    }
    SUBCASE("the worker waited for the client to take it") {
        Told told;
        hung.sentence = "7000.1 was ended because it hung. It waits until the balancer takes more "
                        "of the answer (write of fd 5).";
        told.take(hung);
        CHECK(told_of(told.history(), note) ==
              "client: the client read no more of its answer after 34,174 bytes, nothing for 5 s");
    }
}

TEST_CASE("a request that HAProxy tried again was refused at some time before it ended") {
    Told told;
    told.builder.take_slot("shop", "7000", "127.0.0.1:7000");
    told.take(event("2026-11-23T12:00:30Z", "gate-closed", "7000"))
        .take(event("2026-11-23T12:00:30Z", "draining", "7000"))
        .take(event("2026-11-23T12:00:31Z", "gate-opened", "7000"));
    CHECK(told_of(told.history(),
                  "127.0.0.1:5 [23/Nov/2026:12:00:30.643] web shop/w7001 0/5004/0/3/5007 200 117 - "
                  "- ---- 2/2/1/0/+1 0/0 \"GET /a HTTP/1.1\"\n") == "gate: drained by an operator");
}

TEST_CASE("what ends when a daemon vanished without a word ended with it") {
    Told told;
    told.take(of_worker("2026-11-23T12:00:00Z", "ready", 1))
        .take(event("2026-11-23T12:05:00Z", "app-started"))
        .take(of_worker("2026-11-23T12:05:01Z", "ready", 1))
        .take(event("2026-11-23T18:00:00Z", "app-started"));
    const History history = told.history();
    const std::string died = "upstream prematurely closed connection while reading response header "
                             "from upstream";
    CHECK(told_of(history, line_at("12:02:00", died)) == "no-daemon: ended without an answer");
    CHECK(told_of(history, line_at("12:05:00", "connect() failed (111: Connection refused) while "
                                               "connecting to upstream")) ==
          "no-daemon: connection refused");
    CHECK(told_of(history, line_at("14:00:00", died)) == "unexplained: ended without an answer");
    CHECK(told_of(history, line_at("18:02:00", died)) == "unexplained: ended without an answer");
}

TEST_CASE("a refusal in the second in which the next daemon starts is of no daemon") {
    Told told;
    told.take(of_worker("2026-11-23T12:00:00Z", "ready", 1))
        .take(event("2026-11-23T12:04:00Z", "stopped"))
        .take(event("2026-11-23T12:05:00.219Z", "app-started"))
        .take(of_worker("2026-11-23T12:05:00.230Z", "ready", 1));
    const History history = told.history();
    const auto refused_at = [&](const char* time) {
        return told_of(history, line_at(time, "connect() failed (111: Connection refused) while "
                                              "connecting to upstream"));
    };
    CHECK(refused_at("12:04:30") == "no-daemon: connection refused");
    CHECK(refused_at("12:05:00") == "no-daemon: connection refused");
    CHECK(refused_at("12:05:02") == "unexplained: connection refused");
    CHECK(refused_at("12:03:00") == "unexplained: connection refused");
}

TEST_CASE("lighttpd sends nothing on a connection that a full queue has not taken") {
    Told told;
    told.builder.take_slot("shop", "0.sock", "unix:/run/shop/0.sock");
    told.builder.take_slot("shop", "7000", "127.0.0.1:7000");
    const History history = told.history();
    const std::string at = "2026-11-23 13:13:40: (gw_backend.c.2380) ";
    const std::string file = "unix:/run/shop/0.sock";
    const std::string port = "tcp:127.0.0.1:7000";
    CHECK(told_of(history, at + "response not received, request not sent on socket: " + file +
                               " for /app?a=1, reconnecting\n") ==
          "queue-full: its queue was full");
    CHECK(told_of(history, at +
                               "connection was dropped after accept() (perhaps the gw process "
                               "died), write-offset: 0 socket: " +
                               file + "\n") == "queue-full: its queue was full");
    CHECK(told_of(history, at + "response not received, request sent: 0 on socket: " + port +
                               " for /app?a=1, closing connection\n") ==
          "unexplained: ended without an answer");
}

TEST_CASE("which side an unfinished answer waited for, each balancer says in its own way") {
    Told told;
    told.builder.take_slot("shop", "7000", "127.0.0.1:7000");
    const History history = told.history();
    const auto haproxy = [](const char* state) {
        return "127.0.0.1:5 [23/Nov/2026:12:00:30.643] web shop/w7000 0/0/0/2/30001 200 34776 - "
               "- " +
               std::string(state) + "-- 7/7/5/1/0 0/0 \"GET /a HTTP/1.1\"\n";
    };
    const std::string client = "client: the client read no more of its answer";
    CHECK(told_of(history, line_at("12:00:05", "client timed out (110: Connection timed out) while "
                                               "sending to client")) == client);
    CHECK(told_of(history, haproxy("cD")) == client + " after 34,776 bytes");
    CHECK(told_of(history, haproxy("sD")) == "slow: its answer stopped after 34,776 bytes");
    CHECK(told_of(history, line_at("12:00:05", "upstream timed out (110: Connection timed out) "
                                               "while reading upstream")) ==
          "slow: its answer stopped");
    const std::string at = "[Mon Nov 23 12:00:05.904175 2026] [proxy_fcgi:error] [pid 1:tid 2] ";
    CHECK(told_of(history,
                  at + "(70007)The timeout specified has expired: [client 127.0.0.1:9] "
                       "AH01075: Error dispatching request to : (reading response body)\n") ==
          "slow: its answer stopped");
    CHECK(told_of(history, at + "(70007)The timeout specified has expired: [client 127.0.0.1:9] "
                                "AH01075: Error dispatching request to : (polling)\n") ==
          "slow: no answer in time, or no more of it");
    CHECK(told_of(history, at + "(32)Broken pipe: [client 127.0.0.1:9] AH01075: Error dispatching "
                                "request to : (passing brigade to output filters)\n") ==
          "client: the client's doing");
}
