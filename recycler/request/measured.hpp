// SPDX-License-Identifier: MIT
// Reads the requests that the recorder has measured from a page that a possibly hostile worker can
// write at any moment: every number is bounded, every string printable ASCII and short. Must not
// know how the page is mapped, nor what becomes of the requests.
#pragma once

#include "recycler/base/units.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace recycler::request {

enum class Turn { first, later }; // in its process

// A request that is over.
struct MeasuredRequest {
    std::string method;
    std::string uri; // cut; bytes that are not printable ASCII stand as %XX
    Duration duration{0};
    std::optional<std::int64_t> growth; // of its process, bytes
    std::uint32_t weight = 1;           // it stands for so many, itself among them
    Turn turn = Turn::later;
    std::uint32_t process = 0;         // its number within the worker, used again after its end
    std::optional<std::int64_t> level; // resident memory of its process at the end, bytes
    bool operator==(const MeasuredRequest&) const = default;
};

struct MeasuredReading {
    std::vector<MeasuredRequest> requests;
    // Each of them stands for so many: more than 1 when some were overwritten before they were
    // read.
    double scale = 1;
    std::uint64_t next = 0; // where to read on
    bool operator==(const MeasuredReading&) const = default;
};

// What was measured since `from`, as far as it has not been overwritten. Costs next to nothing when
// that is nothing. nullopt: the page has no ring, or is no page.
std::optional<MeasuredReading> read_measured(std::span<const std::byte> page, std::uint64_t from);

} // namespace recycler::request
