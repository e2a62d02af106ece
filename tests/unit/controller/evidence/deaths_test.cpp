// SPDX-License-Identifier: MIT
// The way of a dead worker from the decider's order to the count of its end: once, in its order,
// and through a controller that was killed on the way. No cgroup is needed for it.
#include "recycler/controller/evidence/deaths.hpp"

#include "recycler/death/verdict.hpp"
#include "tests/unit/events/kept_in_memory.hpp"
#include "tests/unit/keeper/link_pair.hpp"

#include <algorithm>
#include <csignal>
#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::controller;
using namespace std::chrono_literals;

namespace {

using Kept = std::vector<std::pair<std::string, std::string>>;

// An app of this name can have no cgroups.
policies::Policy without_cgroups() {
    policies::Policy policy;
    policy.app.name = "a/b";
    policy.memory.enforcement = policies::Enforcement::preferred;
    return policy;
}

class Mortuary : public Learn {
  public:
    Mortuary() { REQUIRE(deaths.add_sources()); }

    void learn(slots::Event event) override { learned.push_back(std::move(event)); }
    void tell(const slots::Event& event) override { learned.push_back(event); }
    void take_turn() override { ++turns; }

    void die(std::uint32_t generation, bool while_away = false) {
        LiveWorker& dead = workers[{{0}, generation}];
        dead.pid = 4000 + static_cast<pid_t>(generation);
        dead.ready_at = loop.now();
        dead.launched_at = loop.now();
        dead.life = Ended{.exit = {.code = CLD_EXITED, .status = 3, .at = loop.now() + 1s},
                          .while_away = while_away};
        deaths.carry_out(slots::RecordEnd{.worker = {{0}, generation}, .trigger = {}});
    }
    // Outside of run() the loop does not know how much time a turn has left, so each record has
    // one.
    void run_until_counted(std::size_t number) {
        while (learned.size() < number) {
            REQUIRE(loop.run_once(10s));
        }
    }
    // The generations whose ends were counted.
    [[nodiscard]] std::vector<std::uint32_t> counted() const {
        std::vector<std::uint32_t> all;
        for (const slots::Event& event : learned) {
            all.push_back(std::get<slots::EndRecorded>(event).worker.generation);
        }
        return all;
    }

    systemd::EventLoop loop = *systemd::EventLoop::create();
    events::Archive archive;
    std::vector<slots::Event> learned;
    int turns = 0;
    LiveWorkers workers;
    SlotTable slots{{policies::TcpAddress{"127.0.0.1", 7012}}};
    policies::Policy policy = without_cgroups();
    worker::Account account;
    Containment containment = *Containment::open(policy, {});
    keeper::LinkPair ends;
    keeper::Link link{std::move(ends.ours)};
    events::EventLog event_log{loop, std::make_unique<events::KeptInMemory>(archive), "keeper"};
    Blaming blaming{policy};
    Telling telling{{loop, slots, event_log}};
    Watching watching{{loop, workers, slots, policy, 1, telling},
                      SignalLog(Error{EPERM, "watch signals"})};
    Deaths deaths{{loop, workers, slots, policy, account, containment, link, event_log, watching,
                   blaming, telling, *this}};
};

} // namespace

TEST_CASE("a dead worker is recorded, then counted, and its turn is taken once") {
    Mortuary app;
    app.die(3);
    CHECK(app.archive.records.empty()); // the replacement has the machine to itself at first
    app.run_until_counted(1);
    CHECK(app.archive.records == Kept{{"7012.3", "exited"}});
    CHECK(app.counted() == std::vector<std::uint32_t>{3});
    const auto& recorded = std::get<slots::EndRecorded>(app.learned.front());
    CHECK(recorded.verdict == static_cast<std::uint8_t>(death::Verdict::exited));
    CHECK(app.turns == 1);
    CHECK_FALSE(*app.loop.run_once(20ms)); // nothing is left to do
}

TEST_CASE("those that end together are recorded in the order of their ends") {
    Mortuary app;
    for (const std::uint32_t generation : {5U, 3U, 4U}) {
        app.die(generation);
    }
    app.run_until_counted(3);
    CHECK(app.archive.records ==
          Kept{{"7012.5", "exited"}, {"7012.3", "exited"}, {"7012.4", "exited"}});
    CHECK(app.counted() == std::vector<std::uint32_t>{5, 3, 4});
}

TEST_CASE("one of whom nothing is held is counted without a record") {
    Mortuary app;
    app.deaths.carry_out(slots::RecordEnd{.worker = {{0}, 9}, .trigger = {}});
    app.run_until_counted(1);
    CHECK(app.archive.records.empty());
    CHECK(app.counted() == std::vector<std::uint32_t>{9});
}

TEST_CASE("one that ended while nobody looked waits for what the controller before has kept") {
    Mortuary app;
    app.die(3, true);
    app.die(4);
    app.run_until_counted(1);
    CHECK(app.archive.records == Kept{{"7012.4", "exited"}}); // and holds up no other
    SUBCASE("it was recorded: what was seen then holds, and is kept once") {
        app.archive.records_of_before = {control::to_json(
            control::Record{.verdict = "killed", .trigger = {}, .slot = "7012", .generation = 3})};
    }
    SUBCASE("it was not") {
        app.archive.records_of_before = {std::nullopt};
    }
    app.event_log.recall({}, {{"7012", 3}}, [&] { app.deaths.look_again(); });
    app.run_until_counted(2);
    CHECK(app.counted() == std::vector<std::uint32_t>{4, 3});
    const bool was_recorded = app.archive.records_of_before.front().has_value();
    CHECK(app.archive.records.size() == (was_recorded ? 1 : 2));
    CHECK(
        std::get<slots::EndRecorded>(app.learned.back()).verdict ==
        static_cast<std::uint8_t>(was_recorded ? death::Verdict::killed : death::Verdict::exited));
}

TEST_CASE("one that is forgotten is held no longer") {
    Mortuary app;
    app.die(3);
    app.run_until_counted(1);
    app.deaths.carry_out(slots::Forget{{{0}, 3}});
    CHECK(app.workers.empty());
}
