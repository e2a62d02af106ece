// SPDX-License-Identifier: MIT
// The recorder inside one process: maps the page that the environment names, knows which
// descriptors are the worker's listener, holds the process before accept() while it is parked. Owns
// the process-local memory, which a fork leaves behind empty (MADV_WIPEONFORK), so that a child
// never writes its parent's row. Without a page every call does nothing.
#pragma once

#include "recycler/recorder/connections.hpp"
#include "recycler/recorder/gate.hpp"
#include "recycler/recorder/rest/rest.hpp"
#include "recycler/recorder/spare/birth.hpp"
#include "recycler/request/page_layout.hpp"

#include <cstdint>
#include <sys/types.h>

namespace recycler::recorder {

class Process {
  public:
    // Maps the page whose descriptor RECYCLER_PAGE numbers, and takes what stands on descriptor 0
    // as the listener (FastCGI 1.0, 2.2). Says nothing when it cannot: the worker runs without.
    void attach();

    // Holds the thread while the worker is parked. Keeps errno.
    Gate come_to_accept(int listener);
    // `accepted` is what accept() returned; if it failed, errno says why, and stays.
    void leave_accept(int accepted);
    void leave_accept_with_kept(); // a connection has come back

    // Born without a slot, and has none yet. Whether poll() for `fd` shall call await_slot() then.
    [[nodiscard]] bool is_spare() const;
    [[nodiscard]] bool awaits_slot_at(int fd);
    // Waits for a slot, for so many milliseconds; -1: without end. Valid where the row is there.
    SlotWait await_slot(int milliseconds, const sigset_t* mask);

    // After the gate is open: whether await() waits instead of accept(), because kept connections
    // may rest here. Keeps errno.
    [[nodiscard]] bool keeps(int listener);
    Come await(int listener);
    void end_turn();
    // For poll() and its kind: whether any of it may concern the recorder; whether `fd` is the
    // listener, and readiness comes from here; 1: accept() shall be called, 0: the milliseconds
    // (-1: without end) are over, -1 with errno.
    [[nodiscard]] bool watches() const;
    [[nodiscard]] bool waits_for(int fd);
    int await_readiness(int milliseconds);
    // The worker waits by a call that knows nothing of what rests: for the connection `fd`, which
    // then never does; for its listener, if `fd` is that, and then none does.
    void waits_elsewhere(int fd);
    void listens_elsewhere(int fd);
    [[nodiscard]] int waiting_descriptor() const { return local_->rest.waiting_descriptor(); }

    // The worker meets the end of the connection `fd`, which is to rest when the worker closes it.
    [[nodiscard]] bool is_parting(int fd) const;
    [[nodiscard]] Closing close_instead(int fd);

    // Null unless this process accepted `fd` and follows it. If so, what follows is valid.
    [[nodiscard]] Connections* connections_with(int fd);
    [[nodiscard]] request::Row& row();
    // Whether the connection shall rest once these bytes complete its answer.
    [[nodiscard]] bool will_rest(int fd);
    void lay_to_rest(int fd);
    // Whether a connection of this process may outlast its answer: nobody wants the worker to come
    // to its end, and two other threads wait in accept() for those that come meanwhile. Without one
    // they would wait behind a connection on which nothing is asked; one alone may be holding the
    // lock under which all others wait for their turn, this one too.
    [[nodiscard]] bool may_keep(int fd) const;
    // Ends a kept connection whose answer is complete, unless its client has asked on.
    void part(int fd);

    // Before close() or whatever else ends the descriptor.
    void closing(int fd);
    void closing_range(unsigned first, unsigned last);

    void exiting(int status); // of the process, of its own accord

  private:
    enum class Claim : std::uint32_t { none, running, done, refused };
    enum class Listener : std::uint8_t { unknown, own, other };
    struct Local {
        Claim claim;
        pid_t pid;
        request::Row* row;
        Listener listeners[k_followed_descriptors];
        Connections connections;
        BirthWatch birth;
        std::uint32_t rest_begun;
        std::uint32_t is_loop; // it waits for its listener elsewhere
        Rest rest;
    };

    bool map_local();
    void note_transport(int listener);
    int watched_birth_channel();
    SlotWait wait_at_birth_channel(int milliseconds, const sigset_t* mask);
    Told take_slot();
    void put_in_place(const SlotFiles& files);
    [[nodiscard]] bool is_own_listener(int fd);
    request::Row* own_row();
    [[nodiscard]] bool settle(); // false: a signal has come that would have ended the call
    Gate hold(request::Row& row, int listener);
    [[nodiscard]] bool wants_to_keep() const;
    void begin_to_keep(int listener);
    [[nodiscard]] bool is_child() const;

    request::Page* page_ = nullptr; // null: no page, and nothing to do
    Local* local_ = nullptr;
    dev_t listener_device_ = 0;
    ino_t listener_inode_ = 0;
    Birth birth_{};
    Transport transport_ = Transport::tcp;
    Copies copies_{};
};

// Of this program; static, because a hook is called by its name alone.
// NOLINTNEXTLINE(bugprone-dynamic-static-initializers): constinit
extern constinit Process process;

} // namespace recycler::recorder
