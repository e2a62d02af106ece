// SPDX-License-Identifier: MIT
// What `lint --json` prints.
#include "recycler/control/json/write.hpp"

namespace recycler::control {

template <>
struct Described<LintFinding> {
    static constexpr auto members =
        list(Member{"file", &LintFinding::file}, Member{"line", &LintFinding::line},
             Member{"column", &LintFinding::column}, Member{"rule", &LintFinding::rule},
             Member{"severity", &LintFinding::severity}, Member{"sentence", &LintFinding::sentence},
             Member{"advice", &LintFinding::advice});
};

template <>
struct Described<LintFault> {
    static constexpr auto members =
        list(Member{"file", &LintFault::file}, Member{"line", &LintFault::line},
             Member{"column", &LintFault::column}, Member{"reason", &LintFault::reason});
};

template <>
struct Described<Linted> {
    static constexpr auto members =
        list(Member{"findings", &Linted::findings}, Member{"faults", &Linted::faults});
};

std::string to_json(const Linted& linted) {
    return dump(Written::of(linted));
}

} // namespace recycler::control
