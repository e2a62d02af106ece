// SPDX-License-Identifier: MIT
// What became of a request that ran when Recycler told its worker to end, or when the worker ended
// by itself, with the names of recyclerctl(1).
#pragma once

#include <string_view>

namespace recycler {

enum class Fate {
    cut_off,       // it got no answer, or not all of it
    answered_late, // to its last record, after Recycler had told the worker to end
    answered,      // likewise, just before its worker ended in another way
    unknown,
};

constexpr std::string_view to_string(Fate fate) {
    switch (fate) {
    case Fate::cut_off:
        return "cut-off";
    case Fate::answered_late:
        return "answered-late";
    case Fate::answered:
        return "answered";
    case Fate::unknown:
        return "unknown";
    }
    return {};
}

} // namespace recycler
