// SPDX-License-Identifier: MIT
#include "recycler/worker/signals/signal_trace.hpp"

#include "recycler/base/text/numbers.hpp"
#include "recycler/base/text/split.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <linux/audit.h>
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
    return text::number_at_front<std::size_t>(line.substr(at + name.size()));
}

// "\tfield:pid_t pid;\toffset:36;\tsize:4;\tsigned:1;"
std::optional<std::size_t> offset_of(std::string_view format, std::string_view declaration) {
    const std::size_t at = format.find(declaration);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view line = text::first_line(format.substr(at));
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

// After the raw record: u64 which form the registers have, and they, in the order of their numbers.
// On x86_64 the instruction `syscall` leaves the address behind it in cx; where it does not stand
// there, int 0x80 made the call, by numbers of its own; or the processor is one that keeps cx, and
// nothing is said.
std::optional<CallSeen> call_in(std::span<const std::byte> registers,
                                [[maybe_unused]] const SignalFormat& format) {
    const auto form = value_at<std::uint64_t>(registers, 0);
    const auto first = value_at<std::uint64_t>(registers, 8);
    const bool is_64 = form == std::uint64_t{PERF_SAMPLE_REGS_ABI_64};
    const bool is_32 = form == std::uint64_t{PERF_SAMPLE_REGS_ABI_32};
    if (!first || !(is_64 || is_32) || wanted_registers() == 0) {
        return std::nullopt;
    }
#if defined(__x86_64__)
    const auto cx = value_at<std::uint64_t>(registers, 16);
    const auto ip = value_at<std::uint64_t>(registers, 24);
    if (!ip || (is_64 && format.keeps_cx && cx != ip)) {
        return std::nullopt;
    }
    return CallSeen{is_64 && cx == ip ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_I386,
                    static_cast<long>(static_cast<std::uint32_t>(*first))};
#else
    const auto second = value_at<std::uint64_t>(registers, 16);
    if (!second) {
        return std::nullopt;
    }
    return CallSeen{is_64 ? AUDIT_ARCH_AARCH64 : AUDIT_ARCH_ARM,
                    static_cast<long>(static_cast<std::uint32_t>(is_64 ? *second : *first))};
#endif
}

// After the header: u32 pid, tid; u32 size of the raw record, and that; the registers.
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
    SignalSeen seen{.sender = *sender, .victim = *victim, .signal = *signal};
    constexpr int k_by_seccomp = 1; // SYS_SECCOMP of asm-generic/siginfo.h
    if (*signal == SIGSYS && value_at<std::int32_t>(raw, format.code_at) == k_by_seccomp) {
        seen.call = call_in(sample.subspan(k_raw_at + *raw_size), format);
    }
    return seen;
}

bool is_unit(std::string_view name) {
    return name.ends_with(".service") || name.ends_with(".scope");
}

} // namespace

std::optional<SignalFormat> signal_format_in(std::string_view format) {
    const auto signal = offset_of(format, "field:int sig;");
    const auto victim = offset_of(format, "field:pid_t pid;");
    const auto code = offset_of(format, "field:int code;");
    if (!signal || !victim || !code) {
        return std::nullopt;
    }
    return SignalFormat{.signal_at = *signal, .victim_at = *victim, .code_at = *code};
}

// asm/perf_regs.h: ax, cx and ip; w7, where 32-bit programs have the number, and x8.
std::uint64_t wanted_registers() {
#if defined(__x86_64__)
    return 1U << 0 | 1U << 2 | 1U << 8;
#elif defined(__aarch64__)
    return 1U << 7 | 1U << 8;
#else
    return 0;
#endif
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
        const std::string_view line = text::take_line(cgroups);
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
