// SPDX-License-Identifier: MIT
// The spares of an app: how they come, wait and end. Pure: it knows neither slots nor memory, and
// is told when one more may start; who takes one, and when, is the decider's business.
//
// A spare that dies, or does not become ready, says nothing of the slots: it has a brake of its
// own. One that cannot wait for a slot (SpareUnfit) says so of its plan, and no other is started
// under that.
#pragma once

#include "recycler/slots/event.hpp"
#include "recycler/slots/failing/brake.hpp"
#include "recycler/slots/slot.hpp"
#include "recycler/slots/spares/spare.hpp"

#include <string>
#include <vector>

namespace recycler::slots {

// What is in force while a fact or a turn is looked at.
struct SpareRules {
    MonoTime now;
    const policies::Policy& policy;
    std::uint32_t plan = 0;              // of those that may take a slot
    std::size_t wanted = 0;              // how many there shall be
    std::optional<Bytes> memory_limit{}; // past which one is ended
    Order surplus = Order::cancel;       // of those that are too many
};

class Spares {
  public:
    // Facts about one of them. One that is none of them any more is passed over.
    void ready(const WorkerReady& event, const SpareRules& rules);
    void exited(const WorkerExited& event, const SpareRules& rules);
    void unfit(const SpareUnfit& event, const SpareRules& rules);
    void sampled(const WorkerSampled& event, const SpareRules& rules);
    // Returns whether its end waited for that.
    [[nodiscard]] bool recorded(WorkerId id);

    // The deadlines that have passed, and those that are too many, too old or of another plan.
    void fire(const SpareRules& rules);
    // All there are make way for fresh ones.
    void outdate(MonoTime now, std::optional<Trigger> trigger);

    // Whether one more shall start, as far as spares alone are concerned.
    [[nodiscard]] bool wants_one(const SpareRules& rules) const;
    // Whether the ledger has a row for one more, beside those whose ends are not recorded yet.
    [[nodiscard]] bool has_row() const;
    // Whether there could be one of this plan at all.
    [[nodiscard]] bool is_fit(std::uint32_t plan) const;
    // Starts one, and returns its number. `why` is for people; empty: as usual.
    std::uint32_t start(const SpareRules& rules, const std::string& why = {});
    // Memory admits none: the next look at it is worth the while at a later time.
    void found_no_room(MonoTime now);

    // Takes away the oldest that waits and is of this plan; none: there is none.
    [[nodiscard]] std::optional<Spare> take(std::uint32_t plan);
    [[nodiscard]] const Spare* waiting(std::uint32_t plan) const; // whom take() would take, or null
    [[nodiscard]] bool starting(std::uint32_t plan) const;
    [[nodiscard]] bool ending() const; // one is, and has the memory of a worker yet
    [[nodiscard]] const Spare* find(std::uint32_t number) const; // null: it has ended or was taken

    [[nodiscard]] const std::vector<Spare>& all() const { return spares_; }
    [[nodiscard]] bool empty() const { return spares_.empty() && dead_.empty(); }
    // Why there are fewer than are wanted, as far as spares alone are concerned; empty: no reason.
    [[nodiscard]] std::string why_missing(const SpareRules& rules) const;
    [[nodiscard]] std::optional<MonoTime> next_deadline(const SpareRules& rules) const;

    // What is to be done since the last call: orders, and records of ends, which can wait.
    void hand_over(std::vector<Action>& actions, std::vector<Action>& end_records);

    // For the ledger (spares/ledger.hpp).
    struct Kept {
        std::vector<Spare> spares;
        std::vector<Dead> dead;
        std::uint32_t next = 1;
        Brake brake;
    };
    [[nodiscard]] Kept kept() const { return {spares_, dead_, next_, brake_}; }
    // Those that end or are recorded are ordered so once more.
    void restore(Kept kept, MonoTime now);

  private:
    void act(Action action) { actions_.push_back(std::move(action)); }
    void announce(const Spare& spare, EventName name, std::string text = {});
    void end(Spare& spare, MonoTime now, Order order, std::optional<Trigger> trigger = {});
    void record(WorkerId id, Order order, std::optional<Trigger> trigger);
    void failed(const Spare& spare, const SpareRules& rules, std::string text);
    void fire(Spare& spare, const SpareRules& rules);
    void end_surplus(const SpareRules& rules);
    Spare* find(WorkerId id);

    std::vector<Spare> spares_; // the oldest first
    std::vector<Dead> dead_;
    std::uint32_t next_ = 1; // number
    Brake brake_;
    std::optional<Retry> no_room_;
    std::optional<std::pair<std::uint32_t, std::string>> unfit_; // plan, and why
    std::vector<Action> actions_;
    std::vector<Action> end_records_;
};

} // namespace recycler::slots
