// SPDX-License-Identifier: MIT
// What goes on by itself and is watched where the machine lets it: who sends signals, what a
// profile on trial let through, and what the workers write for the journal. Notes it of the worker,
// or tells it; decides nothing.
#pragma once

#include "recycler/controller/look/signal_log.hpp"
#include "recycler/controller/look/trial_log.hpp"
#include "recycler/controller/telling.hpp"
#include "recycler/events/worker_output.hpp"

namespace recycler::controller {

class Watching {
  public:
    struct Uses {
        systemd::EventLoop& loop;
        LiveWorkers& workers; // their senders of signals, and calls on trial
        const SlotTable& slots;
        const policies::Policy& policy;
        int keeper_pid = 0;
        Telling& telling;
    };
    // All of `uses` must outlive it.
    Watching(Uses uses, SignalLog signals) : uses_(uses), signals_(std::move(signals)) {}
    Result<void> add_sources();

    // What has come so far.
    void note_signals() { (void)signals_.note(uses_.workers, uses_.keeper_pid); }
    [[nodiscard]] std::string why_no_sender(const LiveWorker& worker) const {
        return signals_.why_not(worker);
    }

    // Whatever the policy was before: it may have put its profile on trial, or taken it off.
    void follow_trial();

    // Its last lines, before its end is told.
    void follow_to_end(WorkerId id, const LiveWorker& worker);

    // Sentences for what cannot be watched.
    [[nodiscard]] std::vector<std::string> limitations() const;

  private:
    Result<void> watch_senders();
    Result<void> watch_output();

    Uses uses_;
    SignalLog signals_;
    TrialLog trial_;
    std::optional<events::WorkerOutput> output_; // to the journal; none: nobody asked for it
    systemd::IoSource sent_;                     // empty where signals cannot be watched
    systemd::Timer pause_;                       // of that
    systemd::IoSource let_through_;              // empty: nothing is on trial
    systemd::Timer written_;
};

} // namespace recycler::controller
