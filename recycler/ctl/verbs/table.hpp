// SPDX-License-Identifier: MIT
// All verbs, in the order of --help: what each is called and does, how it is typed, and who carries
// it out. One that is carried out with a Session needs a daemon, one with a Job does not.
#pragma once

#include "recycler/ctl/verbs/blame.hpp"
#include "recycler/ctl/verbs/check.hpp"
#include "recycler/ctl/verbs/drain.hpp"
#include "recycler/ctl/verbs/events.hpp"
#include "recycler/ctl/verbs/explain.hpp"
#include "recycler/ctl/verbs/lint.hpp"
#include "recycler/ctl/verbs/open.hpp"
#include "recycler/ctl/verbs/recycle.hpp"
#include "recycler/ctl/verbs/reload.hpp"
#include "recycler/ctl/verbs/status.hpp"
#include "recycler/ctl/verbs/stop.hpp"
#include "recycler/ctl/verbs/why.hpp"

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace recycler::ctl {

template <typename Asked, typename With>
struct Verb {
    using Command = Asked;
    static constexpr bool needs_daemon = std::is_same_v<With, Session&>;
    const char* name;
    const char* help;
    Typed<Asked> (*typed)(Syntax&);
    int (*run)(With, const Asked&);
};
template <typename Asked, typename With>
Verb(const char*, const char*, Typed<Asked> (*)(Syntax&), int (*)(With, const Asked&))
    -> Verb<Asked, With>;

inline constexpr std::tuple k_verbs{
    Verb{"status", "Show what each slot and its worker does", typed_status, run_status},
    Verb{"drain",
         "Close the gate, wait until the worker is idle, keep it alive and out of rotation",
         typed_drain, run_drain},
    Verb{"open", "Put a drained worker back", typed_open, run_open},
    Verb{"recycle", "Drain and replace workers, within the capacity budget", typed_recycle,
         run_recycle},
    Verb{"reload", "Read the policy again; if it has a fault, the old one stays in force",
         typed_reload, run_reload},
    Verb{"why", "Say why workers ended: by cause, for one slot, or each end (all)", typed_why,
         run_why},
    Verb{"events", "Show what has happened, one event a line", typed_events, run_events},
    Verb{"blame", "Show which requests make workers grow, and which are slow", typed_blame,
         run_blame},
    Verb{"check", "Check a policy and show every fault", typed_check, run_check},
    Verb{"lint", "Say what in a balancer's configuration would lose requests", typed_lint,
         run_lint},
    Verb{"explain", "Say what stood behind each line about a worker in a balancer's log",
         typed_explain, run_explain},
    Verb{"stop", "Drain all workers and end the daemon", typed_stop, run_stop},
};
inline constexpr std::size_t k_verb_count = std::tuple_size_v<decltype(k_verbs)>;

template <typename... Verbs>
std::variant<typename Verbs::Command...> command_of(const std::tuple<Verbs...>& verbs);
// What was typed: at the place of its verb, so that no verb is taken for another.
using Command = decltype(command_of(k_verbs));

// Calls `visit` with the verb of a command and what was asked of it; gives what that gives.
template <typename Visitor>
auto with_verb(const Command& command, Visitor visit) {
    decltype(visit(std::get<0>(k_verbs), std::get<0>(command))) result{};
    const auto look = [&]<std::size_t place>(std::integral_constant<std::size_t, place> /*at*/) {
        if (const auto* asked = std::get_if<place>(&command)) {
            result = visit(std::get<place>(k_verbs), *asked);
        }
    };
    [&]<std::size_t... places>(std::index_sequence<places...> /*all*/) {
        (look(std::integral_constant<std::size_t, places>{}), ...);
    }
    (std::make_index_sequence<k_verb_count>{});
    return result;
}

} // namespace recycler::ctl
