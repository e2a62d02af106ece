// SPDX-License-Identifier: MIT
// Who gets which row of the page, and what it keeps of the process before.
#include "recycler/recorder/rows.hpp"
#include "recycler/request/page.hpp"

#include <doctest/doctest.h>
#include <memory>
#include <sys/wait.h>
#include <unistd.h>

using namespace recycler::request;
using recycler::recorder::claim_row;

namespace {

// The pid of a process that is gone.
std::uint32_t dead_pid() {
    const pid_t pid = fork();
    if (pid == 0) {
        _exit(0);
    }
    REQUIRE(waitpid(pid, nullptr, 0) == pid);
    return static_cast<std::uint32_t>(pid);
}

// All rows belong to this process's parent, which lives, and each is in the middle of a request.
std::unique_ptr<Page> full_page() {
    auto page = std::make_unique<Page>();
    format_page({reinterpret_cast<std::byte*>(page.get()), sizeof(Page)});
    for (Row& row : page->rows) {
        row.pid = static_cast<std::uint32_t>(getppid());
        row.accept_enter = 4;
        row.accept_exit = 2;
        row.parked = 1;
        row.accepts = 3;
        row.open = 1;
        row.begins = 3;
        row.ends = 2;
        row.in_flight = 1;
        row.in_flight_since = 9;
        row.text_sequence = 5;
    }
    return page;
}

PageReading read(const Page& page) {
    const auto reading = read_page({reinterpret_cast<const std::byte*>(&page), sizeof page});
    REQUIRE(reading);
    return *reading;
}

const auto k_me = static_cast<std::uint32_t>(getpid());

} // namespace

TEST_CASE("a process takes a row that nobody had before one of a dead process") {
    const auto page = full_page();
    page->rows[3].pid = dead_pid();
    page->rows[9] = {};
    CHECK(claim_row(*page, k_me) == &page->rows[9]);
    CHECK(page->rows[9].pid == k_me);
    CHECK(page->rows[9].claimed_at > 0);
}

TEST_CASE("the row of a dead process is taken over with its sums, and without its present") {
    const auto page = full_page();
    page->rows[3].pid = dead_pid();
    CHECK(claim_row(*page, k_me) == &page->rows[3]);
    const PageReading reading = read(*page);
    CHECK(reading.served == 2 * k_page_rows);
    const Process& process = reading.processes[3];
    CHECK(process.pid == getpid());
    CHECK(process.accepting == 0);
    CHECK(process.parked == 0);
    CHECK(process.open == 0);
    CHECK(process.in_flight == 0);
    CHECK(page->rows[3].in_flight_since == 0);
    CHECK(page->rows[3].text_sequence % 2 == 0);
}

TEST_CASE("a request that died in flight is kept as evidence as long as there is another row") {
    const auto page = full_page();
    page->rows[3].pid = dead_pid();
    page->rows[8].pid = dead_pid();
    page->rows[8].in_flight = 0;
    CHECK(claim_row(*page, k_me) == &page->rows[8]);
}

TEST_CASE("a process that died while it took a row over leaves it to the next one") {
    const auto page = full_page();
    page->rows[3].pid = dead_pid() | k_row_claiming;
    CHECK(claim_row(*page, k_me) == &page->rows[3]);
    CHECK(page->rows[3].pid == k_me);
}

TEST_CASE("the next program of the same process goes on in its row") {
    const auto page = full_page();
    page->rows[2] = {};
    page->rows[5].pid = k_me;
    CHECK(claim_row(*page, k_me) == &page->rows[5]);
    CHECK(page->rows[5].ends == 2);
    CHECK(page->rows[5].in_flight == 0);
}

TEST_CASE("a process that finds no row is counted") {
    const auto page = full_page();
    CHECK(claim_row(*page, k_me) == nullptr);
    CHECK(page->header.rowless == 1);
    CHECK_FALSE(read(*page).exact);
}
