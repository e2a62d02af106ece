// The words of the status page around its table: the lines above it, and what is to be said of one
// slot. Pure.
#pragma once

#include "recycler/control/model.hpp"
#include "recycler/ctl/render.hpp"

#include <string>

namespace recycler::ctl {

// Who this is, how many serve, what has been done so far, and, loud, what does not hold.
std::string render_head(const control::Snapshot& snapshot, const Style& style);

// urgent: what somebody may have to act on. full: also the last orderly end and short requests.
enum class Detail { urgent, full };
// Without colours and line breaks; empty: nothing to say.
std::string notes_of(const control::SlotStatus& slot, Detail detail, const Style& style);

} // namespace recycler::ctl
