// Everything a worker needs before the keeper can fork it: the plan (the same for all workers of a
// policy), and for each one its cgroup, recorder page and stderr ring.
#pragma once

#include "policies/policy.hpp"
#include "recycler/controller/containment.hpp"
#include "recycler/controller/live_worker.hpp"
#include "recycler/keeper/link.hpp"
#include "recycler/worker/account.hpp"

#include <string>

namespace recycler::controller {

class Launching {
  public:
    // `recorder`: the path of the object to preload; empty: none. Errors name what of the policy
    // cannot be carried out.
    static Result<Launching> prepare(const policies::Policy& policy, const worker::Account& account,
                                     const std::string& recorder);

    struct Order {
        WorkerId id;
        std::string name; // of the worker, and of its cgroup
        int listener = -1;
    };
    // Makes what the worker needs and asks the keeper for it. On an error `worker.failure` says
    // which step it was; what was made stays in `worker`.
    Result<void> launch(const Order& order, const policies::Policy& policy,
                        Containment& containment, keeper::Link& link, LiveWorker& worker) const;

  private:
    explicit Launching(UniqueFd plan) : plan_(std::move(plan)) {}
    UniqueFd plan_;
};

} // namespace recycler::controller
