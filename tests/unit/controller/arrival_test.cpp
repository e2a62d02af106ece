// SPDX-License-Identifier: MIT
// Why there is another controller: what is told of it, and what it does unasked.
#include "recycler/controller/start/arrival.hpp"

#include "tests/unit/keeper/link_pair.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

using namespace recycler;
using namespace recycler::controller;

namespace {

ProgramFile own_program() {
    struct stat file {};
    REQUIRE(::stat("/proc/self/exe", &file) == 0);
    return {.device = file.st_dev, .inode = file.st_ino, .changed = 0};
}

struct Arrived {
    Arrival operator()(const Inheritance& inheritance) {
        return arrive(link, inheritance, WallTime());
    }
    // How many notes the keeper was told to drop.
    int dropped() {
        int count = 0;
        keeper::Packet packet;
        while (keeper::receive_packet(ends.theirs.get(), packet) == keeper::Arrival::packet) {
            ++count;
        }
        return count;
    }
    keeper::LinkPair ends;
    keeper::Link link{std::move(ends.ours)};
};

std::string event_of(const Arrival& arrival) {
    return arrival.told ? arrival.told->event : "nothing";
}

} // namespace

TEST_CASE("a controller that follows one which ended says so, and reads no policy again") {
    Arrived arrived;
    const Arrival arrival = arrived({});
    CHECK(event_of(arrival) == "controller-replaced");
    CHECK_FALSE(arrival.came_to_reload);
    CHECK_FALSE(arrival.reloads);
    CHECK(arrived.dropped() == 0);
}

TEST_CASE("what was asked for by a signal is done unasked, what was called is asked for again") {
    Arrived arrived;
    for (const Asker asker : {Asker::call, Asker::signal}) {
        const Arrival arrival = arrived({.reload = asker});
        CHECK(event_of(arrival) == "nothing"); // the reload tells what becomes of it
        CHECK(arrival.came_to_reload);
        CHECK(arrival.reloads == (asker == Asker::signal));
        CHECK(arrived.dropped() == 1);
    }
}

TEST_CASE("the program that was made room for has come, or was tried and does not work") {
    Arrived arrived;
    UpgradeNote note{.wanted = own_program(), .left = "1.0", .asker = Asker::signal};
    const Arrival upgraded = arrived({.upgrade = note});
    CHECK(event_of(upgraded) == "upgraded");
    CHECK(upgraded.reloads);
    CHECK_FALSE(upgraded.unfit);
    CHECK(arrived.dropped() == 1);
    CHECK(upgraded.came_from.empty()); // nobody waits for an answer
    note.asker = Asker::call;
    CHECK(arrived({.upgrade = note}).came_from == "1.0");
    CHECK(arrived.dropped() == 1);
    note.asker = Asker::signal;

    note.wanted.inode += 1; // another file, and it is us who run
    const Arrival fallen_back = arrived({.upgrade = note});
    CHECK(event_of(fallen_back) == "upgrade-failed");
    CHECK_FALSE(fallen_back.reloads);
    CHECK(fallen_back.unfit == note.wanted);
    CHECK(arrived.dropped() == 0); // it stays, for whoever comes next
}
