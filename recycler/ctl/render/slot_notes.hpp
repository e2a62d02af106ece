// SPDX-License-Identifier: MIT
// The words of the status page around its table: the lines above it, and what is to be said of one
// slot. Pure.
#pragma once

#include "recycler/control/model/model.hpp"
#include "recycler/ctl/render/render.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace recycler::ctl {

// Who this is, how many serve, what has been done so far, and, loud, what does not hold.
std::string render_head(const control::Snapshot& snapshot, const Style& style, const Shown& shown);

// The state of a slot in one word: that of the contract, or what its worker does instead of
// serving.
std::string_view state_word(const control::SlotStatus& slot);

// A request that runs longer is named even where there is little room.
constexpr std::chrono::seconds k_long_request{10};

// urgent: what somebody may have to act on. full: also the last orderly end and short requests.
enum class Detail { urgent, full };
// Without line breaks; empty: nothing to say.
struct Notes {
    std::string text;
    Paint paint = Paint::plain;
};
Notes notes_of(const control::SlotStatus& slot, Detail detail, const Style& style);

} // namespace recycler::ctl
