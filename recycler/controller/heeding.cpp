#include "recycler/controller/heeding.hpp"

#include "recycler/controller/containment.hpp"

#include <algorithm>
#include <fcntl.h>

namespace recycler::controller {

namespace {

Result<worker::Stance> stance_of(const LiveWorker& worker, Duration patience) {
    return worker::stance_of([&worker] { return processes_of(worker); },
                             worker::LookTime(patience));
}

// By the recorder, before accept().
std::uint32_t threads_held(const LiveWorker& worker) {
    const auto page = page_of(worker);
    const auto living = processes_of(worker);
    std::uint32_t held = 0;
    for (const pid_t pid : page&& living ? *living : std::vector<pid_t>()) {
        const auto row = std::ranges::find(page->processes, pid, &request::Process::pid);
        held += row == page->processes.end() ? 0 : row->parked;
    }
    return held;
}

// Shared with the worker, as all of an open socket's flags are.
bool blocks(int listener) {
    const int flags = ::fcntl(listener, F_GETFL);
    return flags != -1 && (flags & O_NONBLOCK) == 0;
}

} // namespace

void note_stance(LiveWorker& worker, Duration patience) {
    if (worker.sent.stop) {
        return;
    }
    worker.stance.reset(); // not judged by another one than the last
    if (auto stance = stance_of(worker, patience)) {
        worker.stance = std::move(*stance);
    }
}

bool ignores_stop(const LiveWorker& worker, int listener, Duration patience) {
    if (!worker.stance || !blocks(listener)) {
        return false;
    }
    const auto now = stance_of(worker, patience);
    return now && worker::goes_on_waiting(*worker.stance, *now, threads_held(worker));
}

} // namespace recycler::controller
