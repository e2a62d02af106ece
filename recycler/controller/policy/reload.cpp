// SPDX-License-Identifier: MIT
#include "recycler/controller/policy/reload.hpp"

#include "recycler/base/text/join.hpp"
#include "recycler/controller/act/remedy.hpp"
#include "recycler/controller/policy/listen_spec.hpp"
#include "recycler/controller/start/descriptors.hpp"
#include "recycler/worker/spawn/trusted_file.hpp"

#include <algorithm>
#include <sysexits.h>

namespace recycler::controller {

namespace {

using control::Failure;
using control::PolicyError;
using control::Refused;

// The keys that the daemon takes up at its start alone.
std::vector<std::string_view> need_a_restart(const Present& present, const policies::Policy& after,
                                             const policies::Change& change) {
    std::vector<std::string_view> keys = change.of_daemon;
    if (present.containment.must_reopen_for(after)) {
        keys.emplace_back("limits.cpu_weight");
    }
    const bool required = after.memory.enforcement == policies::Enforcement::required;
    if (required && !present.containment.enforced()) {
        keys.emplace_back("memory.enforcement");
    }
    return keys;
}

// A slot on its way out keeps its name, and its cgroups theirs, until it has gone.
std::optional<Failure> still_leaving(const Present& present, const policies::Change& change) {
    for (const policies::Address& address : change.added) {
        if (const auto slot = present.slots.find(policies::slot_name(address))) {
            const bool goes_with_this =
                std::ranges::find(change.removed, present.slots.address(*slot)) !=
                change.removed.end();
            return Refused{"the slot " + policies::to_string(present.slots.address(*slot)) +
                           (goes_with_this
                                ? " has the same name as the new " + policies::to_string(address) +
                                      ": remove it first, then add the new one"
                                : " is still finishing its requests after it was removed: reload "
                                  "again when it has gone from recyclerctl status")};
        }
    }
    return std::nullopt;
}

void give_up(const std::vector<NewSlot>& added) {
    for (const NewSlot& slot : added) {
        // A name that stays behind is stale, and replaced when its slot is opened again.
        (void)worker::remove_names(slot.address, slot.listener.get());
    }
}

std::variant<std::vector<NewSlot>, Failure> open_listeners(const ResolvedPolicy& resolved,
                                                           const policies::Change& change) {
    std::vector<NewSlot> added;
    for (const policies::Address& address : change.added) {
        auto fd =
            worker::open_first(listen_spec(resolved.policy, resolved.socket_owner, address, 1));
        if (!fd) {
            give_up(added);
            return Refused{with_remedy(fd.error())};
        }
        added.push_back({address, std::move(*fd)});
    }
    return added;
}

Failure as_failure(const CannotStart& cannot) {
    return cannot.code == EX_CONFIG ? Failure(PolicyError{cannot.reason})
                                    : Failure(Refused{cannot.reason});
}

std::string listed(const std::vector<policies::Address>& addresses) {
    return text::joined(addresses, ", ", [](const policies::Address& address) {
        return policies::to_string(address);
    });
}

std::optional<Failure> refusal(const Present& present, const policies::Policy& after,
                               const policies::Change& change) {
    if (const auto keys = need_a_restart(present, after, change); !keys.empty()) {
        return Refused{"a reload cannot change " + text::joined(keys, ", ") +
                       ": restart the daemon (its workers finish their requests first), or restore "
                       "the old value"};
    }
    if (const auto enough = enough_descriptors(after, present.keeper_pid); !enough) {
        return Refused{enough.error().message()};
    }
    return still_leaving(present, change);
}

// Capabilities that are listed are looked for when the policy is resolved.
std::optional<Failure> given_up(const Present& present, const Launching& launching) {
    if (!launching.may_have_any_capability() || present.given_up == 0) {
        return std::nullopt;
    }
    return Refused{"by this policy workers may have any capability, and the daemon has given up "
                   "those that its policy did not need when it started: restart the daemon (its "
                   "workers finish their requests first), or list in sandbox.capabilities what "
                   "the workers need"};
}

} // namespace

std::variant<Prepared, NeedsFreshController, Failure> prepare_reload(const Present& present) {
    auto read = resolve_policy(present.arguments, nullptr);
    if (const auto* cannot = std::get_if<CannotStart>(&read)) {
        if (present.confinement.hides_what(cannot->reason)) {
            return NeedsFreshController{};
        }
        return as_failure(*cannot);
    }
    auto& resolved = std::get<ResolvedPolicy>(read);
    // A worker that can write it would name another user first.
    const auto good =
        worker::trust_inputs(resolved.policy, present.arguments.policy_path, present.policy.app);
    if (!good) {
        return PolicyError{good.error().message()};
    }
    if (!present.confinement.allows(needs_of(resolved.policy, present.own_files))) {
        return NeedsFreshController{};
    }
    policies::Change change = policies::compare(present.policy, resolved.policy);
    if (auto refused = refusal(present, resolved.policy, change)) {
        return std::move(*refused);
    }
    Recorder recorder = find_recorder(resolved.account, present.runtime_folder);
    auto launching = Launching::prepare(resolved, recorder.path, present.permits.isolation(),
                                        present.tracepoints);
    if (!launching) {
        return Failure(PolicyError{launching.error().message()});
    }
    if (auto refused = given_up(present, *launching)) {
        return std::move(*refused);
    }
    if (!present.permits.allow(launching->plan())) {
        return NeedsFreshController{};
    }
    auto opened = open_listeners(resolved, change);
    if (auto* failure = std::get_if<Failure>(&opened)) {
        return std::move(*failure);
    }
    auto& added = std::get<std::vector<NewSlot>>(opened);
    const bool same_app_max = resolved.policy.memory.app_max == present.policy.memory.app_max;
    const auto limited =
        same_app_max ? Result<void>() : present.containment.change_app_max(resolved.policy);
    if (!limited) {
        give_up(added);
        return Failure(Refused{limited.error().message()});
    }
    warn_of(resolved);
    return Prepared{.resolved = std::move(resolved),
                    .change = std::move(change),
                    .recorder = std::move(recorder),
                    .launching = std::move(*launching),
                    .added = std::move(added)};
}

std::vector<std::string> in_sentences(const policies::Change& change) {
    std::vector<std::string> sentences;
    if (!change.added.empty()) {
        sentences.push_back("new slots: " + listed(change.added));
    }
    if (!change.removed.empty()) {
        sentences.push_back("removed slots, which are drained when the new ones serve: " +
                            listed(change.removed));
    }
    if (!change.of_workers.empty()) {
        sentences.push_back("every worker is recycled, one after another, because of " +
                            text::joined(change.of_workers, ", "));
    }
    if (!change.of_settings.empty()) {
        sentences.push_back("in force at once: " + text::joined(change.of_settings, ", "));
    }
    return sentences;
}

} // namespace recycler::controller
