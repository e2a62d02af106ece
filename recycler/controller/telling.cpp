// SPDX-License-Identifier: MIT
#include "recycler/controller/telling.hpp"

#include "recycler/base/text/join.hpp"

namespace recycler::controller {

void Telling::announce_if_new(const std::string& what, control::EventLine line) {
    if (complaints_.is_new(what, uses_.loop.now())) {
        announce(std::move(line));
    }
}

void Telling::complain(const Error& error) {
    const std::string message = error.message();
    if (complaints_.is_new(message, uses_.loop.now())) {
        announce({.at = uses_.loop.wall_now(),
                  .event = control::name_of(EventName::trouble),
                  .members = {{"text", message}}});
    }
}

void Telling::carry_out(const slots::Announce& action) {
    control::EventLine line{.at = uses_.loop.wall_now(),
                            .event = control::name_of(action.name),
                            .slot = uses_.slots.name(action.slot)};
    if (action.generation != 0) {
        line.generation = action.generation;
    }
    if (action.trigger) {
        line.members.emplace_back("trigger", std::string(to_string(*action.trigger)));
    }
    if (action.count > 0) {
        line.members.emplace_back("count", std::int64_t{action.count});
        const auto end = uses_.event_log.last_end(*line.slot);
        if (end && end->generation == action.generation) {
            line.members.emplace_back("verdict", end->verdict);
        }
    }
    if (!action.requests.empty()) {
        line.members.emplace_back("requests", text::joined(action.requests, ", "));
    }
    if (!action.text.empty()) {
        line.members.emplace_back("text", action.text);
    }
    announce(std::move(line));
}

void Telling::carry_out(const slots::Warn& action) {
    control::EventLine line{.at = uses_.loop.wall_now(), .event = control::name_of(action.name)};
    if (action.count) {
        line.members.emplace_back("count", static_cast<std::int64_t>(*action.count));
    }
    line.members.emplace_back("text", action.text);
    announce(std::move(line));
}

} // namespace recycler::controller
