// SPDX-License-Identifier: MIT
// The plans that the keeper starts workers by: made from what root wrote alone, before this
// controller has read anything that a worker, a client or a controller before had a hand in. A
// policy that wants another plan needs another controller.
#pragma once

#include "recycler/controller/policy/policy_in_force.hpp"
#include "recycler/controller/policy/resolved_policy.hpp"
#include "recycler/controller/start/arguments.hpp"
#include "recycler/controller/start/cannot_start.hpp"
#include "recycler/controller/start/program_files.hpp"
#include "recycler/keeper/protocol/link.hpp"
#include "recycler/worker/spawn/isolation.hpp"

#include <optional>
#include <variant>
#include <vector>

namespace recycler::controller {

// A policy with its accounts looked up, and what the keeper is told of it.
struct Permit {
    ResolvedPolicy resolved;
    std::optional<Recorder> recorder = {};
    std::vector<std::byte> plan = {};
    bool of_file = false;
    bool is_taken = false;
};

class Permits {
  public:
    // Tries how far workers can be isolated here, while this process has all its rights. Reads the
    // policy's file, and the policies that controllers before have told the keeper. Where
    // it wants no permits, nothing.
    void read(const Arguments& arguments, const keeper::Greeting& greeting);
    // Why there is no permit for what stands in the file.
    [[nodiscard]] const std::optional<CannotStart>& fault_of_file() const { return fault_; }
    // The app's name; nullptr: there is no permit.
    [[nodiscard]] const std::string* app() const;
    // Finds the recorder, makes the plans and tells them. `folder`: RUNTIME/APP.
    [[nodiscard]] Result<void> tell(keeper::Link& link, const std::string& folder);

    // Policy and recorder of what was accepted, or of the policy's file where `in_force` is
    // nullptr; once. Where the keeper was not told of it, the policy is read now.
    [[nodiscard]] std::variant<Permit, CannotStart> take(const PolicyInForce* in_force,
                                                         const Arguments& arguments);
    // The policies of those that were not taken.
    [[nodiscard]] std::vector<const policies::Policy*> others() const;
    [[nodiscard]] const worker::IsolationOffer& isolation() const { return isolation_; }
    // Whether what was taken is none of those that were told.
    [[nodiscard]] bool lack_taken() const;
    // Whether the keeper starts workers by this plan.
    [[nodiscard]] bool allow(const std::vector<std::byte>& plan) const;
    // Has the keeper drop all others than this plan's.
    [[nodiscard]] Result<void> keep(const std::vector<std::byte>& plan, keeper::Link& link);

  private:
    worker::IsolationOffer isolation_;
    bool wanted_ = false;
    std::vector<Permit> permits_; // as the keeper counts them
    std::optional<CannotStart> fault_;
};

} // namespace recycler::controller
