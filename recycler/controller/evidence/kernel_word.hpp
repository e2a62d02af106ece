// SPDX-License-Identifier: MIT
// The kernel's word on ends that its log alone explains. It follows an end by some milliseconds:
// an end without its word yet waits for it, with a deadline of its own, and delays no other.
#pragma once

#include "recycler/controller/workers/live_worker.hpp"
#include "recycler/worker/signals/kernel_deaths.hpp"
#include "systemd/event_loop.hpp"

#include <functional>

namespace recycler::controller {

class KernelWord {
  public:
    // `loop` must outlive it. `has_come`: what somebody waits for may be there, or his time is up.
    KernelWord(systemd::EventLoop& loop, std::function<void()> has_come)
        : loop_(loop), has_come_(std::move(has_come)) {}

    // Whether all is there that the kernel will say of the end of this worker. If not, `has_come`
    // is called later.
    [[nodiscard]] bool is_spoken(LiveWorker& dead);

    // What it has said so far.
    [[nodiscard]] const worker::KernelDeaths& deaths() const { return deaths_; }
    // Why it cannot be heard; nullopt: it can.
    [[nodiscard]] const std::optional<Error>& why_not() const { return why_not_; }

  private:
    void listen();
    [[nodiscard]] bool await(MonoTime until);
    void look();

    systemd::EventLoop& loop_;
    std::function<void()> has_come_;
    worker::KernelDeaths deaths_;
    std::optional<Error> why_not_;
    MonoTime awaited_until_;
    systemd::IoSource more_;
    systemd::Timer too_late_;
};

} // namespace recycler::controller
