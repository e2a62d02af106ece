// SPDX-License-Identifier: MIT
// Where the fields of the recorder page stand, checked: what recorders and readers of other
// versions rely on.
#pragma once

#include "recycler/request/page_layout.hpp"

#include <cstddef>

namespace recycler::request {

static_assert(sizeof(PageHeader) == 512 && offsetof(PageHeader, version) == 8 &&
              offsetof(PageHeader, size) == 12 && offsetof(PageHeader, row_count) == 16 &&
              offsetof(PageHeader, row_size) == 20 && offsetof(PageHeader, park) == 24 &&
              offsetof(PageHeader, rowless) == 28 && offsetof(PageHeader, let_go) == 32 &&
              offsetof(PageHeader, ended_behind) == 36 && offsetof(PageHeader, rest) == 40 &&
              offsetof(PageHeader, hand_on) == 44 && offsetof(PageHeader, end_kept) == 48 &&
              offsetof(PageHeader, channel_out) == 52 && offsetof(PageHeader, channel_in) == 56 &&
              offsetof(PageHeader, wake) == 60 && offsetof(PageHeader, accept_turn) == 64 &&
              offsetof(PageHeader, hand_back) == 68 && offsetof(PageHeader, birth_listener) == 72 &&
              offsetof(PageHeader, birth) == 80 && offsetof(PageHeader, reserved) == 84);
static_assert(sizeof(Row) == 512 && offsetof(Row, open) == 4 && offsetof(Row, claimed_at) == 8 &&
              offsetof(Row, accept_enter) == 16 && offsetof(Row, accept_exit) == 24 &&
              offsetof(Row, accepts) == 32 && offsetof(Row, begins) == 40 &&
              offsetof(Row, ends) == 48 && offsetof(Row, unfollowed) == 56 &&
              offsetof(Row, in_flight) == 64 && offsetof(Row, parked) == 68 &&
              offsetof(Row, text_sequence) == 72 && offsetof(Row, half) == 76 &&
              offsetof(Row, in_flight_since) == 80 && offsetof(Row, method) == 88 &&
              offsetof(Row, uri) == 104 && offsetof(Row, last_since) == 360 &&
              offsetof(Row, last_until) == 368 && offsetof(Row, last_enter) == 376 &&
              offsetof(Row, last_end) == 384 && offsetof(Row, exited) == 388 &&
              offsetof(Row, accept_refused) == 392 && offsetof(Row, resting) == 396 &&
              offsetof(Row, came_back) == 400 && offsetof(Row, handed_on) == 408 &&
              offsetof(Row, taken) == 416 && offsetof(Row, misfits) == 424 &&
              offsetof(Row, hand_on_failed) == 432 && offsetof(Row, awaiting_slot) == 436 &&
              offsetof(Row, resting_at) == 440);
static_assert(sizeof(Page) == 81920 && offsetof(Page, rows) == 512 &&
              offsetof(Page, ring) == 65536);

} // namespace recycler::request
