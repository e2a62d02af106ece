// SPDX-License-Identifier: MIT
// The recorder page: one memfd per worker incarnation, written by the recorder inside the worker's
// processes and read from outside. This header owns where every byte stands, for both sides, and
// nothing else; it needs no library. The worker can write all of it, so a reader believes nothing
// here before page.hpp has checked it. A field once placed never moves: later versions use the
// reserved bytes, which are 0 in earlier ones, and append to the page. So recorder and readers,
// which may be of different versions, take earlier pages, and of later ones what they know.
#pragma once

#include "recycler/request/page_words.hpp"
#include "recycler/request/ring_layout.hpp"

#include <cstddef>
#include <cstdint>

namespace recycler::request {

// Names the descriptor of the page to the recorder, in decimal. The descriptor stays open over
// exec, so that each program in a chain (env, sh, bundle exec) maps the page again.
inline constexpr char k_page_variable[] = "RECYCLER_PAGE";

inline constexpr std::uint64_t k_page_magic = 0x3167705f6c637972; // "rycl_pg1" in memory
inline constexpr std::uint32_t k_page_version = 3;
inline constexpr std::uint32_t k_page_oldest_version = 1;
inline constexpr std::uint32_t k_page_version_with_ring = 2; // 1 ends with the rows
inline constexpr std::uint32_t k_page_version_with_rest = 3;
// 64 KiB with the header: twice the processes that limits.pids admits by default.
inline constexpr std::uint32_t k_page_rows = 127;

// As many as a row has room for; a connection under a higher number rests as well.
inline constexpr std::size_t k_resting_words = 9;

// Set in Row::pid while a process makes a row its own: only the row's sums mean anything then.
inline constexpr std::uint32_t k_row_claiming = 0x80000000;

// Times are CLOCK_MONOTONIC in nanoseconds, unless said otherwise.
struct PageHeader {
    std::uint64_t magic;
    std::uint32_t version;
    std::uint32_t size; // of the whole page, bytes
    std::uint32_t row_count;
    std::uint32_t row_size;
    std::uint32_t park;    // futex, written from outside: k_parked, k_ending hold before accept()
    std::uint32_t rowless; // processes that found no row: the sums of this page are too small
    std::uint32_t let_go;  // from outside: k_letting_go ends each connection with its request
    std::uint32_t ended_behind; // kept connections, by the recorder: after the answer, not with it
    // Since version 3, written from outside: see page_words.hpp.
    std::uint32_t rest;
    std::uint32_t hand_on;
    std::uint32_t end_kept;
    // 1 + the number of a descriptor of the worker, written before it begins; 0: none. The two ends
    // of the slot's channel, and an eventfd that is written to whenever a word above has changed.
    std::uint32_t channel_out;
    std::uint32_t channel_in;
    std::uint32_t wake;
    std::uint32_t accept_turn; // odd: a thread has its turn to call accept(); see recorder/rest
    std::uint32_t hand_back;   // written from outside: a slot_word(); 0: none
    // Of a worker that is born without a slot, and waits for one in its accept(): the inode of the
    // listener that it is born with, and 1 + the number of the descriptor by which another comes.
    std::uint64_t birth_listener;
    std::uint32_t birth;
    std::uint8_t reserved[428];
};

// One process that came to accept() on the worker's listener. When no row is free, the row of a
// process that is gone is taken over: its sums go on, so that nothing has to be added up elsewhere.
// The order in which the recorder writes and a reader reads is part of the layout (see page.cpp).
// At every instant accept_enter >= accept_exit + parked, accept_enter >= accepts + came_back >=
// open and begins >= ends + in_flight.
struct Row {
    std::uint32_t pid; // 0: never used
    std::uint32_t open;
    std::uint64_t claimed_at; // CLOCK_BOOTTIME: who started later with this pid is another one
    // sums, never reset
    std::uint64_t accept_enter; // threads that came to accept(), parked or not
    std::uint64_t accept_exit;  // written after `open` counts what accept() returned
    std::uint64_t accepts;      // connections from the listener
    std::uint64_t begins;
    std::uint64_t ends;
    std::uint64_t unfollowed; // connections whose records could not be followed to their end
    // now
    std::uint32_t in_flight;
    std::uint32_t parked; // threads held before accept()
    // The request in flight that began first. `text_sequence` is odd while these three change.
    std::uint32_t text_sequence;
    std::uint32_t half;            // of `in_flight`: their parameters have not all come yet
    std::uint64_t in_flight_since; // 0: none
    char method[k_method_size];    // ends with a zero byte, unless it fills the field
    char uri[k_uri_size];
    // The request whose method and URI stand above, once it is over and nothing is in flight.
    std::uint64_t last_since; // when it began; 0: none is over, or an earlier recorder wrote this
    std::uint64_t last_until;
    std::uint64_t last_enter; // accept_enter at that time: more means that a thread came back
    std::uint32_t last_end;   // a RowEnd
    std::uint32_t exited;     // 1 + the status with which this process called exit(); 0: it has not
    std::uint32_t accept_refused; // errno: the last accept() lacked a descriptor or memory
    // Since version 3: kept connections. One that rests is not `open`, and is in one of the two
    // counts at every instant.
    std::uint32_t resting;
    std::uint64_t came_back;      // sums: from rest, through accept()
    std::uint64_t handed_on;      // sent to the channel
    std::uint64_t taken;          // received from it, and resting then
    std::uint64_t misfits;        // received from it and closed: no connections to this worker
    std::uint32_t hand_on_failed; // errno: the last sending failed; 0: it succeeded
    std::uint32_t awaiting_slot;  // threads that came to accept() and wait for a slot; now
    // A bit for each of the first descriptors, the lowest first: a kept connection rests there. If
    // the process stands still, nobody else in it owns that connection.
    std::uint64_t resting_at[k_resting_words];
};

struct Page {
    PageHeader header;
    Row rows[k_page_rows];
    Ring ring; // since version 2
};

inline constexpr std::size_t k_size_without_ring = offsetof(Page, ring);

} // namespace recycler::request
