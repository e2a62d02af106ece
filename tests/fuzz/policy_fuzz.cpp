// SPDX-License-Identifier: MIT
// Whatever bytes a policy file holds: a policy or faults, never a crash, and what is shown of the
// faults can be shown.
#include "policies/change.hpp"
#include "policies/parse.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace policies;
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    const auto parsed = parse(text, "fuzz", Host{Bytes{std::uint64_t{8} << 30}});
    if (const auto* policy = std::get_if<Policy>(&parsed)) {
        const bool sane = !policy->app.command.empty() && !policy->app.listen.empty() &&
                          compare(*policy, *policy).nothing();
        if (!sane) {
            std::abort();
        }
        return 0;
    }
    const auto& faults = std::get<std::vector<Fault>>(parsed);
    const std::string shown = render(faults, "fuzz.toml", text);
    for (const char c : shown) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte < 0x20 && c != '\n') || byte == 0x7f) {
            std::abort();
        }
    }
    if (faults.empty()) {
        std::abort();
    }
    return 0;
}
