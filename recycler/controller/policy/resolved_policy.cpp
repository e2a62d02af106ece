// SPDX-License-Identifier: MIT
#include "recycler/controller/policy/resolved_policy.hpp"

#include "cgroups/proc_usage.hpp"
#include "policies/capabilities.hpp"
#include "policies/parse.hpp"
#include "recycler/base/text/join.hpp"
#include "recycler/controller/start/reserved_names.hpp"
#include "recycler/events/log.hpp"
#include "recycler/events/open_event_log.hpp"
#include "recycler/keeper/protocol/protocol.hpp"
#include "recycler/slots/ledger/ledger.hpp"
#include "recycler/worker/listen/exposure.hpp"
#include "recycler/worker/spawn/exec_size.hpp"
#include "recycler/worker/spawn/isolating.hpp"
#include "recycler/worker/spawn/profile.hpp"
#include "recycler/worker/spawn/trusted_file.hpp"

#include <cstdio>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

namespace recycler::controller {

namespace {

// So many workers more than slots the keeper has room for: the replacements of handovers under way.
constexpr std::size_t k_room_for_handovers = 128;
static_assert(slots::k_most_slots + k_room_for_handovers <= keeper::k_max_workers);

constexpr int k_niceness_of_limit = 20; // setrlimit(2): RLIMIT_NICE allows 20 less the limit

policies::Host this_host() {
    const auto ram = cgroups::host_ram();
    return {.ram = ram ? *ram : Bytes{0}};
}

Result<void> have_profile_text(policies::Policy& policy, const PolicyInForce* in_force) {
    policies::SeccompProfile* const profile = policies::profile_of(policy.sandbox.seccomp);
    if (in_force == nullptr || profile == nullptr) {
        return worker::read_profile_file(policy);
    }
    profile->text = in_force->profile;
    return {};
}

std::optional<CannotStart> load_profile(ResolvedPolicy& resolved, const PolicyInForce* in_force) {
    if (const auto read = have_profile_text(resolved.policy, in_force); !read) {
        return CannotStart{EX_CONFIG, read.error().message()};
    }
    auto made = worker::make_profile(resolved.policy);
    if (const auto* wrong = std::get_if<worker::ProfileFaults>(&made)) {
        return CannotStart{EX_CONFIG, policies::render(wrong->faults, wrong->file, wrong->text)};
    }
    if (auto& profile = std::get<std::optional<worker::MadeProfile>>(made)) {
        resolved.filter = std::move(profile->filter);
        resolved.forbidden_to_rest =
            worker::keep_no_connections_under(profile->profile, resolved.policy.app);
    }
    return std::nullopt;
}

std::variant<ResolvedPolicy, CannotStart> load_policy(const Arguments& arguments,
                                                      const PolicyInForce* in_force) {
    auto text = in_force != nullptr ? Result(in_force->text)
                                    : worker::read_trusted(arguments.policy_path, "the policy",
                                                           policies::k_longest_policy);
    if (!text) {
        return CannotStart{EX_CONFIG, text.error().message()};
    }
    auto parsed = policies::parse(*text, arguments.stem, this_host());
    if (const auto* faults = std::get_if<std::vector<policies::Fault>>(&parsed)) {
        return CannotStart{EX_CONFIG, policies::render(*faults, arguments.policy_path, *text)};
    }
    ResolvedPolicy resolved;
    resolved.policy = std::get<policies::Policy>(std::move(parsed));
    resolved.text = std::move(*text);
    if (resolved.policy.report.file.empty()) {
        resolved.policy.report.file =
            "/var/lib/recycler/" + resolved.policy.app.name + "/events.jsonl";
    }
    if (auto trouble = load_profile(resolved, in_force)) {
        return std::move(*trouble);
    }
    if (auto fits = worker::check_exec_size(resolved.policy.app, worker::exec_limits());
        !fits && in_force == nullptr) {
        return CannotStart{EX_CONFIG, fits.error().message()};
    }
    if (auto free = check_listen(resolved.policy.app); !free && in_force == nullptr) {
        return CannotStart{EX_CONFIG, free.error().message()};
    }
    const auto good =
        in_force != nullptr
            ? Result<void>()
            : worker::trust_inputs(resolved.policy, arguments.policy_path, resolved.policy.app);
    if (!good) {
        return CannotStart{EX_CONFIG, good.error().message()};
    }
    return resolved;
}

CannotStart unknown_account(const Error& error, const std::string& keys) {
    return {EX_CONFIG, error.message() + "; set " + keys + " to accounts of this machine"};
}

// Who the workers run as. Only root can choose; root must choose.
std::optional<CannotStart> resolve_worker(ResolvedPolicy& resolved) {
    const policies::App& app = resolved.policy.app;
    const bool root = ::geteuid() == 0;
    if (root && app.user.empty()) {
        return CannotStart{EX_CONFIG, "app.user is not set, and Recycler does not run workers as "
                                      "root by accident: set user = \"www-data\" "
                                      "(or user = \"root\" if you mean that)"};
    }
    auto account = worker::resolve_account(app.user, app.group);
    if (!account) {
        return unknown_account(account.error(), "app.user and app.group");
    }
    if (!root && account->uid != ::geteuid()) {
        return CannotStart{EX_OSERR, "app.user is \"" + app.user +
                                         "\", and only root can start workers as another user: "
                                         "start recyclerd as root, or leave app.user out"};
    }
    resolved.account = std::move(*account);
    return std::nullopt;
}

// Who else is named: owners of sockets, and who may give orders.
std::optional<CannotStart> resolve_others(ResolvedPolicy& resolved) {
    const auto owner = resolve_socket_owner(resolved.policy.app);
    if (!owner) {
        return unknown_account(owner.error(), "app.socket_user and app.socket_group");
    }
    resolved.socket_owner = *owner;
    if (!resolved.policy.control.group.empty()) {
        const auto group = worker::resolve_group(resolved.policy.control.group);
        if (!group) {
            return unknown_account(group.error(), "control.group");
        }
        resolved.control_group = *group;
    }
    return std::nullopt;
}

// As root we write into no folder where a worker, or whoever else, could put a link in the way.
std::optional<CannotStart> check_report(const ResolvedPolicy& resolved) {
    if (events::logs_to_journal()) {
        return std::nullopt;
    }
    const auto good = worker::trust_report(resolved.policy.report.file, resolved.account.uid);
    return good ? std::nullopt : std::optional(CannotStart{EX_CONFIG, good.error().message()});
}

// A capability can be handed on by who has it and may hand them on.
std::optional<CannotStart> check_capabilities(const ResolvedPolicy& resolved) {
    if (!resolved.policy.sandbox.capabilities) {
        return std::nullopt;
    }
    const worker::Capabilities keeper = capabilities_of_keeper();
    const std::uint64_t wanted = policies::bits_of(*resolved.policy.sandbox.capabilities);
    std::string missing = keeper.has(CAP_SETPCAP) ? "" : "CAP_SETPCAP";
    for (std::size_t number = 0; number < policies::k_capabilities.size(); ++number) {
        if (((wanted & ~keeper.effective) >> number & 1) != 0) {
            text::add_to(missing, ", ", policies::k_capabilities[number]);
        }
    }
    if (missing.empty()) {
        return std::nullopt;
    }
    return CannotStart{
        EX_OSERR,
        "the daemon cannot give workers their sandbox.capabilities, because it has no " + missing +
            "; start it as root, or add it to CapabilityBoundingSet= of "
            "its unit. A running daemon has only what it uses and what its policy listed when "
            "it started: restart it"};
}

// Without that capability the kernel lets nobody go ahead of the daemon.
std::optional<CannotStart> check_niceness(const ResolvedPolicy& resolved) {
    const int wanted = resolved.policy.sandbox.nice;
    rlimit limit{};
    const bool is_allowed =
        wanted >= ::getpriority(PRIO_PROCESS, static_cast<id_t>(::getppid())) ||
        capabilities_of_keeper().has(CAP_SYS_NICE) ||
        (::getrlimit(RLIMIT_NICE, &limit) == 0 &&
         static_cast<std::int64_t>(limit.rlim_cur) >= k_niceness_of_limit - wanted);
    if (is_allowed) {
        return std::nullopt;
    }
    return CannotStart{EX_OSERR,
                       "the daemon cannot give workers sandbox.nice = " + std::to_string(wanted) +
                           ", because it has no CAP_SYS_NICE; start it as root, or add that to "
                           "CapabilityBoundingSet= of its unit. A running daemon has it only if "
                           "its policy needed it when it started: restart it"};
}

// The kernel loads a filter for who gives up privileges, or has that capability.
std::optional<CannotStart> check_rights(const ResolvedPolicy& resolved) {
    const bool must_have =
        !resolved.filter.program.empty() && !resolved.policy.sandbox.no_new_privileges;
    if (must_have && !capabilities_of_keeper().has(CAP_SYS_ADMIN)) {
        return CannotStart{
            EX_OSERR,
            "with sandbox.no_new_privileges = false only a daemon with CAP_SYS_ADMIN can load a "
            "system call filter: leave the key out, or set sandbox.seccomp = \"off\""};
    }
    return std::nullopt;
}

} // namespace

worker::Capabilities capabilities_of_keeper() {
    return worker::capabilities_of(::getppid());
}

std::variant<ResolvedPolicy, CannotStart> resolve_policy(const Arguments& arguments,
                                                         const PolicyInForce* in_force) {
    auto loaded = load_policy(arguments, in_force);
    auto* resolved = std::get_if<ResolvedPolicy>(&loaded);
    if (resolved == nullptr) {
        return loaded;
    }
    if (resolved->policy.app.listen.size() > slots::k_most_slots) {
        return CannotStart{EX_CONFIG, "app.listen names more than " +
                                          std::to_string(slots::k_most_slots) +
                                          " addresses, and one recyclerd has no more slots: split "
                                          "the app into several policies"};
    }
    if (auto trouble = resolve_worker(*resolved)) {
        return std::move(*trouble);
    }
    if (auto trouble = resolve_others(*resolved)) {
        return std::move(*trouble);
    }
    if (auto trouble = in_force != nullptr ? std::nullopt : check_report(*resolved)) {
        return std::move(*trouble);
    }
    if (auto trouble = check_capabilities(*resolved)) {
        return std::move(*trouble);
    }
    if (auto trouble = check_niceness(*resolved)) {
        return std::move(*trouble);
    }
    if (auto trouble = check_rights(*resolved)) {
        return std::move(*trouble);
    }
    return loaded;
}

void warn_of(const ResolvedPolicy& resolved) {
    for (const auto& warning : worker::exposed_folders(resolved.policy.app)) {
        events::log::say(events::log::Level::warning, warning);
    }
}

PolicyInForce in_force_now(const ResolvedPolicy& resolved, WallTime now, const SlotTable& slots) {
    return {.text = resolved.text,
            .profile = profile_text(resolved.policy),
            .loaded_at = now,
            .names = slots.names()};
}

std::string profile_text(const policies::Policy& policy) {
    const policies::SeccompProfile* const profile = policies::profile_of(policy.sandbox.seccomp);
    return profile == nullptr ? std::string() : profile->text;
}

int check_policy(const Arguments& arguments) {
    const auto loaded = load_policy(arguments, nullptr);
    std::optional<CannotStart> trouble;
    if (const auto* cannot = std::get_if<CannotStart>(&loaded)) {
        trouble = *cannot;
    } else if (const auto good = worker::trust_report_of(std::get<ResolvedPolicy>(loaded).policy);
               !good) {
        trouble = CannotStart{EX_CONFIG, good.error().message()};
    }
    if (trouble) {
        (void)std::fprintf(stderr, "%s\n", trouble->reason.c_str());
        return trouble->code;
    }
    (void)std::printf("%s: no faults\n", arguments.policy_path.c_str());
    const policies::Policy& policy = std::get<ResolvedPolicy>(loaded).policy;
    for (const auto& warnings :
         {worker::exposed_folders(policy.app), worker::isolation_warnings(policy.sandbox)}) {
        for (const auto& warning : warnings) {
            (void)std::printf("warning: %s\n", warning.c_str());
        }
    }
    return 0;
}

} // namespace recycler::controller
