// SPDX-License-Identifier: MIT
// When the decider wants to be woken: the earliest of all that it waits for.
#include "recycler/slots/decider.hpp"

namespace recycler::slots {

namespace {

// The earliest of several optional deadlines.
class Earliest {
  public:
    void consider(std::optional<MonoTime> at) {
        if (at && (!at_ || *at < *at_)) {
            at_ = at;
        }
    }
    [[nodiscard]] std::optional<MonoTime> at() const { return at_; }

  private:
    std::optional<MonoTime> at_;
};

struct FrontDeadlines {
    Earliest& earliest;

    void sample(const Worker& worker) const {
        if (worker.ready_at) {
            earliest.consider(worker.sample_at);
        }
    }
    void operator()(const Vacant& s) const { earliest.consider(s.launch_at); }
    void operator()(const Leaving& s) const { earliest.consider(s.looks.next); }
    void operator()(const Starting& s) const {
        earliest.consider(s.looks.next);
        earliest.consider(s.give_up_at);
    }
    void operator()(const Serving& s) const { sample(s.worker); }
    void operator()(const Drained& s) const { sample(s.worker); }
    void operator()(const Draining& s) const {
        sample(s.worker);
        earliest.consider(s.looks.deadline(s.cut_at));
    }
    void operator()(const Parking& s) const {
        sample(s.worker);
        earliest.consider(s.looks.deadline(s.cut_at));
    }
    void operator()(const Stopping& s) const { stopping(s); }
    template <typename State>
    void stopping(const State& s) const {
        earliest.consider(s.kill_at);
        if (s.heeding && !s.heeding->killed) {
            earliest.consider(s.heeding->look_at);
        }
    }
};

struct RetiringDeadlines {
    Earliest& earliest;
    const Worker& worker;

    void operator()(const Steered& s) const { earliest.consider(s.hide_at); }
    void operator()(const RetiringDraining& s) const {
        FrontDeadlines{earliest}.sample(worker);
        earliest.consider(s.looks.deadline(s.cut_at));
    }
    void operator()(const RetiringStopping& s) const { FrontDeadlines{earliest}.stopping(s); }
    void operator()(const RetiringOrphaned& s) const { earliest.consider(s.looks.next); }
};

void consider_waiting(const Retiring& retiring, Earliest& earliest) {
    earliest.consider(retiring.hide_at);
    if (retiring.unattended && std::holds_alternative<RetiringOrphaned>(retiring.phase)) {
        earliest.consider(retiring.unattended->look_at);
    }
}

} // namespace

std::optional<MonoTime> Decider::next_deadline() const {
    Earliest earliest;
    for (const Slot& slot : slots_) {
        const bool starts_nobody = slot.broken || turns_away(slot);
        if (!starts_nobody || !std::holds_alternative<Vacant>(slot.front)) {
            std::visit(FrontDeadlines{earliest}, slot.front);
        }
        if (slot.unattended) {
            earliest.consider(slot.unattended->look_at);
        }
        if (slot.successor) {
            earliest.consider(slot.successor->looks.next);
            earliest.consider(slot.successor->give_up_at);
        }
        if (slot.retiring) {
            std::visit(RetiringDeadlines{earliest, slot.retiring->worker}, slot.retiring->phase);
            consider_waiting(*slot.retiring, earliest);
            earliest.consider(next_try(slot.retiring->unhidden));
        }
        if (slot.settling && !slot.settling->rests) {
            earliest.consider(slot.settling->until);
        }
        if (slot.due) {
            earliest.consider(slot.brake.holds(now_));
            earliest.consider(next_try(slot.hindrance));
            earliest.consider(slot.due->warn_at);
            if (slot.due->holders_by > now_) {
                earliest.consider(slot.due->holders_by);
            }
        }
        if (slot.channel.gets_back_until > now_) {
            earliest.consider(slot.channel.gets_back_until);
        }
        earliest.consider(next_try(slot.stuck));
        if (slot.broken) {
            earliest.consider(next_try(slot.unopened));
        }
        for (const Unclosed& unclosed : slot.unclosed) {
            earliest.consider(next_try(unclosed.retry));
        }
        for (const Doomed& doomed : slot.doomed) {
            earliest.consider(doomed.kill_again_at);
        }
    }
    earliest.consider(calls_.deadline());
    earliest.consider(spares_.next_deadline(spare_rules()));
    if (trial_ && !trial_->spare) {
        earliest.consider(trial_->start_by);
    }
    return earliest.at();
}

} // namespace recycler::slots
