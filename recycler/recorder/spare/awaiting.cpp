// SPDX-License-Identifier: MIT
// How a process of a worker without a slot waits for one in front of its accept(), and takes it.
#include "recycler/recorder/held_signals.hpp"
#include "recycler/recorder/keep_errno.hpp"
#include "recycler/recorder/next_calls.hpp"
#include "recycler/recorder/out_of_the_way.hpp"
#include "recycler/recorder/process.hpp"
#include "recycler/recorder/rest/deadline.hpp"
#include "recycler/recorder/spare/birth.hpp"

#include <atomic>
#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace recycler::recorder {
namespace {

// A thread of a worker that is to end gets EINTR from accept() each time this has passed, and a
// message that could not be used is tried again after it.
constexpr timespec k_pause{.tv_sec = 0, .tv_nsec = 10'000'000};

template <typename T>
T load(const T& word) {
    return __atomic_load_n(&word, __ATOMIC_SEQ_CST);
}

int ask_channel(int channel, int milliseconds, const sigset_t* mask) {
    pollfd question{.fd = channel, .events = POLLIN | POLLRDHUP, .revents = 0};
    if (mask == nullptr) {
        return next_calls.poll(&question, 1, milliseconds);
    }
    const timespec timeout{.tv_sec = milliseconds / 1000,
                           .tv_nsec = milliseconds % 1000 * 1'000'000L};
    return next_calls.ppoll(&question, 1, milliseconds < 0 ? nullptr : &timeout, mask);
}

} // namespace

bool Process::is_spare() const {
    return page_ != nullptr && birth_.listener != 0 && load(listener_inode_) == birth_.listener;
}

// The last thread that waited closes what they waited at.
SlotWait Process::await_slot(int milliseconds, const sigset_t* mask) {
    std::atomic_ref awaiting{local_->row->awaiting_slot};
    awaiting.fetch_add(1);
    const SlotWait seen = is_spare() ? wait_at_birth_channel(milliseconds, mask) : SlotWait::taken;
    if (awaiting.fetch_sub(1) == 1 && seen == SlotWait::taken) {
        const int watched = std::atomic_ref{local_->birth.descriptor}.exchange(0) - 1;
        if (watched >= 0) {
            (void)next_calls.close(watched); // a copy
        }
    }
    return seen;
}

// A number of our own: where the channel stands at first, something else will stand when one of
// several threads has taken the slot, and poll() of the others would look at that.
int Process::watched_birth_channel() {
    const RestLock lock{local_->birth.lock};
    std::atomic_ref watched{local_->birth.descriptor};
    if (is_spare() && watched.load() == 0) {
        watched.store(copy_out_of_the_way(birth_.channel.fd()) + 1);
    }
    return watched.load() > 0 ? watched.load() - 1 : birth_.channel.fd();
}

SlotWait Process::wait_at_birth_channel(int milliseconds, const sigset_t* mask) {
    const Deadline deadline{milliseconds};
    const int channel = watched_birth_channel();
    for (;;) {
        const int ready = ask_channel(channel, deadline.milliseconds_left(), mask);
        if (!is_spare()) {
            return SlotWait::taken; // by another thread
        }
        if (ready < 0 && (errno != EINTR || a_handler_ends_calls())) {
            return SlotWait::interrupted;
        }
        if (ready == 0 && deadline.milliseconds_left() == 0) {
            return SlotWait::in_vain;
        }
        if (ready <= 0) {
            continue;
        }
        switch (take_slot()) {
        case Told::slot:
            return SlotWait::taken;
        case Told::nothing:
            break;
        case Told::misfit:
            (void)nanosleep(&k_pause, nullptr); // a signal ends it sooner, which does no harm
            break;
        case Told::end:
            // Its stop signal may have come just before the thread did: it looks again and again.
            (void)nanosleep(&k_pause, nullptr); // likewise
            errno = EINTR;
            return SlotWait::interrupted;
        }
    }
}

// One thread does it; another that comes meanwhile waits for that.
Told Process::take_slot() {
    const RestLock lock{local_->birth.lock};
    if (!is_spare()) {
        return Told::slot;
    }
    SlotFiles files;
    const Told told = read_slot(birth_.channel.fd(), files);
    if (told == Told::slot) {
        put_in_place(files);
        close_files(files);
    }
    return told;
}

// The inode comes last: who sees that this is no spare any more finds all in its place.
void Process::put_in_place(const SlotFiles& files) {
    struct stat born {};
    born.st_dev = listener_device_;
    born.st_ino = birth_.listener;
    struct stat status {};
    (void)fstat(files.listener, &status); // it is open
    replace_all(born, files.listener);
    const request::PageHeader& header = page_->header;
    const int numbers[] = {static_cast<int>(header.channel_out) - 1,
                           static_cast<int>(header.channel_in) - 1};
    if (birth_.channel.fd() != numbers[0] && birth_.channel.fd() != numbers[1]) {
        replace_one(birth_.channel.fd(), -1);
    }
    replace_one(numbers[0], files.channel_out);
    replace_one(numbers[1], files.channel_in);
    note_transport(files.listener);
    listener_device_ = status.st_dev;
    for (Listener& each : local_->listeners) {
        each = Listener::unknown;
    }
    std::atomic_ref{listener_inode_}.store(status.st_ino);
}

bool Process::awaits_slot_at(int fd) {
    if (!is_spare() || local_->connections.is_open(fd)) {
        return false;
    }
    const KeepErrno keep;
    return is_own_listener(fd) && own_row() != nullptr && can_await_slot(birth_, fd);
}

} // namespace recycler::recorder
