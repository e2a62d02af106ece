// SPDX-License-Identifier: MIT
// The plans by which workers may be started: told by each controller before it has read anything
// that a stranger wrote. Owns the descriptors; knows neither processes nor the conversation.
#pragma once

#include "recycler/base/unique_fd.hpp"
#include "recycler/keeper/protocol/protocol.hpp"
#include "recycler/worker/spawn/plan_view.hpp"

#include <array>
#include <span>

namespace recycler::keeper {

struct PermitRecord {
    UniqueFd plan;
    UniqueFd policy; // what it was made from: for the next controller
};

class Permits {
  public:
    // A fresh controller will tell some: those that one before it did not finish are dropped.
    void begin();
    // 0; EPERM: not sealed; EBADMSG: no plan; ENOSPC: more than k_max_permits.
    [[nodiscard]] int tell(PermitRecord permit);
    // All are told. They replace those of the controllers before, unless there are none.
    void close();
    // By its place among those that were told. EINVAL: there is none.
    [[nodiscard]] int keep(std::uint32_t number);

    [[nodiscard]] std::span<const PermitRecord> held() const {
        return std::span{held_.permits}.first(held_.count);
    }
    // Whether the plan does what that of a permit does. If not, the operator is told what differs
    // from the first.
    [[nodiscard]] bool allow(const WireId& worker, const worker::PlanView& plan) const;

  private:
    struct Set {
        std::array<PermitRecord, k_max_permits> permits;
        std::size_t count = 0;
    };
    Set held_;
    Set told_;
};

} // namespace recycler::keeper
