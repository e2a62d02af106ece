// SPDX-License-Identifier: MIT
#include "recycler/controller/act/listeners.hpp"

#include "recycler/base/text/plural.hpp"
#include "recycler/controller/act/remedy.hpp"
#include "recycler/controller/start/deposit_keys.hpp"
#include "recycler/worker/listen/folder.hpp"
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
            wake(worker); // one that lets go takes none from its channel
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

// As an errno: a name that is gone can be made again only where its folder is.
int why_nobody_gets_there(const policies::Address& address) {
    const auto* local = std::get_if<policies::UnixAddress>(&address);
    if (local == nullptr) {
        return EADDRNOTAVAIL;
    }
    const auto entry = worker::entry_of(local->path, worker::Missing::refused);
    return entry || entry.error().code == 0 ? ENOENT : entry.error().code;
}

} // namespace

Result<void> Listeners::add_sources() {
    auto read_on = uses_.loop.add_timer(
        [this] {
            turning_away_.read_on(uses_.loop.now());
            if (const auto next = turning_away_.next(uses_.loop.now())) {
                read_on_.arm(*next);
            }
        },
        systemd::Priority::last);
    if (!read_on) {
        return std::move(read_on).error();
    }
    read_on_ = std::move(*read_on);
    return {};
}

void Listeners::failed(slots::ListenerOrder order, ListenerId listener, const Error& error) {
    if (!uses_.makes_room()) {
        uses_.learn.learn(slots::ListenerFailed{order, listener, with_remedy(error)});
    }
}

void Listeners::carry_out(const slots::OpenListener& action) {
    const policies::Address& address = uses_.slots.address(action.listener.slot);
    const worker::ListenSpec spec = listen_spec(
        uses_.governing.policy(), uses_.governing.socket_owner(), address, action.listener.serial);
    const bool joins = action.opening == slots::Opening::joined;
    if (const auto amiss = joins ? look_at(action.beside) : std::nullopt;
        amiss && !amiss->reached) {
        uses_.slots.could_not_open(action.listener, why_nobody_gets_there(address));
        uses_.learn.learn(*amiss);
        return failed(slots::ListenerOrder::open, action.listener,
                      {0, "open a listener beside one of which " + amiss->why});
    }
    if (joins && is_tcp(address) && uses_.slots.fd(action.beside) >= 0) {
        if (const auto steered = steer(uses_.slots, action.beside, 0); !steered) {
            uses_.slots.could_not_open(action.listener, steered.error().code);
            return failed(slots::ListenerOrder::steer, action.beside, steered.error());
        }
    }
    auto fd = joins ? worker::open_joined(spec) : worker::open_hidden(spec);
    if (!fd) {
        uses_.slots.could_not_open(action.listener, fd.error().code);
        return failed(slots::ListenerOrder::open, action.listener, fd.error());
    }
    const auto kept = uses_.link.deposit(key_of(action.listener), fd->get(), {});
    if (!kept) {
        uses_.telling.complain(kept.error()); // the keeper is gone, which its link tells
    }
    uses_.slots.open(action.listener, std::move(*fd));
    if (joins && is_tcp(address)) {
        uses_.slots.note_shown(action.listener, SlotTable::Alone::no);
    } else {
        uses_.slots.note_hidden(action.listener);
    }
}

void Listeners::carry_out(const slots::CloseListener& action) {
    const int fd = uses_.slots.fd(action.listener);
    if (fd < 0) {
        return;
    }
    const policies::Address& address = uses_.slots.address(action.listener.slot);
    const slots::Slot* slot = uses_.decider.find(action.listener.slot);
    const bool stays = slot != nullptr && slot->wanted != slots::Wanted::gone;
    const auto queued = worker::queue_length(fd, uses_.diag);
    if (stays && queued && *queued > 0) {
        return uses_.learn.learn(slots::ListenerFailed{
            slots::ListenerOrder::close, action.listener,
            "close a listener of " + uses_.slots.name(action.listener.slot) + " in which " +
                text::counted_plain(*queued, "connection") + (*queued == 1 ? " waits" : " wait"),
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
    uses_.slots.close(action.listener);
    if (const auto dropped = uses_.link.withdraw(key_of(action.listener)); !dropped) {
        uses_.telling.complain(dropped.error());
    }
}

void Listeners::carry_out(const slots::ShowListener& action) {
    const int fd = uses_.slots.fd(action.listener);
    const policies::Address& address = uses_.slots.address(action.listener.slot);
    keep_connections(uses_.workers, action.listener, Kept::yes);
    if (fd < 0) {
        return;
    }
    const auto hidden = worker::is_hidden(address, fd);
    // Showing needs a right that overlap and queue do without.
    const auto shown = hidden && !*hidden ? Result<void>() : worker::show(address, fd);
    if (!shown) {
        return failed(slots::ListenerOrder::show, action.listener, shown.error());
    }
    uses_.slots.note_shown(action.listener, alone_on(address));
}

void Listeners::carry_out(const slots::HideListener& action) {
    const int fd = uses_.slots.fd(action.listener);
    if (fd >= 0) {
        if (const auto hidden = worker::hide(uses_.slots.address(action.listener.slot), fd);
            !hidden) {
            return failed(slots::ListenerOrder::hide, action.listener, hidden.error());
        }
        uses_.slots.note_hidden(action.listener);
    }
    keep_connections(uses_.workers, action.listener, Kept::no);
}

void Listeners::carry_out(const slots::Steer& action) {
    const int fd = uses_.slots.fd(action.listener);
    const policies::Address& address = uses_.slots.address(action.listener.slot);
    if (fd < 0) {
        return;
    }
    if (is_tcp(address)) {
        if (const auto steered = steer(uses_.slots, action.listener, action.index); !steered) {
            failed(slots::ListenerOrder::steer, action.listener, steered.error());
        }
        return;
    }
    // A path leads to one socket: taking it over is what steering is for TCP.
    keep_connections(uses_.workers, action.listener, Kept::yes);
    if (const auto shown = worker::show(address, fd); !shown) {
        return failed(slots::ListenerOrder::steer, action.listener, shown.error());
    }
    uses_.slots.note_shown(action.listener, SlotTable::Alone::yes);
}

// Nobody else is at it: its worker has ended, and the next one is not launched yet.
void Listeners::carry_out(const slots::TurnAway& action) {
    const int fd = uses_.slots.fd(action.listener);
    if (fd < 0) {
        return uses_.learn.learn(slots::TurnedAway{.listener = action.listener});
    }
    uses_.channels.end_all(action.listener.slot);
    const auto done = turning_away_.turn_away(fd, action.most, uses_.loop.now());
    if (done.error) {
        uses_.telling.complain(
            Error(*done.error)
                .within("turn clients of " + uses_.slots.name(action.listener.slot) + " away"));
    }
    if (const auto next = turning_away_.next(uses_.loop.now())) {
        read_on_.arm(*next);
    }
    uses_.learn.learn(slots::TurnedAway{.listener = action.listener,
                                        .taken = done.taken,
                                        .lost = done.lost,
                                        .more = done.taken == action.most,
                                        .first = done.first});
}

} // namespace recycler::controller
