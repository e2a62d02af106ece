// SPDX-License-Identifier: MIT
#include "recycler/explain/lines/line_reader.hpp"
#include "tests/unit/explain/told.hpp"

#include <doctest/doctest.h>
#include <string>

using namespace recycler;
using namespace recycler::explain;

namespace {

Line read(const std::string& line) {
    return LineReader(told::utc_clock()).read(line);
}

struct Expected {
    Said said;
    std::string address;
    std::string uri;
    std::uint32_t attempts;
};

void check(const std::string& line, const Expected& expected) {
    CAPTURE(line);
    LineReader reader(told::utc_clock());
    const Line found = reader.read(line);
    REQUIRE(found.kind == LineKind::entry);
    CHECK(in_words(found.entry.said) == in_words(expected.said));
    CHECK(std::string(found.entry.address) == expected.address);
    CHECK(std::string(found.entry.uri) == expected.uri);
    CHECK(found.entry.attempts == expected.attempts);
}

constexpr const char* k_nginx_tail =
    R"(, client: 127.0.0.1, server: , request: "GET /reports?nonce=1 HTTP/1.1", upstream: "fastcgi://127.0.0.1:7001", host: "localhost")";

std::string nginx(const std::string& message) {
    return "2026/11/23 17:03:59 [error] 16926#16926: *1171 " + message + k_nginx_tail;
}

std::string apache(const std::string& message) {
    return "[Mon Nov 23 17:04:25.904175 2026] [proxy_fcgi:error] [pid 16952:tid 16992] " + message;
}

std::string haproxy(const std::string& rest) {
    return "127.0.0.1:52478 [23/Nov/2026:17:04:37.643] web shop/w7001 " + rest;
}

} // namespace

TEST_CASE("lighttpd of 2008: each kind of line of mod_fastcgi.c is read") {
    const std::string at = "2008-01-09 11:21:43: (mod_fastcgi.c.2396) ";
    check(at + "unexpected end-of-file (perhaps the fastcgi process died): pid: 0 socket: "
               "tcp:127.0.0.1:7000",
          {Said::died, "127.0.0.1:7000", "", 0});
    check(at + "response not received, request sent: 1386 on socket: tcp:127.0.0.1:7000 for "
               "/dispatch.fcgi , closing connection",
          {Said::died, "127.0.0.1:7000", "/dispatch.fcgi", 1});
    check(at + "establishing connection failed: Connection refused socket: tcp:127.0.0.1:7000",
          {Said::refused, "127.0.0.1:7000", "", 1});
    check(at + "fcgi-server re-enabled: tcp:127.0.0.1:7000",
          {Said::put_back, "127.0.0.1:7000", "", 0});
    check(at + "connect failed: Connection refused on unix:/tmp/php-fastcgi.socket-3",
          {Said::refused, "/tmp/php-fastcgi.socket-3", "", 1});
    check("2008-01-09 13:11:15: (server.c.1253) NOTE: a request for /dispatch.fcgi timed out after "
          "writing 34776 bytes. We waited 360 seconds. If this a problem increase "
          "server.max-write-idle",
          {Said::unfinished, "", "/dispatch.fcgi", 1});
    check("2008-01-09 11:33:15: (connections.c.603) connection closed: write failed on fd 8",
          {Said::client_left, "", "", 0});
    check("2008-01-09 11:20:17: (log.c.75) server started", {Said::balancer, "", "", 0});
}

TEST_CASE("lighttpd of today: each kind of line of gw_backend.c is read") {
    const std::string at = "2026-11-23 17:03:42: (gw_backend.c.2389) ";
    check(at + "response not received, request sent: 621 on socket: tcp:127.0.0.1:7001 for "
               "/reports?nonce=1&crash=segv, closing connection",
          {Said::died, "127.0.0.1:7001", "/reports?nonce=1&crash=segv", 1});
    check(at + "response not received, request sent: 621 on socket: unix:/run/shop/0.sock for "
               "/reports?, closing connection",
          {Said::died, "/run/shop/0.sock", "/reports", 1});
    check(at + "establishing connection failed: socket: tcp:127.0.0.1:7001: Connection refused",
          {Said::refused, "127.0.0.1:7001", "", 1});
    check(at + "establishing connection failed: socket: tcp:[::1]:7001: Connection refused",
          {Said::refused, "[::1]:7001", "", 1});
    check(at + "gw-server re-enabled: tcp:127.0.0.1:7001 127.0.0.1 7001 ",
          {Said::put_back, "127.0.0.1:7001", "", 0});
    check(at + "all handlers for /app?nonce=1.1188 on / are down.",
          {Said::all_down, "", "/app?nonce=1.1188", 1});
    check(at + "read timeout on socket: tcp:127.0.0.1:7001 (fd: 12)",
          {Said::timed_out, "127.0.0.1:7001", "", 1});
    check("2026-11-23 17:03:42: (mod_fastcgi.c.360) unexpected end-of-file (perhaps the fastcgi "
          "process died):pid: 0 socket: tcp:127.0.0.1:7001",
          {Said::died, "127.0.0.1:7001", "", 0});
    check("2026-11-23 17:03:42: (mod_fastcgi.c.449) FastCGI-stderr:PHP Warning:  x on socket: tcp:",
          {Said::worker_said, "", "", 0});
}

TEST_CASE("nginx: each kind of line about an upstream is read") {
    const std::string address = "127.0.0.1:7001";
    const std::string uri = "/reports?nonce=1";
    for (const char* died :
         {"upstream prematurely closed connection while reading response header from upstream",
          "upstream prematurely closed FastCGI stdout while reading response header from upstream",
          "recv() failed (104: Connection reset by peer) while reading response header from "
          "upstream",
          "writev() failed (32: Broken pipe) while sending request to upstream"}) {
        check(nginx(died), {Said::died, address, uri, 1});
    }
    check(nginx("connect() failed (111: Connection refused) while connecting to upstream"),
          {Said::refused, address, uri, 1});
    check(nginx("connect() to unix:/run/a.sock failed (2: No such file or directory) while "
                "connecting to upstream"),
          {Said::refused, address, uri, 1});
    check(nginx("connect() to unix:/run/a.sock failed (11: Resource temporarily unavailable) while "
                "connecting to upstream"),
          {Said::timed_out, address, uri, 1});
    check(nginx("upstream timed out (110: Connection timed out) while reading response header from "
                "upstream"),
          {Said::timed_out, address, uri, 1});
    check(nginx("no live upstreams while connecting to upstream"), {Said::all_down, "", uri, 1});
    check(nginx("upstream server temporarily disabled while connecting to upstream"),
          {Said::taken_out, address, uri, 0});
    check(nginx("upstream sent unsupported FastCGI protocol version: 72 while reading response "
                "header from upstream"),
          {Said::bad_answer, address, uri, 1});
    check(
        nginx(R"(FastCGI sent in stderr: "PHP message: , upstream: "fastcgi://1.2.3.4:5"" while)"),
        {Said::worker_said, address, uri, 0});
    check(nginx("epoll_wait() reported that client prematurely closed connection, so upstream "
                "connection is closed too while sending request to upstream"),
          {Said::client_left, address, uri, 0});
    CHECK(read("2026/11/23 17:03:59 [notice] 1#1: signal process started").entry.said ==
          Said::balancer);
    CHECK(read("2026/11/23 17:03:59 [error] 1#1: *3 open() \"/srv/x\" failed (2: No such file or "
               "directory), client: 127.0.0.1")
              .entry.said == Said::balancer);
}

TEST_CASE("nginx: no header and no path of a client names a worker, or changes what is said") {
    const std::string at = "2026/11/29 20:47:45 [error] 28445#28445: *1 ";
    const std::string refused =
        at + "connect() failed (111: Connection refused) while connecting to upstream, client: "
             "127.0.0.1, server: _, ";
    const std::string address = "127.0.0.1:35101";
    check(
        refused +
            R"(request: "GET /a HTTP/1.1", upstream: "fastcgi://127.0.0.1:35101", host: "h", referrer: "x", upstream: "fastcgi://127.0.0.1:35103", request: "GET /innocent HTTP/1.1")",
        {Said::refused, address, "/a", 1});
    check(refused +
              R"(request: "GET /b", HTTP/1.1", upstream: "fastcgi://127.0.0.1:35101", host: "h")",
          {Said::refused, address, "/b\",", 1});
    check(
        refused +
            R"(request: "GET /c",%20upstream:%20"fastcgi://127.0.0.1:35103" HTTP/1.1", upstream: "fastcgi://127.0.0.1:35101", host: "h")",
        {Said::refused, address, R"(/c",%20upstream:%20"fastcgi://127.0.0.1:35103")", 1});
    check(
        refused +
            R"(request: "GET /g HTTP/1.1", upstream: "fastcgi://127.0.0.1:35101", host: "h",upstream:"x")",
        {Said::refused, address, "/g", 1});
    // Until 1.21.1 a path could have blanks.
    check(
        refused +
            R"(request: "GET /d", upstream: "fastcgi://127.0.0.1:35103", x HTTP/1.1", upstream: "fastcgi://127.0.0.1:35101", host: "h")",
        {Said::refused, address, R"(/d", upstream: "fastcgi://127.0.0.1:35103", x)", 1});
    // nginx cuts a line at 2048 bytes.
    check(refused + R"(request: "GET /d", upstream: "fastcgi://127.0.0.1:35103", aaaaaaaaaaaaaaaa)",
          {Said::refused, "", "", 1});
    check(refused + R"(upstream: "127.0.0.1:35101", bytes from/to client:0/0)",
          {Said::refused, address, "", 1});
    check(at +
              R"(writev() failed (104: Connection reset by peer) while sending to client, client: )"
              R"(127.0.0.1, server: _, request: "GET /a HTTP/1.1", upstream: )"
              R"("fastcgi://127.0.0.1:35101", host: "h", referrer: "an upstream")",
          {Said::client_left, address, "/a", 0});
}

TEST_CASE("nginx: what a worker wrote names no other worker") {
    const std::string said =
        R"(2026/11/29 20:47:45 [error] 1#1: *1 upstream sent invalid status "x, client: 127.0.0.1, server: _, request: "GET /i HTTP/1.1", upstream: "fastcgi://127.0.0.1:35103", " while reading response header from upstream)";
    check(said + k_nginx_tail, {Said::bad_answer, "", "", 1});
}

TEST_CASE("Apache: no header of a client, and nothing that a module quotes, is a message") {
    check(apache("[client 127.0.0.1:37498] AH01079: failed to make connection to backend: "
                 "127.0.0.1, referer: AH01075: x"),
          {Said::taken_out, "", "", 0});
    check(apache("[client 127.0.0.1:9] ModSecurity: Warning. [data \"] AH01075: Error dispatching "
                 "request to : (polling)\"]"),
          {Said::balancer, "", "", 0});
    check(apache("mod_proxy_fcgi.c(1075): (70007)The timeout specified has expired: [client "
                 "127.0.0.1:9] AH01075: Error dispatching request to : (polling)"),
          {Said::cut_short, "", "", 1});
}

TEST_CASE("HAProxy: no header that is captured is a message") {
    check("127.0.0.1:49026 [29/Nov/2026:20:49:27.391] web shop/w0 0/0/-1/-1/3015 503 217 - - SC-- "
          "2/2/1/0/3 0/0 {shop has no server available!|AH01079: x#22 #22GET /i HTTP/1.1#22} \"GET "
          "/a HTTP/1.1\"",
          {Said::refused, "", "/a", 1});
}

TEST_CASE("Apache: each kind of line about a FastCGI backend is read") {
    check(apache("(111)Connection refused: AH00957: FCGI: attempt to connect to 127.0.0.1:7001 "
                 "(127.0.0.1:7001) failed"),
          {Said::refused, "127.0.0.1:7001", "", 1});
    check(apache("(2)No such file or directory: AH02454: FCGI: attempt to connect to Unix domain "
                 "socket /run/shop/0.sock (localhost:0) failed"),
          {Said::refused, "/run/shop/0.sock", "", 1});
    check(apache("AH00959: ap_proxy_connect_backend disabling worker for (127.0.0.1:7001) for 1s"),
          {Said::taken_out, "127.0.0.1:7001", "", 0});
    check(apache("[client 127.0.0.1:9] AH01079: failed to make connection to backend: 127.0.0.1"),
          {Said::taken_out, "", "", 0});
    check(apache("[client 127.0.0.1:9] AH01067: Failed to read FastCGI header"),
          {Said::died, "", "", 0});
    check(
        apache("(70014)End of file found: [client 127.0.0.1:9] AH01075: Error dispatching request "
               "to :80: "),
        {Said::died, "", "", 1});
    check(apache("(70007)The timeout specified has expired: [client 127.0.0.1:9] AH01075: Error "
                 "dispatching request to :80: (polling)"),
          {Said::cut_short, "", "", 1});
    check(apache("[client 127.0.0.1:9] AH01068: Got bogus version 72"),
          {Said::bad_answer, "", "", 0});
    check(apache("[client 127.0.0.1:9] AH01071: Got error 'PHP message: AH01075: '"),
          {Said::worker_said, "", "", 0});
    check(apache("AH01170: balancer://shop: All workers are in error state"),
          {Said::all_down, "", "", 1});
    check(apache("AH00489: Apache/2.4.71 (Debian) configured"), {Said::balancer, "", "", 0});
    check(apache("(111)Connection refused: AH00957: HTTP: attempt to connect to 127.0.0.1:7001 "
                 "(127.0.0.1:7001) failed"),
          {Said::refused, "HTTP: attempt to connect to 127.0.0.1:7001 (127.0.0.1:7001) failed", "",
           1});
}

TEST_CASE("HAProxy: a connection's termination state says what it was") {
    const std::string request = " 7/7/5/1/0 0/0 \"GET /reports?nonce=1 HTTP/1.1\"";
    const std::string uri = "/reports?nonce=1";
    check(haproxy("0/0/0/-1/8 502 209 - - SH--" + request), {Said::died, "", uri, 1});
    check(haproxy("0/0/0/2/8 200 209 - - SD--" + request), {Said::died, "", uri, 1});
    check(haproxy("0/0/-1/-1/1 503 217 - - SC--" + request), {Said::refused, "", uri, 1});
    check(haproxy("0/0/0/-1/2001 504 198 - - sH--" + request), {Said::timed_out, "", uri, 1});
    check(haproxy("0/0/0/-1/7 400 198 - - CH--" + request), {Said::client_left, "", uri, 0});
    check(haproxy("0/0/0/1/7 200 198 - - ----" + request), {Said::balancer, "", uri, 0});
    check(haproxy("0/0/0/-1/7 502 198 - - PH--" + request), {Said::bad_answer, "", uri, 1});
    check(haproxy("0/0/1/1/7 200 198 - - ---- 7/7/5/1/+3 0/0 \"GET /a HTTP/1.1\""),
          {Said::refused, "", "/a", 3});
    check(haproxy("0/0/+5007 212 SD 0/0/0/0/3 0/0"), {Said::died, "", "", 1}); // option tcplog
    check("Server shop/w7001 is DOWN, reason: Layer4 connection problem, info: \"Connection "
          "refused\", check duration: 0ms.",
          {Said::taken_out, "", "", 0});
    check("[WARNING]  (17171) : Server shop/w7001 is UP, reason: Layer4 check passed",
          {Said::put_back, "", "", 0});
    check("backend shop has no server available!", {Said::all_down, "", "", 0});
    const std::string late = haproxy("0/0/0/-1/2001 504 198 - - sH--" + request);
    const Line line = read(late);                                 // points into it
    CHECK(line.entry.at == told::at("2026-11-23T17:04:39.644Z")); // when it ended
    CHECK(line.entry.server == "shop/w7001");
}

TEST_CASE("what syslog or the journal put in front of a line is taken off") {
    const std::string line = "127.0.0.1:52478 [23/Nov/2026:17:04:37.643] web shop/w7001 0/0/0/-1/8 "
                             "502 209 - - SH-- 7/7/5/1/0 0/0 \"GET /r HTTP/1.1\"";
    for (const std::string& prefix :
         {std::string("Nov 23 17:04:37 web1 haproxy[14389]: "),
          std::string("<134>Nov  3 17:04:37 web1 haproxy[14389]: "),
          std::string("2026-11-23T17:04:37.651234+00:00 web1 haproxy[14389]: "),
          std::string("<134>1 2026-11-23T17:04:37.651Z web1 haproxy 14389 - - "),
          std::string("MESSAGE=")}) {
        check(prefix + line, {Said::died, "", "/r", 1});
    }
    check("Nov 23 17:03:42 web1 lighttpd[12]: (gw_backend.c.274) establishing connection failed: "
          "socket: tcp:127.0.0.1:7001: Connection refused",
          {Said::refused, "127.0.0.1:7001", "", 1});
    check("Nov 23 17:03:42 web1 nginx: " + nginx("upstream prematurely closed connection"),
          {Said::died, "127.0.0.1:7001", "/reports?nonce=1", 1});
    LineReader journal(told::utc_clock());
    CHECK(journal.read("__REALTIME_TIMESTAMP=1795453477000000").kind == LineKind::frame);
    CHECK(journal.read("_PID=12").kind == LineKind::frame);
    const Line down = journal.read("MESSAGE=Server shop/w1 is DOWN, reason: Layer4 timeout.");
    REQUIRE(down.kind == LineKind::entry);
    CHECK(down.entry.at == WallTime(std::chrono::seconds(1795453477)));
}

TEST_CASE(
    "what no balancer wrote is unknown, and what follows a worker's words goes on with them") {
    LineReader reader(told::utc_clock());
    CHECK(reader.read("Segmentation fault").kind == LineKind::unknown);
    CHECK(reader.read(std::string(1000, '\xff')).kind == LineKind::unknown);
    CHECK(reader.read("").kind == LineKind::frame);
    CHECK(reader.read("2026-13-45 99:03:42: (server.c.1) x").kind == LineKind::unknown);
    CHECK(reader.read("2026-11-23 17:03:42: (mod_fastcgi.c.449) FastCGI-stderr: PHP Fatal error:")
              .kind == LineKind::entry);
    CHECK(reader.read("Stack trace:").kind == LineKind::continued);
    CHECK(reader.read("#0 {main}").kind == LineKind::continued);
    CHECK(reader.read("2026-11-23 17:03:42: (server.c.1704) server started").kind ==
          LineKind::entry);
    CHECK(reader.read("Stack trace:").kind == LineKind::unknown);
}
