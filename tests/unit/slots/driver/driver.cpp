// SPDX-License-Identifier: MIT
#include "tests/unit/slots/driver/driver.hpp"

#include <doctest/doctest.h>
#include <memory>

namespace recycler::slots {

namespace {

std::string name(SlotId id) {
    return id == k_spare_slot ? "spare" : std::to_string(id.index);
}
std::string name(WorkerId id) {
    return name(id.slot) + "." + std::to_string(id.generation);
}
std::string name(ListenerId id) {
    return name(id.slot) + "/" + std::to_string(id.serial);
}
std::string name(Order order) {
    constexpr std::array names{"nothing",   "recycle", "stop",         "hung",
                               "drain-cut", "cancel",  "start-timeout"};
    return names.at(static_cast<std::size_t>(order));
}

// An order in words; empty for what only looks or tells.
struct InWords {
    std::string operator()(const OpenListener& a) const {
        const bool beside = a.opening == Opening::joined && a.beside.serial != 0;
        return (a.opening == Opening::hidden  ? "open hidden "
                : a.opening == Opening::apart ? "open apart "
                                              : "open ") +
               name(a.listener) + (beside ? " beside " + name(a.beside) : "");
    }
    std::string operator()(const CloseListener& a) const { return "close " + name(a.listener); }
    std::string operator()(const ShowListener& a) const { return "show " + name(a.listener); }
    std::string operator()(const HideListener& a) const { return "hide " + name(a.listener); }
    std::string operator()(const Steer& a) const {
        return "steer " + name(a.listener) + " to " + std::to_string(a.index);
    }
    std::string operator()(const Launch& a) const {
        if (a.worker.slot == k_spare_slot) {
            return "launch " + name(a.worker);
        }
        return "launch " + name(a.worker) + " on " + name(a.listener) +
               (a.spare ? " from " + name(*a.spare) : "");
    }
    std::string operator()(const Park& a) const { return "park " + name(a.worker); }
    std::string operator()(const Unpark& a) const { return "unpark " + name(a.worker); }
    std::string operator()(const Freeze& a) const { return "freeze " + name(a.worker); }
    std::string operator()(const Thaw& a) const { return "thaw " + name(a.worker); }
    std::string operator()(const StopWorker& a) const { return "stop " + name(a.worker); }
    std::string operator()(const KillWorker& a) const { return "kill " + name(a.worker); }
    std::string operator()(const Examine& a) const { return "examine " + name(a.worker); }
    std::string operator()(const RecordEnd& a) const {
        return "record " + name(a.worker) + " after " + name(a.order) +
               (a.trigger ? " for " + std::string(to_string(*a.trigger)) : "");
    }
    std::string operator()(const Forget& a) const { return "forget " + name(a.worker); }
    std::string operator()(const Reply& a) const {
        constexpr std::array outcomes{"done", "refused", "timed out"};
        return "answer " + std::to_string(a.request) + " " +
               outcomes.at(static_cast<std::size_t>(a.outcome));
    }
    std::string operator()(const LetRest& a) const {
        constexpr std::array what{"rests", "is handed on", "is ended", "rests no more"};
        return "what " + name(a.worker) + " keeps " + what.at(static_cast<std::size_t>(a.resting)) +
               (a.back ? " but gives back " + name(*a.back) : "");
    }
    std::string operator()(const RouteChannel& a) const {
        std::string text = "route " + std::to_string(a.slot.index) + " to";
        for (const SlotId target : a.route.targets) {
            text += " " + std::to_string(target.index);
        }
        return text + (a.route.ended ? " nobody" : a.route.targets.empty() ? " itself" : "");
    }
    std::string operator()(const Finish&) const { return "finish"; }
    std::string operator()(const LookReady&) const { return {}; }
    std::string operator()(const LookIdle&) const { return {}; }
    std::string operator()(const LookHeeding&) const { return {}; }
    std::string operator()(const TakeSample&) const { return {}; }
    std::string operator()(const LookRoom&) const { return {}; }
    std::string operator()(const LookHolders&) const { return {}; }
    std::string operator()(const TurnAway&) const { return {}; }
    std::string operator()(const Announce& a) const {
        return a.count == 0 ? ""
                            : "tell of " + std::to_string(a.count) + " lost by " +
                                  name(WorkerId{a.slot, a.generation});
    }
    std::string operator()(const SlotGone& a) const {
        return "slot " + std::to_string(a.slot.index) + " gone, next " +
               std::to_string(a.next_generation);
    }
    std::string operator()(const Warn& a) const { return "warn " + std::string(to_string(a.name)); }
};

} // namespace

std::vector<SlotId> first_slots(std::uint16_t count) {
    std::vector<SlotId> slots;
    for (std::uint16_t i = 0; i < count; ++i) {
        slots.push_back({i});
    }
    return slots;
}

policies::Policy policy_with(policies::HandoverMode handover) {
    policies::Policy policy;
    policy.capacity.handover = handover;
    return policy;
}

Driver::Driver(policies::Policy policy, std::uint16_t slots, Machine machine)
    : machine_(machine),
      room_(policy.capacity.handover == policies::HandoverMode::automatic ? std::nullopt
                                                                          : std::optional(64_GiB)),
      decider_(std::move(policy), machine) {
    for (const SlotId id : first_slots(slots)) {
        listeners_.insert({id, 1});
    }
    collect(decider_.begin(now_, first_slots(slots)));
}

Driver& Driver::started(Duration took) {
    advance(took);
    for (const SlotId id : first_slots(static_cast<std::uint16_t>(decider_.slots().size()))) {
        ready(WorkerId{id, 1});
    }
    forget_orders();
    return *this;
}

void Driver::tell(const Event& event) {
    collect(decider_.step(now_, event));
}

void Driver::advance(Duration how_long) {
    const MonoTime end = now_ + how_long;
    int turns = 0;
    for (auto next = decider_.next_deadline(); next && *next <= end;
         next = decider_.next_deadline()) {
        turns = *next > now_ ? 0 : turns + 1;
        if (turns == 5) {
            FAIL("a deadline that was told is still armed");
        }
        now_ = std::max(now_, *next);
        tell(Tick{});
    }
    now_ = end;
}

void Driver::sampled(WorkerId id, Bytes bloat, std::uint64_t served, std::uint64_t accepts) {
    tell(WorkerSampled{id,
                       {.at = now_,
                        .bloat = bloat,
                        .current = bloat,
                        .peak = bloat,
                        .served = served,
                        .accepts = accepts}});
}

void Driver::replace_controller(std::optional<Machine> next) {
    const auto ledger = std::make_unique<Ledger>();
    decider_.write(*ledger);
    std::vector<SlotId> slots;
    for (const Slot& slot : decider_.slots()) {
        slots.push_back(slot.id);
    }
    Holdings holdings{{listeners_.begin(), listeners_.end()}, {workers_.begin(), workers_.end()}};
    if (machine_.keeps) {
        holdings.keeping = holdings.workers;
    }
    decider_ = Decider(policies::Policy(decider_.policy()), next.value_or(machine_));
    forget_orders();
    collect(decider_.adopt(now_, slots, *ledger, holdings));
}

void Driver::collect(std::vector<Action> actions) {
    bool asks_for_room = false;
    for (Action& action : actions) {
        asks_for_room = asks_for_room || std::holds_alternative<LookRoom>(action);
        if (const auto* open = std::get_if<OpenListener>(&action)) {
            listeners_.insert(open->listener);
            if (open->opening != Opening::joined) {
                hidden_.insert(open->listener);
            }
        } else if (const auto* close = std::get_if<CloseListener>(&action)) {
            listeners_.erase(close->listener);
        } else if (const auto* show = std::get_if<ShowListener>(&action)) {
            hidden_.erase(show->listener);
        } else if (const auto* hide = std::get_if<HideListener>(&action)) {
            hidden_.insert(hide->listener);
        } else if (const auto* launch = std::get_if<Launch>(&action)) {
            workers_.insert(launch->worker);
            if (launch->spare) {
                workers_.erase(*launch->spare);
            }
        } else if (const auto* forget = std::get_if<Forget>(&action)) {
            workers_.erase(forget->worker);
        } else if (const auto* turn_away = std::get_if<TurnAway>(&action)) {
            Queues::note(*turn_away);
        } else if (const auto* look = std::get_if<LookHolders>(&action)) {
            Outsiders::note(*look);
        }
        recent_.push_back(std::move(action));
    }
    if (asks_for_room && room_) {
        tell(RoomSeen{*room_});
    }
    for (const HoldersSeen& seen : answers()) {
        tell(seen);
    }
    while (const auto done = carry_out_next()) {
        tell(*done);
    }
}

std::string Driver::orders() {
    std::string all;
    for (const Action& action : std::exchange(recent_, {})) {
        const std::string words = std::visit(InWords{}, action);
        all += (all.empty() || words.empty() ? "" : "; ") + words;
    }
    return all;
}

bool Driver::announced(std::string_view name) const {
    return std::any_of(recent_.begin(), recent_.end(), [&](const Action& action) {
        const auto* announce = std::get_if<Announce>(&action);
        return announce != nullptr && to_string(announce->name) == name;
    });
}

Announce Driver::told(std::string_view name) const {
    const auto found = std::find_if(recent_.rbegin(), recent_.rend(), [&](const Action& action) {
        const auto* announce = std::get_if<Announce>(&action);
        return announce != nullptr && to_string(announce->name) == name;
    });
    REQUIRE(found != recent_.rend());
    return std::get<Announce>(*found);
}

const Slot& Driver::slot(std::uint16_t index) const {
    const auto& slots = decider_.slots();
    const auto found = std::find_if(slots.begin(), slots.end(),
                                    [&](const Slot& s) { return s.id.index == index; });
    REQUIRE(found != slots.end());
    return *found;
}

std::string Driver::waits_for(std::uint16_t index) const {
    const auto& due = slot(index).due;
    return due ? due->waiting_for : "not due";
}

std::set<ListenerId> Driver::shown(std::uint16_t index) const {
    std::set<ListenerId> shown;
    for (const ListenerId id : listeners_) {
        if (id.slot.index == index && !hidden_.contains(id)) {
            shown.insert(id);
        }
    }
    return shown;
}

} // namespace recycler::slots
