// SPDX-License-Identifier: MIT
#include "tests/kernel/listener/rig.hpp"

#include "recycler/base/hiding.hpp"
#include "recycler/worker/listen/gate.hpp"
#include "recycler/worker/look/idleness.hpp"
#include "recycler/worker/look/readiness.hpp"

#include <cerrno>
#include <csignal>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace rig {
namespace {

using Clock = std::chrono::steady_clock;

bool is_alive(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    std::getline(file, line);
    const auto name_end = line.rfind(')'); // the state follows the name in parentheses
    return name_end != std::string::npos && name_end + 2 < line.size() && line[name_end + 2] != 'Z';
}

// By its children rather than by all processes of the machine: a look has a bound, and this is part
// of it.
void collect(pid_t pid, std::vector<pid_t>& found) {
    if (!is_alive(pid)) {
        return;
    }
    found.push_back(pid);
    std::error_code gone; // ends the loop
    for (const auto& thread :
         std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task", gone)) {
        std::ifstream children(thread.path() / "children");
        for (pid_t child = 0; children >> child;) {
            collect(child, found);
        }
    }
}

} // namespace

Worker::Worker(int listener, const std::function<void()>& body) {
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
        (void)::setpgid(0, 0);
        (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)std::signal(SIGTERM, SIG_DFL); // doctest would report the end of the test
        if (::getppid() != parent || ::dup2(listener, 0) != 0 || ::close_range(3, ~0U, 0) != 0) {
            ::_exit(70);
        }
        body();
        ::_exit(0);
    }
    (void)::setpgid(pid_, pid_); // whichever of the two is first
}

Worker::Worker(Worker&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}

recycler::worker::ListProcesses Worker::processes() const {
    return [first = pid_]() -> recycler::Result<std::vector<pid_t>> {
        std::vector<pid_t> found;
        collect(first, found);
        return found;
    };
}

void Worker::end() {
    if (pid_ > 0) {
        (void)::kill(-pid_, SIGKILL);
        (void)::waitpid(std::exchange(pid_, -1), nullptr, 0);
    }
}

int Worker::wait() {
    int status = 0;
    REQUIRE(::waitpid(std::exchange(pid_, -1), &status, 0) > 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void serve(char tag, std::chrono::nanoseconds work) {
    const timespec working{.tv_sec = 0, .tv_nsec = work.count()};
    for (;;) {
        const int connection = ::accept(0, nullptr, nullptr);
        char byte = 0;
        if (connection < 0 || ::read(connection, &byte, 1) != 1) {
            (void)::close(connection);
            continue;
        }
        if (work > 0ns) {
            (void)::nanosleep(&working, nullptr);
        }
        (void)!::write(connection, &tag, 1);
        (void)!::read(connection, &byte, 1);
        (void)::close(connection);
    }
}

void accept_and_hold() {
    (void)::accept(0, nullptr, nullptr);
    for (;;) {
        (void)::pause();
    }
}

bool eventually(const std::function<bool()>& condition) {
    const auto deadline = Clock::now() + 5s;
    while (!condition()) {
        if (Clock::now() > deadline) {
            return false;
        }
        std::this_thread::yield();
    }
    return true;
}

void let_gate_settle() {
    std::this_thread::sleep_for(recycler::k_hide_settles);
}

bool is_ready(const Worker& worker, int listener) {
    const auto inode = recycler::worker::inode_of(listener);
    REQUIRE(inode);
    return eventually([&] {
        const auto waits = recycler::worker::waits_on(*inode, worker.processes());
        return is_known(waits) && *waits;
    });
}

bool has_queued(int listener, std::uint32_t count) {
    auto diag = recycler::worker::SocketDiag::open();
    REQUIRE(diag);
    return eventually([&] {
        const auto queued = recycler::worker::queue_length(listener, *diag);
        return queued && *queued == count;
    });
}

bool has_accepted(int listener, std::uint32_t count) {
    auto diag = recycler::worker::SocketDiag::open();
    REQUIRE(diag);
    return eventually([&] {
        const auto held =
            recycler::worker::connections_held({.listener = listener, .processes = {}}, *diag);
        return held && *held == count;
    });
}

recycler::worker::ListenSpec spec_of(const policies::Address& address, std::uint32_t serial) {
    return {.address = address, .serial = serial};
}

recycler::UniqueFd must_open(recycler::Result<recycler::UniqueFd> opened) {
    if (!opened) {
        FAIL(opened.error().message());
    }
    return std::move(*opened);
}

Slot open_slot(const std::string& host) {
    const policies::Address any = policies::TcpAddress{host, 0};
    auto listener = recycler::worker::open_first(spec_of(any));
    REQUIRE(listener);
    const auto name = recycler::worker::bound_name(listener->get());
    REQUIRE(name);
    return {policies::TcpAddress{host, name->port}, std::move(*listener)};
}

Folder::Folder() {
    std::string name = "/tmp/recycler-listener-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
}

Folder::~Folder() {
    std::error_code ignored; // a test is no worse for a folder left in /tmp
    std::filesystem::remove_all(path_, ignored);
}

recycler::worker::Idleness look_now(const recycler::worker::Watched& watched) {
    auto diag = recycler::worker::SocketDiag::open();
    REQUIRE(diag);
    std::optional<recycler::worker::Idleness> known;
    REQUIRE(eventually([&] {
        const auto seen = look(watched, *diag);
        if (is_known(seen)) {
            known = *seen;
        }
        return known.has_value();
    }));
    return *known;
}

} // namespace rig
