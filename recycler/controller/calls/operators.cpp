// SPDX-License-Identifier: MIT
// Names of slots become ids, calls become facts for the decider, and the decider's answers go back
// to who waits.
#include "recycler/controller/calls/operators.hpp"

#include <algorithm>

namespace recycler::controller {

namespace {

control::Order order_of(const slots::Event& event) {
    if (std::holds_alternative<slots::DrainRequested>(event)) {
        return control::Order::drain;
    }
    return std::holds_alternative<slots::OpenRequested>(event) ? control::Order::open
                                                               : control::Order::recycle;
}

// Who waits until the event log has been read.
events::EventLog::Asker asker(control::Server& server, control::CallId call) {
    return {.is_there = [&server, call] { return server.is_open(call); },
            .answer =
                [&server, call](Result<std::string> message) {
                    if (message) {
                        server.reply_encoded(call, std::move(*message));
                    } else {
                        server.fail(call,
                                    control::Refused{"busy: the daemon is reading the history for "
                                                     "other clients; ask again in a few seconds"});
                    }
                }};
}

} // namespace

Result<void> Operators::add_sources() {
    auto progress = uses_.loop.add_timer([this] { tell_progress(); }, systemd::Priority::last);
    if (!progress) {
        return std::move(progress).error();
    }
    progress_ = std::move(*progress);
    return {};
}

Result<void> Operators::listen(UniqueFd socket, const control::Rights& rights) {
    auto server = control::Server::create(
        uses_.loop, {.listener = std::move(socket), .rights = rights, .calls = calls()});
    if (!server) {
        return std::move(server).error();
    }
    server_ = std::move(*server);
    return {};
}

control::Calls Operators::calls() {
    return control::calls_to([this](control::CallId call) { cancelled(call); },
                             [this](control::CallId call, const auto& asked) { on(call, asked); });
}

void Operators::on(control::CallId call, const control::DrainCall& asked) {
    order(call, asked.slots, asked.wait, [&](slots::RequestId request, std::vector<SlotId> slots) {
        return slots::DrainRequested{request, std::move(slots), asked.timeout,
                                     asked.force == control::Force::yes};
    });
}

void Operators::on(control::CallId call, const control::OpenCall& asked) {
    order(call, asked.slots, control::Wait::until_done,
          [](slots::RequestId request, std::vector<SlotId> slots) {
              return slots::OpenRequested{request, std::move(slots)};
          });
}

void Operators::on(control::CallId call, const control::RecycleCall& asked) {
    order(call, asked.slots, asked.wait, [](slots::RequestId request, std::vector<SlotId> slots) {
        return slots::RecycleRequested{request, std::move(slots)};
    });
}

void Operators::on(control::CallId call, const control::BlameCall& /*asked*/) {
    control::Blame blame = uses_.blaming.told(uses_.workers, uses_.slots);
    blame.app = uses_.policy.app.name;
    server_->reply(call, blame);
}

void Operators::on(control::CallId call, const control::StatusCall& asked) {
    std::vector<SlotId> wanted = uses_.slots.ids();
    if (!asked.slots.empty()) {
        const auto resolved = resolve(call, asked.slots);
        if (!resolved) {
            return;
        }
        wanted = *resolved;
    }
    server_->reply(call, uses_.status.shown(wanted));
}

void Operators::on(control::CallId call, const control::ReloadCall& /*asked*/) {
    const slots::RequestId request = next_request_++;
    tried_[request] = {call, std::nullopt};
    const auto outcome = uses_.changes.reload(Asker::call, request);
    const auto tried = tried_.find(request);
    if (tried == tried_.end()) {
        return; // the trial is over already, and has failed
    }
    const auto* changes = std::get_if<control::ReloadReply>(&outcome);
    if (changes != nullptr && uses_.decider.is_tried_for(request)) {
        tried->second.changes = *changes;
        return;
    }
    tried_.erase(tried);
    if (changes != nullptr) {
        server_->reply(call, *changes);
    } else if (const auto* failure = std::get_if<control::Failure>(&outcome)) {
        server_->fail(call, *failure);
    } // else it is for the new program to answer, when it is asked again
}

void Operators::on(control::CallId call, const control::WhyCall& asked) {
    control::WhyCall named = asked;
    if (asked.slot && asked.slot != uses_.slots.name(k_spare_slot)) {
        const auto id = uses_.slots.find(*asked.slot);
        if (!id) {
            server_->fail(call, control::NoSuchSlot{*asked.slot});
            return;
        }
        named.slot = uses_.slots.name(*id);
    }
    uses_.event_log.why(named, asker(*server_, call));
}

void Operators::on(control::CallId call, const control::EventsCall& asked) {
    if (asked.follow == control::Follow::and_coming) {
        const auto& events = uses_.event_log.events();
        followers_.insert(call);
        server_->reply_more(call, control::EventsReply{{events.begin(), events.end()}});
        return;
    }
    uses_.event_log.look_up_events(asker(*server_, call));
}

void Operators::on(control::CallId call, const control::StopCall& /*asked*/) {
    const slots::RequestId request = next_request_++;
    Waiting waiting{call, uses_.slots.ids(), control::Order::stop};
    set_goals(waiting, uses_.status.slots(waiting.slots));
    waiting_[request] = std::move(waiting);
    uses_.learn.tell(slots::StopRequested{request});
    progress_.arm(uses_.loop.now() + k_first_progress);
}

void Operators::cancelled(control::CallId call) {
    followers_.erase(call);
    std::erase_if(refusals_, [&](const auto& entry) { return entry.second.call == call; });
    const auto tried =
        std::ranges::find_if(tried_, [&](const auto& entry) { return entry.second.call == call; });
    if (tried != tried_.end()) {
        const slots::RequestId request = tried->first;
        tried_.erase(tried);
        uses_.learn.tell(slots::CallerGone{request});
    }
    const auto it = std::find_if(waiting_.begin(), waiting_.end(),
                                 [&](const auto& entry) { return entry.second.call == call; });
    if (it != waiting_.end()) {
        const slots::RequestId request = it->first;
        waiting_.erase(it);
        uses_.learn.tell(slots::CallerGone{request}); // what was asked goes on
    }
}

// Nullopt: a name is no slot of ours, and the caller has been told.
std::optional<std::vector<SlotId>> Operators::resolve(control::CallId call,
                                                      const std::vector<std::string>& names) {
    std::vector<SlotId> slots;
    for (const std::string& name : names) {
        if (name == "all") {
            return uses_.slots.ids();
        }
        const auto id = uses_.slots.find(name);
        if (!id) {
            server_->fail(call, control::NoSuchSlot{name});
            return std::nullopt;
        }
        if (std::find(slots.begin(), slots.end(), *id) == slots.end()) {
            slots.push_back(*id);
        }
    }
    return slots;
}

void Operators::order(
    control::CallId call, const std::vector<std::string>& names, control::Wait wait,
    const std::function<slots::Event(slots::RequestId, std::vector<SlotId>)>& make) {
    auto slots = resolve(call, names);
    if (!slots) {
        return;
    }
    if (slots->empty()) {
        server_->fail(call,
                      control::ServiceError{control::ServiceFault::invalid_parameter, "slots"});
        return;
    }
    const slots::RequestId request = next_request_++;
    const slots::Event event = make(request, *slots);
    Waiting waiting{call, *slots, order_of(event)};
    set_goals(waiting, uses_.status.slots(waiting.slots));
    waiting_[request] = waiting;
    uses_.learn.tell(event);
    if (wait == control::Wait::until_done) {
        progress_.arm(uses_.loop.now() + k_first_progress);
    } else if (waiting_.erase(request) > 0) {
        server_->reply(call, progress_of(waiting, uses_.status.slots(waiting.slots)));
        uses_.learn.tell(slots::CallerGone{request});
    }
}

// The end of a trial, which the policy of a reload was put to.
void Operators::tried(const slots::Reply& action) {
    const Tried tried = tried_.at(action.request);
    const bool done = action.outcome == slots::Outcome::done;
    if (done && !tried.changes) {
        return; // before the reload knew of a trial
    }
    tried_.erase(action.request);
    if (done) {
        server_->reply(tried.call, *tried.changes);
    } else {
        refuse({.call = tried.call, .slots = {}}, action);
    }
}

void Operators::carry_out(const slots::Reply& action) {
    if (tried_.contains(action.request)) {
        tried(action);
        return;
    }
    const auto it = waiting_.find(action.request);
    if (it == waiting_.end()) {
        return;
    }
    const Waiting waiting = std::move(it->second);
    waiting_.erase(it);
    switch (action.outcome) {
    case slots::Outcome::done:
        if (waiting.order == control::Order::stop) {
            server_->reply(waiting.call, control::StopReply{});
        } else {
            server_->reply(waiting.call, progress_of(waiting, uses_.status.slots(waiting.slots)));
        }
        return;
    case slots::Outcome::refused:
        refuse(waiting, action);
        return;
    case slots::Outcome::timed_out:
        server_->fail(waiting.call, late(waiting, action.reason));
        return;
    }
}

control::TimedOut Operators::late(const Waiting& waiting, const std::string& reason) const {
    control::TimedOut failure{.slots = {}, .reason = reason};
    for (const slots::Slot& slot : uses_.decider.slots()) {
        const bool asked =
            std::find(waiting.slots.begin(), waiting.slots.end(), slot.id) != waiting.slots.end();
        if (asked && !std::holds_alternative<slots::Drained>(slot.front)) {
            failure.slots.push_back(uses_.slots.name(slot.id));
        }
    }
    return failure;
}

} // namespace recycler::controller
