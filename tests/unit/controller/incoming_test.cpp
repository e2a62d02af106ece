// SPDX-License-Identifier: MIT
#include "recycler/controller/incoming.hpp"

#include "recycler/keeper/protocol/reports.hpp"
#include "recycler/keeper/protocol/requests.hpp"
#include "recycler/keeper/protocol/wire.hpp"
#include "tests/unit/keeper/link_pair.hpp"

#include <vector>

using namespace recycler;
using namespace recycler::controller;
using namespace std::chrono_literals;

namespace {

constexpr std::uint16_t k_workers = 100;

void work_for(Duration span) {
    const auto until = std::chrono::steady_clock::now() + span;
    while (std::chrono::steady_clock::now() < until) {
    }
}

// What came of what the far end had sent before.
struct Course {
    std::vector<std::uint16_t>
        slots;                      // of the workers that ended, in the order in which it was heard
    std::vector<std::size_t> pongs; // how many of them had been heard then
    std::vector<std::size_t> others; // the same for another who had to be served
    bool gone = false;
};

Course run_with(keeper::LinkPair& pair, Duration each_takes, std::size_t until) {
    auto loop = systemd::EventLoop::create();
    REQUIRE(loop);
    keeper::Link link(std::move(pair.ours));
    Course course;
    const auto note_pong = [&] {
        keeper::Packet packet;
        if (keeper::receive_packet(pair.theirs.get(), packet) == keeper::Arrival::packet) {
            REQUIRE(keeper::message_in<keeper::Pong>(packet, keeper::k_protocol));
            course.pongs.push_back(course.slots.size());
        }
    };
    Incoming incoming({.loop = *loop,
                       .link = link,
                       .take =
                           [&](keeper::News& news) {
                               if (std::holds_alternative<keeper::KeeperGone>(news)) {
                                   course.gone = true;
                                   loop->exit(0);
                                   return;
                               }
                               note_pong();
                               course.slots.push_back(
                                   std::get<keeper::WorkerExited>(news).id.slot.index);
                               work_for(each_takes);
                               if (course.slots.size() == until) {
                                   loop->exit(0);
                               }
                           },
                       .complain = [](const Error& error) { FAIL(error.message()); }});
    REQUIRE(incoming.add_sources());
    auto other = loop->add_deferred([&] { course.others.push_back(course.slots.size()); });
    REQUIRE(other);
    other->schedule();
    REQUIRE(loop->run());
    return course;
}

void say_ended(const keeper::LinkPair& pair) {
    for (std::uint16_t slot = 1; slot <= k_workers; ++slot) {
        REQUIRE(keeper::send_message(pair.theirs.get(), keeper::k_protocol,
                                     keeper::Exited{.id = {.slot = slot}}) == 0);
    }
}

} // namespace

TEST_CASE(
    "a ping behind the ends of many workers is answered before these are taken in, and others "
    "are served meanwhile") {
    keeper::LinkPair pair;
    say_ended(pair);
    REQUIRE(keeper::send_message(pair.theirs.get(), keeper::k_protocol, keeper::Ping{}) == 0);
    const Course course = run_with(pair, 5ms, k_workers);
    REQUIRE(course.slots.size() == k_workers);
    for (std::uint16_t slot = 1; slot <= k_workers; ++slot) {
        CHECK(course.slots[slot - 1U] == slot);
    }
    REQUIRE(course.pongs.size() == 1);
    CHECK(course.pongs.front() < k_workers / 4);
    REQUIRE(course.others.size() == 1);
    CHECK(course.others.front() < k_workers / 4);
}

TEST_CASE("once the keeper has ended, nothing that it had said before matters any more") {
    keeper::LinkPair pair;
    say_ended(pair);
    pair.theirs.reset();
    const Course course = run_with(pair, 5ms, k_workers);
    CHECK(course.gone);
    CHECK(course.slots.size() < k_workers / 4);
}
