// SPDX-License-Identifier: MIT
#include "recycler/recorder/connections.hpp"

#include <atomic>
#include <cstring>
#include <ctime>
#include <sched.h>

namespace recycler::recorder {
namespace {

using request::Row;
using request::RowEnd;

template <typename T>
void add(T& field, T value) {
    std::atomic_ref{field}.fetch_add(value);
}
template <typename T>
void subtract(T& field, T value) {
    std::atomic_ref{field}.fetch_sub(value);
}
// Takes off what is there, at most `most`: how much it was.
std::uint32_t take(std::uint32_t& field, std::uint32_t most) {
    std::atomic_ref word{field};
    std::uint32_t seen = word.load();
    while (!word.compare_exchange_weak(seen, seen - (most < seen ? most : seen))) {
    }
    return most < seen ? most : seen;
}
template <typename T>
T load(const T& field) {
    return __atomic_load_n(&field, __ATOMIC_SEQ_CST);
}

std::uint64_t monotonic() {
    timespec now{};
    (void)clock_gettime(CLOCK_MONOTONIC, &now); // cannot fail with a valid pointer
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(now.tv_nsec);
}

// Held for some hundred instructions. Gives up rather than waits for ever: a signal handler may
// have interrupted the holder on its own thread. Then what is shown is brought up to date by the
// next request.
class ShownLock {
  public:
    explicit ShownLock(std::uint32_t& word) : word_(word) {
        for (int attempt = 0; attempt < k_attempts && !held_; ++attempt) {
            std::uint32_t expected = 0;
            held_ = std::atomic_ref{word_}.compare_exchange_strong(expected, 1);
            if (!held_) {
                (void)sched_yield(); // always succeeds on Linux
            }
        }
    }
    ShownLock(const ShownLock&) = delete;
    ShownLock& operator=(const ShownLock&) = delete;
    ~ShownLock() {
        if (held_) {
            std::atomic_ref{word_}.store(0);
        }
    }
    [[nodiscard]] bool held() const { return held_; }

  private:
    static constexpr int k_attempts = 1000;
    std::uint32_t& word_;
    bool held_ = false;
};

// Its method and URI stay.
template <typename Over>
void write_over(Row& row, const Connection& connection, const Over& over) {
    constexpr auto k_relaxed = std::memory_order_relaxed;
    std::atomic_ref{row.in_flight_since}.store(0, k_relaxed);
    std::atomic_ref{row.last_since}.store(connection.since, k_relaxed);
    std::atomic_ref{row.last_until}.store(over.until, k_relaxed);
    std::atomic_ref{row.last_enter}.store(load(row.accept_enter), k_relaxed);
    std::atomic_ref{row.last_end}.store(static_cast<std::uint32_t>(over.how), k_relaxed);
}

void write_text(Row& row, const Connection& connection) {
    std::atomic_ref{row.in_flight_since}.store(connection.since, std::memory_order_relaxed);
    std::memcpy(row.method, connection.from_client.method, sizeof row.method);
    std::memcpy(row.uri, connection.from_client.uri, sizeof row.uri);
}

// Under the lock.
template <typename Write>
void change_text(Row& row, Write write) {
    std::atomic_ref sequence{row.text_sequence};
    const std::uint32_t before = sequence.load(std::memory_order_relaxed) & ~1U;
    sequence.store(before + 1, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
    write();
    sequence.store(before + 2, std::memory_order_release);
}

} // namespace

bool Connections::is_open(int fd) const {
    return fd >= 0 && fd < k_followed_descriptors && load(connections_[fd].open) != 0;
}

bool Connections::any_open() const {
    for (int fd = 0; fd < load(highest_); ++fd) {
        if (is_open(fd)) {
            return true;
        }
    }
    return false;
}

void Connections::opened(Row& row, int fd, std::uint64_t& sum) {
    add(sum, std::uint64_t{1});
    if (fd >= k_followed_descriptors) {
        add(row.unfollowed, std::uint64_t{1});
        return;
    }
    closing(row, fd); // it was closed by a call that no hook sees
    give_up(row, fd); // what came while another thread closed it
    Connection& connection = connections_[fd];
    note_half(row, connection, 0); // likewise
    connection = {};
    std::atomic_ref{connection.open}.store(1);
    add(row.open, 1U);
    std::atomic_ref highest{highest_};
    for (int seen = highest.load(); seen <= fd;) {
        if (highest.compare_exchange_weak(seen, fd + 1)) {
            break;
        }
    }
}

void Connections::closing(Row& row, int fd) {
    if (!is_open(fd)) {
        return;
    }
    if (std::atomic_ref{connections_[fd].open}.exchange(0) == 0) {
        return; // another thread closes it at the same time
    }
    give_up(row, fd);
    subtract(row.open, 1U);
}

void Connections::give_up(Row& row, int fd) {
    if (const std::uint32_t cut = std::atomic_ref{connections_[fd].in_flight}.exchange(0)) {
        note_half(row, connections_[fd], 0);
        subtract(row.in_flight, cut);
        show_another(row, fd, {RowEnd::given_up, monotonic()});
    }
}

void Connections::note_half(Row& row, Connection& connection, std::uint32_t half) {
    if (load(connection.half) == half) {
        return;
    }
    const std::uint32_t before = std::atomic_ref{connection.half}.exchange(half);
    if (before < half) {
        add(row.half, 1U);
    } else if (before > half) {
        subtract(row.half, 1U);
    }
}

void Connections::received(Row& row, int fd, const void* bytes, std::size_t size) {
    Connection& connection = connections_[fd];
    const std::uint32_t text_before = connection.from_client.text_changes;
    const std::uint32_t begun =
        follow(connection.from_client, static_cast<const std::uint8_t*>(bytes), size);
    note_loss(row, connection);
    if (begun > 0) {
        if (load(connection.in_flight) == 0) {
            connection.since = monotonic();
            sampler_.begin(connection.choice, connection.since);
        }
        add(row.begins, std::uint64_t{begun});
        add(row.in_flight, begun);
        add(connection.in_flight, begun);
    }
    if (load(connection.in_flight) > 0) {
        note_half(row, connection, connection.from_client.asked ? 0 : 1);
    }
    if (begun > 0) {
        if (!is_open(fd)) {
            return give_up(row, fd); // another thread has closed it meanwhile
        }
    }
    if (begun > 0 || connection.from_client.text_changes != text_before) {
        show(row, fd);
    }
}

void Connections::sent(Row& row, int fd, const void* bytes, std::size_t size) {
    Connection& connection = connections_[fd];
    const std::uint32_t ended =
        follow(connection.from_worker, static_cast<const std::uint8_t*>(bytes), size);
    note_loss(row, connection);
    if (ended > 0) {
        end(row, fd, ended);
    }
}

bool Connections::completes_kept(int fd, const iovec* parts, std::size_t count) const {
    const Connection& connection = connections_[fd];
    if (!connection.from_client.asks_to_keep || load(connection.in_flight) != 1) {
        return false;
    }
    request::ResponseStream ahead = connection.from_worker;
    std::uint32_t ended = 0;
    for (std::size_t i = 0; i < count; ++i) {
        ended +=
            follow(ahead, static_cast<const std::uint8_t*>(parts[i].iov_base), parts[i].iov_len);
    }
    return ended > 0;
}

void Connections::received_unseen(Row& row, int fd, std::size_t size) {
    skip(connections_[fd].from_client.records, size);
    note_loss(row, connections_[fd]);
}

void Connections::sent_unseen(Row& row, int fd, std::size_t size) {
    skip(connections_[fd].from_worker.records, size);
    note_loss(row, connections_[fd]);
}

void Connections::note_loss(Row& row, Connection& connection) {
    const bool lost = connection.from_client.records.lost || connection.from_worker.records.lost;
    if (lost && std::atomic_ref{connection.told_unfollowed}.exchange(1) == 0) {
        add(row.unfollowed, std::uint64_t{1});
    }
}

void Connections::end(Row& row, int fd, std::uint32_t ended) {
    const std::uint32_t answered = take(connections_[fd].in_flight, ended);
    if (answered == 0) {
        return; // another thread has closed it, and given them up
    }
    if (load(connections_[fd].in_flight) == 0) {
        note_half(row, connections_[fd], 0);
    }
    subtract(row.in_flight, answered);
    add(row.ends, std::uint64_t{answered});
    if (load(connections_[fd].in_flight) == 0) {
        const std::uint64_t now = monotonic();
        const bool was_empty = connections_[fd].from_worker.was_empty;
        measure(connections_[fd], now);
        show_another(row, fd, {was_empty ? RowEnd::empty : RowEnd::answered, now});
    }
}

void Connections::measure(const Connection& connection, std::uint64_t now) {
    if (sampler_.is_on()) {
        sampler_.end({.choice = connection.choice,
                      .since = connection.since,
                      .until = now,
                      .method = connection.from_client.method,
                      .uri = connection.from_client.uri});
    }
}

void Connections::show(Row& row, int fd) {
    const ShownLock lock{shown_lock_};
    if (lock.held() && (shown_ == 0 || shown_ == fd + 1)) {
        shown_ = fd + 1;
        change_text(row, [&] { write_text(row, connections_[fd]); });
    }
}

void Connections::show_another(Row& row, int fd, const Over& over) {
    const ShownLock lock{shown_lock_};
    if (lock.held() && shown_ == fd + 1) {
        const int oldest = load(row.in_flight) == 0 ? -1 : oldest_in_flight();
        shown_ = oldest + 1;
        change_text(row, [&] {
            if (oldest < 0) {
                write_over(row, connections_[fd], over);
            } else {
                write_text(row, connections_[oldest]);
            }
        });
    }
}

int Connections::oldest_in_flight() const {
    int oldest = -1;
    for (int fd = 0; fd < load(highest_); ++fd) {
        if (load(connections_[fd].in_flight) > 0 &&
            (oldest < 0 || connections_[fd].since < connections_[oldest].since)) {
            oldest = fd;
        }
    }
    return oldest;
}

} // namespace recycler::recorder
