// SPDX-License-Identifier: MIT
// What becomes of resting connections when the page gives an order.
#include "recycler/recorder/next_calls.hpp"
#include "recycler/recorder/rest/rest.hpp"
#include "recycler/recorder/rows.hpp"

#include <atomic>
#include <cerrno>
#include <sys/socket.h>

namespace recycler::recorder {
namespace {

template <typename T>
T load(const T& field) {
    return __atomic_load_n(&field, __ATOMIC_SEQ_CST);
}

} // namespace

// What the controller orders goes before what follows from how the worker is.
Rest::Order Rest::order() const {
    const request::PageHeader& header = where_.page->header;
    if (load(header.end_kept) == request::k_taken_out) {
        return Order::forget;
    }
    if (load(header.hand_on) == request::k_handing_on) {
        return Order::hand_on;
    }
    if (load(header.end_kept) == request::k_ending_kept) {
        return Order::end;
    }
    if (load(leaving_) != 0) {
        return Order::hand_on;
    }
    // Processes without a row call accept() without a turn: who had its own would wait there for
    // good.
    const bool can_pass_on = out_.fd() >= 0 && in_.fd() >= 0 && load(header.rowless) == 0;
    const bool stays = load(given_up_) == 0 && (!is_shared() || can_pass_on);
    return stays ? Order::none : Order::end;
}

// Once more than one process has been there, it is taken for granted that more come.
bool Rest::is_shared() const {
    std::atomic_ref several{several_processes_};
    if (several.load() == 0 && !is_alone(*where_.page, *where_.row)) {
        several.store(1);
    }
    return several.load() != 0;
}

std::uint32_t Rest::hands_back() const {
    return load(where_.page->header.hand_back);
}

Rest::Order Rest::order_for(int fd) const {
    const Order ordered = order();
    const std::uint32_t foreign = places_[fd].foreign();
    return ordered == Order::none && foreign != 0 && foreign == hands_back() ? Order::hand_on
                                                                             : ordered;
}

Rest::Obeyed Rest::hand_on(int fd) {
    using Leftover = Connections::Leftover;
    const Leftover left = where_.connections->is_between_requests(fd)
                              ? Leftover::none
                              : where_.connections->swallow(fd);
    if (left == Leftover::to_come) {
        // Who takes it would meet the end of a request that it has not seen.
        return stay(fd, Obeyed::stays);
    }
    if (left != Leftover::none) {
        drop(fd); // nobody will ask on it
        return Obeyed::gone;
    }
    const int failed = out_.is_there() ? send_connection(out_.fd(), fd) : EBADF;
    std::atomic_ref{where_.row->hand_on_failed}.store(static_cast<std::uint32_t>(failed));
    if (failed != 0) {
        return stay(fd, Obeyed::refused);
    }
    std::atomic_ref{where_.row->handed_on}.fetch_add(1);
    drop(fd);
    return Obeyed::gone;
}

// As lay_to_rest(), but without looking for orders.
Rest::Obeyed Rest::stay(int fd, Obeyed why) {
    Place& place = places_[fd];
    put_to_rest(fd);
    if (place.registered() == Place::Registered::once) {
        set_.arm(fd, place.generation());
    }
    return why;
}

Rest::Obeyed Rest::obey(Order order, int fd) {
    if (order == Order::forget) {
        drop(fd);
        return Obeyed::gone;
    }
    if (order == Order::hand_on) {
        return hand_on(fd);
    }
    // Its client has asked before it could know: the answer comes, and the end with it.
    if (asks(fd, true) == Asks::yes) {
        return stay(fd, Obeyed::stays);
    }
    if (where_.transport == Transport::local) {
        // From here on the client can send nothing, and knows it. TCP has no such call: there a
        // request that is on its way meets the end, as it meets that of any kept connection.
        (void)next_calls.shutdown(fd, SHUT_RD); // fails only if the client has gone
        if (asks(fd, true) == Asks::yes) {
            return stay(fd, Obeyed::stays);
        }
    }
    drop(fd);
    return Obeyed::gone;
}

bool Rest::obey_parked() {
    obey();
    return load(where_.page->header.park) == request::k_parked && order() == Order::end &&
           !is_empty();
}

// The order to end them has left those that have been asked.
Rest::Come Rest::wait_parked(Take take) {
    const Come parked{.what = Come::What::park};
    if (take == Take::nothing || !obey_parked()) {
        return parked;
    }
    const RestLock lock{lock_};
    for (int fd = 0; fd < static_cast<int>(load(highest_)); ++fd) {
        if (!take_from_rest(fd)) {
            continue;
        }
        if (asks(fd, true) != Asks::yes) {
            drop(fd); // its client has gone
            continue;
        }
        if (const int number = give_back(fd); number >= 0) {
            return {.what = Come::What::connection, .fd = number};
        }
    }
    return parked;
}

void Rest::obey() {
    if (is_empty()) {
        return;
    }
    if (order() == Order::none && hands_back() == 0) {
        return;
    }
    const RestLock lock{lock_};
    for (int fd = 0; fd < static_cast<int>(load(highest_)); ++fd) {
        const Order ordered = order_for(fd);
        if (ordered != Order::none && take_from_rest(fd) && obey(ordered, fd) == Obeyed::refused) {
            return; // the channel takes no further one either
        }
    }
}

void Rest::pass_on() {
    const bool others_wait = load(where_.row->accept_enter) > load(where_.row->accept_exit);
    if (is_empty() || others_wait || !is_shared() || order() != Order::none) {
        return;
    }
    const RestLock lock{lock_};
    for (int fd = 0; fd < static_cast<int>(load(highest_)); ++fd) {
        if (take_from_rest(fd) && hand_on(fd) == Obeyed::refused) {
            return; // the channel takes no further one either
        }
    }
}

void Rest::give_up() {
    std::atomic_ref{given_up_}.store(1);
}

void Rest::leave() {
    std::atomic_ref{leaving_}.store(1);
    obey();
}

} // namespace recycler::recorder
