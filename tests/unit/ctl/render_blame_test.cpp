// SPDX-License-Identifier: MIT
#include "recycler/ctl/render/blame.hpp"

#include "printed_page.hpp"

#include <doctest/doctest.h>
#include <sstream>

using namespace recycler;
using namespace recycler::ctl;
using namespace std::chrono_literals;
using pages::k_style;

namespace {

control::Blame shop() {
    control::Blame blame;
    blame.app = "shop";
    blame.since = pages::k_now - 2h;
    blame.workers = 20;
    blame.requests = 60'310;
    blame.measured = 1'300;
    blame.growth_bytes = 281'000'000;
    blame.time = 100s;
    blame.warm_up = {20, 41 << 20};
    blame.routes = {
        {"GET", "/export/*", 1'204, 90, 256'000'000, 217'088, 198'000,
         control::WorstRequest{900 << 10, "/export/17?all=\x1b[2J"}, 61s,
         control::SlowestRequest{12500ms, "/export/18"}, 3, 12},
        {"POST", "/login", 59'000, 1'200, 12'000, 0, 0, std::nullopt, 30s,
         control::SlowestRequest{45ms, "/login"}, 0, 20},
    };
    blame.net = {control::NetGrowth::grows, 20, 40, 4659, 3000};
    return blame;
}

// No route is certain.
std::string first_lines(control::NetGrowth lasting, std::int64_t bytes) {
    control::Blame blame = shop();
    blame.routes.erase(blame.routes.begin());
    blame.net.lasting = lasting;
    blame.net.growth_bytes_per_request = bytes;
    Style style = k_style;
    style.width = 1000;
    const std::string page = render_blame(blame, BlameBy::both, style);
    return page.substr(0, page.find('\n'));
}

} // namespace

TEST_CASE("the first line names the route that makes workers grow") {
    const std::string page = render_blame(shop(), BlameBy::both, k_style);
    CHECK(page == R"(GET /export/* makes workers grow: 212 KiB a request (193 KiB or more, allowing
for chance), 91 % of all growth (90 of about 1,204 requests measured, in 12
processes).

BY GROWTH      A REQUEST  SHARE  REQUESTS    WORST
GET /export/*    212 KiB   91 %     1,204  900 KiB  /export/17?all=\x1b[2J
POST /login            -      -    59,000        -

BY TIME          MEAN  SHARE  HUNG  SLOWEST
GET /export/*   50 ms   61 %     3     12 s  /export/18
POST /login    0.5 ms   30 %     -    45 ms  /login

Since 2026-01-09 09:44:38 UTC, 20 workers; the numbers of requests are estimates
from the measured ones. Not counted above: the first requests of each process,
and of each route in it. They took 41 MiB in 20 measured requests.
)");
}

TEST_CASE("blame shows one table where one was asked for") {
    const std::string growth = render_blame(shop(), BlameBy::growth, k_style);
    CHECK(growth.find("BY GROWTH") != std::string::npos);
    CHECK(growth.find("BY TIME") == std::string::npos);
    const std::string time = render_blame(shop(), BlameBy::time, k_style);
    CHECK(time.find("BY GROWTH") == std::string::npos);
    CHECK(time.find("BY TIME") != std::string::npos);
}

TEST_CASE("where no route is to blame, the page says what the processes did") {
    const std::string measured = " (1,300 of about 60,310 requests measured, in 20 processes). ";
    CHECK(first_lines(control::NetGrowth::flat, 12) ==
          "No route makes workers grow" + measured +
              "Over 40 stretches of 32 measured requests each, processes did not grow on balance.");
    CHECK(
        first_lines(control::NetGrowth::unclear, 7400) ==
        "No route certainly makes workers grow" + measured +
            "Over 40 stretches of 32 measured requests each, processes grew by 7.2 KiB a request, "
            "which may be chance: ask again later.");
    CHECK(first_lines(control::NetGrowth::unclear, -7400) ==
          "No route certainly makes workers grow" + measured +
              "Over 40 stretches of 32 measured requests each, processes did not grow, but their "
              "memory varies too much to be sure.");
    CHECK(first_lines(control::NetGrowth::unknown, 0) ==
          "No route is known to make workers grow" + measured +
              "No process has been measured for long enough to say more.");
    CHECK(first_lines(control::NetGrowth::grows, 7400) ==
          "Workers grow by 7.2 KiB a request, but no route stands out (1,300 of about 60,310 "
          "requests measured, in 20 processes).");
}

TEST_CASE("a route is named before it is proven that what it takes is not given back") {
    control::Blame blame = shop();
    blame.net = {};
    const std::string page = render_blame(blame, BlameBy::growth, k_style);
    CHECK(page.starts_with(
        "GET /export/* makes workers grow: 212 KiB a request (193 KiB or more, allowing\n"
        "for chance), 91 % of all growth (90 of about 1,204 requests measured, in 12\n"
        "processes). No process has been measured for long enough to show whether it\n"
        "gives this memory back later.\n"));
}

TEST_CASE("where no request can be seen, the reason stands there instead") {
    control::Blame blame;
    blame.since = pages::k_now;
    blame.workers = 2;
    CHECK(render_blame(blame, BlameBy::both, k_style) ==
          "No requests since 2026-01-09 11:44:38 UTC.\n");
    blame.unseen_workers = 2;
    blame.unseen = "7000.1: the recorder is not in it";
    CHECK(render_blame(blame, BlameBy::both, k_style) ==
          "The requests of all 2 workers cannot be measured: 7000.1: the recorder is not in\n"
          "it.\n");
}

TEST_CASE("no page of blame is wider than the terminal") {
    control::Blame blame = shop();
    blame.routes.front().route = "/" + std::string(110, 'r');
    blame.routes.front().worst->uri = "/" + std::string(110, 'w');
    for (const std::size_t width : {80U, 120U}) {
        Style style = k_style;
        style.width = width;
        std::istringstream lines(render_blame(blame, BlameBy::both, style));
        for (std::string line; std::getline(lines, line);) {
            CHECK_MESSAGE(line.size() <= width, line);
        }
    }
}
