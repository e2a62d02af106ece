// SPDX-License-Identifier: MIT
// Orders that are refused because of one slot: which, and why, where only a record can tell.
#include "recycler/controller/calls/operators.hpp"

namespace recycler::controller {

namespace {

std::string sentence_of(const control::EventLine& line) {
    for (const auto& [name, value] : line.members) {
        const auto* text = std::get_if<std::string>(&value);
        if (name == "sentence" && text != nullptr) {
            return *text;
        }
    }
    return {};
}

} // namespace

void Operators::refuse(const Waiting& waiting, const slots::Reply& reply) {
    const std::string reason =
        (reply.slot ? "slot " + uses_.slots.name(*reply.slot) + ": " : "") + reply.reason;
    if (reply.failed) {
        refusals_.emplace(uses_.slots.name(*reply.failed), Refusal{waiting.call, reason});
    } else {
        server_->fail(waiting.call, control::Refused{reason});
    }
}

// Of a spare: what it had to say is the fault of the release that was tried. Some ends are
// explained with it anyway.
std::string Operators::said_last(const control::EventLine& ended) const {
    const auto record = ended.slot == uses_.slots.name(k_spare_slot)
                            ? uses_.event_log.last_end(*ended.slot)
                            : std::nullopt;
    const bool known = record && record->generation == ended.generation;
    if (!known || record->stderr_lines.empty() ||
        sentence_of(ended).find(record->stderr_lines.back()) != std::string::npos) {
        return {};
    }
    return " It wrote last: " + record->stderr_lines.back();
}

void Operators::heard(const control::EventLine& line) {
    for (const control::CallId call : followers_) {
        server_->reply_more(call, control::EventsReply{{line}});
    }
    if (refusals_.empty() || line.event != control::name_of(EventName::ended) || !line.slot) {
        return;
    }
    const std::string ended = *line.slot + "." + std::to_string(line.generation.value_or(0));
    const auto [from, to] = refusals_.equal_range(ended);
    const std::string said = said_last(line);
    for (auto each = from; each != to; ++each) {
        server_->fail(each->second.call,
                      control::Refused{each->second.reason + ". " + sentence_of(line) + said});
    }
    refusals_.erase(from, to);
}

} // namespace recycler::controller
