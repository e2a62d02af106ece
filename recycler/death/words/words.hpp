// SPDX-License-Identifier: MIT
// How death records write amounts and names. One style for sentences and evidence.
#pragma once

#include "recycler/base/text/sizes.hpp"
#include "recycler/base/text/spans.hpp"
#include "recycler/base/units.hpp"

#include <string>

namespace recycler::death {

inline std::string in_words(Bytes amount) {
    return text::recorded_size(amount);
}
inline std::string in_words(Duration span) {
    return text::recorded_span(span);
}
// "SIGSEGV"; "signal 34" where there is no name.
std::string signal_name(int signal);
// "ENOENT (No such file or directory)"; "error 0" where there is no name.
std::string errno_name(int error);

} // namespace recycler::death
