// SPDX-License-Identifier: MIT
// What the test tells its controller to do: an order as text, and the spawn plan that one
// describes.
#pragma once

#include "recycler/base/ids.hpp"
#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"
#include "recycler/keeper/protocol/news.hpp"
#include "recycler/keeper/ring/ring_reader.hpp"
#include "recycler/worker/spawn/plan.hpp"

#include <map>
#include <string>
#include <utility>

// Says why on stderr and exits with 1.
[[noreturn]] void give_up(const std::string& why);

// Hangs without waiting for anything; a core would be left in `folder`.
[[noreturn]] void spin(const std::string& folder);

// The socket over which the orders come (RECYCLER_STAGE).
recycler::UniqueFd connect_to_stage();

template <typename T>
T must(recycler::Result<T> result) {
    if (!result) {
        give_up(result.error().message());
    }
    return std::move(result).value();
}
inline void must(const recycler::Result<void>& result) {
    if (!result) {
        give_up(result.error().message());
    }
}

// Fields by name, repeated ones in their order.
using Order = std::multimap<std::string, std::string>;

// The verb, and a field "name value" a line.
std::pair<std::string, Order> parse_order(const std::string& text);
std::string field(const Order& order, const std::string& name, const std::string& fallback);
recycler::WorkerId id_of(const Order& order); // "id SLOT GENERATION"; 1 1 where there is none

// arg (repeated), dir, uid, gid, group, nofile, forbid (a system call by number), capabilities
// (bits), preload, privileges (may be gained).
recycler::worker::SpawnPlan plan_of(const Order& order);

recycler::UniqueFd right_plan(const Order& order);
// Of a plan that is not what it should be: fault unsealed, or one that points outside of itself.
recycler::UniqueFd wrong_plan(const Order& order);

// hex, and as many zeros as `size` says.
std::vector<std::byte> bytes_of(const Order& order);

// On a port of 127.0.0.1 that the kernel chooses.
std::pair<recycler::UniqueFd, int> listening_socket();

std::string name_of(recycler::WorkerId id);                       // "1.1"
std::string describe(const recycler::keeper::Exit& exit);         // "CODE STATUS"
std::string describe(const recycler::keeper::HeldWorker& worker); // "1.1 PID STATE ..."
std::string describe(const recycler::keeper::RingTail& tail);     // "tail WRITTEN LOST", lines

// The counters of what workers accept, as far as they have come.
class Counted {
  public:
    // Of an answer: "counted 1.1 COUNTERS ERROR", or "stacks 1.1 ERROR" and each of them.
    std::string take(recycler::keeper::ThreadFilesArrived& arrived);
    [[nodiscard]] std::uint64_t sum() const;

  private:
    std::vector<recycler::UniqueFd> counters_;
};
// "thread PID", repeated.
std::vector<pid_t> threads_in(const Order& order);
