// SPDX-License-Identifier: MIT
#include "recycler/death/words/reported.hpp"

#include "recycler/base/text/escape.hpp"
#include "recycler/base/text/join.hpp"
#include "recycler/death/proof.hpp"
#include "recycler/death/words/phrases.hpp"
#include "recycler/death/words/words.hpp"

namespace recycler::death {
namespace {

std::string frames_of_report(const Report& report, const char* between) {
    return text::joined(report.frames, between, [](const std::string& frame) {
        return text::in_ascii(frame, k_longest_quote);
    });
}

// The signal that it says it has caught is none of the kernel's words where the wait status has
// another one, or an exit.
std::string caught_in_words(const Evidence& e) {
    if (!e.report->signal || !e.status || fatal_signal(e) == *e.report->signal) {
        return "";
    }
    const auto* exited = std::get_if<Exited>(&*e.status);
    return " By its own word, the program caught " + signal_name(*e.report->signal) +
           ", reported it and ended " +
           (exited != nullptr ? "with status " + std::to_string(exited->status)
                              : "by " + signal_name(fatal_signal(e))) +
           ".";
}

} // namespace

std::string reported_in_words(const Evidence& e) {
    if (!e.report) {
        return "";
    }
    return " It reported: \"" + text::in_ascii(e.report->line, k_longest_quote) + "\"" +
           (e.report->frames.empty()
                ? ""
                : " (in " + frames_of_report(*e.report, ", called by ") + ")") +
           "." + caught_in_words(e);
}

void list_report(const Evidence& e, std::vector<Fact>& facts) {
    if (!e.report) {
        return;
    }
    facts.push_back({"reported by " + std::string(e.report->runtime),
                     text::in_ascii(e.report->line, k_longest_quote)});
    if (!e.report->frames.empty()) {
        facts.push_back({"frames of its report", frames_of_report(*e.report, " < ")});
    }
    if (e.report->signal) {
        facts.push_back({"signal of its report", signal_name(*e.report->signal)});
    }
}

} // namespace recycler::death
