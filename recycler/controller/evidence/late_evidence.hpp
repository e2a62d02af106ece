// SPDX-License-Identifier: MIT
// The evidence of an end that comes some time after it: what the kernel's log says, where its core
// dump is, and whether a controller before has recorded it. Each has its deadline and is looked for
// outside the loop.
#pragma once

#include "recycler/controller/evidence/kernel_word.hpp"
#include "recycler/events/event_log.hpp"
#include "recycler/worker/spawn/account.hpp"
#include "systemd/journal_reader.hpp"

namespace recycler::controller {

class LateEvidence {
  public:
    struct Uses {
        systemd::EventLoop& loop;
        LiveWorkers& workers;
        const policies::Policy& policy;
        const worker::Account& account; // of the workers
        const events::EventLog& event_log;
    };
    // All of `uses` must outlive it. `has_come`: some of it is in, for one of the dead at least.
    LateEvidence(Uses uses, const std::function<void()>& has_come);

    // Whether all is in that will come for this one; if not, it is asked for.
    [[nodiscard]] bool is_in(WorkerId id, LiveWorker& dead);

    [[nodiscard]] const KernelWord& kernel() const { return kernel_; }

  private:
    void ask_for_core(WorkerId id, const LiveWorker& dead);

    Uses uses_;
    std::function<void()> has_come_;
    KernelWord kernel_;
    systemd::JournalReader journal_; // for what others write there
    std::optional<std::uint32_t> dumper_;
};

} // namespace recycler::controller
