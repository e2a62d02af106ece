// SPDX-License-Identifier: MIT
// Profiles of system calls: whatever bytes a file holds, it is a profile or has faults within it.
#include "policies/parse.hpp"
#include "policies/seccomp/outline.hpp"
#include "policies/seccomp/read.hpp"

#include <algorithm>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace policies;
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    const seccomp::Machine machine{.architecture = "SCMP_ARCH_X86_64",
                                   .names = {"amd64"},
                                   .kernel = {6, 1},
                                   .capabilities = {"CAP_CHOWN"}};
    const auto read = seccomp::read_profile(text, machine);
    if (const auto* profile = std::get_if<seccomp::Profile>(&read)) {
        (void)seccomp::outline_of(*profile);
        return 0;
    }
    const auto& faults = std::get<std::vector<Fault>>(read);
    const auto lines = std::count(text.begin(), text.end(), '\n') + 1;
    for (const Fault& fault : faults) {
        if (fault.line < 1 || fault.line > lines || fault.column < 1) {
            __builtin_trap();
        }
    }
    if (faults.empty() || render(faults, "profile.json", text).empty()) {
        __builtin_trap();
    }
    return 0;
}
