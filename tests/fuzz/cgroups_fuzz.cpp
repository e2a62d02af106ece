// SPDX-License-Identifier: MIT
// Every parser of cgroups/ on the same bytes. Besides not crashing, what they return must make
// sense.
#include "cgroups/parse.hpp"

#include <cstdlib>

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void parse_all(cgroups::Version version, std::string_view text) {
    if (const auto stat = cgroups::parse_memory_stat(version, text)) {
        require(version == cgroups::Version::v1 || stat->swap.count == 0);
    }
    if (const auto oom = cgroups::parse_oom(version, text)) {
        require(oom->oom.has_value() == (version == cgroups::Version::v2));
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    parse_all(cgroups::Version::v1, text);
    parse_all(cgroups::Version::v2, text);
    if (const auto number = cgroups::parse_number(text)) {
        require(cgroups::parse_limit(text).has_value());
    }
    if (const auto pressure = cgroups::parse_pressure(text)) {
        require(pressure->lately >= 0 && pressure->lately <= 100 && pressure->in_all.count() >= 0);
    }
    if (const auto pids = cgroups::parse_procs(text)) {
        for (const pid_t pid : *pids) {
            require(pid > 0);
        }
    }
    const auto mounts = cgroups::parse_mounts(text);
    for (const auto& membership : cgroups::parse_memberships(text)) {
        require(membership.path.starts_with('/'));
        for (const auto& mount : mounts) {
            if (const auto path = cgroups::below_root(membership.path, mount.root)) {
                require(path->starts_with('/'));
            }
        }
    }
    for (const std::string_view word : cgroups::parse_words(text)) {
        require(!word.empty());
    }
    (void)cgroups::parse_key(text, "MemAvailable:"); // any answer is fine
    return 0;
}
