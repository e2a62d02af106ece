// SPDX-License-Identifier: MIT
// What the world is made of: chance, listeners and workers, each as simple as a model can be. Knows
// nothing of the decider.
#pragma once

#include "recycler/base/ids.hpp"
#include "recycler/base/units.hpp"

#include <optional>
#include <random>
#include <string>
#include <vector>

namespace scenario {

using namespace recycler;
using namespace std::chrono_literals;

// What people call a worker and a listener: 0.2 is slot.generation, 0/2 is slot/serial.
std::string name(WorkerId id);
std::string name(ListenerId id);

// Uniform draws from one seed; the same seed gives the same stream everywhere.
class Dice {
  public:
    explicit Dice(std::uint64_t seed) : engine_(seed) {}
    std::uint64_t below(std::uint64_t n) { return n == 0 ? 0 : engine_() % n; }
    bool one_in(std::uint64_t n) { return below(n) == 0; }
    Duration upto(Duration longest) {
        return Duration(
            static_cast<Duration::rep>(below(static_cast<std::uint64_t>(longest.count()) + 1)));
    }

  private:
    std::mt19937_64 engine_;
};

// What a worker, or somebody else, has done to a listener. `bound`: nobody reaches it until that is
// undone; `locked`: nobody can join it; `shut`, `nameless`: nobody reaches it any more.
enum class Spoilt { no, bound, locked, shut, nameless };

struct ModelListener {
    bool shown = true;
    std::uint32_t queued = 0;
    // For so long somebody has waited in it without a worker, and whether that is so at
    // `looked_at`.
    Duration unserved{};
    bool is_unserved = false;
    MonoTime looked_at{};
    MonoTime hidden_at{};
    Spoilt spoilt = Spoilt::no;
    bool held = false; // by an outsider, too

    [[nodiscard]] bool reached() const {
        return shown && (spoilt == Spoilt::no || spoilt == Spoilt::locked);
    }
};

// A limit that is reached within a stream.
inline constexpr Duration k_soon_stuck = 2s;

// How starts go from one moment on: `fail`: every one, before it is ready.
enum class Starts { go_well, fail };

// Of those who waited meanwhile: so many were turned away, and of so many it was told.
struct Outage {
    Starts starts = Starts::go_well;
    std::uint64_t turned_away = 0, told = 0;
};

enum class Sockets { tcp, unix };

struct SlotSide { // the kernel's side of a slot
    std::vector<ListenerId> group;
    std::uint32_t steer = 0;
    std::optional<MonoTime> unreached_since;
};

// What is shared by the workers, what each takes with its first requests beyond what it has when it
// is ready, and what each request leaves behind at most.
struct ModelMemory {
    std::uint64_t app_max = 0; // 0: there is as much as the dice say
    std::uint64_t warming = 0;
    std::uint64_t warm_after = 10; // requests
    std::uint64_t leak = 2'000'000;
    [[nodiscard]] std::uint64_t of_request(std::uint64_t n) const {
        return n <= warm_after ? warming / warm_after : 0;
    }
};

struct ModelWorker {
    ListenerId listener;
    MonoTime launched_at{};
    bool alive = true;
    bool exit_told = false;
    std::optional<MonoTime> ready_at; // none: never becomes ready
    std::optional<MonoTime> exits_at; // after a stop signal or a fault
    MonoTime busy_since;
    MonoTime idle_since; // its last request was over then
    std::optional<MonoTime> busy_until;
    bool deaf = false;                 // ignores the stop signal
    bool misses = false;               // the first one
    bool leaving = false;              // took the stop signal and accepts no more
    Duration ending{};                 // what it does then takes so long
    std::optional<MonoTime> told_at{}; // to stop, while it was idle, by the present controller
    bool polite = false;               // shuts its listener down when it is told to stop
    bool stands = false;               // takes no connection any more, for no reason of ours
    std::optional<MonoTime> unserved_since{}; // as the looks at it have shown
    bool park = false;
    bool parked = false;
    bool frozen = false;
    bool booted = false; // before it was given its slot
    bool cut = false;    // stopped or killed by us while it held a connection
    std::uint64_t served = 0;
    std::uint64_t bloat = 0;
    std::optional<std::uint64_t> at_look{}; // when the room was looked at last
};

} // namespace scenario
