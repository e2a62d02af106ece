// SPDX-License-Identifier: MIT
#include "recycler/controller/evidence/forbidden_call.hpp"

#include "recycler/worker/look/syscall_name.hpp"

#include <csignal>

namespace recycler::controller {

std::optional<ForbiddenCall> forbidden_call_of(const LiveWorker& worker, WallTime launched,
                                               const worker::KernelDeaths& told) {
    const keeper::Exit* exit = exit_of(worker);
    if (exit == nullptr || exit->code == CLD_EXITED || exit->status != SIGSYS) {
        return std::nullopt;
    }
    const auto& seen = worker.refused_call;
    if (const auto kill = told.filter_kill_of(worker.pid, launched)) {
        return ForbiddenCall{in_words(worker::named_call(kill->architecture, kill->call)),
                             "the kernel's log"};
    }
    if (seen) { // the log leaves out what is more than ten lines in 5 s
        return ForbiddenCall{in_words(worker::named_call(seen->architecture, seen->number)),
                             "the tracepoint signal_generate"};
    }
    return std::nullopt;
}

} // namespace recycler::controller
