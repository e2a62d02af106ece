// SPDX-License-Identifier: MIT
#include "policies/parsing/resolve.hpp"

#include "policies/parsing/listen.hpp"
#include "policies/units.hpp"
#include "recycler/base/text/characters.hpp"
#include "recycler/base/text/escape.hpp"

#include <algorithm>

namespace policies::parsing {
namespace text = recycler::text;
namespace {

// Room for ".service", "recycler@" and a suffix below NAME_MAX (255).
constexpr std::size_t k_longest_name = 64;

// The name becomes a folder below /run/recycler and part of a unit's name.
bool is_usable_name(std::string_view name) {
    const auto letter_or_digit = [](char c) { return text::is_letter(c) || text::is_digit(c); };
    const auto allowed = [&](char c) {
        return letter_or_digit(c) || c == '_' || c == '-' || c == '.';
    };
    return !name.empty() && name.size() <= k_longest_name && letter_or_digit(name.front()) &&
           std::all_of(name.begin(), name.end(), allowed);
}

void resolve_name(Draft& draft) {
    const bool given = draft.given("app.name");
    if (!given) {
        draft.policy.app.name = draft.stem;
    }
    const std::string& name = draft.policy.app.name;
    // A given name that could not be read has been blamed already.
    if (is_usable_name(name) || (given && name.empty())) {
        return;
    }
    draft.blame(
        draft.place_of("app.name"), "app.name",
        {text::quoted(name) +
             (given ? " cannot name an app" : ", the file's name, cannot name an app"),
         "use at most 64 letters, digits, '_', '-' and '.', and begin with a letter or digit"});
}

// Blames the first address of `listen` that another one names already: slots, cgroups and records
// are named by port.
void check_new(Draft& draft, const ListenText& listen, const std::vector<Address>& addresses) {
    const auto& known = draft.policy.app.listen;
    for (const Address& address : addresses) {
        const auto twin = std::find_if(known.begin(), known.end(), [&](const Address& other) {
            return slot_name(other) == slot_name(address);
        });
        if (twin == known.end()) {
            continue;
        }
        const bool tcp = std::holds_alternative<TcpAddress>(address);
        draft.blame(listen.at, "app.listen",
                    {(tcp ? "port " : "socket ") + slot_name(address) + " is listed twice",
                     *twin == address
                         ? ""
                         : "it is the name of the slot, so no other address may have it"});
        return;
    }
}

void resolve_listen(Draft& draft) {
    bool per_worker = false;
    for (const ListenText& listen : draft.listen) {
        per_worker = per_worker || listen.text.find("%s") != std::string::npos;
        auto parsed = parse_listen(listen.text, draft.workers);
        if (auto* problem = std::get_if<Problem>(&parsed)) {
            const bool blamed = per_worker && !draft.workers && draft.given("app.workers");
            if (!blamed) {
                draft.blame(listen.at, "app.listen", std::move(*problem));
            }
            continue;
        }
        const auto& addresses = std::get<std::vector<Address>>(parsed);
        check_new(draft, listen, addresses);
        auto& all = draft.policy.app.listen;
        all.insert(all.end(), addresses.begin(), addresses.end());
        if (all.size() > k_most_slots) {
            draft.blame(listen.at, "app.listen",
                        {"these are more than " + std::to_string(k_most_slots) + " workers", ""});
            return;
        }
    }
    if (draft.workers && !per_worker && !draft.listen.empty()) {
        draft.blame(draft.place_of("app.workers"), "app.workers",
                    {"listen already says how many workers there are",
                     "write workers only with %s in listen; remove it here"});
    }
}

void check_spare_name(Draft& draft) {
    const bool taken = std::ranges::any_of(draft.policy.app.listen, [](const Address& address) {
        return slot_name(address) == k_spare_name;
    });
    if (taken && draft.policy.capacity.spares > 0) {
        draft.blame(draft.place_of("app.listen"), "app.listen",
                    {"no slot can be called \"spare\" where there are spares: that is their name",
                     "give the socket another file name, such as spare.sock"});
    }
}

void resolve_recycle_memory(Draft& draft) {
    const auto max = draft.policy.memory.max;
    auto& memory = draft.policy.recycle.memory;
    if (const auto* size = std::get_if<Bytes>(&draft.recycle_memory)) {
        memory = *size;
    } else if (const auto* part = std::get_if<Percent>(&draft.recycle_memory)) {
        if (max) {
            memory = part_of(*part, *max);
        } else if (!draft.given("memory.max")) {
            draft.blame(draft.place_of("recycle.memory"), "recycle.memory",
                        {"this is a percentage of memory.max, which is not set",
                         "set memory.max, or write a size"});
        }
    } else if (max && std::holds_alternative<std::monostate>(draft.recycle_memory)) {
        memory = part_of(Percent{80}, *max);
    }
}

} // namespace

void resolve(Draft& draft) {
    resolve_name(draft);
    resolve_listen(draft);
    check_spare_name(draft);
    resolve_recycle_memory(draft);
    if (draft.policy.report.file.empty()) {
        draft.policy.report.file = "/var/lib/recycler/" + draft.policy.app.name + "/events.jsonl";
    }
}

void find_contradictions(Draft& draft) {
    const Policy& policy = draft.policy;
    const auto max = policy.memory.max;
    if (max && policy.recycle.memory && *policy.recycle.memory >= *max) {
        draft.blame(draft.place_of("recycle.memory"), "recycle.memory",
                    {"the kernel kills at memory.max (" + to_text(*max) +
                         ") before a worker is retired at " + to_text(*policy.recycle.memory),
                     "write less than memory.max, such as \"80%\""});
    }
    if (draft.given("recycle.memory") && policy.recycle.memory == Bytes{0}) {
        draft.blame(draft.place_of("recycle.memory"), "recycle.memory",
                    {"at 0 every worker would be due at once", "write \"off\" to switch it off"});
    }
    if (max && policy.memory.app_max && *max > *policy.memory.app_max) {
        draft.blame(draft.place_of("memory.app_max"), "memory.app_max",
                    {"all workers together get less (" + to_text(*policy.memory.app_max) +
                         ") than one of them (" + to_text(*max) + ")",
                     "write more than memory.max"});
    }
    const auto* wait = std::get_if<Duration>(&policy.start.ready);
    if (wait != nullptr && *wait >= policy.start.timeout) {
        draft.blame(draft.place_of("start.ready"), "start.ready",
                    {"start.timeout would end a worker after " + to_text(policy.start.timeout) +
                         ", before it counts as ready",
                     "write less than start.timeout"});
    }
}

} // namespace policies::parsing
