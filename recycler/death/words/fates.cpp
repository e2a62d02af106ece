// SPDX-License-Identifier: MIT
#include "recycler/death/words/fates.hpp"

#include "recycler/base/text/plural.hpp"
#include "recycler/death/proof.hpp"
#include "recycler/death/words/phrases.hpp"
#include "recycler/death/words/words.hpp"

#include <algorithm>

namespace recycler::death {
namespace {

constexpr std::size_t k_most_named = 5;
constexpr std::size_t k_most_proved = 12;

bool hung(const Evidence& e) {
    return ordered_for(e, Purpose::hung) && ended_as_ordered(e);
}

bool was_told(const Evidence& e) {
    return ended_as_ordered(e);
}

// "GET /a, GET /b and 2 more"; empty: there are none.
std::string others_in_words(const Evidence& e, Fate fate) {
    const Concerned* const named = named_request(e);
    std::vector<std::string> names;
    std::uint64_t more = 0;
    for (const Concerned& each : e.requests) {
        if (each.fate != fate || &each == named) {
            continue;
        }
        if (each.request && names.size() < k_most_named) {
            names.push_back(request_in_words(*each.request));
        } else {
            more += each.count;
        }
    }
    std::string out;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const bool last = i + 1 == names.size() && more == 0;
        out += (i == 0 ? "" : last ? " and " : ", ") + names[i];
    }
    if (more > 0) {
        out += out.empty() ? text::counted_plain(more, "request") + " whose names are not known"
                           : " and " + std::to_string(more) + " more";
    }
    return out;
}

std::string cut_with_it(const Evidence& e) {
    const std::string others = others_in_words(e, Fate::cut_off);
    if (others.empty()) {
        return "";
    }
    return (named_request(e) == nullptr ? " Cut off: " : " Cut off with it: ") + others + ".";
}

std::string answered_late(const Evidence& e) {
    const std::string others = others_in_words(e, Fate::answered_late);
    if (others.empty()) {
        return "";
    }
    const bool nothing_else = count_of(e, Fate::answered_late) == 0 ||
                              (count_of(e, Fate::cut_off) == 0 && count_of(e, Fate::unknown) == 0);
    return " It answered " + others + " after it was told to end" +
           (nothing_else && !hung(e) ? ", so nothing was cut off." : ".");
}

std::string of_unknown_fate(const Evidence& e) {
    const std::string others = others_in_words(e, Fate::unknown);
    if (others.empty()) {
        return "";
    }
    return was_told(e) ? " Whether it answered " + others + " is not known."
                       : " It exited just as it ended its answer to " + others +
                             ", so Recycler cannot tell whether that answer was complete.";
}

std::string just_answered(const Evidence& e) {
    const std::string others = others_in_words(e, Fate::answered);
    return others.empty() ? ""
                          : " Just before its end it had answered " + others +
                                ", and it had not come back to accept the next request.";
}

} // namespace

const Concerned* named_request(const Evidence& e) {
    const auto found = std::ranges::find_if(e.requests, [&](const Concerned& each) {
        return each.request && (hung(e) || each.fate == Fate::cut_off);
    });
    return found == e.requests.end() ? nullptr : &*found;
}

std::uint64_t count_of(const Evidence& e, Fate fate) {
    std::uint64_t count = 0;
    for (const Concerned& each : e.requests) {
        count += each.fate == fate ? each.count : 0;
    }
    return count;
}

std::string fate_of_named(const Evidence& e) {
    const Concerned* const named = named_request(e);
    const Fate fate = named != nullptr ? named->fate : e.in_flight ? Fate::cut_off : Fate::unknown;
    switch (fate) {
    case Fate::cut_off:
        return " That request was cut off.";
    case Fate::answered_late:
    case Fate::answered:
        return " It still answered that request, after Recycler had told it to end.";
    case Fate::unknown:
        break;
    }
    return " Whether that request was answered is not known.";
}

std::string fates_of_others(const Evidence& e) {
    const Concerned* const named = named_request(e);
    const std::string empty = named != nullptr && named->was_empty
                                  ? " It ended that request without sending any answer."
                                  : "";
    const bool has_half = e.unserved && e.unserved->half > 0; // which its verdict speaks of
    return empty + (has_half ? "" : cut_with_it(e)) + answered_late(e) + of_unknown_fate(e) +
           just_answered(e);
}

std::string requests_in_words(const std::vector<Concerned>& requests) {
    std::string out;
    std::uint64_t more = 0;
    std::size_t shown = 0;
    for (const Concerned& each : requests) {
        if (shown == k_most_proved) {
            more += each.count;
            continue;
        }
        ++shown;
        out += out.empty() ? "" : "; ";
        out += each.request ? request_in_words(*each.request)
                            : text::counted_plain(each.count, "request") + " of unknown name";
        if (each.request && each.request->running) {
            out += " for " + in_words(*each.request->running);
        }
        out += ": " + std::string(to_string(each.fate));
    }
    return more == 0 ? out : out + "; and " + std::to_string(more) + " more";
}

} // namespace recycler::death
