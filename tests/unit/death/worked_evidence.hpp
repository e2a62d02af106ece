// SPDX-License-Identifier: MIT
// Worked examples of evidence, each as the kernel leaves it (the rows of the table of causes that
// were measured).
#pragma once

#include "recycler/death/evidence.hpp"

#include <csignal>

namespace recycler::death {

// A ready worker on cgroup v2 that served 12 requests, idle, with nothing wrong so far and no wait
// status yet.
inline Evidence ready_worker() {
    Evidence e;
    e.worker = "7012.3";
    e.oom = OomV2{.worker_oom_kill = 0, .worker_oom = 0, .app_oom = 0};
    e.memory_max = 256_MiB;
    e.app_max = 4_GiB;
    e.memory_peak = 200_MiB;
    e.served = 12;
    e.at_end = Activity::idle;
    e.readiness = Readiness::ready;
    e.recorder = Recorder::present;
    e.age = std::chrono::hours{2};
    return e;
}

inline Evidence exited(int status) {
    Evidence e = ready_worker();
    e.status = Exited{status};
    return e;
}

inline Evidence killed_by(int signal) {
    Evidence e = ready_worker();
    e.status = Signalled{.signal = signal};
    return e;
}

inline Evidence serving(Evidence e) {
    e.in_flight =
        InFlight{.method = "GET", .uri = "/cart", .running = std::chrono::milliseconds{2100}};
    e.at_end = Activity::busy;
    return e;
}

inline Evidence starting(Evidence e) {
    e.readiness = Readiness::starting;
    e.served = 0;
    e.at_end.reset();
    return e;
}

inline Evidence ordered(Evidence e, Purpose purpose, Sent sent) {
    e.order = Order{.purpose = purpose, .trigger = Trigger::memory, .sent = sent};
    return e;
}

inline Evidence with_oom(Evidence e, Oom oom) {
    e.oom = oom;
    return e;
}

} // namespace recycler::death
