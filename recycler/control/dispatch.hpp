// SPDX-License-Identifier: MIT
// Where the calls of clients go, each to the one function that takes its type. Knows nothing of
// clients.
#pragma once

#include "recycler/control/model/calls.hpp"
#include "recycler/control/overloaded.hpp"

#include <compare>
#include <concepts>
#include <cstdint>
#include <functional>
#include <utility>
#include <variant>

namespace recycler::control {

// One call under way. Never used twice while the daemon lives.
struct CallId {
    std::uint64_t value = 0;
    constexpr auto operator<=>(const CallId&) const = default;
};

// Both must be set, see calls_to(). Who takes a call may answer at once or keep the id and answer
// later. on_cancelled: the client of that call has gone; what it asked for is not undone, only
// nobody listens any more. Not called for answered calls.
struct Calls {
    std::function<void(CallId, const Call&)> on_call;
    std::function<void(CallId)> on_cancelled;
};

// Each of `takers` takes (CallId, const DrainCall&) and its like; one that takes several types will
// do. Together they take every call.
template <std::invocable<CallId> Cancelled, typename... Takers>
Calls calls_to(Cancelled on_cancelled, Takers... takers) {
    return {[take = Overloaded{std::move(takers)...}](CallId id, const Call& call) {
                std::visit(
                    [&]<typename Asked>(const Asked& asked) {
                        static_assert(std::invocable<decltype(take)&, CallId, const Asked&>,
                                      "nobody takes this call");
                        take(id, asked);
                    },
                    call);
            },
            std::move(on_cancelled)};
}

} // namespace recycler::control
