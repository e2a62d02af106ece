// SPDX-License-Identifier: MIT
#include "recycler/death/hang.hpp"

#include "recycler/death/explain.hpp"
#include "tests/unit/death/worked_evidence.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::death;

namespace {

Thread in(std::string call, WaitedFor waited = {.kind = WaitedKind::other}) {
    Thread thread{.id = 7, .name = "app", .state = 'S', .call = std::move(call), .cpu_share = 0.0};
    if (waited.fd >= 0 || waited.kind != WaitedKind::other) {
        thread.waits_for = {std::move(waited)};
    }
    return thread;
}

Thread running(std::optional<double> share) {
    return {.id = 8, .name = "app", .state = 'R', .cpu_share = share};
}

std::string words(const Thread& thread) {
    const auto hang = hang_of(thread);
    return hang ? hang->words : "(none)";
}

const WaitedFor k_database{WaitedKind::socket, 7, "127.0.0.1:5432"};

} // namespace

TEST_CASE("a lock, a socket and a busy loop are told apart") {
    CHECK(words(in("futex")) == "waits for a lock (futex)");
    CHECK(words(in("read", k_database)) ==
          "waits for an answer from 127.0.0.1:5432 (read of fd 7)");
    CHECK(words(in("poll", {WaitedKind::socket, 7, ""})) ==
          "waits for an answer from the other end of a socket (poll of fd 7)");
    CHECK(words(running(0.98)) == "computes: it used 98 % of a processor");
    CHECK(words(running(std::nullopt)) == "computes: it was running");
}

TEST_CASE("who runs by chance at the look does not compute, and who computes may be in a call") {
    CHECK(words(running(0.01)) == "(none)");
    CHECK(words(running(0.1)) == "computes: it used 10 % of a processor"); // a busy machine
    CHECK(words(Thread{.state = 'S'}) == "(none)");
    Thread busy = in("getpid");
    busy.cpu_share = 0.9;
    CHECK(words(busy) == "computes: it used 90 % of a processor");
}

TEST_CASE("locks on files, disks, children, pipes and sleep are told, too") {
    const WaitedFor file{WaitedKind::file, 5, "/srv/cache.lock"};
    CHECK(words(in("flock", file)) == "waits for the lock on /srv/cache.lock (flock of fd 5)");
    CHECK(words(in("fcntl(F_SETLKW)", file)) ==
          "waits for the lock on /srv/cache.lock (fcntl(F_SETLKW) of fd 5)");
    Thread stuck = in("read", file);
    stuck.state = 'D';
    CHECK(words(stuck) == "waits for a disk, for /srv/cache.lock (read of fd 5)");
    CHECK(words(in("wait4", {WaitedKind::process, -1, "pid 12 (convert)"})) ==
          "waits for the end of pid 12 (convert) (wait4)");
    CHECK(words(in("read", {WaitedKind::pipe, 3, "pipe:[1]"})) ==
          "waits for the other end of a pipe (read of fd 3)");
    CHECK(words(in("clock_nanosleep")) == "sleeps (clock_nanosleep)");
    CHECK(words(in("pselect6", {WaitedKind::time, -1, "no descriptor"})) == "sleeps (pselect6)");
    CHECK(words(in("msgrcv")) == "waits in a system call (msgrcv)");
}

TEST_CASE("who waits for the balancer is not said to wait for the answer of another server") {
    WaitedFor client{WaitedKind::client, 5, "127.0.0.1:59556"};
    CHECK(words(in("poll", client)) ==
          "waits for the balancer (poll of fd 5): either for the rest of the request, or until the "
          "balancer takes the answer; Recycler cannot tell which");
    client.awaited = Awaited::output;
    CHECK(words(in("write", client)) ==
          "waits until the balancer takes more of the answer (write of fd 5)");
    CHECK(hint_for_hang({in("write", client)}).find("fastcgi_buffering on") != std::string::npos);
    client.awaited = Awaited::input;
    CHECK(words(in("poll", client)) ==
          "waits for the rest of its request from the balancer (poll of fd 5)");
    CHECK(hint_for_hang({in("read", client)}).find("client_body_timeout in nginx") !=
          std::string::npos);
    CHECK(hint_for_hang({in("read", client)}).find("option http-buffer-request in HAProxy") !=
          std::string::npos);
    // It may wait for the next request on a kept connection.
    CHECK(hang_in_words({in("read", client), in("read", k_database)})
              .starts_with(" It waits for an answer from 127.0.0.1:5432"));
}

TEST_CASE("a thread that waits for the next request does not hang, nor does one that is unknown") {
    CHECK(words(in("accept", {WaitedKind::listener, 0, "127.0.0.1:7000"})) == "(none)");
    CHECK(words(Thread{}) == "(none)");
}

TEST_CASE("of several threads the likeliest comes first, each kind once") {
    const std::vector<Thread> threads{in("futex"), in("futex"), in("read", k_database),
                                      in("accept", {WaitedKind::listener, 0, ""})};
    CHECK(hang_in_words(threads) ==
          " It waits for an answer from 127.0.0.1:5432 (read of fd 7); another thread waits for a "
          "lock (futex).");
    CHECK(hang_in_words({}).empty());
}

TEST_CASE("only the process that has the request hangs: its parent waits for its children") {
    std::vector<Thread> threads{in("wait4", {WaitedKind::process, -1, ""}),
                                in("read", {WaitedKind::client, 3, "", Awaited::input})};
    threads[1].serves = true;
    CHECK(hang_in_words(threads) ==
          " It waits for the rest of its request from the balancer (read of fd 3).");
}

TEST_CASE("the sentence of a hung worker says what it waited for, and what to do follows") {
    Evidence e = ordered(serving(killed_by(SIGKILL)), Purpose::hung, KillSent{SIGTERM});
    e.threads = {in("read", k_database)};
    const Explanation told = explain(e);
    CHECK(told.sentence.find("It waits for an answer from 127.0.0.1:5432") != std::string::npos);
    CHECK(told.next->find("give the program a timeout") != std::string::npos);
    e.threads = {running(1.0)};
    CHECK(explain(e).next->find("profiler") != std::string::npos);
}

TEST_CASE("text of a worker in what it waits for comes out printable and bounded") {
    const auto hang = hang_of(in("read", {WaitedKind::socket, 7, std::string(9000, '\n')}));
    REQUIRE(hang);
    CHECK(hang->words.size() < 2000);
    CHECK(hang->words.find('\n') == std::string::npos);
}
