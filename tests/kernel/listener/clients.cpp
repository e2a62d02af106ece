// SPDX-License-Identifier: MIT
#include "tests/kernel/listener/clients.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <doctest/doctest.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace rig {
namespace {

using namespace std::chrono_literals;
using recycler::UniqueFd;
using Clock = std::chrono::steady_clock;

constexpr auto k_late = 200ms;

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

recycler::UniqueFd connect_half(const policies::Address& address) {
    recycler::UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sock_filter drop{BPF_RET | BPF_K, 0, 0, 0};
    const sock_fprog program{1, &drop};
    REQUIRE(::setsockopt(socket.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) ==
            0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(std::get<policies::TcpAddress>(address).port);
    REQUIRE(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0);
    return socket;
}

} // namespace rig
