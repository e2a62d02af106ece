// SPDX-License-Identifier: MIT
// The line of `status` below the slots: the workers that wait for one.
#include "recycler/ctl/render/render.hpp"
#include "recycler/ctl/render/text.hpp"

namespace recycler::ctl {

namespace {

// "spare.3 is ready (61M)".
std::string in_words(const control::SpareStatus& spare) {
    std::string text = "spare." + std::to_string(*spare.number) + " is " + printable(spare.state);
    std::vector<std::string> known;
    if (spare.age) {
        known.push_back(short_span(*spare.age));
    }
    if (spare.memory) {
        known.push_back(short_size(*spare.memory));
    }
    return text + (known.empty() ? "" : " (" + joined(known, ", ") + ")");
}

} // namespace

std::string render_spares(const std::vector<control::SpareStatus>& spares, const Style& style) {
    std::vector<std::string> parts;
    std::size_t missing = 0;
    std::string why;
    for (const control::SpareStatus& spare : spares) {
        if (spare.number) {
            parts.push_back(in_words(spare));
        } else {
            ++missing;
            why = spare.why.value_or(why);
        }
    }
    if (missing > 0) {
        parts.push_back(std::to_string(missing) + (missing == 1 ? " is missing" : " are missing") +
                        (why.empty() ? "" : ": " + printable(why)));
    }
    if (parts.empty()) {
        return {};
    }
    std::string out;
    for (const std::string& line : wrapped("Spares: " + joined(parts, ", "), style.width)) {
        out += paint(line, missing > 0 ? Paint::warning : Paint::plain, style) + "\n";
    }
    return out;
}

} // namespace recycler::ctl
