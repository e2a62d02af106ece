// SPDX-License-Identifier: MIT
#include "recycler/ctl/input/app_choice.hpp"

#include "recycler/control/reach.hpp"
#include "recycler/control/socket.hpp"
#include "recycler/ctl/exit_codes.hpp"
#include "recycler/ctl/render/text.hpp"

#include <algorithm>

namespace recycler::ctl {

namespace {

bool has_slot(const RunningApp& app, const std::string& word) {
    return std::ranges::any_of(app.slots, [&](const control::SlotStatus& slot) {
        return slot.slot == word || slot.address == word;
    });
}

bool has_all(const RunningApp& app, const std::vector<std::string>& slots) {
    return std::ranges::all_of(slots, [&](const auto& slot) { return has_slot(app, slot); });
}

std::string names_of(const std::vector<RunningApp>& apps) {
    std::vector<std::string> names;
    for (const RunningApp& app : apps) {
        names.push_back(app.name);
    }
    return joined(names, ", ");
}

std::string advice(const RunningApp& app, const Wanted& wanted) {
    return "say which, such as: recyclerctl --app " + app.name + " " + wanted.typed;
}

// What the daemon of `app` shows of its slots; none when it does not let us see.
std::vector<control::SlotStatus> slots_of(const std::string& app, int interrupt) {
    auto client = control::Client::connect(app, interrupt);
    auto* connected = std::get_if<control::Client>(&client);
    if (connected == nullptr) {
        return {};
    }
    auto answer = connected->call(control::StatusCall{});
    auto* reply = std::get_if<control::Reply>(&answer);
    return reply == nullptr ? std::vector<control::SlotStatus>{}
                            : std::get<control::Snapshot>(std::move(*reply)).slots;
}

} // namespace

std::variant<std::string, NoChoice> choose_app(const std::vector<RunningApp>& running,
                                               const Wanted& wanted) {
    if (running.empty()) {
        return NoChoice{k_exit_no_daemon, "no app runs here (recyclerctl looked in " +
                                              control::runtime_folder() + ")"};
    }
    // Its daemon can say best what is wrong with a slot.
    if (running.size() == 1) {
        return running.front().name;
    }
    const std::string slots = joined(wanted.slots, ", ");
    std::vector<RunningApp> matching;
    std::ranges::copy_if(running, std::back_inserter(matching),
                         [&](const RunningApp& app) { return has_all(app, wanted.slots); });
    if (matching.size() == 1) {
        return matching.front().name;
    }
    if (matching.empty()) {
        return NoChoice{k_exit_no_daemon, "no running app has the slot " + slots +
                                              "; these run: " + names_of(running)};
    }
    const std::string what =
        wanted.slots.empty() ? "several apps run: " + names_of(matching)
                             : "several apps have the slot " + slots + ": " + names_of(matching);
    return NoChoice{k_exit_usage, what + "; " + advice(matching.front(), wanted)};
}

std::variant<std::string, NoChoice> find_app(const Wanted& wanted, int interrupt) {
    std::vector<RunningApp> running;
    for (std::string& name : control::listening_apps()) {
        running.push_back({std::move(name), {}});
    }
    if (running.size() > 1 && !wanted.slots.empty()) {
        for (RunningApp& app : running) {
            app.slots = slots_of(app.name, interrupt);
        }
    }
    return choose_app(running, wanted);
}

} // namespace recycler::ctl
