// SPDX-License-Identifier: MIT
// Sees to it that the requests of each worker are counted where a trigger relies on it: by its
// recorder, or by the kernel where none is in it. What decides is worker/counting.hpp; this finds
// the facts, has the kernel's counters, and says what cannot be had. The kernel's counters are
// opened by the worker's child at its birth, and by the keeper later: the controller gives up the
// right to when it has started.
#pragma once

#include "policies/policy.hpp"
#include "recycler/controller/workers/live_worker.hpp"
#include "recycler/keeper/protocol/link.hpp"
#include "recycler/worker/count/counting.hpp"
#include "recycler/worker/spawn/plan.hpp"

#include <optional>
#include <string>

namespace recycler::controller {

class Counting {
  public:
    // What worker::find_accept_tracepoints() says, once at the controller's start.
    using Found = Result<worker::AcceptTracepoints>;

    // `recorder`: of Launching::prepare().
    static Counting prepare(const policies::Policy& policy, const worker::SpawnPlan& plan,
                            const std::string& recorder, Found found);

    // What a new worker's child counts by; zeros: its recorder counts.
    [[nodiscard]] worker::AcceptTracepoints at_birth() const;

    // It was just started.
    void begin(WorkerId id, LiveWorker& worker, keeper::Link& link) const;
    struct Watched {
        WorkerId id;
        LiveWorker& worker;
        int listener = -1;
    };
    // It runs, on `listener`, and may have nobody yet who counts: then the keeper is asked to. Of
    // what turns out here at_birth() knows for the next one.
    void look(const Watched& watched, Duration patience, keeper::Link& link);
    // The keeper's answer.
    void take(LiveWorker& worker, keeper::ThreadFilesArrived arrived, keeper::Link& link);

    // A sentence when requests that should be counted cannot be.
    [[nodiscard]] const std::optional<std::string>& limitation() const { return limitation_; }
    // For the policy after this one.
    [[nodiscard]] const Found& found() const { return found_; }

  private:
    explicit Counting(Found found) : found_(std::move(found)) {}
    [[nodiscard]] bool have_tracepoints();
    void ask_for_birth_counters(WorkerId id, LiveWorker& worker, keeper::Link& link) const;
    static void take_birth_counters(LiveWorker& worker, keeper::ThreadFilesArrived arrived);
    void attach(WorkerId id, LiveWorker& worker, keeper::Link& link);
    void attach_ourselves(LiveWorker& worker, std::span<const pid_t> threads);
    void refused(const Error& error, const char* remedy);

    Found found_;
    worker::CountingFacts::Need need_ = worker::CountingFacts::Need::shown;
    worker::Counter of_new_ = worker::Counter::recorder;
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
