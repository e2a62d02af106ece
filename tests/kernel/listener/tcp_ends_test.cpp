// SPDX-License-Identifier: MIT
// What a thread waits for is named on a busy machine, too: its table of connections is long, for
// the kernel keeps each for a minute that has ended.
#include "recycler/worker/look/waited_for.hpp"
#include "tests/kernel/listener/rig.hpp"

#include <doctest/doctest.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace recycler;
using namespace recycler::worker;
using namespace std::chrono_literals;

namespace {

// Longer than what is read of a file of /proc (look_time.hpp), which 28,000 of them fill.
constexpr int k_ended = 60'000;
constexpr int k_held = 60; // somewhere in the table

// Nobody else's connections are in it.
bool enter_network_of_our_own() {
    if (::unshare(CLONE_NEWNET) != 0) {
        return false;
    }
    const UniqueFd any(::socket(AF_INET, SOCK_DGRAM, 0));
    ifreq loopback{};
    loopback.ifr_name[0] = 'l';
    loopback.ifr_name[1] = 'o';
    loopback.ifr_flags = IFF_UP;
    return ::ioctl(any.get(), SIOCSIFFLAGS, &loopback) == 0;
}

struct Connection {
    UniqueFd client, server;
};

class Server {
  public:
    // Each has a port of its own: a client has 28,000 to one of them.
    Server() : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
        socklen_t size = sizeof name_;
        name_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::bind(listener_.get(), address(), size) != 0 || ::listen(listener_.get(), 16) != 0 ||
            ::getsockname(listener_.get(), address(), &size) != 0) {
            ::_exit(1);
        }
    }

    Connection connect() {
        Connection made{UniqueFd(::socket(AF_INET, SOCK_STREAM, 0)), {}};
        if (::connect(made.client.get(), address(), sizeof name_) != 0) {
            ::_exit(2);
        }
        made.server = UniqueFd(::accept(listener_.get(), nullptr, nullptr));
        return made;
    }

    [[nodiscard]] std::string end() const {
        return "127.0.0.1:" + std::to_string(ntohs(name_.sin_port));
    }

  private:
    sockaddr* address() { return reinterpret_cast<sockaddr*>(&name_); }
    UniqueFd listener_;
    sockaddr_in name_{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {}, .sin_zero = {}};
};

std::string named_as_read(int fd) {
    LookTables tables{LookTime(10s)};
    const InSyscall call{.number = SYS_read, .arguments = {static_cast<std::uint64_t>(fd)}};
    const auto waits = waited_for(::getpid(), call, tables);
    return waits.size() == 1 ? waits.front().name : "";
}

// How many connections are not named as they should be.
int misnamed_among_many() {
    std::vector<Server> servers(4);
    std::vector<Connection> held;
    for (int i = 0; i < k_ended; ++i) {
        Connection made = servers[static_cast<std::size_t>(i % 4)].connect();
        if (i % (k_ended / k_held) == 0) {
            held.push_back(std::move(made));
        }
    }
    int wrong = 0;
    for (std::size_t i = 0; i < held.size(); ++i) {
        const int place = static_cast<int>(i) * (k_ended / k_held) % 4;
        const Server& server = servers[static_cast<std::size_t>(place)];
        wrong += named_as_read(held[i].client.get()) == server.end() ? 0 : 1;
    }
    return wrong;
}

} // namespace

TEST_CASE("the other end of a connection is named however many others have just ended") {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::_exit(enter_network_of_our_own() ? misnamed_among_many() : 100);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}
