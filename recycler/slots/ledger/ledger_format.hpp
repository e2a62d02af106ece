// SPDX-License-Identifier: MIT
// The ledger's file: a header that says how large each part is, then two copies of the ledger that
// take turns. The file outlives the program that wrote it, so a controller reads those of the
// versions before it, and those of later versions as far as these allow it. The rules that make
// this work:
//  - a field never moves and never changes its meaning; new ones are appended to the ledger's head,
//    to a slot or to a worker, or take reserved bytes, and 0 there means "written by a version that
//    did not know it";
//  - a number of an enumeration never moves;
//  - who adds what an earlier version would misread (a phase, an order) raises k_ledger_version and
//    k_ledger_oldest_reader.
// PURE: the file is bytes here.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/slots/ledger/ledger.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <tuple>

namespace recycler::slots {

inline constexpr std::uint32_t k_ledger_magic = 0x4c454447; // "GDEL" in memory, little endian
// 3 had no header, and no room for another trigger or verdict.
// 4 did not know who waits behind starts that fail, nor since when a slot has been served.
// 5 did not know who was about to replace a worker.
// 6 did not know spares.
inline constexpr std::uint32_t k_ledger_version = 7;
// What controllers of this version and later ones can read.
inline constexpr std::uint32_t k_ledger_oldest_reader = 4;

// Where the file begins. Sizes are in bytes.
struct LedgerHeader {
    std::uint32_t magic = k_ledger_magic;
    std::uint32_t version = k_ledger_version;
    std::uint32_t oldest_reader = k_ledger_oldest_reader;
    std::uint32_t size = sizeof(LedgerHeader);
    std::uint32_t head_size = offsetof(Ledger, slots);
    std::uint32_t slot_size = offsetof(LedgerSlot, front); // without its workers
    std::uint32_t worker_size = sizeof(LedgerWorker);
    std::uint32_t workers = // of a slot: front, retiring, dead
        2 + std::tuple_size_v<decltype(LedgerSlot::dead)>;
    std::uint32_t slots = k_most_slots;
    std::uint32_t valid = 0; // 1, 2: the copy that was written last; 0: none was ever written
    std::uint32_t reserved[6] = {};
};

struct LedgerLayout {
    LedgerHeader header;
    Ledger copies[2];
};

// Whether the file is laid out as LedgerLayout is, so that it can be written on in its place.
[[nodiscard]] bool is_of_this_layout(std::span<const std::byte> file);

// What was written to the file last; null: nothing was yet. EBADMSG: not a ledger, or one that this
// version must not read, and the message says which.
[[nodiscard]] Result<std::unique_ptr<Ledger>> read_ledger(std::span<const std::byte> file);

} // namespace recycler::slots
