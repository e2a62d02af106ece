// SPDX-License-Identifier: MIT
// Names of system calls, for people. The home of libseccomp's tables, which know every
// architecture.
#pragma once

#include <cstdint>
#include <string>

namespace recycler::worker {

// "futex"; "number 9999" for one that the library does not know. Of the architecture we run on.
[[nodiscard]] std::string syscall_name(long number);

// A call and whose numbers it was made by: "unshare" and "x86_64".
struct NamedCall {
    std::string name;
    std::string architecture;
    bool operator==(const NamedCall&) const = default;
};
// The same for any architecture. `audit_arch`: AUDIT_ARCH_* of linux/audit.h, as the kernel logs
// it.
[[nodiscard]] NamedCall named_call(std::uint32_t audit_arch, long number);

// "unshare (x86_64)".
[[nodiscard]] std::string in_words(const NamedCall& call);

} // namespace recycler::worker
