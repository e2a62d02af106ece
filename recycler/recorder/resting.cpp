// SPDX-License-Identifier: MIT
// How a process waits for its listener and for kept connections at once.
#include "recycler/recorder/accept_failure.hpp"
#include "recycler/recorder/held_signals.hpp"
#include "recycler/recorder/keep_errno.hpp"
#include "recycler/recorder/listening.hpp"
#include "recycler/recorder/next_calls.hpp"
#include "recycler/recorder/process.hpp"
#include "recycler/recorder/rows.hpp"

#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

namespace recycler::recorder {
namespace {

// Of begin_to_keep().
enum Begun : std::uint32_t { k_not_begun, k_beginning, k_begun };
// Turns of sched_yield() after which a thread does not wait longer for another one that begins.
constexpr int k_begin_turns = 10'000;

// Of waiting in accept(), in milliseconds: then the worker has time for a question.
constexpr int k_idle_after = 100;

// The kernel's accept() fails at once in a process that has no descriptor left, and does not wait
// for a client. False: with its errno.
bool can_open(int listener) {
    const int probe = fcntl(listener, F_DUPFD_CLOEXEC, 0);
    if (probe < 0) {
        return false;
    }
    (void)next_calls.close(probe); // the listener stays open
    return true;
}

// Whether several processes may keep connections: see Rest::order().
bool may_pass_on(const request::PageHeader& header) {
    return header.channel_out != 0 && header.channel_in != 0 &&
           __atomic_load_n(&header.rowless, __ATOMIC_SEQ_CST) == 0;
}

} // namespace

bool Process::wants_to_keep() const {
    return __atomic_load_n(&page_->header.rest, __ATOMIC_SEQ_CST) == request::k_resting &&
           page_->header.version >= request::k_page_version_with_rest &&
           __atomic_load_n(&local_->is_loop, __ATOMIC_SEQ_CST) == 0 &&
           (may_pass_on(page_->header) || is_alone(*page_, *local_->row));
}

// Once a process.
void Process::begin_to_keep(int listener) {
    std::uint32_t state = k_not_begun;
    std::atomic_ref begun{local_->rest_begun};
    if (!begun.compare_exchange_strong(state, k_beginning)) {
        // In accept() by itself it would be deaf to what rests.
        for (int turn = 0; state == k_beginning && turn < k_begin_turns; ++turn) {
            (void)sched_yield(); // always succeeds on Linux
            state = begun.load();
        }
        return;
    }
    // An event loop waits elsewhere, for more than we know; it has set the flag before it came
    // here. The child has copies of what rests, which is its parent's alone. Fails without memory:
    // then nothing rests here.
    if (!is_nonblocking(listener) &&
        pthread_atfork(nullptr, nullptr, [] { process.copies_.close_all(); }) == 0) {
        (void)local_->rest.start({.page = page_,
                                  .row = local_->row,
                                  .connections = &local_->connections,
                                  .copies = &copies_,
                                  .transport = transport_},
                                 listener); // as it says
    }
    begun.store(k_begun);
}

bool Process::keeps(int listener) {
    const KeepErrno keep;
    Rest& rest = local_->rest;
    // A parked worker may be here for a connection that another thread has got meanwhile.
    if (rest.is_on() && (!rest.is_empty() || rest.is_parked())) {
        return true;
    }
    if (!wants_to_keep()) {
        return false;
    }
    if (!rest.is_on()) {
        begin_to_keep(listener);
    }
    return rest.is_on();
}

Come Process::await(int listener) {
    Rest& rest = local_->rest;
    // The listener's flag is asked only where accept() finds nothing at once: it is shared, and may
    // have been set since connections began to rest.
    int milliseconds = 0;
    for (;;) {
        const Rest::Come come = rest.wait(milliseconds, Rest::Take::connections);
        switch (come.what) {
        case Rest::Come::What::connection:
            return {.what = Come::What::connection, .fd = come.fd};
        case Rest::Come::What::listener:
            if (rest.turn().take(come.turn, listener, next_calls.poll)) {
                return {.what = Come::What::listener, .fd = -1};
            }
            break;
        case Rest::Come::What::park:
            if (hold(*local_->row, listener) == Gate::interrupted) {
                errno = EINTR;
                return {.what = Come::What::error, .fd = -1};
            }
            break;
        case Rest::Come::What::error:
            if (errno == 0 && !is_nonblocking(listener)) {
                if (milliseconds > 0 && rest.is_empty() && !can_open(listener)) {
                    return {.what = Come::What::error, .fd = -1};
                }
                milliseconds = milliseconds == 0 ? k_idle_after : -1;
                break;
            }
            errno = errno == 0 ? EAGAIN : errno;
            if (errno != EINTR || a_handler_ends_calls()) {
                return {.what = Come::What::error, .fd = -1};
            }
            break;
        }
    }
}

bool Process::watches() const {
    return page_ != nullptr &&
           (local_->rest.is_on() || is_spare() ||
            __atomic_load_n(&page_->header.rest, __ATOMIC_SEQ_CST) == request::k_resting);
}

bool Process::waits_for(int fd) {
    if (local_->connections.is_open(fd)) {
        return false; // the usual case; the other one costs a system call for each new number
    }
    const KeepErrno keep;
    return is_own_listener(fd) && own_row() != nullptr && keeps(fd);
}

void Process::waits_elsewhere(int fd) {
    if (connections_with(fd) != nullptr) {
        local_->rest.bar(fd);
    }
}

void Process::listens_elsewhere(int fd) {
    const bool may_be = page_ != nullptr && fd >= 0 && fd < k_followed_descriptors &&
                        !local_->connections.is_open(fd);
    const KeepErrno keep;
    if (may_be && is_own_listener(fd)) {
        std::atomic_ref{local_->is_loop}.store(1);
        local_->rest.give_up();
    }
}

// What it finds stays for accept() to find: the worker may call that in another thread, or never.
int Process::await_readiness(int milliseconds) {
    const int before = errno;
    const Rest::Come come = local_->rest.wait(milliseconds, Rest::Take::nothing);
    if (come.what == Rest::Come::What::error && errno != 0) {
        return -1;
    }
    errno = before;
    return come.what == Rest::Come::What::error ? 0 : 1;
}

void Process::leave_accept_with_kept() {
    note_accept(*local_->row, 0);
    std::atomic_ref{local_->row->accept_exit}.fetch_add(1);
    const KeepErrno keep;
    local_->rest.pass_on();
}

void Process::end_turn() {
    local_->rest.turn().done();
}

bool Process::is_parting(int fd) const {
    return page_ != nullptr && local_->rest.is_on() && local_->rest.is_parting(fd);
}

bool Process::will_rest(int fd) {
    return local_->rest.admits(fd);
}

void Process::lay_to_rest(int fd) {
    if (!local_->rest.begin(fd)) {
        part(fd);
    }
}

// A child of vfork() has our memory, and descriptors of its own.
bool Process::is_child() const {
    return getpid() != local_->pid;
}

Closing Process::close_instead(int fd) {
    if (page_ == nullptr || !local_->rest.is_on()) {
        return Closing::as_asked;
    }
    const KeepErrno keep;
    Rest& rest = local_->rest;
    if (rest.is_parting(fd) && !is_child()) {
        return rest.shed(fd) ? Closing::rests : Closing::as_asked;
    }
    // Closed before, as far as the worker knows.
    const bool is_ours = rest.rests(fd) || rest.waiting_descriptor() == fd;
    return is_ours && !is_child() ? Closing::not_open : Closing::as_asked;
}

} // namespace recycler::recorder
