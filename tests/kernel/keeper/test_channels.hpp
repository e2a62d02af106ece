// SPDX-License-Identifier: MIT
// The channels of the test controller's slots: what stands in for connections is sent into them and
// taken out of them, as workers do.
#pragma once

#include "recycler/keeper/protocol/link.hpp"
#include "tests/kernel/keeper/test_order.hpp"

class TestChannels {
  public:
    // Orders of the test. "channel": a slot gets one; "route": from slot, to (repeated, or
    // "nobody"); "send": `count` into that of slot; "rubbish": what is no connection; "linger": a
    // connection that cannot be closed at once; "peer": waits for that one's end; "take": waits for
    // `count` from that of slot; "shut": shuts it down, as any worker can; "drop": withdraws it.
    // What there is to tell.
    std::string carry_out(const std::string& verb, const Order& order,
                          recycler::keeper::Link& link);

    // Of the controller before.
    void take(const recycler::keeper::HeldDeposit& deposit);
    // For a worker of the slot in `channel`; empty without such a field.
    [[nodiscard]] std::vector<int> given(const Order& order) const;

  private:
    struct Ends {
        recycler::UniqueFd out, in;
    };
    std::map<std::uint16_t, Ends> channels_;
    recycler::UniqueFd peer_;
};
