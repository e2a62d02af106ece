// SPDX-License-Identifier: MIT
#include "recycler/keeper/workers.hpp"

#include "recycler/keeper/launch.hpp"
#include "recycler/keeper/ring/ring.hpp"
#include "recycler/keeper/system.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace recycler::keeper {
namespace {

constexpr std::size_t k_piece = std::size_t{16} * 1024;
// All of a pipe that nobody has made larger: its writer is woken once for all of it.
constexpr int k_pieces_of_a_turn = 4;
// A fraction of a millisecond; then orders and exits have their turn.
constexpr std::size_t k_pipes_of_a_turn = 16;
// Of what an ended worker has left in its pipe. It can make it no larger (fs.pipe-max-size) without
// a privilege.
constexpr std::size_t k_most_at_the_end = std::size_t{1024} * 1024;

std::int64_t as_nanoseconds(const timeval& time) {
    return time.tv_sec * 1'000'000'000 + time.tv_usec * 1'000;
}

bool is_consistent(const Launch& order, const Packet& packet) {
    const bool is_known = order.placement == Placement::none ||
                          order.placement == Placement::directory ||
                          order.placement == Placement::tasks;
    const bool has_its_number = order.placement == Placement::none        ? order.placements == 0
                                : order.placement == Placement::directory ? order.placements == 1
                                                                          : order.placements > 0;
    const bool has_channel = order.channel == 0 || order.channel == worker::k_channel_files;
    return is_known && has_its_number && has_channel && order.placements <= k_max_placements &&
           packet.fd_count == k_channel_at + order.channel + order.placements;
}

} // namespace

int Workers::open() {
    const int error = outputs_.open();
    return error != 0 ? error : poller_.add(outputs_.fd(), {.source = Source::outputs});
}

WorkerRecord* Workers::at(std::size_t index) {
    const auto workers = store_.workers();
    return index < workers.size() ? &workers[index] : nullptr;
}

void Workers::close(UniqueFd& fd, Poller& watching) {
    if (fd) {
        watching.remove(fd.get());
        fd.reset();
    }
}

int Workers::launch(const Launch& order, Packet& packet, const Permits* permits) {
    if (!is_consistent(order, packet)) {
        return EINVAL;
    }
    const std::optional<std::uint64_t> written = written_to_ring(packet.fds[k_ring_at].get());
    if (!written) {
        return EINVAL;
    }
    if (store_.find(order.id) != nullptr) {
        return EEXIST;
    }
    WorkerRecord* worker = store_.vacant_worker();
    if (worker == nullptr) {
        return ENOSPC;
    }
    *worker = WorkerRecord{};
    worker->id = order.id;
    worker->state = WorkerState::starting;
    worker->told = WorkerState::starting;
    worker->ring_written = *written;
    worker->launched_at = as_wire(now());
    worker::StepFailure failure = launch_worker(order, packet, permits, *worker);
    worker->page = std::move(packet.fds[k_page_at]);
    worker->ring = std::move(packet.fds[k_ring_at]);
    if (failure.step != worker::Step::none) {
        fail(*worker, failure);
        return 0;
    }
    const auto index = static_cast<std::uint32_t>(store_.index_of(*worker));
    // Only ENOMEM or fs.epoll.max_user_watches could refuse; then exec and output are looked at
    // when the process ends.
    (void)poller_.add(worker->failure_pipe.get(), {.source = Source::failure_pipe, .index = index});
    (void)outputs_.add(worker->output.get(), {.source = Source::outputs, .index = index});
    return 0;
}

int Workers::forget(const WireId& id) {
    WorkerRecord* worker = store_.find(id);
    if (worker == nullptr) {
        return ENOENT;
    }
    if (worker->has_process()) {
        return EBUSY;
    }
    close(worker->output, outputs_);
    close(worker->failure_pipe, poller_);
    *worker = WorkerRecord{};
    return 0;
}

// The controller knows the worker by its new name alone after this order. So an end that was
// reported under the old one is reported again.
int Workers::take_slot(const TakeSlot& order) {
    WorkerRecord* worker = store_.find(order.spare);
    if (worker == nullptr) {
        return ENOENT;
    }
    if (store_.find(order.worker) != nullptr) {
        return EEXIST;
    }
    worker->id = order.worker;
    if (worker->state == WorkerState::exited) {
        worker->told = WorkerState::running;
    }
    return 0;
}

void Workers::fail(WorkerRecord& worker, const worker::StepFailure& failure) {
    close(worker.output, outputs_);
    close(worker.failure_pipe, poller_);
    worker.failure = failure;
    worker.state = WorkerState::failed;
}

// Reads what the child said about its start: a failed step, or, by closing the pipe, that the
// program runs.
void Workers::settle_start(WorkerRecord& worker) {
    worker::StepFailure failure;
    const ssize_t got = ::read(worker.failure_pipe.get(), &failure, sizeof failure);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (got == static_cast<ssize_t>(sizeof failure)) {
        fail(worker, failure);
        return;
    }
    close(worker.failure_pipe, poller_);
    worker.execed_at = as_wire(now());
    worker.state = WorkerState::running;
}

void Workers::on_failure_pipe(std::size_t index) {
    WorkerRecord* worker = at(index);
    if (worker != nullptr && worker->state == WorkerState::starting) {
        settle_start(*worker);
    }
}

std::size_t Workers::pump(WorkerRecord& worker) {
    // Not on the stack: each page of it that is written between two forks is copied, and a large
    // frame touches all of its own.
    static std::array<std::byte, k_piece> piece;
    const ssize_t got = ::read(worker.output.get(), piece.data(), piece.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return 0;
    }
    if (got <= 0) {
        close(worker.output, outputs_); // the last process that could write has ended
        return 0;
    }
    // No memory for the ring (ENOSPC, ENOMEM) loses output and must not stop the worker.
    (void)append_to_ring(worker.ring.get(), worker.ring_written,
                         std::span{piece}.first(static_cast<std::size_t>(got)));
    return static_cast<std::size_t>(got);
}

void Workers::pump_turn(WorkerRecord& worker) {
    for (int i = 0; i < k_pieces_of_a_turn && worker.output && pump(worker) == k_piece; ++i) {
    }
}

// What stands in the pipe now: a child that goes on writing does not hold us up.
void Workers::pump_rest(WorkerRecord& worker) {
    int held = 0;
    (void)::ioctl(worker.output.get(), FIONREAD, &held); // fails only if there is no pipe any more
    const std::size_t most = std::min(static_cast<std::size_t>(held), k_most_at_the_end);
    std::size_t done = 0;
    for (std::size_t taken = 1; worker.output && taken > 0 && done <= most; done += taken) {
        taken = pump(worker);
    }
}

void Workers::on_outputs() {
    if (now() < pace_.next()) {
        watch_outputs(false);
        return;
    }
    const Duration before = processor_time();
    for (const Event& event : outputs_.wait({}, {}, k_pipes_of_a_turn)) {
        WorkerRecord* worker = at(event.index);
        if (worker != nullptr && worker->output) {
            pump_turn(*worker);
        }
    }
    pace_.read(now(), processor_time() - before);
}

void Workers::act_on_time(MonoTime time) {
    if (time >= next_deadline()) {
        watch_outputs(true);
    }
}

void Workers::watch_outputs(bool are_watched) {
    outputs_rest_ = !are_watched;
    poller_.change(outputs_.fd(), {.source = Source::outputs}, are_watched ? EPOLLIN : 0U);
}

void Workers::on_exit(const siginfo_t& info, const rusage& usage) {
    WorkerRecord* worker = store_.find_process(info.si_pid);
    if (worker == nullptr) {
        return;
    }
    if (worker->state == WorkerState::starting) {
        settle_start(*worker); // its end of the pipe is closed: this cannot be undecided
    }
    if (worker->state != WorkerState::running) {
        return;
    }
    pump_rest(*worker);
    worker->exit = {.code = info.si_code,
                    .status = info.si_status,
                    .at = as_wire(now()),
                    .user_time = as_nanoseconds(usage.ru_utime),
                    .system_time = as_nanoseconds(usage.ru_stime)};
    worker->state = WorkerState::exited;
}

void Workers::kill_all() {
    for (const WorkerRecord& worker : store_.workers()) {
        if (worker.has_process()) {
            (void)::syscall(SYS_pidfd_send_signal, worker.pidfd.get(), SIGKILL, nullptr,
                            0); // ESRCH: ended already
        }
    }
}

bool Workers::has_processes() {
    for (const WorkerRecord& worker : store_.workers()) {
        if (worker.has_process()) {
            return true;
        }
    }
    return false;
}

} // namespace recycler::keeper
