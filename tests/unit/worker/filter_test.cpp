// SPDX-License-Identifier: MIT
// The program that libseccomp makes of a profile, run here step by step as the kernel would: what
// becomes of each call is what the profile says.
#include "policies/seccomp/built_in.hpp"
#include "recycler/worker/spawn/filter.hpp"
#include "recycler/worker/spawn/profile.hpp"

#include <cerrno>
#include <cstring>
#include <doctest/doctest.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>

using namespace recycler::worker;
namespace oci = policies::seccomp;

namespace {

std::uint32_t loaded(const seccomp_data& call, std::uint32_t at) {
    std::uint32_t word = 0;
    REQUIRE(at + sizeof word <= sizeof call);
    std::memcpy(&word, reinterpret_cast<const char*>(&call) + at, sizeof word);
    return word;
}

bool jumps(std::uint16_t code, std::uint32_t left, std::uint32_t right) {
    switch (BPF_OP(code)) {
    case BPF_JEQ:
        return left == right;
    case BPF_JGT:
        return left > right;
    case BPF_JGE:
        return left >= right;
    default:
        return (left & right) != 0;
    }
}

// The few instructions that libseccomp uses.
std::uint32_t run(const std::vector<PlanFilter>& program, const seccomp_data& call) {
    std::uint32_t a = 0;
    for (std::size_t at = 0; at < program.size(); ++at) {
        const PlanFilter& step = program[at];
        switch (BPF_CLASS(step.code)) {
        case BPF_LD:
            a = loaded(call, step.k);
            break;
        case BPF_ALU:
            REQUIRE(BPF_OP(step.code) == BPF_AND);
            a &= step.k;
            break;
        case BPF_JMP:
            at += BPF_OP(step.code) == BPF_JA   ? step.k
                  : jumps(step.code, a, step.k) ? step.jt
                                                : step.jf;
            break;
        case BPF_RET:
            return step.k;
        default:
            FAIL("an instruction that is not known here");
        }
    }
    FAIL("the program ran out");
    return 0;
}

oci::Profile profile_in(std::string_view text) {
    auto read = oci::read_profile(text, this_machine({}));
    REQUIRE(std::holds_alternative<oci::Profile>(read));
    return std::get<oci::Profile>(std::move(read));
}

Filter filter_of(std::string_view text) {
    auto made = make_filter(profile_in(text));
    REQUIRE(std::holds_alternative<Filter>(made));
    return std::get<Filter>(std::move(made));
}

std::uint32_t outcome(const Filter& filter, const char* name, std::uint64_t a0 = 0,
                      std::uint64_t a1 = 0) {
    const int number = seccomp_syscall_resolve_name(name);
    REQUIRE(number >= 0);
    return run(filter.program, {.nr = number,
                                .arch = seccomp_arch_native(),
                                .instruction_pointer = 0,
                                .args = {a0, a1, 0, 0, 0, 0}});
}

constexpr std::uint32_t k_nosys = SECCOMP_RET_ERRNO | ENOSYS;

} // namespace

TEST_CASE("each call that the default profile has one word about gets just that") {
    const oci::Profile profile = profile_in(oci::built_in_profile());
    const Filter filter = filter_of(oci::built_in_profile());
    int checked = 0;
    for (const oci::Rule& rule : profile.rules) {
        for (const oci::Call& call : rule.calls) {
            const int number = seccomp_syscall_resolve_name(call.name.c_str());
            if (number < 0 || !rule.conditions.empty()) {
                continue; // of another machine, newer than the library, or by its arguments
            }
            const std::uint32_t expected = rule.action.deed == oci::Deed::allow ? SECCOMP_RET_ALLOW
                                           : rule.action.deed == oci::Deed::answer
                                               ? SECCOMP_RET_ERRNO | rule.action.error
                                               : SECCOMP_RET_KILL_PROCESS;
            CAPTURE(call.name);
            CHECK(outcome(filter, call.name.c_str()) == expected);
            ++checked;
        }
    }
    CHECK(checked > 300);
}

TEST_CASE("the default profile looks at the arguments where a call has uses of both kinds") {
    const Filter filter = filter_of(oci::built_in_profile());
    constexpr std::uint64_t k_thread = 0x3d0f00;
    CHECK(outcome(filter, "unshare", 0x400) == SECCOMP_RET_ALLOW);
    for (const std::uint64_t flag : {0x80U, 0x20000U, 0x2000000U, 0x4000000U, 0x8000000U,
                                     0x10000000U, 0x20000000U, 0x40000000U}) {
        CAPTURE(flag);
        CHECK(outcome(filter, "unshare", flag | 0x400) == SECCOMP_RET_KILL_PROCESS);
    }
#ifdef __x86_64__
    CHECK(outcome(filter, "clone", k_thread) == SECCOMP_RET_ALLOW);
    CHECK(outcome(filter, "clone", 17) == SECCOMP_RET_ALLOW);
    CHECK(outcome(filter, "clone", 0x10000000 | 17) == SECCOMP_RET_KILL_PROCESS);
#endif
    CHECK(outcome(filter, "personality", 0xffffffff) == SECCOMP_RET_ALLOW);
    CHECK(outcome(filter, "personality", 0) == SECCOMP_RET_KILL_PROCESS);
    CHECK(outcome(filter, "personality", 0x40000) == SECCOMP_RET_KILL_PROCESS);
    for (const std::uint64_t family : {1U, 2U, 10U, 16U}) {
        CHECK(outcome(filter, "socket", family) == SECCOMP_RET_ALLOW);
    }
    CHECK(outcome(filter, "socket", 17) == k_nosys);
    CHECK(outcome(filter, "clone3") == k_nosys);
    CHECK(outcome(filter, "io_uring_setup") == k_nosys);
}

TEST_CASE("calls that nobody knows yet are not there, and those by other numbers end the worker") {
    const Filter filter = filter_of(oci::built_in_profile());
    const auto raw = [&](std::uint32_t arch, int number) {
        return run(filter.program,
                   {.nr = number, .arch = arch, .instruction_pointer = 0, .args = {}});
    };
    CHECK(raw(seccomp_arch_native(), 999) == k_nosys);
#ifdef __x86_64__
    CHECK(raw(AUDIT_ARCH_I386, 20) == SECCOMP_RET_KILL_PROCESS);
    CHECK(raw(AUDIT_ARCH_X86_64, 0x40000000 + 39) == SECCOMP_RET_KILL_PROCESS);
    const Filter both = filter_of(
        R"({"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_NATIVE","SCMP_ARCH_X86"]})");
    CHECK(run(both.program,
              {.nr = 20, .arch = AUDIT_ARCH_I386, .instruction_pointer = 0, .args = {}}) ==
          SECCOMP_RET_ALLOW);
#endif
}

TEST_CASE("flags of a profile are those of seccomp(2)") {
    CHECK(filter_of(R"({"defaultAction":"SCMP_ACT_ALLOW"})").flags == 0);
    CHECK(filter_of(R"({"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_LOG"]})")
              .flags == SECCOMP_FILTER_FLAG_LOG);
}

TEST_CASE("a name that is not known is left out where it would be allowed, and a fault where it "
          "would run") {
    const Filter filter = filter_of(
        R"({"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["of_next_year"],"action":"SCMP_ACT_ALLOW"}]})");
    CHECK(filter.unknown == std::vector<std::string>{"of_next_year"});
    const auto made = make_filter(profile_in(
        R"({"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mout"],"action":"SCMP_ACT_ERRNO"}]})"));
    const auto* faults = std::get_if<std::vector<policies::Fault>>(&made);
    REQUIRE(faults != nullptr);
    REQUIRE(faults->size() == 1);
    CHECK(faults->front().column == 57);
    CHECK(faults->front().suggestion.find("\"mount\"") != std::string::npos);
}

TEST_CASE("a profile too large for the kernel is a fault and no crash") {
    std::string rules;
    for (int i = 0; i < 3000; ++i) {
        rules += (i == 0 ? "" : ",") +
                 (R"({"names":["read"],"action":"SCMP_ACT_LOG","args":[{"index":)" +
                  std::to_string(i % 6) + R"(,"value":)" + std::to_string(i * 0x100000001LL) +
                  R"(,"op":"SCMP_CMP_EQ"}]})");
    }
    const auto made =
        make_filter(profile_in(R"({"defaultAction":"SCMP_ACT_ALLOW","syscalls":[)" + rules + "]}"));
    CHECK(std::holds_alternative<std::vector<policies::Fault>>(made));
}

TEST_CASE(
    "connections may rest under the default profile, and under none that stops a call of it") {
    CHECK_FALSE(call_that_resting_lacks(profile_in(oci::built_in_profile())).has_value());
    CHECK(
        call_that_resting_lacks(profile_in(
            R"({"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["epoll_ctl"],"action":"SCMP_ACT_ERRNO"}]})")) ==
        "epoll_ctl");
}

TEST_CASE("a profile that stops a call of resting turns it off, and only where it was on") {
    const auto profile = profile_in(
        R"({"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["accept"],"action":"SCMP_ACT_KILL_PROCESS"}]})");
    policies::App app;
    app.keep_connections = policies::KeepConnections::automatic;
    CHECK(keep_no_connections_under(profile_in(oci::built_in_profile()), app).empty());
    CHECK(app.keep_connections == policies::KeepConnections::automatic);
    CHECK(keep_no_connections_under(profile, app) == "accept");
    CHECK(app.keep_connections == policies::KeepConnections::off);
    CHECK(keep_no_connections_under(profile, app).empty());
}
