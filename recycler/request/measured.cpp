// SPDX-License-Identifier: MIT
#include "recycler/request/measured.hpp"

#include "recycler/base/text/escape.hpp"
#include "recycler/request/load.hpp"
#include "recycler/request/page.hpp"
#include "recycler/request/page_layout.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace recycler::request {
namespace {

// What can be true: 2^40 bytes are more than a process has, ten years more than a request takes.
constexpr std::int64_t k_largest_growth = std::int64_t{1} << 40;
constexpr Duration k_longest = std::chrono::hours(24 * 3650);
constexpr std::uint32_t k_largest_weight = 1U << 16;
// A worker can write any number of requests that nobody has read.
constexpr double k_largest_scale = 64;

static_assert(k_page_rows <= k_row_mask + 1);

// nullopt: it is being written, was given up in the middle, or is another one already.
std::optional<Measured> read_place(const Measured& place, std::uint64_t number) {
    if (load(place.sequence) != 2 * number + 2) {
        return std::nullopt;
    }
    Measured copy;
    std::memcpy(&copy, &place, sizeof copy);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return load(place.sequence) == 2 * number + 2 ? std::optional(copy) : std::nullopt;
}

MeasuredRequest request_of(const Measured& place) {
    const auto duration = static_cast<std::int64_t>(
        std::min(place.duration, static_cast<std::uint64_t>(k_longest.count())));
    MeasuredRequest request{
        .method = text::percent_escaped({place.method, sizeof place.method}),
        .uri = text::percent_escaped({place.uri, sizeof place.uri}),
        .duration = Duration{duration},
        .weight =
            place.duration < k_slow_request ? std::clamp(place.weight, 1U, k_largest_weight) : 1,
        .turn = (place.flags & k_first_request) != 0 ? Turn::first : Turn::later};
    if ((place.flags & k_memory_known) != 0) {
        request.growth = std::clamp(place.growth, -k_largest_growth, k_largest_growth);
        request.process = (place.flags >> k_row_shift) & k_row_mask;
        const std::uint32_t units = place.flags >> k_level_shift;
        if (units != 0) {
            request.level = static_cast<std::int64_t>(units * k_level_unit);
        }
    }
    return request;
}

} // namespace

std::optional<MeasuredReading> read_measured(std::span<const std::byte> page, std::uint64_t from) {
    if (!has_ring(page)) {
        return std::nullopt;
    }
    const Ring& ring = reinterpret_cast<const Page*>(page.data())->ring;
    MeasuredReading reading{.requests = {}, .next = load(ring.next)};
    const std::uint64_t written = reading.next - from;
    const std::uint64_t left = std::min<std::uint64_t>(written, k_ring_places);
    for (std::uint64_t number = reading.next - left; number != reading.next; ++number) {
        if (const auto place = read_place(ring.places[number % k_ring_places], number)) {
            reading.requests.push_back(request_of(*place));
        }
    }
    if (!reading.requests.empty()) {
        reading.scale =
            std::min(static_cast<double>(written) / static_cast<double>(reading.requests.size()),
                     k_largest_scale);
    }
    return reading;
}

} // namespace recycler::request
