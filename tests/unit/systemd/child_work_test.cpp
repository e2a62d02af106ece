// SPDX-License-Identifier: MIT
// Work in child processes: what comes back, and what is bounded.
#include "systemd/child_work.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <doctest/doctest.h>
#include <optional>
#include <unistd.h>
#include <vector>

using namespace systemd;
using namespace std::chrono_literals;
using recycler::Duration;
using recycler::Error;

namespace {

using Answer = std::optional<Result<std::string>>;

EventLoop make_loop() {
    auto loop = EventLoop::create();
    REQUIRE(loop);
    return *std::move(loop);
}

// A child that works until it is killed.
std::string never() {
    for (;;) {
        ::pause();
    }
}

ChildWork::Question asked(std::function<std::string()> work, Answer& answer, Duration limit = 60s) {
    return {.what = "do the work",
            .work = std::move(work),
            .limit = limit,
            .answer = [&answer](Result<std::string> said) { answer = std::move(said); }};
}

// At most a minute for each turn.
void run_until_answered(EventLoop& loop, const Answer& answer) {
    while (!answer) {
        REQUIRE(*loop.run_once(60s));
    }
}

} // namespace

TEST_CASE("a child answers what it found, and it is another process that knows what we know") {
    EventLoop loop = make_loop();
    ChildWork children(loop, {}, {});
    Answer answer;
    const std::string known = "known";
    children.ask(asked([&] { return known + " to " + std::to_string(::getppid()); }, answer));
    CHECK_FALSE(answer);
    run_until_answered(loop, answer);
    REQUIRE(*answer);
    CHECK(**answer == "known to " + std::to_string(::getpid()));
}

TEST_CASE("an answer larger than any pipe comes whole") {
    EventLoop loop = make_loop();
    ChildWork children(loop, {}, {});
    Answer answer;
    constexpr std::size_t size = std::size_t{5} << 20;
    children.ask(asked([] { return std::string(size, 'x'); }, answer));
    run_until_answered(loop, answer);
    REQUIRE(*answer);
    CHECK(**answer == std::string(size, 'x'));
}

TEST_CASE("a child that takes too long is ended, and the asker told") {
    EventLoop loop = make_loop();
    ChildWork children(loop, {}, {});
    Answer answer;
    children.ask(asked(never, answer, 10ms));
    run_until_answered(loop, answer);
    REQUIRE_FALSE(*answer);
    CHECK(answer->error().code == ETIMEDOUT);
    CHECK(answer->error().message().find("do the work") != std::string::npos);
}

TEST_CASE("a child that dies over its work has answered nothing, whatever it had said") {
    EventLoop loop = make_loop();
    ChildWork children(loop, {}, {});
    Answer answer;
    children.ask(asked(
        [] {
            (void)!::write(STDOUT_FILENO, "half", 4);
            (void)::raise(SIGKILL);
            return std::string();
        },
        answer));
    run_until_answered(loop, answer);
    REQUIRE_FALSE(*answer);
    CHECK(answer->error().code == EIO);
}

TEST_CASE("a child opens what it reads, then gives up its rights, then works") {
    EventLoop loop = make_loop();
    std::string order; // in the child
    ChildWork children(loop, {}, [&order] {
        order += " gives up";
        return Result<void>();
    });
    Answer answer;
    auto question = asked([&order] { return order + " works"; }, answer);
    question.open = [&order] { order += "opens"; };
    children.ask(std::move(question));
    run_until_answered(loop, answer);
    REQUIRE(*answer);
    CHECK(**answer == "opens gives up works");
}

TEST_CASE("a child that cannot give up its rights does not work, and the error says why") {
    EventLoop loop = make_loop();
    ChildWork children(loop, {}, [] {
        return Result<void>(Error{EPERM, "drop all capabilities"});
    });
    Answer answer;
    children.ask(asked([] { return std::string("works"); }, answer));
    run_until_answered(loop, answer);
    REQUIRE_FALSE(*answer);
    CHECK(answer->error().code == EIO);
    CHECK(answer->error().context ==
          "do the work: the child process could not give up its rights (drop all capabilities: "
          "Operation not permitted)");
}

TEST_CASE("the error of a child that ended says how it ended") {
    EventLoop loop = make_loop();
    ChildWork children(loop, {}, {});
    const auto context_of = [&](const std::function<void()>& end) {
        Answer answer;
        children.ask(asked(
            [&end] {
                end();
                return std::string();
            },
            answer));
        run_until_answered(loop, answer);
        return answer->has_value() ? "answered" : answer->error().context;
    };
    CHECK(context_of([] { ::_exit(7); }) == "do the work: the child process ended with status 7");
    CHECK(context_of([] { (void)::raise(SIGKILL); }) ==
          "do the work: signal 9 ended the child process");
    CHECK(context_of([] { (void)::raise(SIGSYS); }) ==
          "do the work: the kernel ended the child process because it made a system call that no "
          "reader makes (SIGSYS)");
}

TEST_CASE("a child neither reads what its parent reads nor writes to its log") {
    EventLoop loop = make_loop();
    ChildWork children(loop, {}, {});
    Answer answer;
    children.ask(asked(
        [] {
            char byte = 0;
            const bool reads = ::read(STDIN_FILENO, &byte, 1) != 0;
            std::array<char, 64> log{};
            (void)!::readlink("/proc/self/fd/2", log.data(), log.size() - 1);
            return (reads ? "reads " : "") + std::string(log.data());
        },
        answer));
    run_until_answered(loop, answer);
    REQUIRE(*answer);
    CHECK(**answer == "/dev/null");
}

TEST_CASE("beyond so many at once they take turns, and beyond so many that wait they are refused") {
    EventLoop loop = make_loop();
    ChildWork children(loop, {.at_once = 1, .waiting = 1, .turn = 60s}, {});
    Answer held;
    Answer second;
    Answer third;
    children.ask(asked(never, held, 50ms));
    children.ask(asked([] { return std::string("second"); }, second));
    children.ask(asked([] { return std::string("third"); }, third));
    REQUIRE(third); // at once
    CHECK(third->error().code == EBUSY);
    run_until_answered(loop, second);
    CHECK(held);
    CHECK(**second == "second");
}

TEST_CASE("who waits for too long is refused, and the next one's time counts for itself") {
    EventLoop loop = make_loop();
    ChildWork children(loop, {.at_once = 1, .waiting = 4, .turn = 20ms}, {});
    Answer held;
    Answer waits;
    children.ask(asked(never, held, 60s));
    const MonoTime asked_at = loop.now();
    children.ask(asked([] { return std::string("waits"); }, waits));
    run_until_answered(loop, waits);
    CHECK(waits->error().code == EBUSY);
    CHECK(loop.now() >= asked_at + 20ms);
    CHECK_FALSE(held);
}

TEST_CASE("who has gone takes nobody's place and no child") {
    EventLoop loop = make_loop();
    ChildWork children(loop, {.at_once = 1, .waiting = 1, .turn = 60s}, {});
    Answer held;
    Answer gone;
    Answer stays;
    children.ask(asked(never, held, 50ms));
    auto leaves = asked([] { return std::string("gone"); }, gone);
    leaves.is_wanted = [] { return false; };
    children.ask(std::move(leaves));
    children.ask(asked([] { return std::string("stays"); }, stays));
    run_until_answered(loop, stays);
    CHECK(**stays == "stays");
    CHECK_FALSE(gone);
}

TEST_CASE("children end with who asked them") {
    EventLoop loop = make_loop();
    Answer answer;
    {
        ChildWork children(loop, {}, {});
        children.ask(asked(never, answer));
    }
    CHECK_FALSE(*loop.run_once(0s));
    CHECK_FALSE(answer);
}
