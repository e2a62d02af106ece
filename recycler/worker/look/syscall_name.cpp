// SPDX-License-Identifier: MIT
#include "recycler/worker/look/syscall_name.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <seccomp.h>

namespace recycler::worker {

namespace {

struct Machine {
    std::uint32_t token; // the library's are the kernel's
    const char* name;    // as uname -m has it
};
constexpr std::array k_machines{
    Machine{SCMP_ARCH_X86_64, "x86_64"},   Machine{SCMP_ARCH_X86, "i386"},
    Machine{SCMP_ARCH_AARCH64, "aarch64"}, Machine{SCMP_ARCH_ARM, "arm"},
    Machine{SCMP_ARCH_PPC64LE, "ppc64le"}, Machine{SCMP_ARCH_S390X, "s390x"},
    Machine{SCMP_ARCH_RISCV64, "riscv64"},
};

std::string resolved(std::uint32_t arch, long number) {
    const std::unique_ptr<char, decltype(&std::free)> name(
        seccomp_syscall_resolve_num_arch(arch, static_cast<int>(number)), std::free);
    return name ? std::string(name.get()) : "number " + std::to_string(number);
}

} // namespace

std::string syscall_name(long number) {
    return resolved(seccomp_arch_native(), number);
}

NamedCall named_call(std::uint32_t audit_arch, long number) {
    constexpr long k_x32 = 0x40000000; // __X32_SYSCALL_BIT: the kernel logs such as x86_64
    if (audit_arch == SCMP_ARCH_X86_64 && (number & k_x32) != 0) {
        return {resolved(SCMP_ARCH_X32, number), "x32"};
    }
    const auto* const known = std::ranges::find(k_machines, audit_arch, &Machine::token);
    if (known != k_machines.end()) {
        return {resolved(audit_arch, number), known->name};
    }
    char text[16];
    (void)std::snprintf(text, sizeof text, "%08x", audit_arch);
    return {resolved(audit_arch, number), std::string("architecture ") + text};
}

std::string in_words(const NamedCall& call) {
    return call.name + " (" + call.architecture + ")";
}

} // namespace recycler::worker
