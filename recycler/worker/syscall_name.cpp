#include "recycler/worker/syscall_name.hpp"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <seccomp.h>

namespace recycler::worker {

namespace {

std::string resolved(std::uint32_t arch, long number) {
    const std::unique_ptr<char, decltype(&std::free)> name(
        seccomp_syscall_resolve_num_arch(arch, static_cast<int>(number)), std::free);
    return name ? std::string(name.get()) : "number " + std::to_string(number);
}

} // namespace

std::string syscall_name(long number) {
    return resolved(seccomp_arch_native(), number);
}

std::string syscall_name(std::uint32_t audit_arch, long number) {
    std::string name = resolved(audit_arch, number); // the library's tokens are the kernel's
    if (audit_arch == seccomp_arch_native()) {
        return name;
    }
    char text[16];
    (void)std::snprintf(text, sizeof text, "%08x", audit_arch);
    return name + " (of the architecture " + text + ")";
}

} // namespace recycler::worker
