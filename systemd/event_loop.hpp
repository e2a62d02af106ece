// SPDX-License-Identifier: MIT
// EventLoop owns one sd-event loop and hands out its sources (event_source.hpp). It knows nothing
// of workers or policies. One thread; callbacks must not throw: an exception that reaches the loop
// ends the process.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/units.hpp"
#include "systemd/event_source.hpp"
#include "systemd/turns.hpp"

#include <cstdint>
#include <functional>
#include <memory>

struct sd_event;

namespace systemd {

using recycler::Duration;
using recycler::MonoTime;
using recycler::Result;
using recycler::WallTime;

// Of the sources that are due at once, the lowest value goes first.
enum class Priority : std::int64_t { first = -100, normal = 0, last = 100 };

using Callback = std::function<void()>;
// `events` is the epoll mask that fired; EPOLLERR and EPOLLHUP come unasked.
using IoCallback = std::function<void(std::uint32_t events)>;

// Sources may outlive the loop object: each keeps the underlying sd-event alive.
class EventLoop {
  public:
    static Result<EventLoop> create();

    Result<IoSource> add_io(int fd, std::uint32_t events, IoCallback callback,
                            Priority priority = Priority::normal);
    // Disarmed until Timer::arm().
    Result<Timer> add_timer(Callback callback, Priority priority = Priority::normal);
    // Idle until Deferred::schedule().
    Result<Deferred> add_deferred(Callback callback, Priority priority = Priority::normal);

    // Runs until exit(); returns its code.
    Result<int> run();
    // One turn: waits at most `timeout` for one source and runs it. False when nothing was due or
    // the loop has ended.
    Result<bool> run_once(Duration timeout);
    // How long the turns of run() took: what one source did, from its call to its return.
    [[nodiscard]] const Turns& turns() const { return turns_; }
    // For how long the present turn of run() has been running.
    [[nodiscard]] Duration taken() const;
    // Of this thread so far: what a piece of a turn costs, however busy the machine is.
    [[nodiscard]] static Duration processor_time();
    // Ends run() after the present turn.
    void exit(int code);

    // The time when this turn began: the same value for all that one turn does.
    [[nodiscard]] MonoTime now() const;
    [[nodiscard]] WallTime wall_now() const;

  private:
    struct LoopDeleter {
        void operator()(sd_event* event) const noexcept;
    };
    explicit EventLoop(sd_event* event) : event_(event) {}
    [[nodiscard]] int dispatch();

    std::unique_ptr<sd_event, LoopDeleter> event_;
    Turns turns_;
    MonoTime turn_began_;
};

} // namespace systemd
