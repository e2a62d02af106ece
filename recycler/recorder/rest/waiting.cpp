// SPDX-License-Identifier: MIT
// What comes of an event in the waiting set.
#include "recycler/recorder/next_calls.hpp"
#include "recycler/recorder/rest/deadline.hpp"
#include "recycler/recorder/rest/rest.hpp"
#include "recycler/recorder/rest/slot_address.hpp"

#include <atomic>
#include <cerrno>
#include <fcntl.h>

namespace recycler::recorder {
namespace {

using Registered = Place::Registered;

// Something that the channel had no room for is tried again after so many milliseconds.
constexpr int k_try_again_after = 10;

template <typename T>
T load_word(const T& field) {
    return __atomic_load_n(&field, __ATOMIC_SEQ_CST);
}

// `left`: -1: without end.
int until_next_try(int left) {
    return left < 0 || left > k_try_again_after ? k_try_again_after : left;
}

} // namespace

// One thread alone is never told of what another one has taken: it need not arm what rests.
void Rest::note_threads() {
    const std::uint64_t entered = load_word(where_.row->accept_enter);
    const std::uint64_t left = load_word(where_.row->accept_exit);
    if (entered > left + 1 && load_word(several_threads_) == 0) {
        std::atomic_ref{several_threads_}.store(1);
    }
}

void Rest::follow_channel() {
    if ((load_word(channel_watched_) != 0) == wants_more()) {
        return;
    }
    const RestLock lock{lock_};
    const std::uint32_t wanted = wants_more() ? 1 : 0;
    std::uint32_t watched = 1 - wanted;
    if (!std::atomic_ref{channel_watched_}.compare_exchange_strong(watched, wanted)) {
        return;
    }
    if (wanted == 0) {
        set_.remove_channel(in_.fd());
    } else if (!set_.add_channel(in_.fd())) {
        in_.forget();
    }
}

void Rest::take_from_channel() {
    const RestLock lock{lock_};
    if (!wants_more() || !in_.is_there()) {
        set_.remove_channel(in_.fd());
        std::atomic_ref{channel_watched_}.store(0);
        return;
    }
    const Received received = receive_connection(in_.fd(), kind_);
    const bool followed =
        received.what == Received::What::connection && received.fd < k_followed_descriptors;
    if (received.what == Received::What::end) {
        set_.remove_channel(in_.fd());
        return in_.forget();
    }
    if (!followed) {
        if (received.what == Received::What::connection) {
            (void)next_calls.close(received.fd); // nobody could follow it
        }
        if (received.what != Received::What::nothing) {
            std::atomic_ref{where_.row->misfits}.fetch_add(1);
        }
        return;
    }
    places_[received.fd].begin();
    places_[received.fd].set_prepared();
    places_[received.fd].set_foreign(foreign_slot(received.fd, listener_));
    where_.connections->begin_between_requests(received.fd);
    std::atomic_ref{where_.row->resting}.fetch_add(1);
    std::atomic_ref{where_.row->taken}.fetch_add(1);
    where_.copies->mark(received.fd, true);
    lay_to_rest(received.fd);
}

// Takes in what is left of the request before. `uncertain`: the event may not mean a request.
Rest::Asks Rest::asks(int fd, bool uncertain) {
    if (!where_.connections->is_between_requests(fd)) {
        const Connections::Leftover left = where_.connections->swallow(fd);
        if (left != Connections::Leftover::none) {
            return left == Connections::Leftover::to_come ? Asks::no : Asks::never;
        }
        uncertain = true;
    }
    if (!uncertain) {
        return Asks::yes;
    }
    char byte = 0;
    const ssize_t size = next_calls.recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (size > 0) {
        return Asks::yes;
    }
    return size < 0 && (errno == EAGAIN || errno == EINTR) ? Asks::no : Asks::never;
}

// A thread that has not closed its number yet, because it waits for its turn in accept(), keeps it.
int Rest::number_for_worker(int fd) {
    if (!places_[fd].is_parting()) {
        return fd;
    }
    const int other = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (other < 0 || other >= k_followed_descriptors || !places_[fd].leave_husk()) {
        if (other >= 0) {
            (void)next_calls.close(other); // the connection stands where it stood
        }
        return places_[fd].is_parting() ? -1 : fd;
    }
    set_.remove(fd);
    places_[fd].set_registered(Registered::no);
    places_[fd].release();
    // As in leave_number(): what the worker closes late must not keep the connection open.
    (void)next_calls.dup3(listener_, fd, O_CLOEXEC); // fails only without a listener
    places_[other].begin();
    places_[other].set_prepared();
    places_[other].set_foreign(places_[fd].foreign());
    return other;
}

// The set reports a connection that is in use. For a lone thread it does so again and again, until
// it reports each connection once.
void Rest::note_busy(const Arrival& arrival) {
    Place& place = places_[arrival.fd];
    if (place.generation() != arrival.generation || place.registered() != Registered::always) {
        return;
    }
    std::atomic_ref{several_threads_}.store(1);
    place.set_registered(Registered::once);
    set_.disarm(arrival.fd, arrival.generation);
    if (place.rests()) {
        set_.arm(arrival.fd, arrival.generation); // it has come to rest meanwhile, and relies on us
    }
}

bool Rest::come_back(Arrival& arrival, Take take) {
    const RestLock lock{lock_};
    const int fd = arrival.fd;
    Place& place = places_[fd];
    if (!take_from_rest(fd, arrival.generation)) {
        note_busy(arrival);
        return false;
    }
    const bool shared =
        load_word(several_threads_) != 0 && place.registered() == Registered::always;
    switch (is_parked() ? Asks::no : asks(fd, arrival.ended || shared)) {
    case Asks::yes:
        break;
    case Asks::no:
        lay_to_rest(fd);
        return false;
    case Asks::never:
        drop(fd);
        return false;
    }
    if (take == Take::nothing) {
        lay_to_rest(fd); // and it is reported once more
        return true;
    }
    arrival.fd = give_back(fd);
    return arrival.fd >= 0;
}

int Rest::give_back(int fd) {
    const int number = number_for_worker(fd);
    if (number < 0) {
        drop(fd);
        return -1;
    }
    // In this order one of the two counts has it at every instant.
    where_.connections->opened(*where_.row, number, where_.row->came_back);
    std::atomic_ref{where_.row->resting}.fetch_sub(1);
    where_.copies->mark(fd, false);
    if (number == fd) {
        places_[fd].release();
    }
    return number;
}

Rest::Come Rest::wait(int milliseconds, Take take) {
    using From = Arrival::From;
    const Deadline deadline{milliseconds};
    for (;;) {
        note_threads();
        obey();
        if (is_parked()) {
            return wait_parked(take);
        }
        follow_channel();
        const bool tries_again = !is_empty() && (order() == Order::hand_on || hands_back() != 0);
        const int left = deadline.milliseconds_left();
        const std::uint32_t turn = this->turn().number();
        Arrival arrival = set_.wait(tries_again ? until_next_try(left) : left);
        switch (arrival.from) {
        case From::nothing:
            if (errno != 0 || deadline.milliseconds_left() == 0) {
                return {.what = Come::What::error};
            }
            break;
        case From::listener:
            // What is to end goes first: another process may take the new connection, and then
            // accept() waits, deaf to what rests.
            if (!is_parked() && (is_empty() || order() != Order::end)) {
                return {.what = Come::What::listener, .turn = turn};
            }
            break;
        case From::channel:
            take_from_channel();
            break;
        case From::wake:
            break;
        case From::connection:
            if (come_back(arrival, take)) {
                return {.what = Come::What::connection, .fd = arrival.fd};
            }
            break;
        }
    }
}

} // namespace recycler::recorder
