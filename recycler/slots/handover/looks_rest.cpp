// SPDX-License-Identifier: MIT
#include "recycler/slots/handover/looks_rest.hpp"

#include <algorithm>
#include <type_traits>

namespace recycler::slots {

namespace {

// Of whom is looked at until it is idle. One that starts is looked at for something else.
template <typename State>
concept LookedAt = requires(State state) {
    state.looks;
}
&&!std::is_same_v<State, Starting>;

struct PutOff {
    MonoTime until;

    template <typename State>
    void operator()(State& state) const {
        if constexpr (LookedAt<State>) {
            state.looks.next = std::max(state.looks.next, until);
        }
    }
};

} // namespace

void LooksRest::took(MonoTime now, Duration taken, std::span<Slot> slots) {
    until_ = std::max(until_, now) + taken * k_share;
    for (Slot& slot : slots) {
        std::visit(PutOff{until_}, slot.front);
        if (slot.retiring) {
            std::visit(PutOff{until_}, slot.retiring->phase);
        }
    }
}

} // namespace recycler::slots
