// SPDX-License-Identifier: MIT
// From the text of a seccomp profile to what it means on a machine, or to every fault in it at
// once, each with its place. The text is OCI runtime-spec's `linux.seccomp`, or the form that
// Docker and Podman keep theirs in, which has rules for some machines alone. Reads no file.
#pragma once

#include "policies/seccomp/profile.hpp"

#include <string_view>
#include <variant>

namespace policies::seccomp {

struct KernelVersion {
    unsigned major = 0;
    unsigned minor = 0;
    auto operator<=>(const KernelVersion&) const = default;
};
// "6.1.0-18-amd64", "4.8"; nullopt: it does not begin with two numbers.
std::optional<KernelVersion> kernel_version_in(std::string_view text);

// What rules may ask for.
struct Machine {
    std::string architecture;              // "SCMP_ARCH_X86_64"
    std::vector<std::string> names;        // of the same, as other tools have it: "amd64"
    KernelVersion kernel;                  // that runs
    std::vector<std::string> capabilities; // that workers may have: "CAP_CHOWN"
};

// Longer texts are refused; Docker's has 13 KiB.
inline constexpr std::size_t k_longest_profile = std::size_t{512} * 1024;

// Faults come in the order of the text, and there is at least one. Any bytes will do: nothing
// throws. Whether a name is one of a system call is not known here.
std::variant<Profile, std::vector<Fault>> read_profile(std::string_view text,
                                                       const Machine& machine);

} // namespace policies::seccomp
