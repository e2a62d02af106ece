// SPDX-License-Identifier: MIT
// The words of the recorder page that are written from outside, and what each orders. Part of the
// layout: their values never change. A word that holds anything else orders nothing.
#pragma once

#include <cstdint>

namespace recycler::request {

// Not any value: a worker that scribbles over its page does not lock itself out.
inline constexpr std::uint32_t k_parked = 0x6b726170; // "park"
// Since version 2: parked for good. The recorder returns EINTR to each thread that it holds, again
// and again, so that the thread looks whether it was told to end: a signal that came just before it
// was held has interrupted nothing.
inline constexpr std::uint32_t k_ending = 0x67646e65;     // "endg"
inline constexpr std::uint32_t k_letting_go = 0x6f67746c; // "ltgo"

// Since version 3. A kept connection rests in the worker after its answer, and comes back from
// accept() with its next request.
inline constexpr std::uint32_t k_resting = 0x74736572; // "rest"
// What rests, or would come to rest, is sent to the channel instead. What cannot be sent goes on
// resting and is tried again.
inline constexpr std::uint32_t k_handing_on = 0x6e6f6468; // "hdon"
// What rests, or would come to rest, is closed.
inline constexpr std::uint32_t k_ending_kept = 0x706b6465; // "edkp"
// In the same word, for good: what rested was taken out of the processes while they stood still,
// and others have it. They close their descriptors of it, and nothing else.
inline constexpr std::uint32_t k_taken_out = 0x6e6b6174; // "takn"
// PageHeader::hand_back is not one of these: it has the slot_word() of another slot. What rests and
// was made to that slot is sent to the channel, and nothing is taken from there meanwhile.

// How a request was over.
enum class RowEnd : std::uint32_t {
    unknown = 0,
    answered = 1, // to its last record
    empty = 2,    // likewise, without a byte of an answer
    given_up = 3, // its connection was closed before that
};

} // namespace recycler::request
