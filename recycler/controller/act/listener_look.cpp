// SPDX-License-Identifier: MIT
// The look at a listener that a worker holds: what is wrong with it is put right, or told to the
// decider.
#include "recycler/controller/act/listeners.hpp"
#include "recycler/worker/listen/listener_state.hpp"

#include <algorithm>

namespace recycler::controller {

namespace {

// Who has it, the last one first; null: nobody.
LiveWorkers::value_type* holder_of(LiveWorkers& workers, ListenerId listener) {
    const auto holder = std::find_if(workers.rbegin(), workers.rend(), [&](const auto& entry) {
        return entry.second.listener == listener;
    });
    return holder == workers.rend() ? nullptr : &*holder;
}

control::EventLine undone(const SlotTable& slots, ListenerId listener,
                          const LiveWorkers::value_type* holder, const std::string& what,
                          WallTime now) {
    control::EventLine line{.at = now,
                            .event = control::name_of(EventName::trouble),
                            .slot = slots.name(listener.slot)};
    if (holder != nullptr) {
        line.generation = holder->first.generation;
    }
    line.members.emplace_back(
        "text", what + "; the daemon has undone this, and nothing in its queue is lost");
    return line;
}

} // namespace

// What is amiss and stays so; our own close() is none of it: what is closed is not looked at.
std::optional<slots::ListenerAmiss> Listeners::look_at(ListenerId listener) {
    const int fd = uses_.slots.fd(listener);
    if (fd < 0) {
        return std::nullopt;
    }
    const policies::Address& address = uses_.slots.address(listener.slot);
    const SlotTable::Seen before = uses_.slots.seen(listener);
    const auto state =
        worker::state_of(address, fd, {.shown = before.shown, .file = before.file}, uses_.diag);
    if (!state) {
        uses_.slots.note_queued(listener, 0); // nobody is known to wait
        uses_.telling.complain(state.error());
        return std::nullopt;
    }
    uses_.slots.note_queued(listener, state->queued);
    if (state->file != 0) {
        uses_.slots.note_file(listener, state->file);
    }
    if (state->sound() || uses_.makes_room()) {
        return std::nullopt;
    }
    auto* holder = holder_of(uses_.workers, listener);
    const worker::Mended mended = worker::mend(address, fd, *state);
    if (mended.health == worker::Health::mended) {
        auto line = undone(uses_.slots, listener, holder, mended.what, uses_.loop.wall_now());
        const std::string which = *line.slot + "." + std::to_string(line.generation.value_or(0));
        if (!mended.what.empty()) {
            uses_.telling.announce_if_new(which + mended.what, std::move(line));
        }
        return std::nullopt;
    }
    if (mended.health == worker::Health::obstructed) {
        failed(slots::ListenerOrder::show, listener, *mended.error);
        return std::nullopt;
    }
    const bool is_tcp = std::holds_alternative<policies::TcpAddress>(address);
    // One that was drained before has nothing to lose.
    const bool had_some = before.queued > 0 || before.shown.value_or(true);
    if (state->shut_down && is_tcp && holder != nullptr && had_some) {
        holder->second.queue_lost = holder->second.queue_lost.value_or(0) + before.queued;
    }
    return slots::ListenerAmiss{.listener = listener,
                                .why = mended.what,
                                .reached = mended.health == worker::Health::unjoinable,
                                .shut_down = state->shut_down,
                                // The kernel keeps what waits in a unix one.
                                .emptied = state->shut_down && is_tcp,
                                .waited = state->shut_down ? before.queued : state->queued};
}

} // namespace recycler::controller
