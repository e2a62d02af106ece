// SPDX-License-Identifier: MIT
// What is taken out of a process that stands still: the connections of clients, and nothing else.
#include "recycler/base/unique_fd.hpp"
#include "recycler/keeper/channel/take_out.hpp"
#include "recycler/keeper/protocol/wire.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <memory>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

using namespace recycler;
using namespace recycler::keeper;

namespace {

constexpr std::uint16_t k_slot = 3;

struct Endpoint {
    sockaddr_storage bytes{};
    socklen_t size = 0;

    sockaddr* any() { return reinterpret_cast<sockaddr*>(&bytes); }
    static Endpoint on_loopback() {
        Endpoint made;
        auto& address = reinterpret_cast<sockaddr_in&>(made.bytes);
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        made.size = sizeof address;
        return made;
    }
    static Endpoint at(const std::string& path) {
        Endpoint made;
        auto& address = reinterpret_cast<sockaddr_un&>(made.bytes);
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        made.size = sizeof address;
        return made;
    }
};

UniqueFd listen_on(Endpoint& endpoint) {
    UniqueFd fd(::socket(endpoint.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::bind(fd.get(), endpoint.any(), endpoint.size) == 0);
    REQUIRE(::listen(fd.get(), 4) == 0);
    REQUIRE(::getsockname(fd.get(), endpoint.any(), &endpoint.size) == 0);
    return fd;
}

UniqueFd connect_to(Endpoint& endpoint) {
    UniqueFd fd(::socket(endpoint.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(fd.get(), endpoint.any(), endpoint.size) == 0);
    return fd;
}

// The worker: a child that has what we have, and does nothing.
class Standing {
  public:
    Standing() : pid_(fork()) {
        REQUIRE(pid_ >= 0);
        if (pid_ == 0) {
            for (;;) {
                pause();
            }
        }
    }
    Standing(const Standing&) = delete;
    Standing& operator=(const Standing&) = delete;
    ~Standing() {
        (void)kill(pid_, SIGKILL);
        (void)waitpid(pid_, nullptr, 0);
    }
    [[nodiscard]] pid_t pid() const { return pid_; }

  private:
    pid_t pid_;
};

struct Scene {
    explicit Scene(Endpoint where) : address(where), listener(listen_on(address)) {
        std::array<int, 2> ends{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0);
        deposit({DepositKind::channel_out, k_slot, 0}, UniqueFd(ends[0]));
        channel = UniqueFd(ends[1]);
        deposit({DepositKind::listener, k_slot, 1},
                UniqueFd(::fcntl(listener.get(), F_DUPFD_CLOEXEC, 0)));
        worker = store->vacant_worker();
        REQUIRE(worker != nullptr);
        worker->id = {.slot = k_slot, .generation = 7};
        worker->state = WorkerState::running;
    }

    void deposit(const DepositKey& key, UniqueFd fd) const {
        DepositRecord* record = store->put(key);
        record->key = key;
        record->fd = std::move(fd);
    }
    TakenOut take_all_out_of(pid_t process) const {
        TakeOut order{.id = worker->id, .process = process};
        order.numbers.fill(~std::uint64_t{0});
        return take_out(order, *worker, *store);
    }
    // The connection of the next message; empty: there is none.
    [[nodiscard]] UniqueFd taken() const {
        Packet packet;
        const bool is_one = receive_packet(channel.get(), packet) == Arrival::packet &&
                            packet.size == 1 && packet.fd_count == 1;
        return is_one ? std::move(packet.fds[0]) : UniqueFd();
    }

    std::unique_ptr<Store> store = std::make_unique<Store>();
    WorkerRecord* worker = nullptr;
    UniqueFd channel;
    Endpoint address;
    UniqueFd listener;
};

// What else a worker may have, each of which could be named by a hostile one.
struct Others {
    Endpoint elsewhere = Endpoint::on_loopback();
    UniqueFd other_listener = listen_on(elsewhere);
    UniqueFd database = connect_to(elsewhere);
    UniqueFd of_other_service = UniqueFd(::accept(other_listener.get(), nullptr, nullptr));
    UniqueFd file = UniqueFd(::open("/etc/passwd", O_RDONLY | O_CLOEXEC));
    UniqueFd datagrams = UniqueFd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
};

void check_that_clients_alone_are_taken(Endpoint where) {
    const Scene scene{where};
    Endpoint address = scene.address;
    const Others others;
    const UniqueFd client = connect_to(address);
    UniqueFd accepted(::accept(scene.listener.get(), nullptr, nullptr));
    REQUIRE(accepted);
    const Standing process;
    accepted.reset();
    scene.worker->pid = process.pid();

    const TakenOut answer = scene.take_all_out_of(process.pid());
    CHECK(answer.error == 0);
    CHECK(answer.count == 1);
    const UniqueFd taken = scene.taken();
    REQUIRE(taken);
    CHECK(::write(taken.get(), "x", 1) == 1);
    char byte = 0;
    CHECK(::read(client.get(), &byte, 1) == 1);
    CHECK_FALSE(scene.taken());
}

} // namespace

TEST_CASE("connections to the app's listeners are taken out of a process, and nothing else") {
    check_that_clients_alone_are_taken(Endpoint::on_loopback());
    const std::string path = "/tmp/recycler-take-out-" + std::to_string(getpid());
    check_that_clients_alone_are_taken(Endpoint::at(path));
    CHECK(::unlink(path.c_str()) == 0);
}

TEST_CASE("they are taken out once, also if a controller asks that did not hear of it") {
    const Scene scene{Endpoint::on_loopback()};
    Endpoint address = scene.address;
    const UniqueFd client = connect_to(address);
    UniqueFd accepted(::accept(scene.listener.get(), nullptr, nullptr));
    const Standing process;
    scene.worker->pid = process.pid();
    CHECK(scene.take_all_out_of(process.pid()).count == 1);
    const TakenOut second = scene.take_all_out_of(process.pid());
    CHECK(second.error == EALREADY);
    CHECK(second.count == 0);
}

TEST_CASE("nothing is taken out of a process of somebody else, or into no channel") {
    const Scene scene{Endpoint::on_loopback()};
    Endpoint address = scene.address;
    const UniqueFd client = connect_to(address);
    const UniqueFd accepted(::accept(scene.listener.get(), nullptr, nullptr));
    const Standing process;
    scene.worker->pid = process.pid();
    CHECK(scene.take_all_out_of(getpid()).error == ENOENT);
    CHECK(scene.take_all_out_of(0).error == ENOENT);
    scene.store->find({DepositKind::channel_out, k_slot, 0})->fd.reset();
    CHECK(scene.take_all_out_of(process.pid()).error == EBADF);
    CHECK_FALSE(scene.taken());
}
