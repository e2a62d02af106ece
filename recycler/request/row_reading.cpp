// SPDX-License-Identifier: MIT
#include "recycler/request/row_reading.hpp"

#include "recycler/request/load.hpp"

namespace recycler::request {
namespace {

// Bounds of what can be true. A sum beyond 2^53 would not survive JSON; pids end at 2^22
// (PID_MAX_LIMIT), descriptors of a process at 2^20 (the kernel's nr_open).
constexpr std::uint64_t k_largest_sum = std::uint64_t{1} << 53;
constexpr std::uint32_t k_largest_pid = 1U << 22;
constexpr std::uint32_t k_largest_count = 1U << 20;
constexpr std::uint32_t k_largest_errno = 4095; // MAX_ERRNO of the kernel

} // namespace

// In this order a count that the recorder raises first is read last, so that each comparison in
// is_possible() holds at any instant of an honest process. `open` comes after `first_enter`: when
// nobody is inside accept(), all that came out is in `open`. `resting` comes after `open`, because
// a connection comes to rest before it is no longer open; those that went the other way in between
// are in the difference of `came_back`, or their thread is still inside accept().
RowReading read_row(const Row& row) {
    RowReading read;
    read.owner = load(row.pid);
    read.claimed_at = load(row.claimed_at);
    read.exit = load(row.accept_exit);
    const std::uint64_t back_before = load(row.came_back);
    read.exited = load(row.exited);
    read.parked = load(row.parked);
    read.first_enter = load(row.accept_enter);
    read.open = load(row.open);
    read.resting = load(row.resting);
    read.back_meanwhile = load(row.came_back) - back_before;
    read.ends = load(row.ends);
    read.half = load(row.half);
    read.in_flight = load(row.in_flight);
    read.begins = load(row.begins);
    read.unfollowed = load(row.unfollowed);
    read.accept_refused = load(row.accept_refused);
    read.accepts = load(row.accepts);
    read.came_back = load(row.came_back);
    read.handed_on = load(row.handed_on);
    read.taken = load(row.taken);
    read.misfits = load(row.misfits);
    read.hand_on_failed = load(row.hand_on_failed);
    for (std::size_t i = 0; i < read.resting_at.size(); ++i) {
        read.resting_at[i] = load(row.resting_at[i]);
    }
    read.awaiting_slot = load(row.awaiting_slot);
    read.enter = load(row.accept_enter);
    return read;
}

bool is_possible(const RowReading& read) {
    const bool bounded = read.pid() <= k_largest_pid && read.claimed_at <= k_largest_time &&
                         read.enter <= k_largest_sum && read.begins <= k_largest_sum &&
                         read.open <= k_largest_count && read.in_flight <= k_largest_count &&
                         read.parked <= k_largest_count && read.resting <= k_largest_count &&
                         read.back_meanwhile <= k_largest_count &&
                         read.awaiting_slot <= k_largest_count && read.came_back <= k_largest_sum &&
                         read.handed_on <= k_largest_sum && read.taken <= k_largest_sum &&
                         read.misfits <= k_largest_sum && read.accepts <= k_largest_sum;
    const bool accepting = read.first_enter <= read.enter && read.exit <= read.first_enter &&
                           read.parked <= read.first_enter - read.exit &&
                           read.first_enter - read.exit - read.parked <= k_largest_count;
    const std::uint64_t opened = read.accepts + read.came_back; // neither sum is near 2^64: bounded
    const bool serving = read.open <= opened && opened <= read.enter && read.unfollowed <= opened &&
                         read.ends <= read.begins && read.in_flight <= read.begins - read.ends;
    return bounded && accepting && serving;
}

int error_of(std::uint32_t error) {
    return error <= k_largest_errno ? static_cast<int>(error) : 0;
}

} // namespace recycler::request
