// SPDX-License-Identifier: MIT
#include "recycler/recorder/rest/rest.hpp"

#include "recycler/recorder/next_calls.hpp"

#include <algorithm>
#include <atomic>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

namespace recycler::recorder {
namespace {

using Registered = Place::Registered;

// Of the descriptors that a process may have, and at most.
constexpr rlim_t k_share = 4;
constexpr rlim_t k_most = 512;

template <typename T>
T load(const T& field) {
    return __atomic_load_n(&field, __ATOMIC_SEQ_CST);
}

void show(request::Row& row, int fd, bool rests) {
    const auto at = static_cast<unsigned>(fd);
    if (at / 64 < request::k_resting_words) {
        const std::uint64_t bit = std::uint64_t{1} << at % 64;
        std::atomic_ref word{row.resting_at[at / 64]};
        (void)(rests ? word.fetch_or(bit) : word.fetch_and(~bit));
    }
}

std::uint32_t most_resting() {
    rlimit limit{};
    const bool known = getrlimit(RLIMIT_NOFILE, &limit) == 0;
    return known ? static_cast<std::uint32_t>(std::min(limit.rlim_cur / k_share, k_most)) : 0;
}

} // namespace

bool Rest::start(const Surroundings& where, int listener) {
    where_ = where;
    listener_ = listener;
    kind_ = kind_of(listener);
    limit_ = most_resting();
    const request::PageHeader& header = where.page->header;
    out_.find(header.channel_out, Inherited::Kind::channel);
    in_.find(header.channel_in, Inherited::Kind::channel);
    wake_.find(header.wake, Inherited::Kind::event);
    WaitingSet made{};
    if (!made.make(listener)) {
        return false;
    }
    // What a request starts inherits none of them. Neither call fails for what find() has found.
    for (const Inherited* each : {&out_, &in_, &wake_}) {
        if (each->fd() >= 0) {
            (void)fcntl(each->fd(), F_SETFD, FD_CLOEXEC);
        }
    }
    if (wake_.fd() >= 0 && !made.add_wake(wake_.fd())) {
        wake_.forget();
    }
    where.copies->waiting_set = made.fd() + 1;
    set_.publish(made);
    return true;
}

bool Rest::is_parked() const {
    const std::uint32_t park = load(where_.page->header.park);
    return park == request::k_parked || park == request::k_ending;
}

bool Rest::belongs_elsewhere(int fd) const {
    return where_.transport == Transport::tcp && places_[fd].foreign() != 0;
}

bool Rest::rests(int fd) const {
    return fd >= 0 && fd < k_followed_descriptors && places_[fd].rests();
}

bool Rest::is_empty() const {
    return load(where_.row->resting) == 0;
}

bool Rest::may_rest() const {
    const request::PageHeader& header = where_.page->header;
    if (load(header.rest) != request::k_resting || load(where_.row->resting) >= limit_) {
        return false;
    }
    const Order ordered = order();
    return ordered == Order::hand_on ||
           (ordered == Order::none && load(header.let_go) != request::k_letting_go &&
            load(header.park) != request::k_ending);
}

bool Rest::wants_more() const {
    return in_.fd() >= 0 && may_rest() && order() == Order::none && hands_back() == 0;
}

bool Rest::admits(int fd) {
    if (!is_on() || !may_rest() || places_[fd].is_barred() ||
        (belongs_elsewhere(fd) && order() != Order::hand_on)) {
        return false;
    }
    if (is_shared() && load(where_.row->hand_on_failed) != 0) {
        return false; // it could not be passed on when this process has something else to do
    }
    prepare(fd);
    return true;
}

// Once a connection: neither is undone.
void Rest::prepare(int fd) {
    if (places_[fd].is_prepared()) {
        return;
    }
    places_[fd].set_prepared();
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC); // an accepted connection: cannot fail
    if (where_.transport == Transport::tcp) {
        // No end of the connection sends off the last, small packet of an answer.
        const int on = 1;
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); // on TCP: cannot fail
    }
}

bool Rest::begin(int fd) {
    const RestLock lock{lock_};
    if (!where_.connections->is_between_requests(fd)) {
        const Connections::Leftover left = where_.connections->swallow(fd);
        if (left != Connections::Leftover::none && left != Connections::Leftover::to_come) {
            return false;
        }
    }
    places_[fd].begin_to_part();
    // In this order one of the two counts has it at every instant.
    std::atomic_ref{where_.row->resting}.fetch_add(1);
    where_.connections->closing(*where_.row, fd);
    lay_to_rest(fd);
    return true;
}

bool Rest::shed(int fd) {
    const RestLock lock{lock_};
    where_.copies->mark(fd, true); // before another thread can be given it
    const bool stays = places_[fd].shed() == Place::Husk::full;
    if (!stays) {
        where_.copies->mark(fd, false);
    }
    return stays;
}

// In this order the row never shows what somebody has taken.
void Rest::put_to_rest(int fd) {
    places_[fd].rest();
    show(*where_.row, fd, true);
}

bool Rest::take_from_rest(int fd, std::uint32_t generation) {
    if (!places_[fd].rests() || places_[fd].generation() != generation) {
        return false;
    }
    show(*where_.row, fd, false);
    return places_[fd].take(generation);
}

void Rest::lay_to_rest(int fd) {
    Place& place = places_[fd];
    std::atomic_ref highest{highest_};
    const auto above = static_cast<std::uint32_t>(fd) + 1;
    for (std::uint32_t seen = highest.load(); seen < above;) {
        if (highest.compare_exchange_weak(seen, above)) {
            break;
        }
    }
    put_to_rest(fd);
    const bool once = load(several_threads_) != 0;
    if (place.registered() == Registered::no) {
        place.set_registered(once ? Registered::once : Registered::always);
        const auto report = once ? WaitingSet::Report::once : WaitingSet::Report::always;
        if (!set_.add(fd, place.generation(), report) && take_from_rest(fd)) {
            return drop(fd); // no memory to wait for it
        }
    } else if (once || place.registered() == Registered::once) {
        place.set_registered(Registered::once);
        set_.arm(fd, place.generation());
    }
    // An order that was given while the worker had it has passed it by.
    if (const Order ordered = order_for(fd); ordered != Order::none && take_from_rest(fd)) {
        (void)obey(ordered, fd);
    }
}

void Rest::drop(int fd) {
    set_.remove(fd);
    places_[fd].set_registered(Registered::no);
    where_.copies->mark(fd, false);
    places_[fd].release();
    leave_number(fd);
    std::atomic_ref{where_.row->resting}.fetch_sub(1);
}

// The worker's number must not keep the connection open: until the worker closes it, it stands for
// something that is there anyway.
void Rest::leave_number(int fd) {
    if (places_[fd].leave_husk()) {
        (void)next_calls.dup3(listener_, fd, O_CLOEXEC); // fails only without a listener
    } else {
        (void)next_calls.close(fd); // its client sees the end, and has no answer to wait for
    }
}

bool Rest::knows(int fd) const {
    if (fd >= 0 && fd < k_followed_descriptors) {
        const Place& place = places_[fd];
        if (place.rests() || place.is_parting() || place.registered() != Registered::no) {
            return true;
        }
    }
    return fd >= 0 && (fd == set_.fd() || fd == out_.fd() || fd == in_.fd() || fd == wake_.fd());
}

void Rest::closing(int fd) {
    const RestLock lock{lock_};
    if (fd == set_.fd()) {
        for (int each = 0; each < static_cast<int>(load(highest_)); ++each) {
            if (take_from_rest(each)) {
                drop(each);
            }
        }
        where_.copies->waiting_set = 0;
        set_.forget();
        return;
    }
    for (Inherited* each : {&out_, &in_, &wake_}) {
        if (each->fd() == fd) {
            each->forget();
        }
    }
    if (fd < 0 || fd >= k_followed_descriptors) {
        return;
    }
    Place& place = places_[fd];
    (void)place.shed();
    if (place.registered() != Registered::no) {
        set_.remove(fd); // a child of ours may have the connection, and its events with it
        place.set_registered(Registered::no);
    }
    if (take_from_rest(fd)) {
        where_.copies->mark(fd, false);
        place.release();
        std::atomic_ref{where_.row->resting}.fetch_sub(1);
    }
}

} // namespace recycler::recorder
