// SPDX-License-Identifier: MIT
// Counters of a worker that runs, as the keeper opens them: asked for piece by piece, and what
// becomes of each answer.
#include "recycler/controller/workers/counting.hpp"

#include "recycler/keeper/protocol/thread_files.hpp"
#include "tests/unit/keeper/link_pair.hpp"

#include <cerrno>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <numeric>
#include <unistd.h>

using namespace recycler;
using namespace recycler::controller;

namespace {

constexpr WorkerId k_id{.slot = {1}, .generation = 5};

// A worker of which the first `threads` have been asked for, and a keeper that answers nothing.
class Asked {
  public:
    explicit Asked(int threads) : counting_(prepare()), link_(std::move(ends_.ours)) {
        worker_.pid = ::getpid();
        worker_.awaited_accepts = AwaitedAccepts{
            .id = k_id, .threads = std::vector<pid_t>(static_cast<std::size_t>(threads))};
        std::iota(worker_.awaited_accepts->threads.begin(), worker_.awaited_accepts->threads.end(),
                  101);
    }

    void answer(std::size_t counters, int error = 0) {
        keeper::ThreadFilesArrived arrived{.id = k_id, .error = error};
        for (std::size_t i = 0; i < counters; ++i) {
            arrived.files.emplace_back(::dup(STDIN_FILENO));
        }
        counting_.take(worker_, std::move(arrived), link_);
    }
    // The threads of the next order to the keeper; none: there is none.
    std::vector<int> next_order() {
        keeper::Packet packet;
        if (keeper::receive_packet(ends_.theirs.get(), packet) != keeper::Arrival::packet) {
            return {};
        }
        const auto order = keeper::message_in<keeper::OpenThreadFiles>(packet, keeper::k_protocol);
        REQUIRE(order);
        CHECK(order->id == keeper::WireId{.slot = 1, .generation = 5});
        return {order->threads.begin(), order->threads.end()};
    }
    LiveWorker& worker() { return worker_; }
    [[nodiscard]] bool waits() const { return worker_.awaited_accepts.has_value(); }
    [[nodiscard]] std::string counted_by() const {
        const auto served = served_by(worker_, std::nullopt);
        return served ? served->counted_by : "nobody";
    }
    [[nodiscard]] std::string limitation() const { return counting_.limitation().value_or(""); }

  private:
    static Counting prepare() {
        return Counting::prepare({}, {}, "/lib/recorder.so", worker::AcceptTracepoints{1, 2});
    }

    keeper::LinkPair ends_;
    Counting counting_;
    keeper::Link link_;
    LiveWorker worker_;
};

} // namespace

TEST_CASE("the counters of many threads are asked for one packet after another") {
    Asked asked(7);
    asked.answer(10);
    CHECK(asked.next_order() == std::vector{101, 102, 103, 104, 105});
    CHECK(asked.counted_by() == "nobody");
    asked.answer(10);
    CHECK(asked.next_order() == std::vector{106, 107, 0, 0, 0});
    CHECK(asked.counted_by() == "nobody");
    asked.answer(4);
    CHECK(asked.next_order().empty());
    CHECK(asked.counted_by() == "accepts, not all");
    CHECK_FALSE(asked.waits());
    CHECK(asked.limitation().empty());
}

TEST_CASE("a worker whose threads have all ended meanwhile is looked at again") {
    Asked asked(0);
    asked.answer(0);
    CHECK(asked.counted_by() == "nobody");
    CHECK_FALSE(asked.waits());
    CHECK(asked.limitation().empty());
}

TEST_CASE("the counters of a worker that has ended meanwhile are dropped") {
    Asked asked(0);
    asked.worker().life = Ended{};
    asked.answer(2);
    CHECK(asked.counted_by() == "nobody");
    CHECK_FALSE(asked.waits());
}

TEST_CASE("an error of the keeper is a limitation if asking again is of no use") {
    const struct {
        int error;
        bool lasts;
    } rows[] = {{ESRCH, false}, {ENOENT, false},    {EMFILE, false}, {ENOMEM, false},
                {EPERM, true},  {EOPNOTSUPP, true}, {EACCES, true}};
    for (const auto& row : rows) {
        CAPTURE(row.error);
        Asked asked(3);
        asked.answer(0, row.error);
        CHECK(asked.next_order().empty());
        CHECK_FALSE(asked.waits());
        CHECK(asked.counted_by() == "nobody");
        CHECK((asked.limitation().find("recycle.requests has no effect") != std::string::npos) ==
              row.lasts);
    }
}

TEST_CASE("an answer that nobody waits for changes nothing") {
    Asked asked(3);
    asked.worker().awaited_accepts.reset();
    asked.answer(2);
    CHECK(asked.counted_by() == "nobody");
    CHECK(asked.next_order().empty());
}
