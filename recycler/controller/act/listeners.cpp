// SPDX-License-Identifier: MIT
// The decider's orders on listeners, carried out. Each that fails is the next event.
#include "recycler/controller/act/remedy.hpp"
#include "recycler/controller/controller.hpp"
#include "recycler/controller/policy/listen_spec.hpp"
#include "recycler/worker/listen/gate.hpp"
#include "recycler/worker/listen/listener.hpp"
#include "recycler/worker/listen/steering.hpp"

#include <cerrno>
#include <sys/socket.h>
#include <utility>

namespace recycler::controller {

namespace {

// A worker whose listener is hidden is on its way out: a connection that the balancer keeps would
// bring it one request after another.
enum class Kept { yes, no };
void keep_connections(LiveWorkers& workers, ListenerId listener, Kept kept) {
    for (auto& [id, worker] : workers) {
        if (worker.listener == listener && worker.page) {
            kept == Kept::yes ? worker.page->keep() : worker.page->let_go();
        }
    }
}

bool is_tcp(const policies::Address& address) {
    return std::holds_alternative<policies::TcpAddress>(address);
}

// A path leads to one socket.
SlotTable::Alone alone_on(const policies::Address& address) {
    return is_tcp(address) ? SlotTable::Alone::no : SlotTable::Alone::yes;
}

// Through whichever member of the group lets us: one whose filter its worker has locked
// does not.
Result<void> steer(const SlotTable& slots, ListenerId listener, std::uint32_t index) {
    auto steered = worker::steer_all(slots.fd(listener), index);
    for (const ListenerId other : slots.listeners()) {
        if (steered || other.slot != listener.slot || other == listener) {
            continue;
        }
        if (auto through_it = worker::steer_all(slots.fd(other), index); through_it) {
            steered = through_it;
        }
    }
    return steered;
}

} // namespace

void Controller::failed(slots::ListenerOrder order, ListenerId listener, const Error& error) {
    learn(slots::ListenerFailed{order, listener, with_remedy(error)});
}

void Controller::carry_out(const slots::OpenListener& action) {
    const policies::Address& address = parts_.slots.address(action.listener.slot);
    const worker::ListenSpec spec =
        listen_spec(parts_.policy, parts_.socket_owner, address, action.listener.serial);
    const bool joins = action.opening == slots::Opening::joined;
    if (const auto amiss = joins ? look_at(action.beside) : std::nullopt;
        amiss && !amiss->reached) {
        parts_.slots.could_not_open(action.listener, EADDRNOTAVAIL);
        learn(*amiss);
        return failed(slots::ListenerOrder::open, action.listener,
                      {0, "open a listener beside one of which " + amiss->why});
    }
    if (joins && is_tcp(address) && parts_.slots.fd(action.beside) >= 0) {
        if (const auto steered = steer(parts_.slots, action.beside, 0); !steered) {
            parts_.slots.could_not_open(action.listener, steered.error().code);
            return failed(slots::ListenerOrder::steer, action.beside, steered.error());
        }
    }
    auto fd = joins ? worker::open_joined(spec) : worker::open_hidden(spec);
    if (!fd) {
        parts_.slots.could_not_open(action.listener, fd.error().code);
        return failed(slots::ListenerOrder::open, action.listener, fd.error());
    }
    const auto kept = parts_.link.deposit(key_of(action.listener), fd->get(), {});
    if (!kept) {
        complain(kept.error()); // the keeper is gone, which its link tells
    }
    parts_.slots.open(action.listener, std::move(*fd));
    if (joins && is_tcp(address)) {
        parts_.slots.note_shown(action.listener, SlotTable::Alone::no);
    } else {
        parts_.slots.note_hidden(action.listener);
    }
}

void Controller::carry_out(const slots::CloseListener& action) {
    const int fd = parts_.slots.fd(action.listener);
    if (fd < 0) {
        return;
    }
    const policies::Address& address = parts_.slots.address(action.listener.slot);
    const slots::Slot* slot = std::as_const(decider_).find(action.listener.slot);
    const bool stays = slot != nullptr && slot->wanted != slots::Wanted::gone;
    const auto queued = worker::queue_length(fd, parts_.diag);
    if (stays && queued && *queued > 0) {
        return learn(
            slots::ListenerFailed{slots::ListenerOrder::close, action.listener,
                                  "close a listener of " + parts_.slots.name(action.listener.slot) +
                                      " in which " + std::to_string(*queued) +
                                      (*queued == 1 ? " connection waits" : " connections wait"),
                                  true});
    }
    if (const auto removed = worker::remove_names(address, fd); !removed) {
        // The socket stays open: a name without one would refuse every client.
        return failed(slots::ListenerOrder::close, action.listener, removed.error());
    }
    if (is_tcp(address)) {
        // Nothing waits in it, or it would not be closed. Others may hold the socket for some
        // microseconds yet (the keeper, a dying worker); its place in the reuseport group must be
        // free now.
        (void)::shutdown(fd, SHUT_RDWR);
    }
    parts_.slots.close(action.listener);
    if (const auto dropped = parts_.link.withdraw(key_of(action.listener)); !dropped) {
        complain(dropped.error());
    }
}

void Controller::carry_out(const slots::ShowListener& action) {
    const int fd = parts_.slots.fd(action.listener);
    const policies::Address& address = parts_.slots.address(action.listener.slot);
    keep_connections(workers_, action.listener, Kept::yes);
    if (fd < 0) {
        return;
    }
    const auto hidden = worker::is_hidden(address, fd);
    // Showing needs a right that overlap and queue do without.
    const auto shown = hidden && !*hidden ? Result<void>() : worker::show(address, fd);
    if (!shown) {
        return failed(slots::ListenerOrder::show, action.listener, shown.error());
    }
    parts_.slots.note_shown(action.listener, alone_on(address));
}

void Controller::carry_out(const slots::HideListener& action) {
    const int fd = parts_.slots.fd(action.listener);
    if (fd >= 0) {
        if (const auto hidden = worker::hide(parts_.slots.address(action.listener.slot), fd);
            !hidden) {
            return failed(slots::ListenerOrder::hide, action.listener, hidden.error());
        }
        parts_.slots.note_hidden(action.listener);
    }
    keep_connections(workers_, action.listener, Kept::no);
}

void Controller::carry_out(const slots::Steer& action) {
    const int fd = parts_.slots.fd(action.listener);
    const policies::Address& address = parts_.slots.address(action.listener.slot);
    if (fd < 0) {
        return;
    }
    if (is_tcp(address)) {
        if (const auto steered = steer(parts_.slots, action.listener, action.index); !steered) {
            failed(slots::ListenerOrder::steer, action.listener, steered.error());
        }
        return;
    }
    // A path leads to one socket: taking it over is what steering is for TCP.
    keep_connections(workers_, action.listener, Kept::yes);
    if (const auto shown = worker::show(address, fd); !shown) {
        return failed(slots::ListenerOrder::steer, action.listener, shown.error());
    }
    parts_.slots.note_shown(action.listener, SlotTable::Alone::yes);
}

// Nobody else is at it: its worker has ended, and the next one is not launched yet.
void Controller::carry_out(const slots::TurnAway& action) {
    const int fd = parts_.slots.fd(action.listener);
    if (fd < 0) {
        return learn(slots::TurnedAway{.listener = action.listener});
    }
    const auto done = parts_.turning_away.turn_away(fd, action.most, loop_.now());
    if (done.error) {
        complain(
            Error(*done.error)
                .within("turn clients of " + parts_.slots.name(action.listener.slot) + " away"));
    }
    if (const auto next = parts_.turning_away.next(loop_.now())) {
        sources_.read_on.arm(*next);
    }
    learn(slots::TurnedAway{.listener = action.listener,
                            .taken = done.taken,
                            .lost = done.lost,
                            .more = done.taken == action.most,
                            .first = done.first});
}

} // namespace recycler::controller
