// SPDX-License-Identifier: MIT
#include "systemd/child_work.hpp"

#include "recycler/base/unique_fd.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <string_view>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace systemd {

using recycler::Error;
using recycler::UniqueFd;

namespace {

constexpr std::size_t k_longest_answer = std::size_t{64} << 20;
// Read in one turn of the loop, in pieces of 64 KiB.
constexpr int k_pieces_of_a_turn = 16;
// Who serves has the processors first, and so has the loop.
constexpr int k_niceness = 10;
// How a child ends that has kept a right: its answer is the reason.
constexpr int k_not_confined = 3;

[[noreturn]] void say_and_end(std::string_view rest, int status) {
    while (!rest.empty()) {
        const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
        if (written <= 0) {
            ::_exit(1);
        }
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    ::_exit(status);
}

// Nothing of the parent is the child's: it must not hold listeners open, nor write to its log.
void keep_only(int pipe) {
    const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    for (const int standard : {STDIN_FILENO, STDERR_FILENO}) {
        if (nothing < 0) {
            (void)::close(standard);
        } else if (::dup2(nothing, standard) < 0) {
            ::_exit(1);
        }
    }
    if (::dup2(pipe, STDOUT_FILENO) < 0 ||
        ::syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0) < 0) {
        ::_exit(1);
    }
}

// It must not outlive its parent either.
[[noreturn]] void answer_in_child(const ChildWork::Question& question,
                                  const ChildWork::Confine& confine, int pipe, pid_t parent) {
    (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) {
        ::_exit(1);
    }
    keep_only(pipe);
    (void)!::nice(k_niceness);
    if (question.open) {
        question.open();
    }
    if (const auto confined = confine ? confine() : Result<void>(); !confined) {
        say_and_end(confined.error().message(), k_not_confined);
    }
    say_and_end(question.work(), 0);
}

// Why it has not answered.
std::string end_of(const siginfo_t& child, const std::string& said) {
    if (child.si_code == CLD_EXITED && child.si_status == k_not_confined) {
        return "the child process could not give up its rights (" + said + ")";
    }
    if (child.si_code == CLD_EXITED) {
        return "the child process ended with status " + std::to_string(child.si_status);
    }
    if (child.si_status == SIGSYS) {
        return "the kernel ended the child process because it made a system call that no reader "
               "makes (SIGSYS)";
    }
    return "signal " + std::to_string(child.si_status) + " ended the child process";
}

int pidfd_of(pid_t pid) {
    return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
}

} // namespace

struct ChildWork::Child {
    pid_t pid = 0;
    UniqueFd pidfd;
    UniqueFd pipe;
    std::string bytes;
    const char* what = "";
    Answer answer; // none: given already
    IoSource more;
    IoSource ended;
    Timer too_long;
};

ChildWork::ChildWork(EventLoop& loop, Bounds bounds, Confine confine)
    : loop_(loop), bounds_(bounds), confine_(std::move(confine)) {}

ChildWork::~ChildWork() {
    for (const auto& child : under_way_) {
        (void)::kill(child->pid, SIGKILL); // ours, and not waited for: it cannot be another's
    }
}

void ChildWork::ask(Question question) {
    if (under_way_.size() < bounds_.at_once) {
        begin(std::move(question));
    } else {
        wait(std::move(question));
    }
}

void ChildWork::wait(Question question) {
    if (!first_leaves_) {
        if (auto timer = loop_.add_timer([this] { turn_away(); })) {
            first_leaves_ = std::move(*timer);
        }
    }
    if (queue_.size() >= bounds_.waiting) {
        drop_unwanted();
    }
    if (!first_leaves_ || queue_.size() >= bounds_.waiting) {
        question.answer(Error{EBUSY, question.what});
        return;
    }
    queue_.push_back({std::move(question), loop_.now() + bounds_.turn});
    if (queue_.size() == 1) {
        first_leaves_.arm(queue_.front().until);
    }
}

void ChildWork::drop_unwanted() {
    std::erase_if(queue_, [](const Waiting& each) {
        return each.question.is_wanted && !each.question.is_wanted();
    });
}

// Those whose turn has not come in time.
void ChildWork::turn_away() {
    while (!queue_.empty() && queue_.front().until <= loop_.now()) {
        const Question question = std::move(queue_.front().question);
        queue_.pop_front();
        question.answer(Error{EBUSY, question.what});
    }
    if (!queue_.empty()) {
        first_leaves_.arm(queue_.front().until);
    }
}

void ChildWork::begin(Question question) {
    Child& child = *under_way_.emplace_back(std::make_unique<Child>());
    child.what = question.what;
    child.answer = std::move(question.answer);
    const pid_t parent = ::getpid();
    std::array<int, 2> ends{-1, -1};
    child.pid = ::pipe2(ends.data(), O_CLOEXEC) == 0 ? ::fork() : -1;
    child.pipe.reset(ends[0]);
    const UniqueFd write_end(ends[1]);
    if (child.pid == 0) {
        answer_in_child(question, confine_, write_end.get(), parent);
    }
    child.pidfd.reset(child.pid > 0 ? pidfd_of(child.pid) : -1);
    (void)::fcntl(child.pipe.get(), F_SETFL, O_NONBLOCK);
    auto more = loop_.add_io(child.pipe.get(), EPOLLIN,
                             [this, &child](std::uint32_t) { read_some(child); });
    auto ended =
        loop_.add_io(child.pidfd.get(), EPOLLIN, [this, &child](std::uint32_t) { finish(child); });
    auto too_long = loop_.add_timer([this, &child] { give_up(child); });
    if (!more || !ended || !too_long) { // no process, no descriptor or no memory to be had
        give_up(child);
        return;
    }
    child.more = std::move(*more);
    child.ended = std::move(*ended);
    child.too_long = std::move(*too_long);
    child.too_long.arm(loop_.now() + question.limit);
}

void ChildWork::read_some(Child& child) {
    std::array<char, 65536> bytes; // NOLINT: filled by read()
    ssize_t size = 1;
    for (int piece = 0; piece < k_pieces_of_a_turn && size > 0; ++piece) {
        size = ::read(child.pipe.get(), bytes.data(), bytes.size());
        child.bytes.append(bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
        if (child.bytes.size() > k_longest_answer) {
            give_up(child);
            return;
        }
    }
    if (size == 0) {
        child.more.pause(); // its end follows
    }
}

// One that the disk holds does not end at once, even when killed: who asked need not wait for that.
void ChildWork::give_up(Child& child) {
    child.more = {};
    const bool runs = child.pid > 0;
    if (runs) {
        (void)::kill(child.pid, SIGKILL);
    }
    const Answer answer = std::exchange(child.answer, nullptr);
    const Error error{runs ? ETIMEDOUT : EAGAIN, child.what};
    if (!child.ended) {
        drop(child);
    }
    if (answer) {
        answer(error);
    }
}

void ChildWork::finish(Child& child) {
    if (child.more) {
        read_some(child);
    }
    siginfo_t info{};
    (void)::waitid(P_PID, static_cast<id_t>(child.pid), &info, WEXITED | WNOHANG);
    const bool said_all = info.si_code == CLD_EXITED && info.si_status == 0;
    const Answer answer = std::exchange(child.answer, nullptr);
    std::string bytes = std::move(child.bytes);
    Error error{EIO, std::string(child.what) + ": " + end_of(info, bytes)};
    drop(child);
    if (answer && said_all) {
        answer(std::move(bytes));
    } else if (answer) {
        answer(std::move(error));
    }
}

void ChildWork::drop(const Child& child) {
    under_way_.remove_if([&](const auto& each) { return each.get() == &child; });
    drop_unwanted();
    if (!queue_.empty() && under_way_.size() < bounds_.at_once) {
        Question next = std::move(queue_.front().question);
        queue_.pop_front();
        begin(std::move(next));
    }
    if (!queue_.empty()) {
        first_leaves_.arm(queue_.front().until);
    } else if (first_leaves_) {
        first_leaves_.disarm();
    }
}

} // namespace systemd
