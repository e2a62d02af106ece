// Workers that grow fast and come due together, played through in virtual time: each is replaced
// before it reaches memory.max.
#include "tests/unit/fleet/driver.hpp"

#include <deque>
#include <doctest/doctest.h>
#include <map>
#include <utility>

using namespace recycler;
using namespace recycler::fleet;
using policies::HandoverMode;

namespace {

struct Growers {
    std::uint16_t slots = 4;
    std::uint64_t mib_a_second = 80; // each
    Duration start = 100ms;          // of one that starts alone
    Duration busy = 100ms; // of that; as many starts at once as processors go on at full speed
    unsigned processors = 2;
    Bytes fresh = 5_MiB;
    Bytes due = 64_MiB;
    Bytes max = 96_MiB;
};

struct Played {
    Bytes peak;
    std::size_t killed = 0;
    std::size_t recycled = 0;
    Bytes least; // that one had when its replacement began to start
};

class Play {
  public:
    explicit Play(const Growers& growers)
        : growers_(growers),
          fleet_(policy_for(growers), Machine{.processors = growers.processors}) {
        outcome_.least = growers.max;
        carry_out(fleet_.begin(now_, first_slots(growers.slots)));
    }

    Played run(Duration how_long) {
        for (const MonoTime end = now_ + how_long; now_ < end; now_ += 1ms) {
            live();
            while (!facts_.empty()) {
                const Event fact = facts_.front();
                facts_.pop_front();
                carry_out(fleet_.step(now_, fact));
            }
            for (int i = 0; i < 5 && fleet_.next_deadline().value_or(now_ + 1s) <= now_; ++i) {
                carry_out(fleet_.step(now_, Tick{}));
            }
        }
        return outcome_;
    }

  private:
    struct Model {
        Duration left; // of its start
        bool ready = false;
        double bloat = 0;
        std::uint64_t ms = 0; // served, a request each
    };

    static policies::Policy policy_for(const Growers& growers) {
        policies::Policy policy = policy_with(HandoverMode::overlap);
        policy.recycle.memory = growers.due;
        policy.memory.max = growers.max;
        return policy;
    }

    // One millisecond of all workers.
    void live() {
        const auto starting = std::ranges::count_if(
            workers_, [](const auto& each) { return each.second.left > 0ms; });
        const double demand = static_cast<double>(starting) *
                              std::chrono::duration<double>(growers_.busy).count() /
                              std::chrono::duration<double>(growers_.start).count();
        const double pace = std::min(1.0, growers_.processors / std::max(demand, 1e-9));
        for (auto& [id, model] : workers_) {
            if (model.left > 0ms) {
                model.left -= Duration(static_cast<Duration::rep>(1'000'000 * pace));
                continue;
            }
            const Worker* front = worker_of(std::as_const(fleet_).find(id.slot)->front);
            if (model.ready && front != nullptr && front->id == id) {
                model.bloat += static_cast<double>(growers_.mib_a_second << 20) / 1000;
                ++model.ms;
                const Bytes bloat{static_cast<std::uint64_t>(model.bloat)};
                outcome_.peak = std::max(outcome_.peak, bloat);
                if (bloat >= growers_.max) {
                    ++outcome_.killed;
                    facts_.emplace_back(WorkerExited{id, Ending::served});
                    model.ready = false;
                }
            }
        }
    }

    void carry_out(const std::vector<Action>& actions) {
        for (const Action& action : actions) {
            std::visit([this](const auto& order) { act(order); }, action);
        }
    }
    template <typename Other>
    void act(const Other&) {}
    void act(const Launch& order) {
        workers_[order.worker] = {.left = growers_.start,
                                  .bloat = static_cast<double>(growers_.fresh.count)};
        for (const auto& [id, model] : workers_) {
            if (id.slot == order.worker.slot && id != order.worker && model.ready) {
                outcome_.least =
                    std::min(outcome_.least, Bytes{static_cast<std::uint64_t>(model.bloat)});
            }
        }
    }
    void act(const LookReady& order) {
        Model& model = workers_.at(order.worker);
        if (model.left <= 0ms && !model.ready) {
            model.ready = true;
            facts_.emplace_back(WorkerReady{order.worker, growers_.busy});
        }
    }
    void act(const TakeSample& order) {
        const auto found = workers_.find(order.worker);
        if (found != workers_.end()) {
            const Bytes bloat{static_cast<std::uint64_t>(found->second.bloat)};
            facts_.emplace_back(WorkerSampled{order.worker,
                                              {.at = now_,
                                               .bloat = bloat,
                                               .current = bloat,
                                               .peak = bloat,
                                               .served = found->second.ms,
                                               .accepts = found->second.ms}});
        }
    }
    void act(const LookIdle& order) { facts_.emplace_back(IdleSeen{.listener = order.listener}); }
    void act(const LookRoom&) { facts_.emplace_back(RoomSeen{64_GiB}); }
    void act(const StopWorker& order) { facts_.emplace_back(WorkerExited{order.worker}); }
    void act(const Bury& order) {
        outcome_.recycled += order.order == Order::recycle ? 1 : 0;
        workers_.erase(order.worker);
        facts_.emplace_back(WorkerBuried{order.worker, 0, 0});
    }

    Growers growers_;
    MonoTime now_ = k_start;
    Fleet fleet_;
    std::map<WorkerId, Model> workers_;
    std::deque<Event> facts_;
    Played outcome_;
};

Played played(const Growers& growers, Duration how_long = 20s) {
    const Played outcome = Play(growers).run(how_long);
    CHECK(outcome.killed == 0);
    MESSAGE(outcome.recycled << " recycled, " << outcome.killed << " killed, peak "
                             << (outcome.peak.count >> 20) << " MiB, begun from "
                             << (outcome.least.count >> 20) << " MiB on");
    return outcome;
}

} // namespace

TEST_CASE("four workers that grow at 80 MiB/s together stay well below a limit 32 MiB above") {
    const Played outcome = played({});
    CHECK(outcome.recycled > 60);
    CHECK(outcome.peak < 92_MiB);
}

TEST_CASE("twelve whose starts wait for a second start together") {
    const Played outcome =
        played({.slots = 12, .mib_a_second = 10, .start = 1s, .busy = 50ms}, 14s);
    CHECK(outcome.recycled >= 12);
}

TEST_CASE("where a start takes longer than memory.max leaves, it begins before the limit") {
    const Played outcome = played({.mib_a_second = 20, .start = 1s, .busy = 1s});
    CHECK(outcome.least < 50_MiB);
    CHECK(outcome.least > 34_MiB); // half of what a life may take
    CHECK(outcome.peak < 80_MiB);  // whoever has least time left is begun with first
}

TEST_CASE("who grows slowly is replaced at the limit, not before") {
    CHECK(played({.mib_a_second = 4, .start = 200ms, .busy = 200ms}, 60s).least >= 64_MiB);
}
