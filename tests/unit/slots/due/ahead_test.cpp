// SPDX-License-Identifier: MIT
// Workers that near recycle.requests are replaced ahead of it.
#include "recycler/slots/due/ahead.hpp"

#include "tests/unit/slots/driver/driver.hpp"

#include <doctest/doctest.h>
#include <map>

using namespace recycler;
using namespace recycler::slots;
using policies::HandoverMode;

namespace {

// Workers that serve `rate` requests a second each from when they get connections, and take `start`
// to become ready: how many requests each had served when the next one took over.
constexpr unsigned k_processors = 4;

class Busy {
  public:
    Busy(std::uint64_t limit, std::uint64_t rate, Duration start, std::uint16_t slots)
        : rate_(rate), start_(start), decider_(policy(limit), {.processors = k_processors}) {
        carry_out(decider_.begin(now_, first_slots(slots)));
    }

    void run(Duration how_long) {
        const MonoTime end = now_ + how_long;
        while (now_ < end) {
            MonoTime next = end;
            if (const auto deadline = decider_.next_deadline()) {
                next = std::min(next, *deadline);
            }
            for (const auto& [id, at] : ready_at_) {
                next = at > now_ ? std::min(next, at) : next;
            }
            now_ = std::max(now_, next);
            carry_out(decider_.step(now_, Tick{}));
        }
    }

    std::vector<std::uint64_t> at_handover;
    std::size_t most_starting = 0;
    std::size_t looks = 0;

  private:
    static policies::Policy policy(std::uint64_t limit) {
        policies::Policy policy = policy_with(HandoverMode::overlap);
        policy.recycle.requests = limit;
        return policy;
    }

    [[nodiscard]] std::uint64_t served_by(WorkerId id) const {
        const auto since = serves_since_.find(id);
        if (since == serves_since_.end()) {
            return 0;
        }
        const auto us = std::chrono::floor<std::chrono::microseconds>(now_ - since->second).count();
        return static_cast<std::uint64_t>(us) * rate_ / 1'000'000;
    }

    void carry_out(const std::vector<Action>& actions) {
        for (const Action& action : actions) {
            if (const auto* launch = std::get_if<Launch>(&action)) {
                ready_at_[launch->worker] = now_ + start_;
                std::size_t starting = 0;
                for (const Slot& slot : decider_.slots()) {
                    starting += slot.successor ? 1 : 0;
                }
                most_starting = std::max(most_starting, starting);
            } else if (const auto* look = std::get_if<LookReady>(&action)) {
                if (ready_at_.at(look->worker) <= now_) {
                    becomes_ready(look->worker);
                }
            } else if (const auto* sample = std::get_if<TakeSample>(&action)) {
                ++looks;
                carry_out(decider_.step(
                    now_, WorkerSampled{
                              sample->worker,
                              {.at = now_, .bloat = 5_MiB, .served = served_by(sample->worker)}}));
            } else if (const auto* idle = std::get_if<LookIdle>(&action)) {
                carry_out(decider_.step(now_, IdleSeen{.listener = idle->listener}));
            } else if (const auto* stop = std::get_if<StopWorker>(&action)) {
                carry_out(decider_.step(now_, WorkerExited{stop->worker}));
            } else if (const auto* record_end = std::get_if<RecordEnd>(&action)) {
                carry_out(decider_.step(now_, EndRecorded{record_end->worker}));
            } else if (std::holds_alternative<LookRoom>(action)) {
                carry_out(decider_.step(now_, RoomSeen{.room = 64_GiB}));
            }
        }
    }

    void becomes_ready(WorkerId id) {
        const Slot& slot = *std::as_const(decider_).find(id.slot);
        if (slot.successor) {
            at_handover.push_back(served_by(worker_of(slot.front)->id));
        }
        serves_since_[id] = now_;
        carry_out(decider_.step(now_, WorkerReady{id}));
    }

    std::uint64_t rate_;
    Duration start_;
    MonoTime now_ = k_start;
    Decider decider_;
    std::map<WorkerId, MonoTime> ready_at_, serves_since_;
};

} // namespace

TEST_CASE("so many must begin that none is late, in their order and with those before them") {
    const Starts one{.each = 100ms};
    using Left = std::vector<Duration>;
    CHECK(must_begin(Left{}, one) == 0);
    CHECK(must_begin(Left{101ms}, one) == 0);
    CHECK(must_begin(Left{100ms}, one) == 1);
    CHECK(must_begin(Left{150ms, 200ms}, one) == 2); // or the second would be late
    CHECK(must_begin(Left{150ms, 201ms}, one) == 0);
    CHECK(must_begin(Left{100ms, 250ms}, one) == 1);
    CHECK(must_begin(Left{300ms}, {.each = 100ms, .under_way = 2}) == 1);
    CHECK(must_begin(Left{300ms, 300ms, 300ms}, {.each = 100ms, .at_once = 2}) == 0);
    CHECK(must_begin(Left{200ms, 200ms, 200ms}, {.each = 100ms, .at_once = 2}) == 3);
}

TEST_CASE("a worker has served its limit when its successor takes over, and hardly more") {
    for (const std::uint64_t rate : {20, 100, 500}) {
        CAPTURE(rate);
        Busy busy(100, rate, 50ms, 1);
        busy.run(8s);
        REQUIRE(busy.at_handover.size() > (rate > 20 ? 3u : 0u));
        for (const std::uint64_t served : busy.at_handover) {
            CHECK(served >= 50);
            CHECK(served <= 115); // who is ready is seen some milliseconds later
        }
    }
}

TEST_CASE("eight fast workers that are due together pass their limit by a third at most") {
    Busy busy(100, 200, 50ms, 8);
    busy.run(6s);
    REQUIRE(busy.at_handover.size() > 40);
    for (const std::uint64_t served : busy.at_handover) {
        CHECK(served >= 50);
        CHECK(served <= 130);
    }
    CHECK(busy.most_starting <= k_processors);
}

TEST_CASE("where starts outlast lives no worker leaves at less than half its limit") {
    Busy busy(100, 500, 400ms, 8);
    busy.run(6s);
    REQUIRE(busy.at_handover.size() > 8);
    for (const std::uint64_t served : busy.at_handover) {
        CHECK(served >= 50);
    }
    CHECK(busy.most_starting <= k_processors);
}

TEST_CASE(
    "many idle workers with a small limit are looked at no oftener together than every 2 ms") {
    Busy idle(100, 0, 50ms, 200);
    idle.run(1s);
    idle.looks = 0;
    idle.run(3s);
    CHECK(idle.looks <= 1'600); // 200 workers, 2 ms each, for 3 s
    Busy large(5000, 0, 50ms, 200);
    large.run(1s);
    large.looks = 0;
    large.run(3s);
    CHECK(large.looks <= 700); // as without a limit: once a second
}
