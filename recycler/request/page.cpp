#include "recycler/request/page.hpp"

#include "recycler/request/page_layout.hpp"

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
// A reader never waits for a writer: it may have been killed in the middle.
constexpr int k_attempts = 16;

// Also keeps the loads in the order in which they are written here, which the invariants below rest
// on.
template <typename T>
T load(const T& field) {
    return __atomic_load_n(&field, __ATOMIC_ACQUIRE);
}

struct Sums {
    std::uint64_t enter = 0;
    std::uint64_t accepts = 0;
    std::uint64_t begins = 0;
    std::uint64_t ends = 0;
    std::uint64_t unfollowed = 0;
};

struct RowReading {
    std::uint32_t pid = 0;
    Sums sums;
    Process process;
};

std::string printable(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char character : text.substr(0, text.find('\0'))) {
        const auto byte = static_cast<unsigned char>(character);
        if (byte > 0x20 && byte < 0x7f) {
            out += character;
        } else {
            out += '%';
            out += digits[byte >> 4];
            out += digits[byte & 15];
        }
    }
    return out;
}

InFlight in_flight(std::uint64_t since, std::string_view method, std::string_view uri) {
    return {MonoTime{Duration{static_cast<std::int64_t>(since)}}, printable(method),
            printable(uri)};
}

std::optional<InFlight> read_in_flight(const Row& row) {
    for (int attempt = 0; attempt < k_attempts; ++attempt) {
        const std::uint32_t before = load(row.text_sequence);
        const std::uint64_t since = load(row.in_flight_since);
        std::array<char, k_method_size> method{};
        std::array<char, k_uri_size> uri{};
        std::memcpy(method.data(), row.method, method.size());
        std::memcpy(uri.data(), row.uri, uri.size());
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (before % 2 == 0 && before == load(row.text_sequence)) {
            return since == 0 || since > k_largest_time
                       ? std::nullopt
                       : std::optional{in_flight(since, {method.data(), method.size()},
                                                 {uri.data(), uri.size()})};
        }
    }
    return std::nullopt; // that a request is in flight is still told, by its number
}

// In this order a count that the recorder raises first is read last, so that each `<=` below holds
// at any instant of an honest process. `open` comes after `enter`: when nobody is inside accept(),
// all that came out is in `open`.
std::optional<RowReading> read_row(const Row& row) {
    RowReading reading;
    reading.pid = load(row.pid);
    const std::uint64_t exit = load(row.accept_exit);
    const std::uint32_t parked = load(row.parked);
    const std::uint64_t enter = load(row.accept_enter);
    const std::uint32_t open = load(row.open);
    Sums& sums = reading.sums;
    sums.ends = load(row.ends);
    const std::uint32_t running = load(row.in_flight);
    sums.begins = load(row.begins);
    sums.unfollowed = load(row.unfollowed);
    sums.accepts = load(row.accepts);
    sums.enter = load(row.accept_enter);

    const bool bounded = (reading.pid & ~k_row_claiming) <= k_largest_pid &&
                         sums.enter <= k_largest_sum && enter <= sums.enter &&
                         sums.begins <= k_largest_sum && sums.unfollowed <= sums.accepts &&
                         parked <= k_largest_count && open <= k_largest_count &&
                         running <= k_largest_count && load(row.claimed_at) <= k_largest_time;
    const bool in_order = exit <= enter && parked <= enter - exit && open <= sums.accepts &&
                          sums.accepts <= sums.enter && sums.ends <= sums.begins &&
                          running <= sums.begins - sums.ends;
    if (!bounded || !in_order || enter - exit - parked > k_largest_count) {
        return std::nullopt;
    }
    reading.process = {
        .pid = static_cast<std::int32_t>(reading.pid & ~k_row_claiming),
        .claimed_at = Duration{static_cast<std::int64_t>(load(row.claimed_at) & k_largest_time)},
        .accepting = static_cast<std::uint32_t>(enter - exit - parked),
        .parked = parked,
        .open = open,
        .in_flight = running,
        .oldest = running == 0 ? std::nullopt : read_in_flight(row)};
    return reading;
}

bool is_page(std::span<const std::byte> page) {
    if (page.size() < sizeof(Page) ||
        reinterpret_cast<std::uintptr_t>(page.data()) % alignof(Page) != 0) {
        return false;
    }
    const PageHeader& header = reinterpret_cast<const Page*>(page.data())->header;
    const std::uint32_t version = load(header.version);
    return load(header.magic) == k_page_magic && version >= k_page_oldest_version &&
           version <= k_page_version && load(header.size) == sizeof(Page) &&
           load(header.row_count) == k_page_rows && load(header.row_size) == sizeof(Row);
}

void add(Activity& activity, const Process& process) {
    ++activity.processes;
    activity.parked += process.is_parked() ? 1 : 0;
    activity.accepting += process.accepting;
    activity.open += process.open;
    activity.in_flight += process.in_flight;
    if (process.oldest && (!activity.oldest || process.oldest->since < activity.oldest->since)) {
        activity.oldest = process.oldest;
    }
}

} // namespace

void format_page(std::span<std::byte> page) {
    std::ranges::fill(page, std::byte{0});
    const PageHeader header{.magic = k_page_magic,
                            .version = k_page_version,
                            .size = sizeof(Page),
                            .row_count = k_page_rows,
                            .row_size = sizeof(Row),
                            .park = 0,
                            .rowless = 0,
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
    for (const Row& row : rows.rows) {
        if (load(row.pid) == 0) {
            continue;
        }
        std::optional<RowReading> one = read_row(row);
        if (!one) {
            return std::nullopt;
        }
        reading.served += one->sums.ends;
        reading.begun += one->sums.begins;
        reading.accepted += one->sums.accepts;
        reading.came_to_accept = reading.came_to_accept || one->sums.enter > 0;
        reading.exact = reading.exact && one->sums.unfollowed == 0;
        // A row that changes hands while it is read says nothing about either process.
        if ((one->pid & k_row_claiming) == 0 && one->pid == load(row.pid)) {
            reading.processes.push_back(std::move(one->process));
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

} // namespace recycler::request
