// SPDX-License-Identifier: MIT
// What `explain --json` prints.
#include "recycler/control/json/write.hpp"

namespace recycler::control {

template <>
struct Described<ExplainedPlace> {
    static constexpr auto members =
        list(Member{"where", &ExplainedPlace::where}, Member{"what", &ExplainedPlace::what},
             Member{"lines", &ExplainedPlace::lines});
};

template <>
struct Described<ExplainedCause> {
    static constexpr auto members = list(
        Member{"cause", &ExplainedCause::cause}, Member{"standing", &ExplainedCause::standing},
        Member{"lines", &ExplainedCause::lines}, Member{"attempts", &ExplainedCause::attempts},
        Member{"first", &ExplainedCause::first}, Member{"last", &ExplainedCause::last},
        Member{"places", &ExplainedCause::places}, Member{"sentence", &ExplainedCause::sentence},
        Member{"next_step", &ExplainedCause::next_step});
};

template <>
struct Described<ExplainedDeath> {
    static constexpr auto members =
        list(Member{"worker", &ExplainedDeath::worker}, Member{"verdict", &ExplainedDeath::verdict},
             Member{"at", &ExplainedDeath::at}, Member{"lines", &ExplainedDeath::lines},
             Member{"sentence", &ExplainedDeath::sentence});
};

template <>
struct Described<ExplainedLines> {
    static constexpr auto members = list(
        Member{"all", &ExplainedLines::all}, Member{"of_backends", &ExplainedLines::of_backends},
        Member{"explained", &ExplainedLines::explained},
        Member{"not_ours", &ExplainedLines::not_ours}, Member{"beside", &ExplainedLines::beside},
        Member{"unparsed", &ExplainedLines::unparsed});
};

template <>
struct Described<ExplainedHistory> {
    static constexpr auto members = list(
        Member{"sources", &ExplainedHistory::sources}, Member{"deaths", &ExplainedHistory::deaths},
        Member{"closings", &ExplainedHistory::closings}, Member{"first", &ExplainedHistory::first},
        Member{"last", &ExplainedHistory::last});
};

template <>
struct Described<ExplainedLog> {
    static constexpr auto members = list(
        Member{"files", &ExplainedLog::files}, Member{"first", &ExplainedLog::first},
        Member{"last", &ExplainedLog::last}, Member{"zone", &ExplainedLog::zone},
        Member{"offset_s", &ExplainedLog::offset},
        Member{"offset_lines", &ExplainedLog::offset_lines}, Member{"lines", &ExplainedLog::lines},
        Member{"history", &ExplainedLog::history}, Member{"causes", &ExplainedLog::causes},
        Member{"worst_deaths", &ExplainedLog::deaths}, Member{"unparsed", &ExplainedLog::unparsed});
};

std::string to_json(const ExplainedLog& log) {
    return dump(Written::of(log));
}

} // namespace recycler::control
