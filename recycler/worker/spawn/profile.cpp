// SPDX-License-Identifier: MIT
#include "recycler/worker/spawn/profile.hpp"

#include "policies/capabilities.hpp"
#include "policies/seccomp/allowed.hpp"
#include "policies/seccomp/built_in.hpp"
#include "policies/seccomp/trial.hpp"
#include "recycler/worker/spawn/trusted_file.hpp"

#include <array>
#include <sys/syscall.h>

namespace recycler::worker {
namespace {

// Where an architecture lacks the first one of a pair, the C library makes the other. Who may not
// accept shall meet that at the start, where a worker calls accept() at once if nothing rests in
// it.
constexpr std::array k_of_resting = std::to_array<std::string_view>({
    "accept",
    "accept4",
    "epoll_create1",
    "epoll_ctl",
#ifdef SYS_epoll_wait
    "epoll_wait",
#else
    "epoll_pwait",
#endif
#ifdef SYS_poll
    "poll",
#else
    "ppoll",
#endif
    "sendmsg",
    "recvmsg",
    "recvfrom",
    "setsockopt",
    "getsockname",
    "getpeername",
    "fcntl",
    "dup3",
    "prlimit64",
    "sched_yield",
});

} // namespace

std::optional<std::string_view> call_that_resting_lacks(const policies::seccomp::Profile& profile) {
    return policies::seccomp::first_not_allowed(profile, k_of_resting);
}

std::string keep_no_connections_under(const policies::seccomp::Profile& profile,
                                      policies::App& app) {
    const auto lacks = call_that_resting_lacks(profile);
    if (!lacks || app.keep_connections == policies::KeepConnections::off) {
        return {};
    }
    app.keep_connections = policies::KeepConnections::off;
    return std::string(*lacks);
}

Result<void> read_profile_file(policies::Policy& policy) {
    policies::SeccompProfile* const named = policies::profile_of(policy.sandbox.seccomp);
    if (named == nullptr) {
        return {};
    }
    auto text =
        read_trusted(named->path, "the seccomp profile", policies::seccomp::k_longest_profile);
    if (!text) {
        return text.error();
    }
    named->text = std::move(*text);
    return {};
}

std::variant<std::optional<MadeProfile>, ProfileFaults>
make_profile(const policies::Policy& policy) {
    const policies::Seccomp& seccomp = policy.sandbox.seccomp;
    if (std::holds_alternative<policies::SeccompOff>(seccomp)) {
        return std::optional<MadeProfile>();
    }
    const policies::SeccompProfile* const named = policies::profile_of(seccomp);
    const std::string file = named == nullptr ? "the default profile" : named->path;
    const std::string text =
        named == nullptr ? std::string(policies::seccomp::built_in_profile()) : named->text;
    auto read =
        policies::seccomp::read_profile(text, this_machine(policies::capabilities_of(policy)));
    if (auto* faults = std::get_if<std::vector<policies::Fault>>(&read)) {
        return ProfileFaults{file, text, std::move(*faults)};
    }
    auto& profile = std::get<policies::seccomp::Profile>(read);
    if (std::holds_alternative<policies::SeccompLog>(seccomp)) {
        profile = policies::seccomp::on_trial(std::move(profile));
    }
    auto made = make_filter(profile);
    if (auto* faults = std::get_if<std::vector<policies::Fault>>(&made)) {
        return ProfileFaults{file, text, std::move(*faults)};
    }
    return std::optional(MadeProfile{std::move(profile), std::get<Filter>(std::move(made))});
}

} // namespace recycler::worker
