// SPDX-License-Identifier: MIT
#include "recycler/request/page.hpp"

#include "recycler/base/text/escape.hpp"
#include "recycler/request/load.hpp"
#include "recycler/request/page_layout.hpp"
#include "recycler/request/page_offsets.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace recycler::request {
namespace {

// Bounds of what can be true. A sum beyond 2^53 would not survive JSON; pids end at 2^22
// (PID_MAX_LIMIT), descriptors of a process at 2^20 (the kernel's nr_open).
constexpr std::uint64_t k_largest_sum = std::uint64_t{1} << 53;
constexpr std::uint32_t k_largest_pid = 1U << 22;
constexpr std::uint32_t k_largest_count = 1U << 20;
constexpr std::uint64_t k_largest_time = INT64_MAX;
constexpr std::uint32_t k_largest_errno = 4095; // MAX_ERRNO of the kernel
// A reader never waits for a writer: it may have been killed in the middle.
constexpr int k_attempts = 16;

// A row as it was read, `enter` twice.
struct RowReading {
    std::uint32_t owner = 0;
    std::uint64_t claimed_at = 0;
    std::uint64_t exit = 0;
    std::uint64_t first_enter = 0;
    std::uint64_t enter = 0;
    std::uint64_t accepts = 0;
    std::uint64_t begins = 0;
    std::uint64_t ends = 0;
    std::uint64_t unfollowed = 0;
    std::uint32_t exited = 0;
    std::uint32_t parked = 0;
    std::uint32_t open = 0;
    std::uint32_t in_flight = 0;
    std::uint32_t half = 0;
    std::uint32_t accept_refused = 0;

    [[nodiscard]] std::uint32_t pid() const { return owner & ~k_row_claiming; }
};

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

// In this order a count that the recorder raises first is read last, so that each comparison in
// is_possible() holds at any instant of an honest process. `open` comes after `first_enter`: when
// nobody is inside accept(), all that came out is in `open`.
RowReading read_row(const Row& row) {
    RowReading read;
    read.owner = load(row.pid);
    read.claimed_at = load(row.claimed_at);
    read.exit = load(row.accept_exit);
    read.exited = load(row.exited);
    read.parked = load(row.parked);
    read.first_enter = load(row.accept_enter);
    read.open = load(row.open);
    read.ends = load(row.ends);
    read.half = load(row.half);
    read.in_flight = load(row.in_flight);
    read.begins = load(row.begins);
    read.unfollowed = load(row.unfollowed);
    read.accept_refused = load(row.accept_refused);
    read.accepts = load(row.accepts);
    read.enter = load(row.accept_enter);
    return read;
}

bool is_possible(const RowReading& read) {
    const bool bounded = read.pid() <= k_largest_pid && read.claimed_at <= k_largest_time &&
                         read.enter <= k_largest_sum && read.begins <= k_largest_sum &&
                         read.open <= k_largest_count && read.in_flight <= k_largest_count &&
                         read.parked <= k_largest_count;
    const bool accepting = read.first_enter <= read.enter && read.exit <= read.first_enter &&
                           read.parked <= read.first_enter - read.exit &&
                           read.first_enter - read.exit - read.parked <= k_largest_count;
    const bool serving = read.open <= read.accepts && read.accepts <= read.enter &&
                         read.unfollowed <= read.accepts && read.ends <= read.begins &&
                         read.in_flight <= read.begins - read.ends;
    return bounded && accepting && serving;
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
            .accept_refused =
                read.accept_refused <= k_largest_errno ? static_cast<int>(read.accept_refused) : 0};
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
    activity.open += process.open;
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
