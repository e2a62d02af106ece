// SPDX-License-Identifier: MIT
// What the keeper holds for the controller: deposits and workers, in arrays of fixed size. Owns the
// descriptors. Knows nobody it could tell, and nothing of what the things in it mean.
#pragma once

#include "recycler/base/unique_fd.hpp"
#include "recycler/keeper/protocol/reports.hpp"
#include "recycler/keeper/protocol/requests.hpp"

#include <array>
#include <span>

namespace recycler::keeper {

struct DepositRecord {
    DepositKey key;
    Aux aux{};
    UniqueFd fd; // empty: this place is free
};

// One worker from Launch to Forget. `told` is the state in which the controller believes it to be;
// news is the difference.
// Processes of one worker out of which kept connections were taken.
inline constexpr std::size_t k_most_taken_out = 16;

struct WorkerRecord {
    WireId id;
    WorkerState state = WorkerState::vacant; // vacant: this place is free
    WorkerState told = WorkerState::vacant;
    worker::StepFailure failure; // failed
    int pid = 0;
    UniqueFd pidfd;
    UniqueFd page;
    UniqueFd ring;
    UniqueFd output;       // our end of its stdout and stderr
    UniqueFd failure_pipe; // starting: a StepFailure, or the end of file that exec makes
    std::uint64_t ring_written = 0;
    std::int64_t launched_at = 0;
    std::int64_t execed_at = 0;
    WireExit exit;                                          // exited
    std::array<std::int32_t, k_most_taken_out> taken_out{}; // the processes; 0: no more

    [[nodiscard]] bool has_process() const {
        return state == WorkerState::starting || state == WorkerState::running;
    }
};

// Connections that stand in the channel of `slot` are moved to `targets`, or closed; a free place
// has no targets, and nothing in hand.
struct RouteRecord {
    std::uint16_t slot = 0;
    std::uint16_t count = 0; // of the targets
    std::uint16_t next = 0;  // whose turn it is
    bool ends = false;       // nobody gets them
    std::array<std::uint16_t, k_max_targets> targets{};
    UniqueFd in_hand; // received, and sent to nobody yet

    [[nodiscard]] bool stands() const { return count > 0 || ends; }
    [[nodiscard]] bool is_free() const { return !stands() && !in_hand; }
};

class Store {
  public:
    // Replaces what stands under the same key. nullptr: full.
    DepositRecord* put(const DepositKey& key);
    DepositRecord* find(const DepositKey& key);

    // A free place; it stays free until its state says otherwise. nullptr: full.
    WorkerRecord* vacant_worker();
    WorkerRecord* find(const WireId& id);
    WorkerRecord* find_process(int pid);
    [[nodiscard]] std::size_t index_of(const WorkerRecord& worker) const;

    // nullptr: there is none.
    RouteRecord* find_route(std::uint16_t slot);
    RouteRecord* free_route();

    // All places ever used, free ones among them.
    [[nodiscard]] std::span<DepositRecord> deposits() {
        return std::span{deposits_}.first(deposits_used_);
    }
    [[nodiscard]] std::span<WorkerRecord> workers() {
        return std::span{workers_}.first(workers_used_);
    }
    [[nodiscard]] std::span<RouteRecord> routes() { return std::span{routes_}.first(routes_used_); }
    [[nodiscard]] std::uint32_t deposit_count();
    [[nodiscard]] std::uint32_t worker_count();

  private:
    std::array<DepositRecord, k_max_deposits> deposits_;
    std::array<WorkerRecord, k_max_workers> workers_;
    std::array<RouteRecord, k_max_routes> routes_;
    std::size_t deposits_used_ = 0; // untouched places cost no memory
    std::size_t workers_used_ = 0;
    std::size_t routes_used_ = 0;
};

} // namespace recycler::keeper
