// SPDX-License-Identifier: MIT
// recycle.memory and what workers need, both drawn at random: a limit below what they need is held
// after a bounded number of recycles, and a leak never is.
#include "tests/scenario/world.hpp"

#include <cstdlib>
#include <doctest/doctest.h>

namespace {

using namespace scenario;

constexpr std::uint64_t k_mb = 1'000'000;

struct App {
    std::uint64_t fresh = 0;
    ModelMemory memory;
    Bytes limit;
    std::uint16_t slots = 1;
    [[nodiscard]] std::uint64_t warm() const { return fresh + memory.warming; }
};

// Starts are short beside lives, and memory.max is far off: else nothing could be learnt safely.
policies::Policy policy_for(Dice& dice, const App& app) {
    policies::Policy policy;
    policy.recycle.memory = app.limit;
    policy.memory.max = Bytes{4 * app.warm()};
    policy.drain.timeout = 5s;
    policy.drain.stop_timeout = 1s;
    policy.start.timeout = 10s;
    policy.capacity.handover = static_cast<policies::HandoverMode>(dice.below(4));
    policy.capacity.max_unavailable = static_cast<std::uint32_t>(1 + dice.below(2));
    return policy;
}

App any_app(Dice& dice) {
    App app{.fresh = (5 + dice.below(40)) * k_mb,
            .slots = static_cast<std::uint16_t>(1 + dice.below(4))};
    app.memory.warming = (10 + dice.below(60)) * k_mb;
    app.memory.warm_after = 1 + dice.below(60);
    app.memory.leak = 0;
    app.memory.app_max = std::uint64_t{app.slots} * 8 * app.warm();
    return app;
}

std::uint32_t recycles(const World& world) {
    std::uint32_t sum = 0;
    for (const slots::Slot& slot : world.decider().slots()) {
        sum += slot.next_generation - 2;
    }
    return sum;
}

// Serves until memory is held, or so many requests have been asked for.
void serve(World& world, const App& app, std::uint64_t requests) {
    for (std::uint64_t i = 0; i < requests && !world.decider().holding(); ++i) {
        world.connect({static_cast<std::uint16_t>(i % app.slots)});
        world.run(40ms);
    }
}

std::uint64_t apps() {
    const char* streams = std::getenv("RECYCLER_STREAMS");
    return std::max<std::uint64_t>(
        30, streams == nullptr ? 0 : std::strtoull(streams, nullptr, 10) / 100);
}

} // namespace

TEST_CASE("a limit below what a warm worker needs is held, with the figure, soon") {
    for (std::uint64_t seed = 1; seed <= apps(); ++seed) {
        CAPTURE(seed);
        Dice dice(seed);
        App app = any_app(dice);
        // Above what a fresh one has, and below what a warm one needs by what can be told.
        app.limit = Bytes{app.fresh + app.memory.warming * (1 + dice.below(90)) / 100};
        World world(seed, policy_for(dice, app), app.slots, {});
        world.calm();
        world.fatten(app.fresh);
        world.bound(app.memory);
        serve(world, app, 20'000);
        REQUIRE(world.decider().holding());
        const Bytes named = world.decider().holding()->baseline;
        CHECK(named >= app.limit);
        CHECK(named <= Bytes{app.warm() + k_mb});
        // The first few of all slots, and those that end while one is let live on.
        CHECK(recycles(world) <= 40U * app.slots);
        serve(world, app, 0);
        world.run(60s);
        world.check_quiet();
        CHECK(world.complaints() == std::vector<std::string>{});
    }
}

TEST_CASE("a leak is recycled at the limit, life after life, and never held") {
    for (std::uint64_t seed = 1; seed <= apps(); ++seed) {
        CAPTURE(seed);
        Dice dice(seed);
        App app = any_app(dice);
        app.memory.leak = 2 * (30'000 + dice.below(1'000'000)); // half of it on the average
        app.limit = Bytes{app.warm() + (5 + dice.below(40)) * k_mb};
        World world(seed, policy_for(dice, app), app.slots, {});
        world.calm();
        world.fatten(app.fresh);
        world.bound(app.memory);
        // As many as take each worker past it.
        const std::uint64_t life = (app.limit.count - app.fresh) / (app.memory.leak / 2);
        serve(world, app, std::max<std::uint64_t>(3'000, 2 * life * app.slots));
        CHECK_FALSE(world.decider().holding());
        CHECK(recycles(world) > 0);
        CHECK(world.complaints() == std::vector<std::string>{});
    }
}
