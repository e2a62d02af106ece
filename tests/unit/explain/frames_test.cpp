// SPDX-License-Identifier: MIT
// Lines in what containers and the journal put around them, and lines without a time.
#include "tests/unit/explain/told.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::explain;
using told::at;
using told::event;
using told::lines_of;
using told::Told;

namespace {

const std::string k_nginx =
    R"(2026/11/23 17:03:59 [error] 16926#16926: *1171 upstream prematurely )"
    R"(closed connection, client: 127.0.0.1, server: , request: "GET /r )"
    R"(HTTP/1.1", upstream: "fastcgi://127.0.0.1:7001", host: "h")";
const std::string k_haproxy = R"(127.0.0.1:5 [23/Nov/2026:17:03:58.900] web shop/w7001 0/0/0/-1/8 )"
                              R"(502 209 - - SH-- 7/7/5/1/0 0/0 "GET /r HTTP/1.1")";

std::string json_of(const std::string& text) {
    std::string escaped;
    for (const char c : text) {
        escaped += c == '"' ? "\\\"" : std::string(1, c);
    }
    return escaped;
}

void check_read(const std::string& line, const char* time) {
    CAPTURE(line);
    LineReader reader(told::utc_clock());
    const Line read = reader.read(line);
    REQUIRE(read.kind == LineKind::entry);
    CHECK(read.entry.said == Said::died);
    CHECK(read.entry.uri == "/r");
    CHECK(control::time_text(read.entry.at) == time);
}

} // namespace

TEST_CASE("what a container's log puts around a line is taken off, and its zone is believed") {
    const std::string same = "2026-11-23T17:03:59.000Z";
    const std::vector<std::string> frames{
        R"({"log":")" + json_of(k_nginx) +
            R"(\n","stream":"stderr","time":"2026-11-23T17:03:59.123456789Z"})",
        R"({"MESSAGE":")" + json_of(k_nginx) +
            R"(","__REALTIME_TIMESTAMP":"1795453439123456","_PID":"7"})",
        "2026-11-23T17:03:59.123456789Z stderr F " + k_nginx,
        "nginx-1  | " + k_nginx,
        "\x1b[36mnginx-1  |\x1b[0m " + k_nginx,
        "shop_nginx.1.x7k2@node1    | " + k_nginx,
        "nginx-1  | 2026-11-23T17:03:59.123456789Z " + k_nginx,
        "2026-11-23T17:03:59.123456789Z " + k_nginx,
        "[pod/web-7d9f/nginx] " + k_nginx,
        "Mon 2026-11-23 17:03:59 UTC web1 nginx[7]: " + k_nginx,
        "Mon 2026-11-23 17:03:59 CET web1 nginx[7]: " + k_nginx,
        "2026-11-23T17:03:59+0000 web1 nginx[7]: " + k_nginx,
        "Nov 23 17:03:59.123456 web1 nginx[7]: " + k_nginx,
        "1795453439.123456 web1 nginx[7]: " + k_nginx};
    for (const std::string& line : frames) {
        check_read(line, same.c_str());
    }
    // nginx wrote in another zone than that of the frame, whose time is UTC.
    check_read("2026-11-23T16:03:59.200000000Z stderr F " + k_nginx, "2026-11-23T16:03:59.000Z");
    check_read("2026-11-23T11:33:59.200Z web1 haproxy[1]: " + k_haproxy,
               "2026-11-23T11:33:58.908Z");
    check_read("haproxy-1  | " + k_haproxy, "2026-11-23T17:03:58.908Z");
    check_read("<134>" + k_haproxy, "2026-11-23T17:03:58.908Z");
}

TEST_CASE("a line that a container's log cut into pieces is one line") {
    const std::string first = k_nginx.substr(0, 60);
    const std::string rest = k_nginx.substr(60);
    LineReader cri(told::utc_clock());
    CHECK(cri.read("2026-11-23T17:03:59.1Z stderr P " + first).kind == LineKind::frame);
    CHECK(cri.read("2026-11-23T17:03:59.1Z stdout F " + k_nginx).entry.uri == "/r"); // between them
    CHECK(cri.read("2026-11-23T17:03:59.2Z stderr F " + rest).entry.uri == "/r");
    LineReader docker(told::utc_clock());
    const auto in_docker = [](const std::string& text) {
        return R"({"log":")" + json_of(text) +
               R"(","stream":"stderr","time":"2026-11-23T17:03:59.1Z"})";
    };
    CHECK(docker.read(in_docker(first)).kind == LineKind::frame);
    CHECK(docker.read(in_docker(rest + "\\n")).entry.uri == "/r");
}

TEST_CASE("what is no frame, or a torn one, is no line, and the journal's own lines are none") {
    for (const char* line :
         {"{", "{}", R"({"log":"x)", R"({"log":5,"time":"x"})", R"({"a":{"log":"x"}})",
          R"({"log":"\ud800\u12","stream":"stdout","time":"x"})", R"({"MESSAGE":[91,50]})", "| x",
          "a b | x", "\x1b[", "\x1b[31", "[pod/x", "1795453439.1", "Mon 2026-11-23 17:03:59",
          "Mon  | "}) {
        CAPTURE(line);
        LineReader reader(told::utc_clock());
        CHECK(reader.read(line).kind != LineKind::entry);
    }
    LineReader reader(told::utc_clock());
    CHECK(reader.read("-- Boot 3f1c --").kind == LineKind::frame);
    CHECK(reader.read("-- No entries --").kind == LineKind::frame);
}

TEST_CASE("HAProxy's news without a time happened between the lines around them") {
    Told told;
    told.builder.name_server("shop/w7001", "127.0.0.1:7001");
    told.take(event("2026-11-23T17:03:58Z", "gate-closed", "7001"))
        .take(event("2026-11-23T17:03:58Z", "draining", "7001"))
        .take(event("2026-11-23T17:04:00Z", "gate-opened", "7001"));
    const std::string down = "Server shop/w7001 is DOWN, reason: Layer4 connection problem, info: "
                             "\"Connection refused\", check duration: 0ms.\n";
    const std::string cut = R"(127.0.0.1:5 [23/Nov/2026:17:03:57.900] web shop/w7001 0/0/0/-1/600 )"
                            R"(502 209 - - DH-- 7/7/5/1/0 0/0 "GET /r HTTP/1.1")"
                            "\n";
    const History history = told.history();
    const control::ExplainedLog log =
        told::explained(history, "[NOTICE]   (1) : haproxy version is 2.6.12\n" + down + cut);
    CHECK(lines_of(log, "gate") == 2);
    CHECK(log.lines.beside == 1);
    CHECK(log.first >= at("2026-11-23T17:03:50Z"));
    REQUIRE(log.causes.front().next_step);
    CHECK(log.causes.front().next_step->find("shutdown-sessions") != std::string::npos);
    // Nothing says when: no time is made up.
    const control::ExplainedLog undated = told::explained(history, down);
    CHECK(lines_of(undated, "no-history") == 1);
    CHECK_FALSE(undated.first);
    CHECK_FALSE(undated.causes.front().first);
    // An hour later, before a line that has a time, the gate was open.
    const std::string late = R"(127.0.0.1:5 [23/Nov/2026:18:03:57.900] web shop/w7001 0/0/0/1/7 )"
                             R"(200 198 - - ---- 7/7/5/1/0 0/0 "GET /a HTTP/1.1")"
                             "\n";
    CHECK(lines_of(told::explained(history, late + down + late), "gate") == 0);
}
