// SPDX-License-Identifier: MIT
#include "recycler/worker/signals/signal_trace.hpp"

#include <cstring>
#include <doctest/doctest.h>
#include <linux/perf_event.h>

using namespace recycler::worker;

namespace {

// As Linux 6.18 has it.
constexpr std::string_view k_format =
    "name: signal_generate\nID: 261\nformat:\n"
    "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
    "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
    "\tfield:int sig;\toffset:8;\tsize:4;\tsigned:1;\n"
    "\tfield:int code;\toffset:16;\tsize:4;\tsigned:1;\n"
    "\tfield:char comm[16];\toffset:20;\tsize:16;\tsigned:0;\n"
    "\tfield:pid_t pid;\toffset:36;\tsize:4;\tsigned:1;\n";
constexpr SignalFormat k_known{.signal_at = 8, .victim_at = 36, .code_at = 16};

using RawBytes = std::vector<std::byte>;

template <typename Value>
void put(RawBytes& bytes, std::size_t at, Value value) {
    bytes.resize(std::max(bytes.size(), at + sizeof value));
    std::memcpy(bytes.data() + at, &value, sizeof value);
}

// One record as the kernel writes it.
RawBytes sample(const SignalSeen& signal, std::uint32_t raw_size = 52) {
    RawBytes record(20 + raw_size);
    put(record, 0,
        perf_event_header{.type = PERF_RECORD_SAMPLE,
                          .misc = 0,
                          .size = static_cast<std::uint16_t>(record.size())});
    put(record, 8, signal.sender);
    put(record, 12, signal.sender);
    put(record, 16, raw_size);
    if (raw_size >= 40) {
        put(record, 20 + 8, signal.signal);
        put(record, 20 + 36, signal.victim);
    }
    return record;
}

RawBytes lost(std::uint64_t count) {
    RawBytes record;
    put(record, 0, perf_event_header{.type = PERF_RECORD_LOST, .misc = 0, .size = 24});
    put(record, 8, std::uint64_t{1});
    put(record, 16, count);
    return record;
}

RawBytes operator+(RawBytes left, const RawBytes& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

} // namespace

TEST_CASE("the form of a record is read where the kernel tells it") {
    CHECK(signal_format_in(k_format) == k_known);
    CHECK_FALSE(signal_format_in(""));
    CHECK_FALSE(signal_format_in("\tfield:int sig;\toffset:8;\tsize:4;\n"));
    CHECK_FALSE(signal_format_in("\tfield:int sig;\n\tfield:pid_t pid;\toffset:36;\tsize:4;\n"));
    CHECK_FALSE(signal_format_in("\tfield:int sig;\toffset:8;\tsize:8;\n"
                                 "\tfield:pid_t pid;\toffset:36;\tsize:4;\n"));
    CHECK_FALSE(signal_format_in("\tfield:int sig;\toffset:99999999999999999999;\tsize:4;\n"
                                 "\tfield:pid_t pid;\toffset:36;\tsize:4;\n"));
    CHECK_FALSE(signal_format_in("\tfield:int sig;\toffset:9000;\tsize:4;\n"
                                 "\tfield:pid_t pid;\toffset:36;\tsize:4;\n"));
}

TEST_CASE(
    "who sent what to whom is read from the ring, in its order, and what was lost is counted") {
    const SignalSeen first{.sender = 10, .victim = 20, .signal = 9};
    const SignalSeen second{.sender = 11, .victim = 21, .signal = 15};
    const SignalsSeen seen =
        signals_in(sample(first) + lost(3) + sample(second) + lost(2), k_known);
    CHECK(seen.signals == std::vector{first, second});
    CHECK(seen.lost == 5);
}

TEST_CASE("what is cut off, too small or of no size ends the list and harms nothing") {
    const SignalSeen signal{.sender = 10, .victim = 20, .signal = 9};
    const RawBytes whole = sample(signal);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CHECK(signals_in(std::span(whole).first(size), k_known).signals.empty());
    }
    CHECK(signals_in(whole, {.signal_at = 8, .victim_at = 49}).signals.empty());
    CHECK(signals_in(whole, {.signal_at = SIZE_MAX, .victim_at = SIZE_MAX - 3}).signals.empty());
    CHECK(signals_in(sample(signal, 39), k_known).signals.empty());
    RawBytes lying = sample(signal);
    put(lying, 16, std::uint32_t{0xffffffff}); // the size of the raw record
    CHECK(signals_in(lying + sample(signal), k_known).signals.size() == 1);
    RawBytes endless = sample(signal);
    put(endless, 6, std::uint16_t{0});
    CHECK(signals_in(endless, k_known).signals.empty());
}

TEST_CASE("a unit is the innermost service or scope of a cgroup") {
    CHECK(unit_in("0::/system.slice/ssh.service\n") == "ssh.service");
    CHECK(unit_in("0::/user.slice/user-0.slice/session-3.scope\n") == "session-3.scope");
    CHECK(unit_in("0::/user.slice/user@0.service/app.slice/run-1.scope/inner\n") == "run-1.scope");
    CHECK(unit_in("4:memory:/a\n1:name=systemd:/system.slice/cron.service\n0::/\n") ==
          "cron.service");
    CHECK(unit_in("0::/\n").empty());
    CHECK(unit_in("").empty());
    CHECK(unit_in("rubbish").empty());
}
