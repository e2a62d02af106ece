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
         control::SlowestRequest{12500ms, "/export/18"}, 3},
        {"POST", "/login", 59'000, 1'200, 12'000, 0, 0, std::nullopt, 30s,
         control::SlowestRequest{45ms, "/login"}, 0},
    };
    return blame;
}

} // namespace

TEST_CASE("the first line names the route that makes workers grow") {
    const std::string page = render_blame(shop(), BlameBy::both, k_style);
    CHECK(page == R"(GET /export/* makes workers grow: 212 KiB a request, 91 % of all growth (90 of
about 1,204 requests measured).

BY GROWTH      A REQUEST  SHARE  REQUESTS    WORST
GET /export/*    212 KiB   91 %     1,204  900 KiB  /export/17?all=\x1b[2J
POST /login            -    0 %    59,000        -

BY TIME          MEAN  SHARE  HUNG  SLOWEST
GET /export/*   50 ms   61 %     3     12 s  /export/18
POST /login    0.5 ms   30 %     -    45 ms  /login

Since 2026-01-09 09:44:38 UTC, 20 workers; the numbers of requests are estimates
from the measured ones. The first requests of processes are counted separately:
41 MiB in 20.
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

TEST_CASE("what may be chance is blamed on nobody") {
    control::Blame blame = shop();
    blame.routes.erase(blame.routes.begin());
    const std::string page = render_blame(blame, BlameBy::both, k_style);
    CHECK(page.starts_with("No route makes workers grow (1,300 of about 60,310 requests "));
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
