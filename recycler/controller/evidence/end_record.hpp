// SPDX-License-Identifier: MIT
// From an ended worker to its record: gathers what the kernel, the recorder page and our own orders
// say, and has death/ explain it.
#pragma once

#include "recycler/control/model/record.hpp"
#include "recycler/controller/evidence/kernel_word.hpp"
#include "recycler/controller/workers/containment.hpp"
#include "recycler/controller/workers/live_worker.hpp"
#include "recycler/death/explain.hpp"
#include "recycler/slots/action.hpp"

namespace recycler::controller {

struct EndedWorker {
    const slots::RecordEnd& order;
    std::string slot; // "7012"
    LiveWorker& worker;
    const policies::Policy& policy;
    std::optional<std::uint64_t> app_ooms; // Containment::app_ooms()
    std::string why_no_sender;             // SignalLog::why_not()
    const KernelWord& kernel;              // it has spoken
    WallTime now;
    MonoTime mono_now;
};

// All that is known, judged. Reads the worker's cgroup, page and ring; changes nothing.
control::Record examine(const EndedWorker& ended);

} // namespace recycler::controller
