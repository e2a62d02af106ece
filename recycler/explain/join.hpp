// SPDX-License-Identifier: MIT
// Joins what a balancer said to what happened: one entry after another, in the order of the log.
// Keeps nothing of an entry but, for each slot, what its last trouble was.
#pragma once

#include "recycler/explain/cause.hpp"
#include "recycler/explain/fitting.hpp"

#include <optional>
#include <string>
#include <vector>

namespace recycler::explain {

struct Explanation {
    Cause cause = Cause::balancer;
    std::optional<std::size_t> death{};   // in deaths()
    std::optional<std::size_t> closing{}; // in closings()
    std::optional<std::size_t> vacancy{}; // in vacancies()
    std::optional<SlotIndex> slot{};
};

class Join {
  public:
    // `history` must outlive it.
    explicit Join(const History& history);

    Explanation explain(const Entry& entry);

    // How many attempts each death has explained.
    [[nodiscard]] const std::vector<std::uint32_t>& explained() const { return explained_; }

  private:
    struct Trouble {
        WallTime at;
        Explanation why;
    };
    using Slot = std::optional<SlotIndex>;
    [[nodiscard]] Slot slot_of(const Entry& entry);
    [[nodiscard]] Explanation of_backend(const Entry& entry, Slot slot) const;
    [[nodiscard]] Explanation of_history(const Entry& entry, Slot slot) const;
    [[nodiscard]] Explanation died(const Entry& entry, Slot slot) const;
    [[nodiscard]] Explanation refused(const Entry& entry, Slot slot) const;
    [[nodiscard]] Explanation said_before(const Entry& entry, Slot slot) const;
    [[nodiscard]] Explanation behind_gate(const Entry& entry, Slot slot, std::size_t closing) const;
    [[nodiscard]] std::optional<Explanation> waited(const Entry& entry, Slot slot) const;
    [[nodiscard]] Explanation timed_out(const Entry& entry, Slot slot) const;
    [[nodiscard]] Explanation unfinished(const Entry& entry, Slot slot) const;
    [[nodiscard]] Explanation marked_down(const Entry& entry, Slot slot) const;
    [[nodiscard]] Explanation followed(const Entry& entry, Slot slot) const;
    [[nodiscard]] Explanation of_client(const Entry& entry, Slot slot) const;
    [[nodiscard]] const Trouble* recent_trouble(const Entry& entry, Slot slot) const;
    [[nodiscard]] bool is_known(const Entry& entry) const;
    void remember(const Entry& entry, const Explanation& why);

    const History& history_;
    Fitting fitting_;
    std::vector<std::uint32_t> explained_;
    std::vector<std::optional<Trouble>> last_of_; // by slot
    std::optional<Trouble> last_, last_of_none_;  // of none: that names no slot
    std::string last_address_;                    // that was looked up
    Slot last_found_;
};

} // namespace recycler::explain
