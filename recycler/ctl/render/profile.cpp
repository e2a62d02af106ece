// SPDX-License-Identifier: MIT
#include "recycler/ctl/render/profile.hpp"

#include "recycler/ctl/render/text.hpp"

#include <algorithm>

namespace recycler::ctl {

namespace {

constexpr std::size_t k_widest = 80;

// `head`, and the text beside it, as many lines as it takes.
std::string beside(const std::string& head, const std::string& text) {
    std::string lines;
    const std::string margin(head.size(), ' ');
    for (const std::string& line : wrapped(text, k_widest - head.size())) {
        lines += (lines.empty() ? head : margin) + line + "\n";
    }
    return lines;
}

} // namespace

std::string render_profile(const control::ProfileSummary& summary) {
    std::string words =
        beside("seccomp: ", printable(summary.profile) + ": " + std::to_string(summary.allowed) +
                                " system calls allowed, " + std::to_string(summary.by_arguments) +
                                " by their arguments; what it does not name: " + summary.otherwise);
    std::size_t width = 0;
    for (const auto& group : summary.groups) {
        width = std::max(width, width_of(group.group));
    }
    for (const auto& group : summary.groups) {
        const std::string calls = printable(joined(group.calls, ", "));
        words += beside("  " + padded(group.group, width, Align::left) + "  ",
                        group.becomes + ": " + calls);
    }
    for (const std::string& note : summary.notes) {
        words += beside("  note: ", printable(note));
    }
    return words;
}

} // namespace recycler::ctl
