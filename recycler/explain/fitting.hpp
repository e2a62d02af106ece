// SPDX-License-Identifier: MIT
// What in the history fits a line: an end, a hang, a closed gate, a time without a worker, of the
// slot that the line means, or of any if it names none. Judges nothing.
#pragma once

#include "recycler/explain/entry.hpp"
#include "recycler/explain/history.hpp"

#include <optional>
#include <vector>

namespace recycler::explain {

// Clocks are read at different moments: the balancer's when it wakes, ours when the keeper is told.
inline constexpr Duration k_slack = std::chrono::milliseconds(300);

// Of a line, and of what a record has: a long one is cut there.
bool is_same_uri(std::string_view line, std::string_view record);

class Fitting {
  public:
    // `history` must outlive it.
    explicit Fitting(const History& history);

    using Slot = std::optional<SlotIndex>;
    // Where several ends fit, the one that had the same request wins, then one that had any, then
    // the one that explains the fewest attempts so far (`explained`, by death), then the nearest.
    [[nodiscard]] std::optional<std::size_t>
    death_for(const Entry& entry, Slot slot, const std::vector<std::uint32_t>& explained) const;
    // A worker that was ended later, in the middle of that very request.
    [[nodiscard]] std::optional<std::size_t> hang_of(const Entry& entry, Slot slot) const;
    // One that was ended in the middle of another, or while it took nobody.
    [[nodiscard]] std::optional<std::size_t> hang_beside(const Entry& entry, Slot slot) const;
    // One that was ended because it hung or was stuck, and that still lived.
    [[nodiscard]] std::optional<std::size_t> ended_for_it(const Entry& entry, Slot slot) const;
    [[nodiscard]] std::optional<std::size_t> closing_for(const Entry& entry, Slot slot) const;
    // Only of the slot that the line means.
    [[nodiscard]] std::optional<std::size_t> vacancy_for(const Entry& entry, Slot slot) const;
    // No worker served it for all of the line's own time.
    [[nodiscard]] bool is_vacant(const Entry& entry, Slot slot) const;
    // A daemon ended without a word, and its workers with it, at about that time.
    [[nodiscard]] bool daemon_vanished(const Entry& entry, Slot slot) const;
    [[nodiscard]] bool daemon_ran(const Entry& entry, Slot slot) const;
    // One started or ended during the line's own time.
    [[nodiscard]] bool daemon_changed(const Entry& entry, Slot slot) const;
    // The history reaches that time, and no worker ended near it, whose connections it closed.
    [[nodiscard]] bool lived_on(const Entry& entry, Slot slot) const;

  private:
    template <typename Fits>
    [[nodiscard]] std::optional<std::size_t> hang_for(const Entry& entry, Slot slot,
                                                      Fits fits) const;

    const History& history_;
    std::vector<std::vector<std::size_t>> deaths_of_;    // by slot
    std::vector<std::vector<std::size_t>> closings_of_;  // by slot
    std::vector<std::vector<std::size_t>> vacancies_of_; // by slot
    std::vector<std::size_t> all_deaths_, all_closings_;
    Duration longest_hold_{};
};

} // namespace recycler::explain
