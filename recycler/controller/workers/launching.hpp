// SPDX-License-Identifier: MIT
// Everything a worker needs before the keeper can fork it: the plan (the same for all workers of a
// policy), and for each one its cgroup, recorder page and stderr ring.
#pragma once

#include "policies/policy.hpp"
#include "recycler/controller/policy/resolved_policy.hpp"
#include "recycler/controller/workers/containment.hpp"
#include "recycler/controller/workers/counting.hpp"
#include "recycler/controller/workers/live_worker.hpp"
#include "recycler/keeper/protocol/link.hpp"
#include "recycler/slots/handover/keeping.hpp"
#include "recycler/worker/spawn/isolation.hpp"

#include <string>
#include <variant>

namespace recycler::controller {

// What this daemon may have itself, and thus give to its workers: only CAP_SYS_RESOURCE goes
// beyond.
inline constexpr std::uint64_t k_no_limit = UINT64_MAX;
struct HardLimits {
    std::uint64_t nofile = k_no_limit;
    std::uint64_t core = k_no_limit; // bytes
};
[[nodiscard]] HardLimits hard_limits();

class Launching {
  public:
    // `recorder`: the path of the object to preload; empty: none. `offer`: how far workers can be
    // isolated. `found`: see Counting. Errors name what of the policy cannot be carried out.
    static Result<Launching> prepare(const ResolvedPolicy& resolved, const std::string& recorder,
                                     const worker::IsolationOffer& offer, Counting::Found found);

    // The bytes of the plan alone; nothing of the worker's program is read.
    static Result<std::vector<std::byte>> plan_for(const ResolvedPolicy& resolved,
                                                   const std::string& recorder,
                                                   const worker::IsolationOffer& offer);

    // What one worker is born into. Made ahead of time where possible: it takes a millisecond that
    // nobody should wait for while a dead worker's requests queue.
    struct Place {
        std::optional<cgroups::Group> group;
        cgroups::Placement placement;
        OomWatch oom;
        recorder::PageFile page;
        UniqueFd ring;
    };
    // Why there is none: the step that failed, and what the system said.
    struct NoPlace {
        FailedStep failure;
        Error error;
    };
    static std::variant<Place, NoPlace>
    make_place(const std::string& name, const policies::Policy& policy, Containment& containment);

    // Asks the keeper for the worker and hands the place over to it. `given`: what it gets from us,
    // the channel possibly empty.
    struct Given {
        int listener = -1;
        std::vector<int> channel;
        bool keeps = false; // connections may rest in it
        slots::Resting resting = slots::Resting::allowed;
        std::optional<std::uint64_t> birth{}; // inode of that listener, of a spare
    };
    Result<void> launch(WorkerId id, Place place, keeper::Link& link, const Given& given,
                        LiveWorker& worker);
    // A worker may have descriptors enough for a channel.
    [[nodiscard]] bool gives_channels() const {
        return worker::has_room_for_channel(static_cast<int>(plan_.page_fd));
    }

    // As plan_for() makes it.
    [[nodiscard]] const std::vector<std::byte>& plan() const { return bytes_; }
    [[nodiscard]] const worker::Isolation& isolation() const { return plan_.isolation; }
    // The policy bounds no capabilities: programs may gain any that the keeper can hand on.
    [[nodiscard]] bool may_have_any_capability() const { return !plan_.capabilities; }
    [[nodiscard]] Counting& counting() { return counting_; }
    [[nodiscard]] const Counting& counting() const { return counting_; }

  private:
    Launching(worker::SpawnPlan plan, std::vector<std::byte> bytes, UniqueFd sealed,
              Counting counting)
        : plan_(std::move(plan)), bytes_(std::move(bytes)), sealed_(std::move(sealed)),
          counting_(std::move(counting)) {}

    worker::SpawnPlan plan_;
    std::vector<std::byte> bytes_; // without tracepoints
    UniqueFd sealed_;
    Counting counting_;
};

} // namespace recycler::controller
