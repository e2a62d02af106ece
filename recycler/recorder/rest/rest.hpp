// SPDX-License-Identifier: MIT
// The kept connections that rest in one process: how they come to rest, come back, are handed on
// and taken. Owns their descriptors while they rest, and their counts in the row; must not know how
// a worker is parked, nor which process it is in. Every call is safe from several threads.
#pragma once

#include "recycler/recorder/rest/channel.hpp"
#include "recycler/recorder/rest/coming.hpp"
#include "recycler/recorder/rest/lock.hpp"
#include "recycler/recorder/rest/places.hpp"
#include "recycler/recorder/rest/surroundings.hpp"
#include "recycler/recorder/rest/turn.hpp"
#include "recycler/recorder/rest/waiting_set.hpp"

#include <cstdint>

namespace recycler::recorder {

// Zeroes at first.
class Rest {
  public:
    // Once. False: nothing rests here, and accept() waits by itself.
    bool start(const Surroundings& where, int listener);
    [[nodiscard]] bool is_on() const { return set_.is_made(); }

    // The answer on `fd` is about to be complete. Whether the connection shall rest then.
    [[nodiscard]] bool admits(int fd);
    // It came from another slot, and ends with its answer, so that its client connects anew there.
    // Not on unix sockets, where the end could not come with the answer: it is handed back.
    [[nodiscard]] bool belongs_elsewhere(int fd) const;
    void bar(int fd) { places_[fd].bar(); } // it never rests
    // It is complete: the connection rests from now on. The worker meets its end on the number that
    // it has, and closes it later. False: its client sends something other than requests.
    bool begin(int fd);
    [[nodiscard]] bool is_parting(int fd) const {
        return fd >= 0 && fd < k_followed_descriptors && places_[fd].is_parting();
    }
    // The worker closes the number of a connection that is parting. Whether it stays open.
    bool shed(int fd);
    // accept() has returned a new connection.
    void opened(int fd) { places_[fd].begin(); }
    [[nodiscard]] bool rests(int fd) const;
    [[nodiscard]] bool knows(int fd) const; // whether closing() has anything to do
    void closing(int fd);                   // the descriptor ends, whatever it is

    // Waits until there is something to do. Also carries out what the page orders. `error` with
    // errno 0: the milliseconds are over; -1: without end.
    using Come = Coming;
    enum class Take : std::uint8_t { connections, nothing };
    Come wait(int milliseconds, Take take);
    // Hands on or ends what rests, if the page says so.
    void obey();
    // The process ends of its own accord: another worker shall have what rests.
    void leave();
    // accept() has returned, and counts as left. If no other thread of this process waits there,
    // processes that share the listener shall have what rests: who asks does not wait for this one.
    void pass_on();
    void give_up(); // the worker does not come to accept() for what rests
    [[nodiscard]] bool is_empty() const;
    // obey() of a parked worker. Whether something is left: nobody takes it, its client has asked,
    // and wait() reports it, for the worker to answer it all the same.
    [[nodiscard]] bool obey_parked();
    [[nodiscard]] bool is_parked() const;
    [[nodiscard]] Turn turn() const { return Turn{where_.page->header.accept_turn}; }
    [[nodiscard]] int waiting_descriptor() const { return set_.fd(); }

  private:
    enum class Order { none, hand_on, end, forget };
    [[nodiscard]] Order order() const;
    [[nodiscard]] Order order_for(int fd) const;
    [[nodiscard]] std::uint32_t hands_back() const; // a slot_word(); 0: nothing
    [[nodiscard]] bool may_rest() const;
    [[nodiscard]] bool is_shared() const;
    [[nodiscard]] bool wants_more() const;
    // The only ways into rest and out of it: the row shows who rests.
    void put_to_rest(int fd);
    bool take_from_rest(int fd) { return take_from_rest(fd, places_[fd].generation()); }
    bool take_from_rest(int fd, std::uint32_t generation);
    void prepare(int fd);
    void lay_to_rest(int fd); // one that this thread has taken, or that no other one knows yet
    void drop(int fd);
    enum class Obeyed { gone, stays, refused }; // the last one: the channel takes none
    Obeyed hand_on(int fd);
    Obeyed stay(int fd, Obeyed why);
    Obeyed obey(Order order, int fd);
    void take_from_channel();
    void follow_channel();
    void note_threads();
    bool come_back(Arrival& arrival, Take take); // whether it asks: it is the worker's then
    int give_back(int fd);                       // the worker's number; -1: it has ended
    Come wait_parked(Take take);
    void note_busy(const Arrival& arrival);
    void leave_number(int fd);
    int number_for_worker(int fd); // under which the worker gets it; -1: none is free
    enum class Asks { yes, no, never };
    [[nodiscard]] Asks asks(int fd, bool uncertain);

    Surroundings where_;
    int listener_;
    ListenerKind kind_;
    std::uint32_t limit_;
    std::uint32_t lock_;            // over all private calls but those that only read the page
    std::uint32_t several_threads_; // have been in accept() at once
    mutable std::uint32_t several_processes_; // have come to accept()
    std::uint32_t channel_watched_;
    std::uint32_t leaving_;
    std::uint32_t given_up_;
    std::uint32_t highest_; // 1 + descriptor: where a search may stop
    WaitingSet set_;
    Inherited out_;
    Inherited in_;
    Inherited wake_;
    Place places_[k_followed_descriptors];
};

} // namespace recycler::recorder
