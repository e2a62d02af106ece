// SPDX-License-Identifier: MIT
#include "recycler/recorder/process.hpp"

#include "recycler/recorder/accept_failure.hpp"
#include "recycler/recorder/descent.hpp"
#include "recycler/recorder/held_signals.hpp"
#include "recycler/recorder/keep_errno.hpp"
#include "recycler/recorder/listening.hpp"
#include "recycler/recorder/own_page.hpp"
#include "recycler/recorder/rows.hpp"

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace recycler::recorder {
namespace {

using request::Page;
using request::Row;

// How long a thread with other connections is kept from asking again: long enough not to spin,
// short enough not to slow them.
constexpr timespec k_busy_pause{.tv_sec = 0, .tv_nsec = 1'000'000};
// How long a thread of a worker that was told to end is held before it is told EINTR once more.
constexpr timespec k_ending_pause{.tv_sec = 0, .tv_nsec = 10'000'000};
// How often a parked thread looks whether what rests is to be handed on.
constexpr timespec k_resting_pause{.tv_sec = 0, .tv_nsec = 5'000'000};
// Turns of sched_yield() after which a thread does not wait longer for another one's claim.
constexpr int k_claim_turns = 10'000;

// See may_keep().
constexpr std::uint64_t k_others_waiting = 2;

bool holds(std::uint32_t park) {
    return park == request::k_parked || park == request::k_ending;
}

} // namespace

constinit Process process;

void Process::attach() {
    const KeepErrno keep;
    const int page_fd = page_number(getenv(request::k_page_variable));
    Page* page = map_page(page_fd);
    if (page == nullptr) {
        return;
    }
    if (is_started_for_a_request(*page, getpid(), getppid())) {
        hide_page(page_fd);
    }
    struct stat listener {};
    if (fstat(STDIN_FILENO, &listener) != 0 || !S_ISSOCK(listener.st_mode)) {
        (void)munmap(page, page->header.size); // cannot fail: exactly what was mapped
        return;
    }
    listener_device_ = listener.st_dev;
    listener_inode_ = listener.st_ino;
    birth_.find(listener, page->header);
    note_transport(STDIN_FILENO);
    if (map_local()) {
        page_ = page;
    }
}

void Process::note_transport(int listener) {
    int domain = AF_INET;
    socklen_t size = sizeof domain;
    (void)getsockopt(listener, SOL_SOCKET, SO_DOMAIN, &domain, &size); // of a socket: cannot fail
    transport_ = domain == AF_UNIX ? Transport::local : Transport::tcp;
}

// Untouched pages cost nothing: a worker with few descriptors uses two of them.
bool Process::map_local() {
    void* at =
        mmap(nullptr, sizeof(Local), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) {
        return false;
    }
    // Since Linux 4.14; holds for every kind of fork, where pthread_atfork() is blind to clone().
    if (madvise(at, sizeof(Local), MADV_WIPEONFORK) != 0) {
        (void)munmap(at, sizeof(Local)); // cannot fail: exactly what was mapped
        return false;
    }
    local_ = static_cast<Local*>(at);
    return true;
}

// Workers duplicate descriptor 0 as they like, so the socket is known by its inode: one fstat()
// for each number.
bool Process::is_own_listener(int fd) {
    const bool remembered = fd >= 0 && fd < k_followed_descriptors;
    if (remembered && local_->listeners[fd] != Listener::unknown) {
        return local_->listeners[fd] == Listener::own;
    }
    struct stat status {};
    const bool own = fstat(fd, &status) == 0 && status.st_dev == listener_device_ &&
                     status.st_ino == listener_inode_;
    if (remembered) {
        local_->listeners[fd] = own ? Listener::own : Listener::other;
    }
    return own;
}

Row* Process::own_row() {
    std::atomic_ref claim{local_->claim};
    Claim state = Claim::none;
    if (claim.compare_exchange_strong(state, Claim::running)) {
        local_->pid = getpid();
        local_->row = claim_row(*page_, static_cast<std::uint32_t>(local_->pid));
        if (local_->row != nullptr && page_->header.size >= sizeof(Page)) {
            local_->connections.sampler().start(
                page_->ring, static_cast<std::uint32_t>(local_->pid),
                static_cast<std::uint32_t>(local_->row - page_->rows));
        }
        // A child of ours has it, too, and has no row until it comes here. Fails without memory.
        (void)on_exit([](int status, void* self) { static_cast<Process*>(self)->exiting(status); },
                      this);
        claim.store(local_->row != nullptr ? Claim::done : Claim::refused);
        return local_->row;
    }
    for (int turn = 0; state == Claim::running && turn < k_claim_turns; ++turn) {
        (void)sched_yield(); // always succeeds on Linux
        state = claim.load();
    }
    return state == Claim::done ? local_->row : nullptr;
}

Gate Process::come_to_accept(int listener) {
    if (page_ == nullptr) {
        return Gate::unrecorded;
    }
    const KeepErrno keep;
    Row* row = is_own_listener(listener) ? own_row() : nullptr;
    if (row == nullptr) {
        return Gate::unrecorded;
    }
    if (is_spare()) {
        if (!can_await_slot(birth_, listener)) {
            return Gate::unrecorded;
        }
        if (await_slot(-1, nullptr) != SlotWait::taken) {
            return Gate::interrupted;
        }
    }
    if (!settle()) {
        return Gate::interrupted;
    }
    std::atomic_ref{row->accept_enter}.fetch_add(
        1); // before the park word is read: see PageFile::park()
    if (!holds(std::atomic_ref{page_->header.park}.load())) {
        return Gate::open;
    }
    const Gate gate = hold(*row, listener);
    if (gate != Gate::open) {
        std::atomic_ref{row->accept_exit}.fetch_add(1);
    }
    return gate;
}

// Reading memory takes some 5 us, in which a signal is likely where a client that has its answer
// tells the worker to end.
bool Process::settle() {
    Sampler& sampler = local_->connections.sampler();
    if (!sampler.waits()) {
        return true;
    }
    HeldSignals held;
    sampler.settle();
    return !held.release();
}

// FUTEX_WAIT without a timeout behaves under signals as accept() does: a handler with SA_RESTART
// resumes it, any other one ends it with EINTR, so that the worker's own shutdown runs.
Gate Process::hold(Row& row, int listener) {
    std::atomic_ref word{page_->header.park};
    const bool loops = is_nonblocking(listener);
    // An event loop would starve its other connections: it is sent back until they are done.
    if (loops && local_->connections.any_open()) {
        const std::uint32_t seen = word.load();
        (void)syscall(SYS_futex, &page_->header.park, FUTEX_WAIT, seen, &k_busy_pause, nullptr,
                      0); // however it ended, the loop comes back
        return holds(word.load()) ? Gate::busy : Gate::open;
    }
    std::atomic_ref parked{row.parked};
    parked.fetch_add(1);
    Gate gate = Gate::open;
    for (std::uint32_t seen = word.load(); holds(seen); seen = word.load()) {
        const bool rests = local_->rest.is_on() && !local_->rest.is_empty();
        if (rests && local_->rest.obey_parked()) { // orders are given without a word to the futex
            break;
        }
        const timespec* patience = seen == request::k_ending ? &k_ending_pause
                                   : rests                   ? &k_resting_pause
                                                             : nullptr;
        if (syscall(SYS_futex, &page_->header.park, FUTEX_WAIT, seen, patience, nullptr, 0) != 0 &&
            errno != EAGAIN) {
            const bool goes_on =
                patience == &k_resting_pause &&
                (errno == ETIMEDOUT || (errno == EINTR && !a_handler_ends_calls()));
            if (goes_on) {
                continue;
            }
            // It looks at its signals with its next turn. Told EINTR, libuv would ask again at
            // once.
            const Gate told = loops ? Gate::busy : Gate::interrupted;
            gate = errno == EINTR || errno == ETIMEDOUT ? told : Gate::open;
            break;
        }
    }
    parked.fetch_sub(1);
    return gate;
}

void Process::leave_accept(int accepted) {
    const int error = errno;
    const KeepErrno keep;
    if (accepted >= 0) {
        local_->connections.opened(*local_->row, accepted, local_->row->accepts);
        if (accepted < k_followed_descriptors) {
            local_->rest.opened(accepted);
        }
    }
    note_accept(*local_->row, accepted >= 0 ? 0 : error);
    std::atomic_ref{local_->row->accept_exit}.fetch_add(1);
    if (accepted >= 0 && local_->rest.is_on()) {
        local_->rest.pass_on();
    }
}

Connections* Process::connections_with(int fd) {
    return page_ != nullptr && local_->connections.is_open(fd) ? &local_->connections : nullptr;
}

Row& Process::row() {
    return *local_->row;
}

bool Process::may_keep(int fd) const {
    const auto load = [](const auto& word) { return __atomic_load_n(&word, __ATOMIC_SEQ_CST); };
    // In this order a thread that comes back meanwhile counts as not waiting.
    const std::uint64_t entered = load(local_->row->accept_enter);
    const std::uint64_t left = load(local_->row->accept_exit);
    return !local_->rest.belongs_elsewhere(fd) &&
           load(page_->header.let_go) != request::k_letting_go &&
           load(page_->header.end_kept) != request::k_ending_kept &&
           !holds(load(page_->header.park)) && entered >= left + k_others_waiting;
}

void Process::part(int fd) {
    if (local_->connections.part(fd, transport_) && transport_ == Transport::local) {
        std::atomic_ref{page_->header.ended_behind}.fetch_add(1, std::memory_order_relaxed);
    }
}

void Process::closing(int fd) {
    if (page_ == nullptr || fd < 0 || fd >= k_followed_descriptors) {
        return;
    }
    local_->listeners[fd] = Listener::unknown;
    if (local_->rest.is_on() && local_->rest.knows(fd) && !is_child()) {
        const KeepErrno keep;
        local_->rest.closing(fd);
    }
    // A child of vfork() closes its own descriptor, and writes our memory.
    if (local_->connections.is_open(fd) && getpid() == local_->pid) {
        const KeepErrno keep;
        local_->connections.closing(row(), fd);
    }
}

void Process::closing_range(unsigned first, unsigned last) {
    for (unsigned fd = first; fd <= last && fd < static_cast<unsigned>(k_followed_descriptors);
         ++fd) {
        closing(static_cast<int>(fd));
    }
}

void Process::exiting(int status) {
    const bool is_ours = page_ != nullptr && std::atomic_ref{local_->claim}.load() == Claim::done &&
                         getpid() == local_->pid; // not of a child of vfork()
    if (is_ours) {
        if (local_->rest.is_on()) {
            local_->rest.leave();
        }
        std::atomic_ref{local_->row->exited}.store((static_cast<std::uint32_t>(status) & 0xffU) +
                                                   1);
    }
}

} // namespace recycler::recorder
