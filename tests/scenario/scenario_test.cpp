// SPDX-License-Identifier: MIT
// Seeded random streams of events against the model world. RECYCLER_STREAMS says how many (default
// 5,000), RECYCLER_SEED replays one, RECYCLER_SPARES=0 has no spares, which every second one has
// else.
#include "tests/scenario/world.hpp"

#include <atomic>
#include <cstdlib>
#include <doctest/doctest.h>
#include <iostream>
#include <mutex>
#include <thread>
#include <vector>

namespace {

using namespace scenario;

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
    const char* text = std::getenv(variable);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

policies::Policy policy_for(Dice& dice) {
    policies::Policy policy;
    policy.recycle.requests = 20 + dice.below(50);
    policy.recycle.memory = 60_MiB;
    policy.memory.max = 100_MiB;
    if (dice.one_in(3)) {
        policy.recycle.hung = 2s;
    }
    if (dice.one_in(2)) {
        policy.recycle.stuck = dice.one_in(3) ? std::nullopt : std::optional(k_soon_stuck);
    }
    if (dice.one_in(3)) {
        policy.recycle.age = 2s + dice.upto(10s);
    }
    policy.drain.timeout = 5s;
    policy.drain.stop_timeout = 4s;
    policy.start.timeout = 4s;
    policy.restart.backoff_max = dice.one_in(3) ? Duration(20s) : Duration(2s);
    policy.restart.queue_timeout = dice.one_in(2) ? Duration(10s) : dice.upto(5s);
    policy.capacity.handover = static_cast<policies::HandoverMode>(dice.below(4));
    policy.capacity.max_unavailable = static_cast<std::uint32_t>(1 + dice.below(2));
    return policy;
}

// What happens by itself, and in every third stream starts that fail from one moment on.
void let_happen(World& world) {
    const bool fails = world.dice.one_in(3);
    const std::uint64_t from = world.dice.below(60);
    for (std::uint64_t steps = 20 + world.dice.below(60); steps > 0 && world.complaints().empty();
         --steps) {
        world.mishap();
        if (fails && steps < from) {
            world.let_starts_fail(world.dice.one_in(10) ? Starts::go_well : Starts::fail);
        }
        world.run(world.dice.one_in(20) ? world.dice.upto(8s) : world.dice.upto(60ms));
    }
    if (fails && world.dice.one_in(2)) { // for a long time: whoever still waits is turned away
        world.let_starts_fail(Starts::fail);
        world.run(world.dice.upto(90s));
    }
    world.let_starts_fail(Starts::go_well);
}

// Every second stream has some.
std::uint32_t spares_of(std::uint64_t seed) {
    const bool any = number_from("RECYCLER_SPARES", 1) != 0 && seed % 2 == 0;
    return any ? 1 + static_cast<std::uint32_t>(seed / 2 % 3) : 0;
}

// Plays one stream; the complaints are empty when every invariant held.
std::vector<std::string> play(std::uint64_t seed) {
    Dice dice(seed);
    policies::Policy policy = policy_for(dice);
    const slots::Machine machine{
        .can_show = !dice.one_in(8), .parkable = !dice.one_in(8), .keeps = seed % 3 == 0};
    policy.app.keep_connections =
        machine.keeps ? policies::KeepConnections::automatic : policies::KeepConnections::off;
    policy.capacity.spares = spares_of(seed);
    World world(seed, policy, static_cast<std::uint16_t>(1 + dice.below(4)), machine);
    if (dice.one_in(5)) {
        world.fatten(60'000'000 + dice.below(10'000'000)); // around recycle.memory
    }
    if (dice.one_in(2)) {
        world.bound({.app_max = 100'000'000 + dice.below(400'000'000),
                     .warming = dice.one_in(2) ? dice.below(30'000'000) : 0});
    }
    if (dice.one_in(3)) {
        world.let_orders_fail();
    }
    if (dice.one_in(2)) {
        world.let_listeners_spoil(dice.one_in(2) ? Sockets::tcp : Sockets::unix, dice.one_in(3));
    }
    let_happen(world);
    // Longer than every timeout of the policy together, than the longest request of the model, and
    // than a minute, after which the last try of what has failed begins.
    world.calm();
    world.run(80s);
    if (world.complaints().empty()) {
        world.check_quiet();
    }
    if (world.complaints().empty()) {
        world.stop();
        world.run(60s);
        world.check_ended();
    }
    return world.complaints();
}

TEST_CASE(
    "whatever happens, no decision loses a request, exceeds the budget or leaves a slot behind") {
    const std::uint64_t first = number_from("RECYCLER_SEED", 1);
    const std::uint64_t streams =
        std::getenv("RECYCLER_SEED") != nullptr ? 1 : number_from("RECYCLER_STREAMS", 5000);
    std::atomic<std::uint64_t> next = first;
    std::atomic<std::uint64_t> failed = 0;
    std::mutex telling;
    const auto play_on = [&] {
        for (std::uint64_t seed = next++; seed < first + streams && failed < 5; seed = next++) {
            const std::vector<std::string> complaints = play(seed);
            const std::lock_guard turn(telling);
            for (const std::string& complaint : complaints) {
                std::cout << "seed " << seed << ": " << complaint << '\n';
            }
            failed += complaints.empty() ? 0 : 1;
        }
    };
    std::vector<std::jthread> players; // streams know nothing of each other
    for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) {
        players.emplace_back(play_on);
    }
    players.clear();
    std::cout << std::min(next - first, streams) << " streams played\n";
    CHECK(failed == 0);
}

TEST_CASE("what workers need until they are warm is learned, and not forgotten by a controller") {
    Dice dice(8);
    policies::Policy policy = policy_for(dice);
    policy.recycle = {.requests = 40};
    policy.capacity.handover = policies::HandoverMode::automatic;
    World world(8, policy, 3, {});
    world.calm();
    world.bound({.app_max = 500'000'000, .warming = 30'000'000});
    for (int i = 0; i < 300; ++i) {
        world.connect({static_cast<std::uint16_t>(i % 3)});
        world.run(20ms);
        if (i == 200) {
            world.replace_controller();
        }
    }
    const std::uint64_t learned = world.decider().learned().start_cost;
    CHECK(learned >= 30'000'000);
    CHECK(learned <=
          35'000'000 + std::uint64_t{slots::k_warm} * 2'000'000); // leaks are taken for it
    CHECK(world.complaints() == std::vector<std::string>{});
}

TEST_CASE("workers that need more than recycle.memory are recycled a few times, then serve") {
    Dice dice(7);
    policies::Policy policy = policy_for(dice);
    policy.recycle = {.memory = 60_MiB};
    World world(7, policy, 3, {});
    world.calm();
    world.bound({.leak = 0}); // those that leak are recycled higher up
    world.fatten((70_MiB).count);
    for (int i = 0; i < 500; ++i) {
        world.connect({static_cast<std::uint16_t>(i % 3)});
        world.run(20ms);
    }
    CHECK(world.decider().holding());
    std::uint32_t generations = 0;
    for (const slots::Slot& slot : world.decider().slots()) {
        generations += slot.next_generation - 2;
    }
    CHECK(generations >= slots::k_storm);
    CHECK(generations <= slots::k_storm + 2); // those that had begun
    world.run(60s);
    world.check_quiet();
    CHECK(world.complaints() == std::vector<std::string>{});
}

} // namespace
