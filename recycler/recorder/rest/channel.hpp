// SPDX-License-Identifier: MIT
// The slot's channel: kept connections that one worker hands on and another takes. A message is one
// byte and one descriptor. Owns no descriptor; must not know what rests. Whatever arrives may be
// written by a hostile worker: what is no connection to this app is closed here.
#pragma once

#include <sys/types.h>

namespace recycler::recorder {

// A descriptor that was handed to this worker, known by its inode: its number may come to stand for
// something else when the worker closes it by a call that no hook sees.
class Inherited {
  public:
    enum class Kind { channel, event };
    // `number`: of the page, 1 + descriptor. What stands there and is of another kind is none.
    void find(unsigned number, Kind kind);
    // -1: none, or no more.
    [[nodiscard]] int fd() const { return number_ - 1; }
    [[nodiscard]] bool is_there() const;
    void forget() { number_ = 0; }

  private:
    int number_; // 0: none
    dev_t device_;
    ino_t inode_;
};

struct Received {
    enum class What { nothing, connection, misfit, end };
    What what = What::nothing;
    int fd = -1; // of a connection; close-on-exec
};

// Keeps `fd` open. 0, or the errno of what failed. Does not block.
[[nodiscard]] int send_connection(int channel, int fd);

// What connections to a listener have in common with it.
struct ListenerKind {
    int family;
    int protocol;
};
[[nodiscard]] ListenerKind kind_of(int listener);

// The next message. The connection must be of the kind of the listener. Does not block.
[[nodiscard]] Received receive_connection(int channel, ListenerKind listener);

} // namespace recycler::recorder
