// SPDX-License-Identifier: MIT
// The sources of an EventLoop as move-only handles: when a handle goes, its callback is never
// called again. It may go inside its own callback, and it may outlive the loop object. Made by
// EventLoop alone.
#pragma once

#include "recycler/base/units.hpp"

#include <cstdint>
#include <memory>
#include <utility>

struct sd_event_source;

namespace systemd {

using recycler::MonoTime;

struct SourceDeleter {
    void operator()(sd_event_source* source) const noexcept;
};
using SourceHandle = std::unique_ptr<sd_event_source, SourceDeleter>;

// A source that is only held: signals, end-of-turn callbacks.
class Source {
  public:
    Source() = default;
    explicit Source(SourceHandle handle) : handle_(std::move(handle)) {}
    [[nodiscard]] explicit operator bool() const { return handle_ != nullptr; }

  private:
    SourceHandle handle_;
};

// Watches a descriptor that the caller owns and must keep open as long as the handle lives.
class IoSource {
  public:
    IoSource() = default;
    explicit IoSource(SourceHandle handle) : handle_(std::move(handle)) {}
    [[nodiscard]] explicit operator bool() const { return handle_ != nullptr; }
    // Level-triggered unless the mask says EPOLLET. Mask 0 still reports EPOLLERR and EPOLLHUP.
    void watch(std::uint32_t events);
    // Reports nothing at all until watch() is called again.
    void pause();

  private:
    SourceHandle handle_;
};

// Fires once per arm(), never before its time: sd-event counts microseconds, so nanoseconds are
// rounded up.
class Timer {
  public:
    Timer() = default;
    explicit Timer(SourceHandle handle) : handle_(std::move(handle)) {}
    [[nodiscard]] explicit operator bool() const { return handle_ != nullptr; }
    // Replaces an earlier deadline. A time in the past fires in the next turn.
    void arm(MonoTime deadline);
    void disarm();

  private:
    SourceHandle handle_;
};

// Runs once in a later turn each time it was scheduled; scheduling it twice before it ran is once.
class Deferred {
  public:
    Deferred() = default;
    explicit Deferred(SourceHandle handle) : handle_(std::move(handle)) {}
    [[nodiscard]] explicit operator bool() const { return handle_ != nullptr; }
    void schedule();
    void cancel();

  private:
    SourceHandle handle_;
};

} // namespace systemd
