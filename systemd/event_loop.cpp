// SPDX-License-Identifier: MIT
#include "systemd/event_loop.hpp"

#include <cerrno>
#include <chrono>
#include <ctime>
#include <systemd/sd-event.h>

namespace systemd {

namespace {

using std::chrono::ceil;
using std::chrono::microseconds;

// sd-event may coalesce timers within their accuracy; 0 would mean its default of 250 ms.
constexpr std::uint64_t k_timer_accuracy_us = 1;

// Owned by the sd-event source and deleted with it. sd-event keeps a source that is dropped inside
// its own callback until the callback has returned, so the function object outlives its own call.
template <typename Function>
void delete_function(void* function) {
    delete static_cast<Function*>(function);
}

int on_io(sd_event_source*, int, std::uint32_t events, void* function) noexcept {
    (*static_cast<IoCallback*>(function))(events);
    return 0;
}
int on_time(sd_event_source*, std::uint64_t, void* function) noexcept {
    (*static_cast<Callback*>(function))();
    return 0;
}
int on_turn(sd_event_source*, void* function) noexcept {
    (*static_cast<Callback*>(function))();
    return 0;
}

// What a new source still needs. `status` is what sd_event_add_*() returned.
template <typename Handle, typename Function>
Result<Handle> adopt(int status, sd_event_source* source, std::unique_ptr<Function> function,
                     Priority priority) {
    if (status < 0) {
        return recycler::Error{-status, "add an event source"};
    }
    SourceHandle handle(source);
    status = sd_event_source_set_destroy_callback(source, delete_function<Function>);
    if (status < 0) {
        return recycler::Error{-status, "own an event source"};
    }
    (void)function.release(); // the source owns it now
    status = sd_event_source_set_priority(source, static_cast<std::int64_t>(priority));
    if (status < 0) {
        return recycler::Error{-status, "set the priority of an event source"};
    }
    return Handle(std::move(handle));
}

std::uint64_t microseconds_until(MonoTime time) {
    const auto count = ceil<microseconds>(time.time_since_epoch()).count();
    return count > 0 ? static_cast<std::uint64_t>(count) : 0;
}

// Fails only for a loop of another process (after fork) or a clock it does not know: programming
// errors.
std::uint64_t read_clock(sd_event* event, clockid_t clock) {
    std::uint64_t now = 0;
    const int status = sd_event_now(event, clock, &now);
    assert(status >= 0);
    (void)status;
    return now;
}

Duration read_time(clockid_t clock) {
    timespec time{};
    (void)::clock_gettime(clock, &time); // cannot fail for these clocks
    return std::chrono::seconds(time.tv_sec) + Duration(time.tv_nsec);
}

// Switching a valid source on or off can only fail for lack of memory in epoll_ctl(2), which
// nothing here could survive.
void set_enabled(sd_event_source* source, int mode) {
    const int status = sd_event_source_set_enabled(source, mode);
    assert(status >= 0);
    (void)status;
}

} // namespace

void SourceDeleter::operator()(sd_event_source* source) const noexcept {
    (void)sd_event_source_disable_unref(source);
}

void EventLoop::LoopDeleter::operator()(sd_event* event) const noexcept {
    (void)sd_event_unref(event);
}

void IoSource::watch(std::uint32_t events) {
    const int status = sd_event_source_set_io_events(handle_.get(), events);
    assert(status >= 0);
    (void)status;
    set_enabled(handle_.get(), SD_EVENT_ON);
}

void IoSource::pause() {
    set_enabled(handle_.get(), SD_EVENT_OFF);
}

void Timer::arm(MonoTime deadline) {
    const int status = sd_event_source_set_time(handle_.get(), microseconds_until(deadline));
    assert(status >= 0);
    (void)status;
    set_enabled(handle_.get(), SD_EVENT_ONESHOT);
}

void Timer::disarm() {
    set_enabled(handle_.get(), SD_EVENT_OFF);
}

void Deferred::schedule() {
    set_enabled(handle_.get(), SD_EVENT_ONESHOT);
}

void Deferred::cancel() {
    set_enabled(handle_.get(), SD_EVENT_OFF);
}

Result<EventLoop> EventLoop::create() {
    sd_event* event = nullptr;
    const int status = sd_event_new(&event);
    if (status < 0) {
        return recycler::Error{-status, "create an event loop"};
    }
    return EventLoop(event);
}

Result<IoSource> EventLoop::add_io(int fd, std::uint32_t events, IoCallback callback,
                                   Priority priority) {
    auto function = std::make_unique<IoCallback>(std::move(callback));
    sd_event_source* source = nullptr;
    const int status = sd_event_add_io(event_.get(), &source, fd, events, on_io, function.get());
    return adopt<IoSource>(status, source, std::move(function), priority);
}

Result<Timer> EventLoop::add_timer(Callback callback, Priority priority) {
    auto function = std::make_unique<Callback>(std::move(callback));
    sd_event_source* source = nullptr;
    const int status = sd_event_add_time(event_.get(), &source, CLOCK_MONOTONIC, 0,
                                         k_timer_accuracy_us, on_time, function.get());
    Result<Timer> timer = adopt<Timer>(status, source, std::move(function), priority);
    if (timer) {
        timer->disarm(); // sd-event arms a new timer at once
    }
    return timer;
}

Result<Deferred> EventLoop::add_deferred(Callback callback, Priority priority) {
    auto function = std::make_unique<Callback>(std::move(callback));
    sd_event_source* source = nullptr;
    const int status = sd_event_add_defer(event_.get(), &source, on_turn, function.get());
    Result<Deferred> deferred = adopt<Deferred>(status, source, std::move(function), priority);
    if (deferred) {
        deferred->cancel();
    }
    return deferred;
}

// sd_event_loop(), with a look at the clocks around what each source does.
Result<int> EventLoop::run() {
    int status = 0;
    while (status >= 0 && sd_event_get_state(event_.get()) != SD_EVENT_FINISHED) {
        status = sd_event_prepare(event_.get());
        status = status == 0 ? sd_event_wait(event_.get(), UINT64_MAX) : status;
        status = status > 0 ? dispatch() : status;
    }
    int code = 0;
    status = status >= 0 ? sd_event_get_exit_code(event_.get(), &code) : status;
    if (status < 0) {
        return recycler::Error{-status, "run the event loop"};
    }
    return code;
}

int EventLoop::dispatch() {
    turn_began_ = MonoTime(read_time(CLOCK_MONOTONIC));
    const Duration cpu = processor_time();
    const int status = sd_event_dispatch(event_.get());
    turns_.add(taken(), processor_time() - cpu);
    return status;
}

Duration EventLoop::processor_time() {
    return read_time(CLOCK_THREAD_CPUTIME_ID);
}

Duration EventLoop::taken() const {
    return read_time(CLOCK_MONOTONIC) - turn_began_.time_since_epoch();
}

Result<bool> EventLoop::run_once(Duration timeout) {
    const auto wait = ceil<microseconds>(timeout).count();
    const int status = sd_event_run(event_.get(), static_cast<std::uint64_t>(wait > 0 ? wait : 0));
    if (status == -ESTALE) { // it has ended
        return false;
    }
    if (status < 0) {
        return recycler::Error{-status, "run one turn of the event loop"};
    }
    return status > 0;
}

void EventLoop::exit(int code) {
    const int status = sd_event_exit(event_.get(), code);
    assert(status >= 0 || status == -ESTALE); // ESTALE: it has ended already
    (void)status;
}

MonoTime EventLoop::now() const {
    return MonoTime{microseconds{read_clock(event_.get(), CLOCK_MONOTONIC)}};
}

WallTime EventLoop::wall_now() const {
    return WallTime{microseconds{read_clock(event_.get(), CLOCK_REALTIME)}};
}

} // namespace systemd
