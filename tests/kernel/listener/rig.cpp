#include "tests/kernel/listener/rig.hpp"

#include "recycler/worker/gate.hpp"
#include "recycler/worker/idleness.hpp"
#include "recycler/worker/readiness.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace rig {
namespace {

using recycler::UniqueFd;
using Clock = std::chrono::steady_clock;

constexpr auto k_late = 200ms;

// Field 5 of /proc/PID/stat, which follows the name in parentheses.
pid_t group_of(const std::string& pid) {
    std::ifstream file("/proc/" + pid + "/stat");
    std::string line;
    std::getline(file, line);
    int parent = 0;
    int group = 0;
    char state = 0;
    const auto name_end = line.rfind(')');
    if (name_end == std::string::npos ||
        std::sscanf(line.c_str() + name_end + 1, " %c %d %d", &state, &parent, &group) !=
            3 || // NOLINT
        state == 'Z') {
        return 0;
    }
    return group;
}

struct Target {
    sockaddr_storage storage{};
    socklen_t size = 0;
};

Target target_of(const policies::Address& address) {
    Target target;
    if (const auto* local = std::get_if<policies::UnixAddress>(&address)) {
        auto* to = reinterpret_cast<sockaddr_un*>(&target.storage);
        to->sun_family = AF_UNIX;
        local->path.copy(to->sun_path, sizeof to->sun_path - 1);
        target.size = sizeof *to;
        return target;
    }
    const auto& tcp = std::get<policies::TcpAddress>(address);
    auto* v4 = reinterpret_cast<sockaddr_in*>(&target.storage);
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&target.storage);
    if (::inet_pton(AF_INET6, tcp.host.c_str(), &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(tcp.port);
        target.size = sizeof *v6;
        return target;
    }
    REQUIRE(::inet_pton(AF_INET, tcp.host.c_str(), &v4->sin_addr) == 1);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(tcp.port);
    target.size = sizeof *v4;
    return target;
}

void end_by_reset(int connection) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    (void)::setsockopt(connection, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

} // namespace

Worker::Worker(int listener, const std::function<void()>& body) {
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
        (void)::setpgid(0, 0);
        (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
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
    return [group = pid_]() -> recycler::Result<std::vector<pid_t>> {
        std::vector<pid_t> found;
        for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
            const std::string name = entry.path().filename();
            if (name.find_first_not_of("0123456789") == std::string::npos &&
                group_of(name) == group) {
                found.push_back(std::stoi(name));
            }
        }
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
    std::this_thread::sleep_for(recycler::worker::k_hide_settles);
}

bool is_ready(const Worker& worker, int listener) {
    const auto inode = recycler::worker::inode_of(listener);
    REQUIRE(inode);
    return eventually([&] {
        const auto waits = recycler::worker::waits_on(*inode, worker.processes());
        REQUIRE(waits);
        return *waits;
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

Clients::Clients(const policies::Address& address, int count)
    : address_(address), tallies_(static_cast<std::size_t>(count)) {
    for (Tally& tally : tallies_) {
        threads_.emplace_back([this, &tally] { run(tally); });
    }
}

Clients::~Clients() {
    (void)stop();
}

void Clients::run(Tally& tally) {
    while (!stopping_) {
        const auto before = Clock::now();
        const UniqueFd connection = connect_to(address_);
        const int code = errno;
        const auto connected = Clock::now();
        if (!connection) {
            const bool told = code == ECONNREFUSED || code == ENOENT;
            (told ? tally.refused : tally.failed) += 1;
            continue;
        }
        tally.late += connected - before > k_late ? 1 : 0;
        if (ask(connection.get()) == 0) {
            ++tally.failed;
        } else {
            ++tally.answered;
            ++answered_;
        }
        tally.worst = std::max<std::chrono::nanoseconds>(tally.worst, Clock::now() - before);
    }
}

Tally Clients::stop() {
    stopping_ = true;
    for (std::thread& thread : threads_) {
        thread.join();
    }
    threads_.clear();
    Tally sum;
    for (const Tally& one : tallies_) {
        sum.answered += one.answered;
        sum.refused += one.refused;
        sum.failed += one.failed;
        sum.late += one.late;
        sum.worst = std::max(sum.worst, one.worst);
    }
    return sum;
}

UniqueFd connect_to(const policies::Address& address, std::uint16_t source_port) {
    Target target = target_of(address);
    UniqueFd socket(::socket(target.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval patience{.tv_sec = 5, .tv_usec = 0};
    (void)::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    (void)::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    end_by_reset(socket.get());
    if (source_port != 0) {
        Target source = target;
        reinterpret_cast<sockaddr_in*>(&source.storage)->sin_port = htons(source_port);
        REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&source.storage),
                       source.size) == 0);
    }
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&target.storage), target.size) !=
        0) {
        const int code = errno;
        socket.reset();
        errno = code;
    }
    return socket;
}

char ask(int connection) {
    char byte = 'q';
    if (::send(connection, &byte, 1, MSG_NOSIGNAL) != 1 || ::recv(connection, &byte, 1, 0) != 1) {
        return 0;
    }
    return byte;
}

char ask(const policies::Address& address) {
    const UniqueFd connection = connect_to(address);
    return connection ? ask(connection.get()) : '\0';
}

recycler::worker::ListenSpec spec_of(const policies::Address& address, std::uint32_t serial) {
    return {.address = address, .serial = serial};
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

} // namespace rig
