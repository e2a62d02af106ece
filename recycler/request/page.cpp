// SPDX-License-Identifier: MIT
#include "recycler/request/page.hpp"

#include "recycler/base/text/escape.hpp"
#include "recycler/request/load.hpp"
#include "recycler/request/page_layout.hpp"
#include "recycler/request/page_offsets.hpp"
#include "recycler/request/page_size.hpp"
#include "recycler/request/row_reading.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace recycler::request {
namespace {

// A reader never waits for a writer: it may have been killed in the middle.
constexpr int k_attempts = 16;

InFlight in_flight(std::uint64_t since, std::string_view method, std::string_view uri) {
    return {MonoTime{Duration{static_cast<std::int64_t>(since)}}, text::percent_escaped(method),
            text::percent_escaped(uri)};
}

// What is shown: `since` is 0 when it is over.
std::optional<InFlight> read_shown(const Row& row) {
    for (int attempt = 0; attempt < k_attempts; ++attempt) {
        const std::uint32_t before = load(row.text_sequence);
        const std::uint64_t since = load(row.in_flight_since);
        std::array<char, k_method_size> method{};
        std::array<char, k_uri_size> uri{};
        std::memcpy(method.data(), row.method, method.size());
        std::memcpy(uri.data(), row.uri, uri.size());
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (before % 2 == 0 && before == load(row.text_sequence)) {
            return since > k_largest_time
                       ? std::nullopt
                       : std::optional{in_flight(since, {method.data(), method.size()},
                                                 {uri.data(), uri.size()})};
        }
    }
    return std::nullopt; // that a request is in flight is still told, by its number
}

Over over_of(std::uint32_t end) {
    switch (static_cast<RowEnd>(end)) {
    case RowEnd::answered:
        return Over::answered;
    case RowEnd::empty:
        return Over::empty;
    case RowEnd::given_up:
        return Over::given_up;
    case RowEnd::unknown:
        break;
    }
    return Over::unknown;
}

// Its process has ended: nobody writes it.
std::optional<LastRequest> read_last(const Row& row, const Process& process) {
    auto shown = read_shown(row);
    const std::uint64_t since = load(row.last_since);
    const std::uint64_t until = load(row.last_until);
    if (!shown || shown->since != MonoTime{} || shown->uri.empty() || since > k_largest_time ||
        until > k_largest_time) {
        return std::nullopt;
    }
    shown->since = MonoTime{Duration{static_cast<std::int64_t>(since)}};
    const bool came_back = since == 0 ? process.accepting > 0 || process.parked > 0
                                      : load(row.accept_enter) != load(row.last_enter);
    return LastRequest{
        .request = std::move(*shown),
        .until = since == 0 ? std::nullopt
                            : std::optional(MonoTime{Duration{static_cast<std::int64_t>(until)}}),
        .how = since == 0 ? Over::unknown : over_of(load(row.last_end)),
        .is_latest = !came_back && process.open == 0};
}

std::optional<InFlight> read_in_flight(const Row& row) {
    auto shown = read_shown(row);
    return shown && shown->since != MonoTime{} ? std::move(shown) : std::nullopt;
}

Process process_of(const RowReading& read, const Row& row) {
    return {.pid = static_cast<std::int32_t>(read.pid()),
            .claimed_at = Duration{static_cast<std::int64_t>(read.claimed_at)},
            .accepting = static_cast<std::uint32_t>(read.first_enter - read.exit - read.parked),
            .parked = read.parked,
            .open = read.open,
            .in_flight = read.in_flight,
            .half = std::min(read.half, read.in_flight), // written one after the other
            .oldest = read.in_flight == 0 ? std::nullopt : read_in_flight(row),
            .begun = read.begins,
            .served = read.ends,
            .exited = read.exited == 0 ? std::nullopt
                                       : std::optional(static_cast<std::uint8_t>(read.exited - 1)),
            .accept_refused = error_of(read.accept_refused),
            .resting = read.resting + static_cast<std::uint32_t>(read.back_meanwhile),
            .hand_on_failed = error_of(read.hand_on_failed),
            .resting_at = read.resting_at,
            .awaiting_slot = read.awaiting_slot};
}

bool is_page(std::span<const std::byte> page) {
    if (page.size() < k_size_without_ring ||
        reinterpret_cast<std::uintptr_t>(page.data()) % alignof(Page) != 0) {
        return false;
    }
    const PageHeader& header = reinterpret_cast<const Page*>(page.data())->header;
    const std::size_t size = load(header.size);
    return load(header.magic) == k_page_magic && is_page_size(load(header.version), size) &&
           size <= page.size() && load(header.row_count) == k_page_rows &&
           load(header.row_size) == sizeof(Row);
}

void add(Activity& activity, const Process& process) {
    ++activity.processes;
    activity.parked += process.is_parked() ? 1 : 0;
    activity.accepting += process.accepting;
    activity.awaiting_slot += process.awaiting_slot;
    activity.open += process.open;
    activity.resting += process.resting;
    activity.in_flight += process.in_flight;
    activity.half += process.half;
    if (process.oldest && (!activity.oldest || process.oldest->since < activity.oldest->since)) {
        activity.oldest = process.oldest;
    }
}

} // namespace

bool has_ring(std::span<const std::byte> page) {
    return page.size() >= sizeof(Page) && is_page(page) &&
           load(reinterpret_cast<const Page*>(page.data())->header.size) >= sizeof(Page);
}

void format_page(std::span<std::byte> page) {
    std::ranges::fill(page, std::byte{0});
    const PageHeader header{.magic = k_page_magic,
                            .version = k_page_version,
                            .size = sizeof(Page),
                            .row_count = k_page_rows,
                            .row_size = sizeof(Row),
                            .park = 0,
                            .rowless = 0,
                            .let_go = 0,
                            .ended_behind = 0,
                            .rest = 0,
                            .hand_on = 0,
                            .end_kept = 0,
                            .channel_out = 0,
                            .channel_in = 0,
                            .wake = 0,
                            .accept_turn = 0,
                            .hand_back = 0,
                            .birth_listener = 0,
                            .birth = 0,
                            .reserved = {}};
    std::memcpy(page.data(), &header, std::min(page.size(), sizeof header));
}

std::optional<PageReading> read_page(std::span<const std::byte> page) {
    if (!is_page(page)) {
        return std::nullopt;
    }
    const Page& rows = *reinterpret_cast<const Page*>(page.data());
    PageReading reading;
    reading.exact = load(rows.header.rowless) == 0;
    reading.ended_behind = load(rows.header.ended_behind) != 0;
    for (const Row& row : rows.rows) {
        if (load(row.pid) == 0) {
            break; // they are claimed in their order, and a look at those behind would cost memory
        }
        const RowReading read = read_row(row);
        if (!is_possible(read)) {
            return std::nullopt;
        }
        reading.served += read.ends;
        reading.begun += read.begins;
        reading.accepted += read.accepts;
        reading.came_back += read.came_back;
        reading.handed_on += read.handed_on;
        reading.taken += read.taken;
        reading.misfits += read.misfits;
        reading.came_to_accept = reading.came_to_accept || read.enter > 0;
        reading.exact = reading.exact && read.unfollowed == 0;
        Process process = process_of(read, row);
        // A row that changes hands while it is read says nothing about either process.
        if ((read.owner & k_row_claiming) == 0 && read.owner == load(row.pid)) {
            reading.processes.push_back(std::move(process));
        }
    }
    return reading;
}

Activity activity_of(const PageReading& reading, std::span<const std::int32_t> living) {
    Activity activity;
    for (const Process& process : reading.processes) {
        if (std::ranges::find(living, process.pid) != living.end()) {
            add(activity, process);
        }
    }
    return activity;
}

Activity last_activity(const PageReading& reading) {
    Activity activity;
    for (const Process& process : reading.processes) {
        add(activity, process);
    }
    return activity;
}

std::uint64_t given_up(const PageReading& reading) {
    const std::uint64_t told = reading.served + last_activity(reading).in_flight;
    return reading.begun > told ? reading.begun - told : 0; // a row may be changing hands
}

std::optional<LastRequest> last_request(std::span<const std::byte> page, const Process& process) {
    if (!is_page(page) || process.in_flight > 0) {
        return std::nullopt;
    }
    const Page& rows = *reinterpret_cast<const Page*>(page.data());
    const auto* const row = std::ranges::find_if(rows.rows, [&](const Row& each) {
        return load(each.pid) == static_cast<std::uint32_t>(process.pid) &&
               load(each.claimed_at) == static_cast<std::uint64_t>(process.claimed_at.count());
    });
    return row == std::ranges::end(rows.rows) ? std::nullopt : read_last(*row, process);
}

} // namespace recycler::request
