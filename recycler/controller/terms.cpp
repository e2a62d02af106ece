// SPDX-License-Identifier: MIT
#include "recycler/controller/terms.hpp"

#include "cgroups/proc_usage.hpp"
#include "policies/capabilities.hpp"
#include "policies/parse.hpp"
#include "recycler/controller/log.hpp"
#include "recycler/controller/open_chronicle.hpp"
#include "recycler/controller/reserved_names.hpp"
#include "recycler/keeper/protocol/protocol.hpp"
#include "recycler/slots/ledger/ledger.hpp"
#include "recycler/worker/listen/exposure.hpp"
#include "recycler/worker/spawn/capabilities.hpp"
#include "recycler/worker/spawn/profile.hpp"
#include "recycler/worker/spawn/trusted_file.hpp"

#include <cstdio>
#include <linux/capability.h>
#include <sysexits.h>
#include <unistd.h>

namespace recycler::controller {

namespace {

// So many workers more than slots the keeper has room for: the replacements of handovers under way.
constexpr std::size_t k_room_for_handovers = 128;
static_assert(slots::k_most_slots + k_room_for_handovers <= keeper::k_max_workers);

policies::Host this_host() {
    const auto ram = cgroups::host_ram();
    return {.ram = ram ? *ram : Bytes{0}};
}

Result<void> have_profile_text(policies::Policy& policy, const Accepted* accepted) {
    policies::SeccompProfile* const profile = policies::profile_of(policy.sandbox.seccomp);
    if (accepted == nullptr || profile == nullptr) {
        return worker::read_profile_file(policy);
    }
    profile->text = accepted->profile;
    return {};
}

std::optional<CannotStart> load_profile(Terms& terms, const Accepted* accepted) {
    if (const auto read = have_profile_text(terms.policy, accepted); !read) {
        return CannotStart{EX_CONFIG, read.error().message()};
    }
    auto made = worker::make_profile(terms.policy);
    if (const auto* wrong = std::get_if<worker::ProfileFaults>(&made)) {
        return CannotStart{EX_CONFIG, policies::render(wrong->faults, wrong->file, wrong->text)};
    }
    if (auto& profile = std::get<std::optional<worker::MadeProfile>>(made)) {
        terms.filter = std::move(profile->filter);
    }
    return std::nullopt;
}

std::variant<Terms, CannotStart> load_policy(const Arguments& arguments, const Accepted* accepted) {
    auto text = accepted != nullptr ? Result(accepted->text)
                                    : worker::read_trusted(arguments.policy_path, "the policy",
                                                           policies::k_longest_policy);
    if (!text) {
        return CannotStart{EX_CONFIG, text.error().message()};
    }
    auto parsed = policies::parse(*text, arguments.stem, this_host());
    if (const auto* faults = std::get_if<std::vector<policies::Fault>>(&parsed)) {
        return CannotStart{EX_CONFIG, policies::render(*faults, arguments.policy_path, *text)};
    }
    Terms terms;
    terms.policy = std::get<policies::Policy>(std::move(parsed));
    terms.text = std::move(*text);
    if (terms.policy.report.file.empty()) {
        terms.policy.report.file = "/var/lib/recycler/" + terms.policy.app.name + "/events.jsonl";
    }
    if (auto trouble = load_profile(terms, accepted)) {
        return std::move(*trouble);
    }
    if (auto free = check_listen(terms.policy.app); !free && accepted == nullptr) {
        return CannotStart{EX_CONFIG, free.error().message()};
    }
    const auto good =
        accepted != nullptr
            ? Result<void>()
            : worker::trust_inputs(terms.policy, arguments.policy_path, terms.policy.app);
    if (!good) {
        return CannotStart{EX_CONFIG, good.error().message()};
    }
    return terms;
}

CannotStart unknown_account(const Error& error, const std::string& keys) {
    return {EX_CONFIG, error.message() + "; set " + keys + " to accounts of this machine"};
}

// Who the workers run as. Only root can choose; root must choose.
std::optional<CannotStart> resolve_worker(Terms& terms) {
    const policies::App& app = terms.policy.app;
    const bool root = ::geteuid() == 0;
    if (root && app.user.empty()) {
        return CannotStart{EX_CONFIG, "app.user is not set, and workers are not run as root by "
                                      "accident: set user = \"www-data\" "
                                      "(or user = \"root\" if that is meant)"};
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
    terms.account = std::move(*account);
    return std::nullopt;
}

// Who else is named: owners of sockets, and who may give orders.
std::optional<CannotStart> resolve_others(Terms& terms) {
    const auto owner = resolve_socket_owner(terms.policy.app);
    if (!owner) {
        return unknown_account(owner.error(), "app.socket_user and app.socket_group");
    }
    terms.socket_owner = *owner;
    if (!terms.policy.control.group.empty()) {
        const auto group = worker::resolve_group(terms.policy.control.group);
        if (!group) {
            return unknown_account(group.error(), "control.group");
        }
        terms.control_group = *group;
    }
    return std::nullopt;
}

// As root we write into no folder where a worker, or whoever else, could put a link in the way.
std::optional<CannotStart> check_report(const Terms& terms) {
    if (logs_to_journal()) {
        return std::nullopt;
    }
    const auto good = worker::trust_report(terms.policy.report.file, terms.account.uid);
    return good ? std::nullopt : std::optional(CannotStart{EX_CONFIG, good.error().message()});
}

// A capability can be handed on by who has it and may hand them on.
std::optional<CannotStart> check_capabilities(const Terms& terms) {
    if (!terms.policy.sandbox.capabilities) {
        return std::nullopt;
    }
    std::string missing = worker::have_capability(CAP_SETPCAP) ? "" : "CAP_SETPCAP";
    const std::uint64_t bits = policies::bits_of(*terms.policy.sandbox.capabilities);
    for (std::size_t number = 0; number < policies::k_capabilities.size(); ++number) {
        const bool wanted = (bits >> number & 1) != 0;
        if (wanted && !worker::have_capability(static_cast<int>(number))) {
            missing +=
                (missing.empty() ? "" : ", ") + std::string(policies::k_capabilities[number]);
        }
    }
    if (missing.empty()) {
        return std::nullopt;
    }
    return CannotStart{EX_OSERR, "sandbox.capabilities cannot be had: the daemon itself has no " +
                                     missing +
                                     "; start it as root, or add it to CapabilityBoundingSet= of "
                                     "its unit"};
}

// The kernel loads a filter for who gives up privileges, or has that capability.
std::optional<CannotStart> check_rights(const Terms& terms) {
    const bool must_have = !terms.filter.program.empty() && !terms.policy.sandbox.no_new_privileges;
    if (must_have && !worker::have_capability(CAP_SYS_ADMIN)) {
        return CannotStart{EX_OSERR,
                           "sandbox.no_new_privileges is false, and then only a daemon with "
                           "CAP_SYS_ADMIN can load a system call filter: leave the key out, or "
                           "set sandbox.seccomp = \"off\""};
    }
    return std::nullopt;
}

} // namespace

std::variant<Terms, CannotStart> read_terms(const Arguments& arguments, const Accepted* accepted) {
    auto loaded = load_policy(arguments, accepted);
    auto* terms = std::get_if<Terms>(&loaded);
    if (terms == nullptr) {
        return loaded;
    }
    if (terms->policy.app.listen.size() > slots::k_most_slots) {
        return CannotStart{EX_CONFIG, "app.listen names more than " +
                                          std::to_string(slots::k_most_slots) +
                                          " addresses, all that one recyclerd keeps: split the "
                                          "app into several policies"};
    }
    if (auto trouble = resolve_worker(*terms)) {
        return std::move(*trouble);
    }
    if (auto trouble = resolve_others(*terms)) {
        return std::move(*trouble);
    }
    if (auto trouble = accepted != nullptr ? std::nullopt : check_report(*terms)) {
        return std::move(*trouble);
    }
    if (auto trouble = check_capabilities(*terms)) {
        return std::move(*trouble);
    }
    if (auto trouble = check_rights(*terms)) {
        return std::move(*trouble);
    }
    return loaded;
}

void warn_of(const Terms& terms) {
    for (const auto& warning : worker::exposed_folders(terms.policy.app)) {
        log::say(log::Level::warning, warning);
    }
}

Accepted accepted_now(const Terms& terms, WallTime now, const SlotTable& slots) {
    return {.text = terms.text,
            .profile = profile_text(terms.policy),
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
    } else if (const auto good = worker::trust_report_of(std::get<Terms>(loaded).policy); !good) {
        trouble = CannotStart{EX_CONFIG, good.error().message()};
    }
    if (trouble) {
        (void)std::fprintf(stderr, "%s\n", trouble->reason.c_str());
        return trouble->code;
    }
    (void)std::printf("%s: no faults\n", arguments.policy_path.c_str());
    for (const auto& warning : worker::exposed_folders(std::get<Terms>(loaded).policy.app)) {
        (void)std::printf("warning: %s\n", warning.c_str());
    }
    return 0;
}

} // namespace recycler::controller
