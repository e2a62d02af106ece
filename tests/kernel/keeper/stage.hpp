// SPDX-License-Identifier: MIT
// The stage of these tests: a folder with a real recyclerd and a test controller beside it, and the
// socket over which every controller that the keeper starts reports for orders.
#pragma once

#include "recycler/base/unique_fd.hpp"

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <sys/types.h>
#include <vector>

// A controller as the test sees it. Waits at most 30 s for anything, then the test fails.
class Actor {
  public:
    Actor(recycler::UniqueFd socket, pid_t pid) : socket_(std::move(socket)), pid_(pid) {}

    [[nodiscard]] pid_t pid() const { return pid_; }
    // One order: the verb and lines "name value".
    void order(const std::string& text);
    // An order that is answered with "done".
    void order_and_wait(const std::string& text);
    // The next line that begins so, without the beginning; others are kept for later.
    std::string hear(const std::string& beginning);
    // Whether a line that begins so has been heard already, or is ready to be.
    bool has_heard(const std::string& beginning);
    // The next line, whatever it is; for "exactly this and nothing before".
    std::string hear_next();

  private:
    std::optional<std::string> receive(int timeout_ms);

    recycler::UniqueFd socket_;
    pid_t pid_;
    std::deque<std::string> kept_;
};

struct StageSetup {
    std::vector<std::string> environment{"RECYCLER_WATCHDOG=0"};
    std::vector<std::string> arguments{};
    uid_t uid = 0;                  // that the keeper runs as
    std::map<int, rlim_t> limits{}; // soft and hard, by resource
    std::vector<int> withheld{};    // capabilities
    std::string log{};              // a file in the folder that stderr goes to; "": ours
};

class Stage {
  public:
    explicit Stage(const StageSetup& setup = {});
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;
    ~Stage(); // ends the keeper and all that is left, removes the folder

    [[nodiscard]] pid_t keeper() const { return keeper_; }
    [[nodiscard]] const std::string& folder() const { return folder_; }
    // The next controller that the keeper starts, after its replay ("ready").
    Actor next_controller();
    // Whether one reports within this time.
    bool has_next_controller(int timeout_ms);
    // Puts another test controller where the keeper finds it.
    void install(const std::string& controller);
    // Waits for the keeper's end: its exit code, or 128 + signal.
    int wait_for_keeper();

  private:
    std::string folder_;
    recycler::UniqueFd listener_;
    pid_t keeper_ = -1;
};

// Waits until a process is gone: true, or false after 30 s.
bool is_gone_soon(pid_t pid);
// A file of /proc, or of the test's folder.
std::string content_of(const std::string& path);
// The value of "Name:\tvalue" in /proc/PID/status.
std::string status_of(pid_t pid, const std::string& name);
// The pid in "1.1 4711".
pid_t pid_in(const std::string& line);
