// SPDX-License-Identifier: MIT
// Joins what a balancer said to what happened: one entry after another, in the order of the log.
// Where several ends fit a line, the one that had the same request wins, then one that had any,
// then the one that explains the fewest attempts so far, then the nearest in time. Keeps nothing of
// an entry but, for each slot, what its last trouble was.
#pragma once

#include "recycler/explain/entry.hpp"
#include "recycler/explain/history.hpp"

#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace recycler::explain {

enum class Cause {
    death,          // a worker ended; its verdict says why
    gate,           // we refused it, on purpose: the balancer goes elsewhere
    restart,        // the gate was closed until the next worker was ready
    brake,          // the slot was braked
    stop,           // the app was being stopped
    no_daemon,      // no daemon ran
    slow,           // the worker lived: it took longer than the balancer waits
    bad_answer,     // a living worker answered what the balancer does not understand
    worker_said,    // none of ours: what a program wrote
    client,         // none of ours: whoever asked hung up
    other_upstream, // none of ours: another backend
    unexplained,    // nothing in the history fits
    no_history,     // the history does not reach that time, or there is none
    balancer,       // nothing about a backend
};
inline constexpr std::size_t k_cause_count = 14;
// The names of the output; a death is called by its verdict instead.
std::string_view to_string(Cause cause);
// Of a line that was refused by such a gate.
Cause cause_of(ClosedFor what_for);
enum class Category { explained, not_ours, unexplained, beside };
// How a line of that cause counts.
Category category_of(Cause cause);

struct Explanation {
    Cause cause = Cause::balancer;
    std::optional<std::size_t> death{};   // in deaths()
    std::optional<std::size_t> closing{}; // in closings()
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
    [[nodiscard]] std::optional<SlotIndex> slot_of(const Entry& entry);
    Explanation of_backend(const Entry& entry, std::optional<SlotIndex> slot);
    [[nodiscard]] std::optional<std::size_t> death_for(const Entry& entry,
                                                       std::optional<SlotIndex> slot) const;
    [[nodiscard]] std::optional<std::size_t> hang_for(const Entry& entry,
                                                      std::optional<SlotIndex> slot) const;
    [[nodiscard]] std::optional<std::size_t> closing_for(const Entry& entry,
                                                         std::optional<SlotIndex> slot) const;
    [[nodiscard]] bool daemon_ran(const Entry& entry, std::optional<SlotIndex> slot) const;
    [[nodiscard]] Explanation refused(const Entry& entry, std::optional<SlotIndex> slot) const;
    [[nodiscard]] Explanation timed_out(const Entry& entry, std::optional<SlotIndex> slot) const;
    [[nodiscard]] Explanation followed(const Entry& entry, std::optional<SlotIndex> slot) const;
    [[nodiscard]] bool is_known(const Entry& entry) const;

    const History& history_;
    std::vector<std::uint32_t> explained_;
    std::vector<std::vector<std::size_t>> deaths_of_;   // by slot
    std::vector<std::vector<std::size_t>> closings_of_; // by slot
    std::vector<std::size_t> all_deaths_, all_closings_;
    Duration longest_closing_{};
    Duration longest_hold_{};
    std::vector<std::optional<Trouble>> last_of_; // by slot
    std::optional<Trouble> last_;
    std::string last_address_; // that was looked up
    std::optional<SlotIndex> last_found_;
};

} // namespace recycler::explain
