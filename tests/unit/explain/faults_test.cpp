// SPDX-License-Identifier: MIT
// What the system said of a connection, in the spelling of each balancer, and what it means.
#include "recycler/explain/lines/faults.hpp"
#include "tests/unit/explain/told.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::explain;
using told::event;
using told::Told;

namespace {

Fault fault_read(const std::string& line) {
    LineReader reader(told::utc_clock());
    const Line read = reader.read(line);
    REQUIRE(read.kind == LineKind::entry);
    return read.entry.fault;
}

const std::string k_at = "2026/11/23 12:00:30 [crit] 7#7: *5 ";
const std::string k_behind =
    ", client: 10.0.0.1, server: _, request: \"GET /x HTTP/1.1\", upstream: "
    "\"fastcgi://127.0.0.1:7000\", host: \"s\"";

std::string of_nginx(const std::string& error) {
    return k_at + "connect() to 127.0.0.1:7000 failed (" + error +
           ") while connecting to upstream" + k_behind;
}

std::string of_apache(const std::string& error) {
    return "[Mon Nov 23 12:00:30.904175 2026] [proxy:error] [pid 8:tid 140] " + error +
           ": AH00957: FCGI: attempt to connect to 127.0.0.1:7000 (*) failed";
}

std::string of_lighttpd(const std::string& words) {
    return "2026-11-23 12:00:30: (gw_backend.c.274) establishing connection failed: socket: "
           "tcp:127.0.0.1:7000: " +
           words;
}

std::string of_haproxy(const std::string& words) {
    return "Nov 23 12:00:30 web1 haproxy[1]: Server shop/w7000 is DOWN, reason: Layer4 connection "
           "problem, info: \"General socket error (" +
           words + ")\", check duration: 0ms. 1 active and 0 backup servers left.";
}

// The gate of 7000 is closed when the lines come, and that of the socket file, too.
History history_of_a_drain() {
    Told told;
    told.builder.take_slot("shop", "7000", "127.0.0.1:7000");
    told.builder.take_slot("shop", "0.sock", "unix:/run/shop/0.sock");
    for (const char* slot : {"7000", "0.sock"}) {
        told.take(event("2026-11-23T12:00:00Z", "gate-closed", slot))
            .take(event("2026-11-23T12:00:00Z", "draining", slot))
            .take(event("2026-11-23T12:01:00Z", "gate-opened", slot));
    }
    return told.history();
}

std::string cause_of_line(const std::string& line) {
    const History history = history_of_a_drain();
    const control::ExplainedLog log = told::explained(history, line + "\n");
    REQUIRE(log.causes.size() == 1);
    return log.causes.front().cause;
}

} // namespace

TEST_CASE("what the system said is read of each balancer, by words and by number") {
    struct Error {
        int number;
        std::string words;
        Fault fault;
    };
    for (const Error& error : {Error{13, "Permission denied", Fault::not_permitted},
                               Error{99, "Cannot assign requested address", Fault::no_local_port},
                               Error{113, "No route to host", Fault::unreachable},
                               Error{101, "Network is unreachable", Fault::unreachable},
                               Error{110, "Connection timed out", Fault::timed_out},
                               Error{104, "Connection reset by peer", Fault::reset},
                               Error{2, "No such file or directory", Fault::no_file},
                               Error{11, "Resource temporarily unavailable", Fault::queue_full},
                               Error{32, "Broken pipe", Fault::broken_pipe},
                               Error{24, "Too many open files", Fault::no_resource},
                               Error{111, "Connection refused", Fault::refused}}) {
        CAPTURE(error.words);
        const std::string number = std::to_string(error.number);
        CHECK(fault_read(of_nginx(number + ": " + error.words)) == error.fault);
        CHECK(fault_read(of_apache("(" + number + ")" + error.words)) == error.fault);
        CHECK(fault_read(of_lighttpd(error.words)) == error.fault);
        CHECK(fault_read(of_haproxy(error.words)) == error.fault);
    }
    CHECK(fault_of(110, "Operation timed out") == Fault::timed_out);        // musl
    CHECK(fault_of(61, "Connection refused") == Fault::refused);            // FreeBSD
    CHECK(fault_of(99, "Adresse nicht verfügbar") == Fault::no_local_port); // another language
    CHECK(fault_of(5, "Input/output error") == Fault::other);
    CHECK(fault_of(std::nullopt, "") == Fault::none);
    CHECK(fault_read("2008-01-09 11:21:43: (mod_fastcgi.c.2396) connect failed: Permission denied "
                     "on unix:/tmp/a.socket-3") == Fault::not_permitted);
    CHECK(fault_read("2012-01-09 11:21:43: (mod_fastcgi.c.2396) establishing connection failed: No "
                     "route to host socket: tcp:10.0.0.1:7000") == Fault::unreachable);
}

TEST_CASE("a gate that happens to be closed is blamed for what a closed gate says, and else not") {
    const std::vector<std::pair<std::string, std::string>> causes{
        {"13: Permission denied", "no-permission"},
        {"99: Cannot assign requested address", "no-local-port"},
        {"113: No route to host", "unreachable"},
        {"24: Too many open files", "balancer-limit"},
        {"111: Connection refused", "gate"}};
    for (const auto& [error, cause] : causes) {
        CHECK(cause_of_line(of_nginx(error)) == cause);
    }
    CHECK(cause_of_line(of_apache("(13)Permission denied")) == "no-permission");
    CHECK(cause_of_line(of_lighttpd("Permission denied")) == "no-permission");
    CHECK(cause_of_line(of_haproxy("Permission denied")) == "no-permission");
    CHECK(cause_of_line(of_haproxy("Connection refused")) == "gate");
    const auto of_file = [](const std::string& error, const char* time = "12:00:30") {
        return "2026/11/23 " + std::string(time) +
               " [crit] 7#7: *5 connect() to unix:/run/shop/0.sock failed (" + error +
               ") while connecting to upstream, client: 10.0.0.1, server: _, request: \"GET /x "
               "HTTP/1.1\", upstream: \"fastcgi://unix:/run/shop/0.sock:\", host: \"s\"";
    };
    CHECK(cause_of_line(of_file("2: No such file or directory")) == "gate");
    CHECK(cause_of_line(of_file("13: Permission denied")) == "no-permission");
    CHECK(cause_of_line(of_file("111: Connection refused")) == "unexplained");
    CHECK(cause_of_line(of_file("2: No such file or directory", "13:00:00")) == "no-socket");
    CHECK(cause_of_line(of_file("11: Resource temporarily unavailable", "13:00:00")) ==
          "queue-full");
}

TEST_CASE("a connection that was not made in time waited behind a full queue, or got lost") {
    CHECK(cause_of_line(k_at +
                        "upstream timed out (110: Connection timed out) while connecting to "
                        "upstream" +
                        k_behind) == "no-handshake");
    CHECK(cause_of_line(of_apache("(70007)The timeout specified has expired")) == "no-handshake");
    CHECK(cause_of_line("2026-11-23 12:00:30: (gw_backend.c.2389) connect timeout on socket: "
                        "tcp:127.0.0.1:7000 (fd: 12)") == "no-handshake");
    CHECK(cause_of_line("127.0.0.1:5 [23/Nov/2026:12:00:30.643] web shop/w7000 0/0/-1/-1/5001 503 "
                        "217 - - sC-- 7/7/5/1/0 0/0 \"GET /a HTTP/1.1\"") == "no-handshake");
}

TEST_CASE("HAProxy says in a line of its own why it could not connect") {
    const std::string failed =
        "Nov 23 12:00:30 web1 haproxy[1]: Connect() failed for backend shop: ";
    CHECK(cause_of_line(failed + "no free ports.") == "no-local-port");
    CHECK(cause_of_line(failed + "can't connect to destination unix socket, check backlog size on "
                                 "the server (Resource temporarily unavailable).") == "queue-full");
    const std::string without = "127.0.0.1:5 [23/Nov/2026:12:00:30.643] web shop/w7000 0/0/-1/-1/1 "
                                "503 217 - - RC-- 7/7/5/1/0 0/0 \"GET /a HTTP/1.1\"";
    CHECK(cause_of_line(without) == "balancer-limit");
    CHECK(cause_of_line(failed + "no free ports.\n" + without) == "no-local-port");
    const auto after = [](const char* time) {
        return "127.0.0.1:5 [23/Nov/2026:" + std::string(time) +
               ".643] web shop/w7000 0/0/-1/-1/1 503 217 - - SC-- 7/7/5/1/0 0/0 \"GET /a "
               "HTTP/1.1\"";
    };
    const std::string full = "Nov 23 12:10:30 web1 haproxy[1]: Connect() failed for backend shop: "
                             "can't connect to destination unix socket, check backlog size on the "
                             "server (Resource temporarily unavailable).\n";
    CHECK(cause_of_line(full + after("12:10:30") + "\n" + after("12:10:31")) == "queue-full");
    const History history = history_of_a_drain();
    const auto log = told::explained(history, full + after("12:20:30"));
    CHECK(told::lines_of(log, "unexplained") == 1);
    CHECK(log.causes.back().next_step.value_or("").find("`check`") != std::string::npos);
}

TEST_CASE("a name that was not resolved is nobody's request") {
    for (const char* line :
         {"2026/11/29 11:14:19 [error] 77#77: send() failed (111: Connection refused) while "
          "resolving, resolver: 127.0.0.11:53",
          "2026/11/29 11:14:19 [error] 77#77: *3 shop could not be resolved (3: Host not found), "
          "client: 10.0.0.1, server: _, request: \"GET / HTTP/1.1\", host: \"h\"",
          "2026/11/29 11:14:19 [emerg] 7#7: host not found in upstream \"shop:9000\" in "
          "/etc/nginx/nginx.conf:12",
          "[Sun Nov 29 11:14:19.343500 2026] [proxy:error] [pid 8] [client 10.0.0.1:9] AH00898: "
          "DNS "
          "lookup failure for: shop returned by /",
          "Nov 29 11:14:19 web1 haproxy[1]: Server shop/w0 is going DOWN for maintenance (DNS NX "
          "status). 0 active and 0 backup servers left."}) {
        CAPTURE(line);
        CHECK(cause_of_line(line) == "resolver");
    }
}

TEST_CASE("a cause that somebody can mend says how, for what its lines were about") {
    const History history = history_of_a_drain();
    const auto advice = [&](const std::string& line) {
        return told::explained(history, line + "\n").causes.front().next_step.value_or("");
    };
    const std::string port = advice(of_nginx("13: Permission denied"));
    CHECK(port.find("httpd_can_network_connect") != std::string::npos);
    CHECK(port.find("app.socket_group") == std::string::npos);
    const std::string file = advice(
        "2026/11/23 12:00:30 [crit] 7#7: *5 connect() to unix:/run/shop/0.sock failed (13: "
        "Permission denied) while connecting to upstream, client: 10.0.0.1, server: _, request: "
        "\"GET /x HTTP/1.1\", upstream: \"fastcgi://unix:/run/shop/0.sock:\", host: \"s\"");
    CHECK(file.find("app.socket_group") != std::string::npos);
    CHECK(file.find("httpd_can_network_connect") == std::string::npos);
    CHECK(advice(of_nginx("111: Connection refused")).empty());
}
