// SPDX-License-Identifier: MIT
// What the listener tests share: workers that are real processes with the listener as fd 0, slots
// to serve, and waiting for an event with a deadline. Proves nothing itself.
#pragma once

#include "policies/policy.hpp"
#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"
#include "recycler/worker/listen/listener.hpp"
#include "recycler/worker/look/idleness.hpp"
#include "recycler/worker/look/proc.hpp"

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <doctest/doctest.h>
#include <functional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace rig {

using namespace std::chrono_literals;

// A child process in a process group of its own; `body` runs with `listener` as fd 0 and no
// descriptor above 2, and may use nothing that allocates. Killed with its group and reaped on
// destruction.
class Worker {
  public:
    Worker(int listener, const std::function<void()>& body);
    Worker(Worker&& other) noexcept;
    Worker& operator=(Worker&&) = delete;
    ~Worker() { end(); }

    [[nodiscard]] pid_t pid() const { return pid_; }
    // Lists the process group, as the product lists the cgroup.
    [[nodiscard]] recycler::worker::ListProcesses processes() const;
    void end();
    // The exit status, after the body has returned by itself.
    int wait();

  private:
    pid_t pid_ = -1;
};

// Bodies. Each connection brings one byte and gets `tag` back; then the worker waits for the client
// to close, as libfcgi does.
[[noreturn]] void serve(char tag, std::chrono::nanoseconds work = 0ns);
// So long that a few queued requests outlast every pause of a handover: who ends such a worker
// early loses some.
inline constexpr auto k_slow_work = 10ms;
// Accepts one connection and keeps it for ever.
[[noreturn]] void accept_and_hold();

// True as soon as `condition` is; false after five seconds.
[[nodiscard]] bool eventually(const std::function<bool()>& condition);

// False where a look took longer than it may: then it is not known, and is to be asked again. Any
// other failure is the test's.
template <typename T>
[[nodiscard]] bool is_known(const recycler::Result<T>& seen) {
    if (!seen && seen.error().code != ETIMEDOUT) {
        FAIL(seen.error().message());
    }
    return static_cast<bool>(seen);
}
// The time that the product itself lets pass around hide().
void let_gate_settle();

[[nodiscard]] bool is_ready(const Worker& worker, int listener);

// connect() returns when the client's side stands; the server's may follow a moment later.
[[nodiscard]] bool has_queued(int listener, std::uint32_t count);
[[nodiscard]] bool has_accepted(int listener, std::uint32_t count);

[[nodiscard]] recycler::worker::Idleness look_now(const recycler::worker::Watched& watched);

// A shown first listener on a port of the kernel's choice, and the address it got.
struct Slot {
    policies::Address address;
    recycler::UniqueFd listener;
};
// Where a slot may be opened.
inline const std::string k_hosts[] = {"127.0.0.1", "::1"};
[[nodiscard]] recycler::UniqueFd must_open(recycler::Result<recycler::UniqueFd> opened);
[[nodiscard]] Slot open_slot(const std::string& host);
[[nodiscard]] recycler::worker::ListenSpec spec_of(const policies::Address& address,
                                                   std::uint32_t serial = 1);

// A folder under /tmp, removed with what is in it.
class Folder {
  public:
    Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder();
    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    std::string path_;
};

} // namespace rig
