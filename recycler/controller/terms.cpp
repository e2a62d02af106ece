#include "recycler/controller/terms.hpp"

#include "cgroups/proc_usage.hpp"
#include "policies/parse.hpp"
#include "recycler/controller/policy_file.hpp"
#include "recycler/keeper/protocol.hpp"

#include <cstdio>
#include <sysexits.h>
#include <unistd.h>

namespace recycler::controller {

namespace {

// So many workers more than slots the keeper has room for: the replacements of handovers under way.
constexpr std::size_t k_room_for_handovers = 32;
constexpr std::size_t k_most_slots = keeper::k_max_workers - k_room_for_handovers;

policies::Host this_host() {
    const auto ram = cgroups::host_ram();
    return {.ram = ram ? *ram : Bytes{0}};
}

std::variant<Terms, CannotStart> load_policy(const Arguments& arguments,
                                             const std::optional<std::string>& accepted) {
    auto text = accepted ? Result(*accepted) : read_policy_file(arguments.policy_path);
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
    const policies::App& app = terms.policy.app;
    if (!app.socket_user.empty() || !app.socket_group.empty()) {
        const auto owner = worker::resolve_account(app.socket_user, app.socket_group);
        if (!owner) {
            return unknown_account(owner.error(), "app.socket_user and app.socket_group");
        }
    }
    if (!terms.policy.control.group.empty()) {
        const auto group = worker::resolve_group(terms.policy.control.group);
        if (!group) {
            return unknown_account(group.error(), "control.group");
        }
        terms.control_group = *group;
    }
    return std::nullopt;
}

} // namespace

std::variant<Terms, CannotStart> read_terms(const Arguments& arguments,
                                            const std::optional<std::string>& accepted) {
    auto loaded = load_policy(arguments, accepted);
    auto* terms = std::get_if<Terms>(&loaded);
    if (terms == nullptr) {
        return loaded;
    }
    if (terms->policy.app.listen.size() > k_most_slots) {
        return CannotStart{EX_CONFIG, "app.listen names more than " + std::to_string(k_most_slots) +
                                          " addresses, all that one recyclerd keeps: split the "
                                          "app into several policies"};
    }
    if (auto trouble = resolve_worker(*terms)) {
        return std::move(*trouble);
    }
    if (auto trouble = resolve_others(*terms)) {
        return std::move(*trouble);
    }
    return loaded;
}

int check_policy(const Arguments& arguments) {
    const auto loaded = load_policy(arguments, std::nullopt);
    if (const auto* cannot = std::get_if<CannotStart>(&loaded)) {
        (void)std::fprintf(stderr, "%s\n", cannot->reason.c_str());
        return cannot->code;
    }
    (void)std::printf("%s: no faults\n", arguments.policy_path.c_str());
    return 0;
}

} // namespace recycler::controller
