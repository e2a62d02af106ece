// SPDX-License-Identifier: MIT
// A daemon with the real control server and answers that a test can foresee, in a process of its
// own.
#pragma once

#include "recycler/base/unique_fd.hpp"
#include "recycler/control/server.hpp"

#include <string>
#include <sys/types.h>

// What it does with a call:
//   Status  a snapshot of one slot, 7012
//   Drain   7099: NoSuchSlot; 7098: TimedOut; 7097: Refused; others: progress to those who want
//   more, then never an answer Open    answered at once, as are Recycle, Reload, Why and Stop
//   Events  with follow: one long line after the other for as long as somebody listens
class ControlDaemon {
  public:
    // Serves RUNTIME/app/control; the folder is made.
    ControlDaemon(const std::string& app, const recycler::control::Rights& rights,
                  const recycler::control::Limits& limits = {});
    ~ControlDaemon();
    ControlDaemon(const ControlDaemon&) = delete;
    ControlDaemon& operator=(const ControlDaemon&) = delete;

    // The next thing that happened there: 'D' a Drain arrived, 'E' an Events, 'C' a call was
    // cancelled; '!' when nothing did for ten seconds.
    char next_event();
    // Readable when there is one.
    int events() const { return events_.get(); }
    // Resident memory, in KiB.
    long resident_kib() const;
    pid_t pid() const { return pid_; }

  private:
    recycler::UniqueFd events_;
    pid_t pid_ = -1;
};
