#include "recycler/controller/forbidden_call.hpp"

#include "recycler/worker/filter_kill.hpp"
#include "recycler/worker/syscall_name.hpp"

#include <csignal>

namespace recycler::controller {

namespace {

// The kernel's log follows the end of the process by some milliseconds.
constexpr Duration k_log_patience = std::chrono::milliseconds(50);

} // namespace

std::optional<ForbiddenCall> forbidden_call_of(const LiveWorker& worker) {
    if (!worker.exit || worker.exit->code == CLD_EXITED || worker.exit->status != SIGSYS) {
        return std::nullopt;
    }
    const auto& seen = worker.refused_call;
    const auto told = worker::filter_kill_of(worker.pid, seen ? Duration::zero() : k_log_patience);
    if (told && *told) {
        return ForbiddenCall{in_words(worker::named_call((*told)->architecture, (*told)->call)),
                             "the kernel's log"};
    }
    if (seen) { // the log leaves out what is more than ten lines in 5 s
        return ForbiddenCall{in_words(worker::named_call(seen->architecture, seen->number)),
                             "the tracepoint signal_generate"};
    }
    return std::nullopt;
}

} // namespace recycler::controller
