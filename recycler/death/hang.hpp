// SPDX-License-Identifier: MIT
// What the threads of a worker that hung were waiting for, judged: a lock, an answer, a file, or
// nothing at all, because they compute. Pure.
#pragma once

#include "recycler/death/thread.hpp"

#include <optional>
#include <string>
#include <vector>

namespace recycler::death {

// In the order in which they are likely to be what the request waited for: idle threads of a pool
// wait for locks, those of kept connections for their client, and timers sleep.
enum class HangKind {
    stopped,
    computes,
    file_lock,
    answer,
    disk,
    process,
    pipe,
    other,
    client,
    taker,
    lock,
    sleep
};

struct Hang {
    HangKind kind = HangKind::other;
    std::string words; // "waits for an answer from 127.0.0.1:5432 (read of fd 7)"
    bool operator==(const Hang&) const = default;
};

// What has come on the connection on which a thread waits for its client: a part of a request, or
// none at all.
enum class Came { part, nothing };

// nullopt: it waits in accept(), or cannot be judged.
std::optional<Hang> hang_of(const Thread& thread, Came came = Came::part);
// Each kind once, the likeliest first.
std::vector<Hang> hangs_of(const std::vector<Thread>& threads, Came came = Came::part);

// "It waits for a lock (futex)." with a space in front; empty: nobody can say.
std::string hang_in_words(const std::vector<Thread>& threads, Came came = Came::part);
// What to do about it.
std::string hint_for_hang(const std::vector<Thread>& threads);

// "fd 7 (127.0.0.1:5432)"
std::string waited_in_words(const WaitedFor& waited);
// "97 %"
std::string share_in_words(double share);

} // namespace recycler::death
