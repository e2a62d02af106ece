#include "recycler/worker/signal_trace.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <linux/perf_event.h>

namespace recycler::worker {

namespace {

// The kernel's own bound of a record (PERF_MAX_TRACE_SIZE).
constexpr std::size_t k_largest_record = 8192;

std::optional<std::size_t> number_after(std::string_view line, std::string_view name) {
    const std::size_t at = line.find(name);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    line.remove_prefix(at + name.size());
    std::size_t number = 0;
    const auto read = std::from_chars(line.data(), line.data() + line.size(), number);
    return read.ec == std::errc() ? std::optional(number) : std::nullopt;
}

// "\tfield:pid_t pid;\toffset:36;\tsize:4;\tsigned:1;"
std::optional<std::size_t> offset_of(std::string_view format, std::string_view declaration) {
    const std::size_t at = format.find(declaration);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view rest = format.substr(at);
    const std::string_view line = rest.substr(0, rest.find('\n'));
    const auto offset = number_after(line, "offset:");
    const bool fits = offset && *offset <= k_largest_record && number_after(line, "size:") == 4;
    return fits ? offset : std::nullopt;
}

template <typename Value>
std::optional<Value> value_at(std::span<const std::byte> bytes, std::size_t at) {
    if (at > bytes.size() || bytes.size() - at < sizeof(Value)) {
        return std::nullopt;
    }
    Value value;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

// After the header: u32 pid, tid; u32 size of the raw record, and that.
std::optional<SignalSeen> signal_in(std::span<const std::byte> sample, const SignalFormat& format) {
    constexpr std::size_t k_raw_size_at = 8;
    constexpr std::size_t k_raw_at = 12;
    const auto sender = value_at<std::int32_t>(sample, 0);
    const auto raw_size = value_at<std::uint32_t>(sample, k_raw_size_at);
    if (!sender || !raw_size || *raw_size > sample.size() - k_raw_at) {
        return std::nullopt;
    }
    const auto raw = sample.subspan(k_raw_at, *raw_size);
    const auto signal = value_at<std::int32_t>(raw, format.signal_at);
    const auto victim = value_at<std::int32_t>(raw, format.victim_at);
    if (!signal || !victim) {
        return std::nullopt;
    }
    return SignalSeen{.sender = *sender, .victim = *victim, .signal = *signal};
}

bool is_unit(std::string_view name) {
    return name.ends_with(".service") || name.ends_with(".scope");
}

} // namespace

std::optional<SignalFormat> signal_format_in(std::string_view format) {
    const auto signal = offset_of(format, "field:int sig;");
    const auto victim = offset_of(format, "field:pid_t pid;");
    if (!signal || !victim) {
        return std::nullopt;
    }
    return SignalFormat{.signal_at = *signal, .victim_at = *victim};
}

SignalsSeen signals_in(std::span<const std::byte> records, const SignalFormat& format) {
    SignalsSeen seen;
    for (;;) {
        const auto header = value_at<perf_event_header>(records, 0);
        if (!header || header->size < sizeof *header || header->size > records.size()) {
            return seen;
        }
        const auto body = records.subspan(sizeof *header, header->size - sizeof *header);
        if (header->type == PERF_RECORD_LOST) { // u64 id, lost
            seen.lost += value_at<std::uint64_t>(body, 8).value_or(1);
        } else if (header->type == PERF_RECORD_SAMPLE) {
            if (const auto signal = signal_in(body, format)) {
                seen.signals.push_back(*signal);
            }
        }
        records = records.subspan(header->size);
    }
}

std::string unit_in(std::string_view cgroups) {
    std::string_view unit;
    while (!cgroups.empty()) {
        const std::string_view line = cgroups.substr(0, cgroups.find('\n'));
        cgroups.remove_prefix(std::min(line.size() + 1, cgroups.size()));
        std::string_view path = line.substr(std::min(line.find('/'), line.size()));
        while (!path.empty()) {
            path.remove_prefix(1);
            const std::string_view name = path.substr(0, path.find('/'));
            unit = is_unit(name) ? name : unit;
            path.remove_prefix(name.size());
        }
    }
    return std::string(unit);
}

} // namespace recycler::worker
