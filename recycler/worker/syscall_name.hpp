// Names of system calls, for people. The home of libseccomp's tables, which know every
// architecture.
#pragma once

#include <cstdint>
#include <string>

namespace recycler::worker {

// "futex"; "number 9999" for one that the library does not know. Of the architecture we run on.
[[nodiscard]] std::string syscall_name(long number);

// The same for any architecture. `audit_arch`: AUDIT_ARCH_* of linux/audit.h, as the kernel logs
// it. One that is foreign to this machine is told with the name.
[[nodiscard]] std::string syscall_name(std::uint32_t audit_arch, long number);

} // namespace recycler::worker
