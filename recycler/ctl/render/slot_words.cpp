// SPDX-License-Identifier: MIT
#include "recycler/ctl/render/slot_words.hpp"

#include "recycler/base/text/numbers.hpp"
#include "recycler/ctl/render/text.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace recycler::ctl {

namespace {

constexpr std::array<std::string_view, 9> k_verbs{"status", "drain",  "open",  "recycle", "reload",
                                                  "why",    "events", "check", "stop"};
constexpr std::size_t k_most_named = 8;

// How many names from `first` on are numbers that follow one another.
std::size_t run_from(std::size_t first, const std::vector<control::SlotStatus>& slots) {
    std::size_t length = 1;
    const auto number = text::number_in<unsigned>(slots[first].slot);
    while (number && first + length < slots.size() &&
           text::number_in<unsigned>(slots[first + length].slot) == *number + length) {
        ++length;
    }
    return length;
}

} // namespace

std::string slot_names(const std::vector<control::SlotStatus>& slots) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < slots.size();) {
        if (names.size() == k_most_named) {
            names.emplace_back("...");
            break;
        }
        const std::size_t length = run_from(i, slots);
        names.push_back(length < 3 ? slots[i].slot
                                   : slots[i].slot + "-" + slots[i + length - 1].slot);
        i += length < 3 ? 1 : length;
    }
    return joined(names, ", ");
}

std::string verb_advice(std::string_view word) {
    return std::ranges::find(k_verbs, word) == k_verbs.end()
               ? ""
               : "did you mean: recyclerctl " + std::string(word) + "?";
}

std::string slot_advice(std::string_view word, const std::vector<control::SlotStatus>& slots) {
    const std::string have =
        slots.empty() ? "the app has no slots" : "the slots of the app are " + slot_names(slots);
    const std::string verb = verb_advice(word);
    return verb.empty() ? have : have + "; " + verb;
}

} // namespace recycler::ctl
