// SPDX-License-Identifier: MIT
#include "recycler/controller/start/limitations.hpp"

#include "cgroups/quota.hpp"
#include "policies/units.hpp"
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

std::string above(const std::string& key, const std::string& wanted, const std::string& had,
                  const std::string& directive, const std::string& option) {
    return key + " is " + wanted + ", but the hard limit of the daemon itself is " + had +
           ", so its workers get " + had + ". Set " + directive +
           " in the unit (systemctl edit) and restart it, or run ulimit -H" + option +
           " in the shell that starts recyclerd; or lower " + key + ".";
}

} // namespace

std::vector<std::string> limits_not_given(const policies::Limits& limits, const HardLimits& hard) {
    std::vector<std::string> sentences;
    if (limits.nofile > hard.nofile) {
        const std::string wanted = std::to_string(limits.nofile);
        sentences.push_back(above("limits.nofile", wanted, std::to_string(hard.nofile),
                                  "LimitNOFILE=" + wanted, "n " + wanted));
    }
    if (limits.core && limits.core->count > hard.core) {
        const std::uint64_t wanted = limits.core->count;
        const std::uint64_t kib = wanted / 1024 + (wanted % 1024 == 0 ? 0 : 1);
        sentences.push_back(above(
            "limits.core", policies::to_text(*limits.core), policies::to_text(Bytes{hard.core}),
            "LimitCORE=" + std::to_string(wanted), "c " + std::to_string(kib)));
    }
    return sentences;
}

std::optional<std::string> resting_not_given(std::string_view forbidden) {
    if (forbidden.empty()) {
        return std::nullopt;
    }
    return "The seccomp profile does not allow " + std::string(forbidden) +
           " with all arguments, so that no connection rests in a worker, as with "
           "app.keep_connections = \"off\": allow the call in the profile, or write that in the "
           "policy.";
}

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
        machine.keeps = false;
        limitations.push_back(recorder.why_not + ".");
    }
    if (policy.capacity.spares > 0 && machine.parkable && !machine.spares) {
        limitations.emplace_back(
            "There are no spares: the recyclerd that runs is of an earlier version. Restart the "
            "unit once.");
    }
    if (machine.dry_run == slots::DryRun::on) {
        limitations.emplace_back("This is a dry run: no worker is retired.");
    }
    std::ranges::move(limits_not_given(policy.limits, hard_limits()),
                      std::back_inserter(limitations));
    if (policy.sandbox.isolate) {
        std::ranges::move(worker::isolation_limits(isolation, policy.sandbox.no_new_privileges),
                          std::back_inserter(limitations));
    }
    return limitations;
}

} // namespace recycler::controller
