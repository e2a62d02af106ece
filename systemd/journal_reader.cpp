#include "systemd/journal_reader.hpp"

#include "recycler/base/unique_fd.hpp"
#include "systemd/journal_answer.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace systemd {

using recycler::Error;
using recycler::Result;
using recycler::UniqueFd;

namespace {

// Whoever asks `why` in a loop gets answers one after another, and the machine its processors.
constexpr std::size_t k_at_once = 4;
// A cold journal of gigabytes on a disk that turns.
constexpr recycler::Duration k_reading = std::chrono::seconds(5);
constexpr std::size_t k_longest_answer = std::size_t{64} << 20;

// Nothing of the controller is the child's: it must not hold listeners open, nor outlive it.
[[noreturn]] void answer_in_child(const JournalQuery& query, int pipe, pid_t parent) {
    (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent || ::dup2(pipe, STDOUT_FILENO) < 0) {
        ::_exit(1);
    }
    (void)::syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0);
    const std::string bytes = to_bytes(read_journal(query));
    std::string_view rest = bytes;
    while (!rest.empty()) {
        const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
        if (written <= 0) {
            ::_exit(1);
        }
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    ::_exit(0);
}

int pidfd_of(pid_t pid) {
    return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
}

} // namespace

struct JournalReader::Reading {
    pid_t pid = 0;
    UniqueFd pidfd;
    UniqueFd pipe;
    std::string bytes;
    Answer answer; // none: given already
    IoSource more;
    IoSource ended;
    Timer too_long;
};

JournalReader::JournalReader(EventLoop& loop) : loop_(loop) {}

JournalReader::~JournalReader() {
    for (const auto& reading : under_way_) {
        (void)::kill(reading->pid, SIGKILL); // ours, and not waited for: it cannot be another's
    }
}

void JournalReader::ask(JournalQuery query, Answer answer) {
    Question question{std::move(query), std::move(answer)};
    if (under_way_.size() >= k_at_once) {
        queue_.push_back(std::move(question));
    } else {
        begin(std::move(question));
    }
}

void JournalReader::begin(Question question) {
    Reading& reading = *under_way_.emplace_back(std::make_unique<Reading>());
    reading.answer = std::move(question.answer);
    const pid_t parent = ::getpid();
    std::array<int, 2> ends{-1, -1};
    reading.pid = ::pipe2(ends.data(), O_CLOEXEC) == 0 ? ::fork() : -1;
    reading.pipe.reset(ends[0]);
    const UniqueFd write_end(ends[1]);
    if (reading.pid == 0) {
        answer_in_child(question.query, write_end.get(), parent);
    }
    reading.pidfd.reset(reading.pid > 0 ? pidfd_of(reading.pid) : -1);
    (void)::fcntl(reading.pipe.get(), F_SETFL, O_NONBLOCK);
    auto more = loop_.add_io(reading.pipe.get(), EPOLLIN,
                             [this, &reading](std::uint32_t) { read_some(reading); });
    auto ended = loop_.add_io(reading.pidfd.get(), EPOLLIN,
                              [this, &reading](std::uint32_t) { finish(reading); });
    auto too_long = loop_.add_timer([this, &reading] { give_up(reading); });
    if (!more || !ended || !too_long) { // no process, no descriptor or no memory to be had
        give_up(reading);
        return;
    }
    reading.more = std::move(*more);
    reading.ended = std::move(*ended);
    reading.too_long = std::move(*too_long);
    reading.too_long.arm(loop_.now() + question.query.patience + k_reading);
}

void JournalReader::read_some(Reading& reading) {
    std::array<char, 65536> bytes; // NOLINT: filled by read()
    ssize_t size = 0;
    while ((size = ::read(reading.pipe.get(), bytes.data(), bytes.size())) > 0) {
        reading.bytes.append(bytes.data(), static_cast<std::size_t>(size));
        if (reading.bytes.size() > k_longest_answer) {
            give_up(reading);
            return;
        }
    }
    if (size == 0) {
        reading.more.pause(); // its end follows
    }
}

// One that the disk holds does not end at once, even when killed: who asked need not wait for that.
void JournalReader::give_up(Reading& reading) {
    reading.more = {};
    const bool runs = reading.pid > 0;
    if (runs) {
        (void)::kill(reading.pid, SIGKILL);
    }
    if (const Answer answer = std::exchange(reading.answer, nullptr)) {
        answer(Error{runs ? ETIMEDOUT : EAGAIN, "read the journal"});
    }
    if (!reading.ended) {
        drop(reading);
    }
}

void JournalReader::finish(Reading& reading) {
    if (reading.more) {
        read_some(reading);
    }
    siginfo_t info{};
    (void)::waitid(P_PID, static_cast<id_t>(reading.pid), &info, WEXITED | WNOHANG);
    const Answer answer = std::exchange(reading.answer, nullptr);
    const std::string bytes = std::move(reading.bytes);
    drop(reading);
    if (answer) {
        answer(answer_from(bytes));
    }
}

void JournalReader::drop(const Reading& reading) {
    under_way_.remove_if([&](const auto& each) { return each.get() == &reading; });
    if (!queue_.empty() && under_way_.size() < k_at_once) {
        Question next = std::move(queue_.front());
        queue_.pop_front();
        begin(std::move(next));
    }
}

} // namespace systemd
