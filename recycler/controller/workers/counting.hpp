// SPDX-License-Identifier: MIT
// Sees to it that the requests of each worker are counted where a trigger relies on it: by its
// recorder, or by the kernel where none is in it. What decides is worker/counting.hpp; this finds
// the facts, has the kernel's counters, and says what cannot be had.
#pragma once

#include "policies/policy.hpp"
#include "recycler/controller/workers/live_worker.hpp"
#include "recycler/worker/count/counting.hpp"
#include "recycler/worker/spawn/plan.hpp"

#include <optional>
#include <string>

namespace recycler::controller {

class Counting {
  public:
    // `recorder`: of Launching::prepare().
    static Counting prepare(const policies::Policy& policy, const worker::SpawnPlan& plan,
                            const std::string& recorder);

    // What a new worker's child counts by; zeros: its recorder counts.
    [[nodiscard]] worker::AcceptTracepoints at_birth() const;

    // It was just started.
    void begin(LiveWorker& worker) const;
    // It runs, on `listener`, and may have nobody yet who counts. Of what turns out here
    // at_birth() knows for the next one.
    void look(LiveWorker& worker, int listener, Duration patience);

    // A sentence when requests that should be counted cannot be.
    [[nodiscard]] const std::optional<std::string>& limitation() const { return limitation_; }

  private:
    [[nodiscard]] bool have_tracepoints();
    void attach(LiveWorker& worker);

    worker::CountingFacts::Need need_ = worker::CountingFacts::Need::shown;
    worker::Counter of_new_ = worker::Counter::recorder;
    worker::AcceptTracepoints tracepoints_{};
    int page_fd_ = -1;
    std::optional<std::string> limitation_;
};

// How many requests a worker has served, and who says so: "recorder", "recorder, not all",
// "accepts" (the kernel counted connections), "accepts, not all" (since it was looked at first).
struct Served {
    std::uint64_t count = 0;
    const char* counted_by = "";
};
[[nodiscard]] std::optional<Served> served_by(const LiveWorker& worker,
                                              const std::optional<request::PageReading>& page);

} // namespace recycler::controller
