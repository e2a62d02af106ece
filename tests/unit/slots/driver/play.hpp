// SPDX-License-Identifier: MIT
// Plays an app through in virtual time, a millisecond at a time: workers that start, serve and
// grow, and a decider that looks at them and replaces them.
#pragma once

#include "tests/unit/slots/driver/driver.hpp"

#include <deque>
#include <map>
#include <random>

namespace recycler::slots {

// Workers load a page when it is asked for the first time; which one a request asks for is drawn.
struct Pages {
    unsigned count = 0; // none: they grow evenly
    Bytes each{};
    Duration loading{};   // while which it takes that
    Duration answering{}; // each request
    std::uint64_t seed = 1;
};

struct Growers {
    std::uint16_t slots = 4;
    std::uint64_t mib_a_second = 80; // each
    Duration start = 100ms;          // of one that starts alone
    Duration busy = 100ms; // of that; as many starts at once as processors go on at full speed
    unsigned processors = 2;
    Duration idle{}; // before they are asked for anything
    Bytes fresh = 5_MiB;
    Bytes due = 64_MiB;
    Bytes max = 96_MiB;
    Pages pages{};
};

struct Played {
    Bytes peak;
    std::size_t killed = 0;
    std::size_t of_the_first = 0; // of those killed
    std::size_t recycled = 0;
    Bytes least; // that one had when its replacement began to start
};

class Play {
  public:
    explicit Play(const Growers& growers);

    void run(Duration how_long);
    [[nodiscard]] const Played& outcome() const { return outcome_; }
    [[nodiscard]] const Decider& decider() const { return decider_; }
    [[nodiscard]] MonoTime now() const { return now_; }

  private:
    struct Model {
        Duration left{}; // of its start
        bool ready = false;
        double bloat = 0;
        std::uint64_t served = 0;
        Duration loading{}; // left of the page that its request asked for
        Duration request{}; // left of the request
        std::uint64_t loaded = 0;
    };

    void live();
    void serve(WorkerId id, Model& model);
    void load_pages(Model& model);
    void carry_out(const std::vector<Action>& actions);
    template <typename Other>
    void act(const Other&) {}
    void act(const Launch& order);
    void act(const LookReady& order);
    void act(const TakeSample& order);
    void act(const LookIdle& order) { facts_.emplace_back(IdleSeen{.listener = order.listener}); }
    void act(const LookRoom&) { facts_.emplace_back(RoomSeen{64_GiB}); }
    void act(const LookHolders& order) { facts_.emplace_back(HoldersSeen{order.listener}); }
    void act(const StopWorker& order) { facts_.emplace_back(WorkerExited{order.worker}); }
    void act(const RecordEnd& order);

    Growers growers_;
    MonoTime now_ = k_start;
    Decider decider_;
    std::map<WorkerId, Model> workers_;
    std::deque<Event> facts_;
    Played outcome_;
    std::mt19937_64 dice_;
};

} // namespace recycler::slots
