// SPDX-License-Identifier: MIT
// Work that may take long, done by child processes and answered later: files of gigabytes on a slow
// disk, a wait for what is still to come, and a file that shrinks while it is mapped (SIGBUS) are
// the child's trouble, and the loop never waits for any of them. A child sees all that its parent
// knew when it began, and changes nothing of it; it has no descriptor of its parent's, and gives up
// its rights before it works. How many children there are, how long each may take and how many
// questions wait for their turn is bounded.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/units.hpp"
#include "systemd/event_loop.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <string>

namespace systemd {

class ChildWork {
  public:
    struct Bounds {
        std::size_t at_once = 4;                            // children
        std::size_t waiting = 64;                           // questions beyond them
        recycler::Duration turn = std::chrono::seconds(10); // each of which waits so long at most
    };
    // What each child gives up before its work; it needs nothing but standard output, to answer.
    // If it fails, there is no work. Empty: the child keeps all rights.
    using Confine = std::function<Result<void>()>;
    // `loop` must outlive it.
    ChildWork(EventLoop& loop, Bounds bounds, Confine confine);
    // Ends the children; their questions get no answer.
    ~ChildWork();
    ChildWork(const ChildWork&) = delete;
    ChildWork& operator=(const ChildWork&) = delete;

    // Called once, from the loop, unless nobody wants it any more. EBUSY: its turn did not come,
    // since too many had asked before; then, and when no child can be had, perhaps from within
    // ask(). ETIMEDOUT: the child took longer than `limit`. EIO: it ended before it had answered;
    // the error says how.
    using Answer = std::function<void(Result<std::string>)>;
    struct Question {
        const char* what = "";             // it does, for errors: "read the journal"
        std::function<void()> open{};      // in the child, while it has the rights for that
        std::function<std::string()> work; // in the child, what it returns is the answer
        recycler::Duration limit{};        // once it has begun
        std::function<bool()> is_wanted{}; // when its turn has come; none: it is
        Answer answer;
    };
    void ask(Question question);

  private:
    struct Waiting {
        Question question;
        MonoTime until;
    };
    struct Child; // at work
    void begin(Question question);
    void read_some(Child& child);
    void give_up(Child& child);
    void finish(Child& child);
    void drop(const Child& child);
    void wait(Question question);
    void drop_unwanted();
    void turn_away();

    EventLoop& loop_;
    Bounds bounds_;
    Confine confine_;
    std::list<std::unique_ptr<Child>> under_way_;
    std::deque<Waiting> queue_;
    Timer first_leaves_; // of the queue
};

} // namespace systemd
