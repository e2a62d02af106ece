// SPDX-License-Identifier: MIT
// What the recorder knows inside one process: the accepted connections, where each one's records
// stand, and which request in flight the page shows. Owns nothing but memory that is zeroes at
// first; must not make system calls that can block, nor know of listeners and parking, nor decide
// which connection ends. Every call is safe in signal handlers and from several threads.
#pragma once

#include "recycler/recorder/sampler.hpp"
#include "recycler/request/fastcgi.hpp"
#include "recycler/request/page_layout.hpp"

#include <cstddef>
#include <cstdint>
#include <sys/uio.h>

namespace recycler::recorder {

// Descriptors from here on are counted when accepted, and not followed.
inline constexpr int k_followed_descriptors = 1024;

struct Connection {
    std::uint32_t open; // 1 from accept() to close()
    std::uint32_t in_flight;
    std::uint64_t since; // of the request that began first, CLOCK_MONOTONIC, nanoseconds
    std::uint32_t told_unfollowed;
    std::uint32_t half; // 1: the parameters of the request that began last have not all come
    Choice choice;      // whether that request is measured
    request::RequestStream from_client;
    request::ResponseStream from_worker;
};

// TCP holds an answer back until its end can go with it (MSG_MORE); unix sockets do not.
enum class Transport : std::uint8_t { tcp, local };

class Connections {
  public:
    // Measures requests, once it is started.
    [[nodiscard]] Sampler& sampler() { return sampler_; }

    // `sum`: of the row, where this connection counts.
    void opened(request::Row& row, int fd, std::uint64_t& sum);
    // Before close() gives the number to another thread. A request without its end is in flight no
    // more, and not served.
    void closing(request::Row& row, int fd);
    [[nodiscard]] bool is_open(int fd) const;
    [[nodiscard]] bool any_open() const;

    void received(request::Row& row, int fd, const void* bytes, std::size_t size);
    void sent(request::Row& row, int fd, const void* bytes, std::size_t size);
    // Whether these bytes would complete the answer to the only request in flight on a connection
    // that its client asked to keep.
    [[nodiscard]] bool completes_kept(int fd, const iovec* parts, std::size_t count) const;
    // A connection whose client asked to keep it, with nothing in flight: ends it, unless the next
    // request has come in on it already. The worker meets its end as if the client had closed it.
    // Whether it has ended.
    bool part(int fd, Transport transport);

    [[nodiscard]] bool has_answered(int fd) const; // nothing is in flight
    // The client has sent all of its last request, and nothing of the next one was received.
    [[nodiscard]] bool is_between_requests(int fd) const;
    // Where a connection that was received from elsewhere stands.
    void begin_between_requests(int fd);
    enum class Leftover : std::uint8_t {
        none,    // between requests
        to_come, // the client has not sent all yet
        ended,   // by the client
        foreign, // what is there is no end of a request
    };
    // Receives, without waiting, what the worker left of an answered request, and throws it away.
    // Where it was not between requests.
    [[nodiscard]] Leftover swallow(int fd);

    // Bytes that passed where nobody could see them.
    void received_unseen(request::Row& row, int fd, std::size_t size);
    void sent_unseen(request::Row& row, int fd, std::size_t size);

  private:
    // What the worker has not read yet, as far as it tells whether its client asks on.
    struct Unread {
        bool asks_again; // the next request has begun
        bool all_sent;   // of the present one
    };
    [[nodiscard]] Unread peek(int fd) const;

    static void note_loss(request::Row& row, Connection& connection);
    void end(request::Row& row, int fd, std::uint32_t ended);
    void give_up(request::Row& row, int fd);
    static void note_half(request::Row& row, Connection& connection, std::uint32_t half);
    // How, and when, the last request of a connection was over.
    struct Over {
        request::RowEnd how;
        std::uint64_t until;
    };
    void measure(const Connection& connection, std::uint64_t now);
    void show(request::Row& row, int fd);
    void show_another(request::Row& row, int fd, const Over& over);
    [[nodiscard]] int oldest_in_flight() const;

    Sampler sampler_;
    std::uint32_t shown_lock_;
    int shown_;   // descriptor + 1 of the connection whose request the page shows; 0: none
    int highest_; // descriptor + 1: where a search may stop
    Connection connections_[k_followed_descriptors];
};

} // namespace recycler::recorder
