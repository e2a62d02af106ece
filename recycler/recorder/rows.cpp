// SPDX-License-Identifier: MIT
#include "recycler/recorder/rows.hpp"

#include <atomic>
#include <cerrno>
#include <ctime>
#include <signal.h>

namespace recycler::recorder {
namespace {

using request::k_row_claiming;
using request::Row;

template <typename T>
T load(T& field) {
    return std::atomic_ref{field}.load();
}
template <typename T>
void store(T& field, T value) {
    std::atomic_ref{field}.store(value);
}

std::uint64_t since_boot() {
    timespec now{};
    (void)clock_gettime(CLOCK_BOOTTIME, &now); // cannot fail with a valid pointer
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(now.tv_nsec);
}

// EPERM means a living process of another user. A pid that was given out again keeps its row: a
// lost row, never a wrong sum.
bool is_dead(std::uint32_t owner) {
    return kill(static_cast<pid_t>(owner), 0) != 0 && errno == ESRCH;
}

// The order keeps every invariant of the layout true for a reader who looks between two lines.
void begin_anew(Row& row) {
    store(row.half, 0U);
    store(row.in_flight, 0U);
    store(row.parked, 0U);
    store(row.accept_exit, load(row.accept_enter));
    store(row.open, 0U);
    store(row.accept_refused, 0U);
    store(row.resting, 0U);
    store(row.hand_on_failed, 0U);
    for (std::uint64_t& word : row.resting_at) {
        store(word, std::uint64_t{0});
    }
    store(row.awaiting_slot, 0U);
    store(row.text_sequence, load(row.text_sequence) | 1U);
    store(row.in_flight_since, std::uint64_t{0});
    store(row.last_since, std::uint64_t{0});
    store(row.last_end, 0U);
    store(row.exited, 0U);
    store(row.text_sequence, load(row.text_sequence) + 1U);
    store(row.claimed_at, since_boot());
}

// Whoever dies in here leaves a row that belongs to a dead process, like any other.
bool take(Row& row, std::uint32_t owner, std::uint32_t pid) {
    if (!std::atomic_ref{row.pid}.compare_exchange_strong(owner, pid | k_row_claiming)) {
        return false;
    }
    begin_anew(row);
    store(row.pid, pid);
    return true;
}

template <typename Wanted>
Row* take_first(request::Page& page, std::uint32_t pid, Wanted wanted) {
    for (Row& row : page.rows) {
        const std::uint32_t owner = load(row.pid);
        if (wanted(row, owner & ~k_row_claiming) && take(row, owner, pid)) {
            return &row;
        }
    }
    return nullptr;
}

} // namespace

Row* claim_row(request::Page& page, std::uint32_t pid) {
    Row* row = take_first(page, pid, [pid](Row&, std::uint32_t owner) { return owner == pid; });
    if (row == nullptr) {
        row = take_first(page, pid, [](Row&, std::uint32_t owner) { return owner == 0; });
    }
    if (row == nullptr) {
        row = take_first(page, pid, [](Row& candidate, std::uint32_t owner) {
            return load(candidate.in_flight) == 0 && is_dead(owner);
        });
    }
    if (row == nullptr) {
        row = take_first(page, pid, [](Row&, std::uint32_t owner) { return is_dead(owner); });
    }
    if (row == nullptr) {
        std::atomic_ref{page.header.rowless}.fetch_add(1);
    }
    return row;
}

// Rows are claimed in their order.
bool is_alone(request::Page& page, const Row& own) {
    for (Row& row : page.rows) {
        const std::uint32_t owner = load(row.pid);
        if (owner == 0) {
            break;
        }
        const bool comes = load(row.accept_enter) > 0 || load(row.awaiting_slot) > 0;
        if (&row != &own && comes && !is_dead(owner & ~k_row_claiming)) {
            return false;
        }
    }
    return true;
}

} // namespace recycler::recorder
