// SPDX-License-Identifier: MIT
#include "recycler/request/fates.hpp"
#include "recycler/request/page_layout.hpp"

#include <cstring>
#include <doctest/doctest.h>
#include <memory>

using namespace recycler;
using namespace recycler::request;
using namespace std::chrono_literals;

namespace {

constexpr MonoTime k_died{Duration(60s)};

// Processes 100, 101 ..., each of which serves its fifth request, begun at second 50.
class Dying {
  public:
    explicit Dying(std::size_t processes = 1) : page_(std::make_unique<Page>()) {
        format_page({reinterpret_cast<std::byte*>(page_.get()), sizeof(Page)});
        for (std::size_t i = 0; i < processes; ++i) {
            Row& row = page_->rows[i];
            row.pid = 100 + static_cast<std::uint32_t>(i);
            row.accept_enter = row.accept_exit = row.accepts = row.begins = 5;
            row.open = row.in_flight = 1;
            row.ends = 4;
            row.in_flight_since = 50'000'000'000 + i;
            std::memcpy(row.method, "GET", 3);
            row.uri[0] = '/';
            row.uri[1] = static_cast<char>('a' + i);
        }
    }
    Row& row(std::size_t i = 0) { return page_->rows[i]; }
    void over(RowEnd how, std::chrono::nanoseconds before_end = 1ms, std::size_t i = 0) {
        Row& row = page_->rows[i];
        row.open = row.in_flight = 0;
        row.last_since = row.in_flight_since;
        row.last_until =
            static_cast<std::uint64_t>((k_died - before_end).time_since_epoch().count());
        row.last_enter = row.accept_enter;
        row.last_end = static_cast<std::uint32_t>(how);
        row.in_flight_since = 0;
        row.ends += how == RowEnd::given_up ? 0 : 1;
    }
    [[nodiscard]] std::vector<Process> processes() const { return read_page(bytes())->processes; }
    [[nodiscard]] std::vector<RequestAtEnd> end(Leaving leaving,
                                                std::vector<Process> at_order = {}) const {
        return requests_at_end({.page = bytes(),
                                .processes = processes(),
                                .at_order = std::move(at_order),
                                .leaving = leaving,
                                .at = k_died});
    }
    [[nodiscard]] std::optional<Fate> fate(Leaving leaving,
                                           std::vector<Process> at_order = {}) const {
        const auto found = end(leaving, std::move(at_order));
        REQUIRE(found.size() <= 1);
        return found.empty() ? std::nullopt : std::optional(found.front().fate);
    }

  private:
    [[nodiscard]] std::span<const std::byte> bytes() const {
        return {reinterpret_cast<const std::byte*>(page_.get()), sizeof(Page)};
    }
    std::unique_ptr<Page> page_;
};

} // namespace

TEST_CASE("what is in flight at the end is cut off, in each process") {
    Dying worker(3);
    const auto found = worker.end(Leaving::signalled);
    REQUIRE(found.size() == 3);
    for (const RequestAtEnd& each : found) {
        CHECK(each.fate == Fate::cut_off);
    }
    CHECK(found[0].request->uri == "/a");
    CHECK(found[2].request->uri == "/c");
}

TEST_CASE("of several in one process one is known, and all are counted") {
    Dying worker;
    worker.row().in_flight = worker.row().open = 3;
    worker.row().ends = 2;
    const auto found = worker.end(Leaving::signalled);
    REQUIRE(found.size() == 2);
    CHECK(found[0].request->uri == "/a");
    CHECK_FALSE(found[1].request);
    CHECK(found[1].count == 2);
    CHECK(found[1].fate == Fate::cut_off);
}

TEST_CASE("what was in flight when we told it to end is never forgotten") {
    Dying worker;
    const auto at_order = worker.processes();
    SUBCASE("it was answered after all") {
        worker.over(RowEnd::answered);
        const auto found = worker.end(Leaving::told, at_order);
        REQUIRE(found.size() == 1);
        CHECK(found[0].fate == Fate::answered_late);
        CHECK(found[0].request->uri == "/a");
        CHECK(found[0].until == k_died - 1ms);
    }
    SUBCASE("its connection was closed, or its answer was empty") {
        worker.over(RowEnd::given_up);
        CHECK(worker.fate(Leaving::told, at_order) == Fate::cut_off);
        worker.row().last_end = static_cast<std::uint32_t>(RowEnd::empty);
        CHECK(worker.fate(Leaving::told, at_order) == Fate::cut_off);
    }
    SUBCASE("it runs on to the end") {
        CHECK(worker.fate(Leaving::told, at_order) == Fate::cut_off);
    }
    SUBCASE("another process has its row") {
        worker.row().claimed_at = 1;
        worker.row().in_flight = worker.row().open = 0;
        CHECK(worker.fate(Leaving::told, at_order) == Fate::unknown);
    }
    SUBCASE("an earlier recorder noted no more than sums") {
        worker.over(RowEnd::answered);
        worker.row().last_since = 0;
        CHECK(worker.fate(Leaving::told, at_order) == Fate::answered_late);
        worker.row().ends = 4;
        CHECK(worker.fate(Leaving::told, at_order) == Fate::cut_off);
    }
    SUBCASE("of three threads two have answered") {
        worker.row().in_flight = worker.row().open = 3;
        worker.row().ends = 2;
        const auto three = worker.processes();
        worker.row().in_flight = worker.row().open = 1;
        worker.row().ends = 4;
        const auto found = worker.end(Leaving::told, three);
        REQUIRE(found.size() == 2);
        CHECK(found[0].fate == Fate::cut_off);
        CHECK(found[1].fate == Fate::answered_late);
        CHECK(found[1].count == 2);
    }
    SUBCASE("what a worker writes into its own page is bounded") {
        worker.row().in_flight = 1U << 20;
        worker.row().begins = 1U << 21;
        CHECK(worker.end(Leaving::told, worker.processes()).size() <= 3);
    }
}

TEST_CASE("a process that ends by itself at the end of a request") {
    Dying worker;
    SUBCASE("an answer without a byte is no answer") {
        worker.over(RowEnd::empty);
        CHECK(worker.fate(Leaving::exited) == Fate::cut_off);
        CHECK(worker.fate(Leaving::left) == Fate::cut_off);
        CHECK_FALSE(worker.fate(Leaving::signalled));
    }
    SUBCASE("nobody knows whether an answer is whole when it exits at once with an error") {
        worker.over(RowEnd::answered);
        CHECK(worker.fate(Leaving::exited) == Fate::unknown);
        CHECK(worker.fate(Leaving::signalled) == Fate::answered);
        CHECK_FALSE(worker.fate(Leaving::left)); // php-cgi, after PHP_FCGI_MAX_REQUESTS
        CHECK_FALSE(worker.fate(Leaving::told));
    }
    SUBCASE("later it has nothing to do with it") {
        worker.over(RowEnd::answered, 2s);
        CHECK(worker.fate(Leaving::exited) == Fate::answered);
    }
    SUBCASE("its own exit tells more than that of the worker") {
        worker.over(RowEnd::empty);
        worker.row().exited = 4;
        CHECK(worker.fate(Leaving::signalled) == Fate::cut_off);
    }
    SUBCASE("it came back to accept()") {
        worker.over(RowEnd::empty);
        ++worker.row().accept_enter;
        CHECK_FALSE(worker.fate(Leaving::exited));
    }
    SUBCASE("a controller before had told it to end within it") {
        worker.over(RowEnd::answered);
        CHECK(worker.fate(Leaving::told_busy) == Fate::answered_late);
    }
}
