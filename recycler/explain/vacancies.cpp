// SPDX-License-Identifier: MIT
#include "recycler/explain/vacancies.hpp"

#include <algorithm>

namespace recycler::explain {

namespace {

// Follows one slot.
class Following {
  public:
    explicit Following(std::vector<Vacancy>& into) : into_(into) {}

    void follow(const SlotStep& step, WallTime daemon_ends) {
        if (step.at > daemon_ends_) { // another daemon's
            end(daemon_ends_);
            serving_.reset();
            last_ready_ = 0;
        }
        daemon_ends_ = daemon_ends;
        take(step);
    }
    void finish() { end(daemon_ends_); }

  private:
    void take(const SlotStep& step) {
        using Kind = SlotStep::Kind;
        switch (step.kind) {
        case Kind::starting:
            on_starting(step);
            return;
        case Kind::ready:
            end(step.at);
            serving_ = step.generation;
            last_ready_ = step.generation;
            return;
        case Kind::stopping:
            if (!open_ && serving_ == step.generation && !step.trigger.empty()) {
                begin(step, VacantFor::recycle);
                open_->trigger = step.trigger;
            }
            return;
        case Kind::ended:
        case Kind::start_failed:
            on_end(step);
            return;
        case Kind::braked:
            serving_.reset();
            begin(step, VacantFor::brake);
            return;
        case Kind::removed:
            end(step.at);
            serving_.reset();
            return;
        }
    }

    void on_starting(const SlotStep& step) {
        if (open_ && open_->what_for == VacantFor::brake) {
            begin(step, open_->failed ? VacantFor::failing : VacantFor::start);
        } else if (!open_ && !serving_) {
            begin(step, VacantFor::start);
        }
    }

    void on_end(const SlotStep& step) {
        if (serving_ == step.generation) {
            serving_.reset();
            if (!open_) {
                begin(step, VacantFor::start);
            }
        } else if (!serving_ && step.generation > last_ready_) {
            const bool braked = open_ && open_->what_for == VacantFor::brake;
            if (!braked) { // its record may come after the event
                begin(step, VacantFor::failing);
            }
            open_->failed = step.end;
        }
    }

    // What has failed since somebody served stays the reason.
    void begin(const SlotStep& step, VacantFor what_for) {
        std::optional<FailedStart> failed;
        if (open_) {
            failed = open_->failed;
        }
        end(step.at);
        open_ = Vacancy{.slot = step.slot, .from = step.at, .what_for = what_for};
        open_->failed = std::move(failed);
    }

    void end(WallTime at) {
        if (open_) {
            open_->until = std::max(at, open_->from);
            into_.push_back(*std::move(open_));
            open_.reset();
        }
    }

    std::vector<Vacancy>& into_;
    std::optional<Vacancy> open_;
    std::optional<std::uint32_t> serving_; // generation
    std::uint32_t last_ready_ = 0;
    WallTime daemon_ends_ = WallTime::max();
};

} // namespace

std::vector<Vacancy> find_vacancies(std::vector<SlotStep> steps,
                                    const std::function<WallTime(SlotIndex, WallTime)>& until) {
    std::ranges::stable_sort(steps, [](const SlotStep& a, const SlotStep& b) {
        return std::pair(a.slot, a.at) < std::pair(b.slot, b.at);
    });
    std::vector<Vacancy> vacancies;
    for (auto from = steps.cbegin(); from != steps.cend();) {
        Following slot(vacancies);
        const SlotIndex index = from->slot;
        for (; from != steps.cend() && from->slot == index; ++from) {
            slot.follow(*from, until(index, from->at));
        }
        slot.finish();
    }
    std::ranges::stable_sort(vacancies, {}, &Vacancy::from);
    return vacancies;
}

} // namespace recycler::explain
