// SPDX-License-Identifier: MIT
#include "recycler/controller/start/limitations.hpp"

#include "cgroups/quota.hpp"
#include "recycler/worker/listen/gate.hpp"

#include <algorithm>
#include <iterator>
#include <sched.h>

namespace recycler::controller {

namespace {

// More than cpu_set_t holds are as many as it holds, which bounds nothing.
unsigned processors_to_run_on() {
    cpu_set_t may_run;
    CPU_ZERO(&may_run);
    if (::sched_getaffinity(0, sizeof may_run, &may_run) != 0) {
        return CPU_SETSIZE;
    }
    return static_cast<unsigned>(std::max(CPU_COUNT(&may_run), 1));
}

unsigned processors() {
    const unsigned all = processors_to_run_on();
    return std::min(all, cgroups::processors_by_quota().value_or(all));
}

} // namespace

std::vector<std::string> find_limitations(const policies::Policy& policy, const Recorder& recorder,
                                          const worker::IsolationOffer& isolation,
                                          slots::Machine& machine) {
    machine.processors = processors();
    std::vector<std::string> limitations;
    if (const auto shown = worker::probe_show(); !shown) {
        machine.can_show = false;
        limitations.push_back(shown.error().message() + ".");
    }
    if (recorder.path.empty()) {
        machine.parkable = false;
        limitations.push_back(recorder.why_not + ".");
    }
    if (machine.dry_run == slots::DryRun::on) {
        limitations.emplace_back("This is a dry run: no worker is retired.");
    }
    if (policy.sandbox.isolate) {
        std::ranges::move(worker::isolation_limits(isolation, policy.sandbox.no_new_privileges),
                          std::back_inserter(limitations));
    }
    return limitations;
}

} // namespace recycler::controller
