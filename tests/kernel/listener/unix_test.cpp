// SPDX-License-Identifier: MIT
#include "recycler/worker/listen/gate.hpp"
#include "recycler/worker/listen/listener.hpp"
#include "recycler/worker/look/idleness.hpp"
#include "tests/kernel/listener/clients.hpp"
#include "tests/kernel/listener/rig.hpp"

#include <cerrno>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

using namespace recycler::worker;
using namespace std::chrono_literals;
using recycler::UniqueFd;

namespace {

struct UnixSlot {
    rig::Folder folder;
    std::string path = folder.path() + "/0.sock";
    policies::Address address = policies::UnixAddress{path};
};

} // namespace

TEST_CASE("a unix listener has the mode that was asked for, and a stale path is replaced") {
    const UnixSlot slot;
    {
        const UniqueFd crashed = rig::must_open(open_first(rig::spec_of(slot.address)));
        CHECK(rig::connect_to(slot.address));
    }
    auto spec = rig::spec_of(slot.address);
    spec.mode = 0640;
    spec.gid = 1;
    const UniqueFd listener = rig::must_open(open_first(spec));
    struct stat status {};
    REQUIRE(::stat(slot.path.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777U) == 0640);
    CHECK(status.st_gid == 1);
    CHECK(rig::connect_to(slot.address));
    REQUIRE(remove_names(slot.address, listener.get()));
    CHECK(std::filesystem::is_empty(slot.folder.path()));
}

TEST_CASE("a unix path where somebody listens, or that is no socket, is refused") {
    const UnixSlot slot;
    const UniqueFd listener = rig::must_open(open_first(rig::spec_of(slot.address)));
    const auto second = open_first(rig::spec_of(slot.address, 2));
    REQUIRE_FALSE(second);
    CHECK(second.error().code == EADDRINUSE);
    CHECK(second.error().context.find("pid " + std::to_string(::getpid())) != std::string::npos);

    const policies::Address file = policies::UnixAddress{slot.folder.path() + "/precious"};
    std::ofstream(slot.folder.path() + "/precious") << "text";
    const auto over_file = open_first(rig::spec_of(file));
    REQUIRE_FALSE(over_file);
    CHECK(over_file.error().code == EEXIST);
    CHECK(std::filesystem::file_size(slot.folder.path() + "/precious") == 4);
}

TEST_CASE(
    "what a crash left of any listener is removed, and a live one behind a closed gate refused") {
    const UnixSlot slot;
    {
        const UniqueFd first = rig::must_open(open_first(rig::spec_of(slot.address)));
        const UniqueFd second = rig::must_open(open_joined(rig::spec_of(slot.address, 2)));
        REQUIRE(hide(slot.address, first.get()));
    }
    std::ofstream(slot.path + ".3") << "text";
    std::ofstream(slot.path + ".old") << "text";
    const UniqueFd listener = rig::must_open(open_first(rig::spec_of(slot.address)));
    CHECK_FALSE(std::filesystem::exists(slot.path + ".2"));
    CHECK(std::filesystem::file_size(slot.path + ".3") == 4);
    CHECK(std::filesystem::file_size(slot.path + ".old") == 4);
    REQUIRE(hide(slot.address, listener.get()));
    const auto taken = open_first(rig::spec_of(slot.address, 2));
    REQUIRE_FALSE(taken);
    CHECK(taken.error().code == EADDRINUSE);
}

TEST_CASE("what was bound and not handed on is removed, and nothing that lives or is no socket") {
    const UnixSlot slot;
    const UniqueFd first = rig::must_open(open_first(rig::spec_of(slot.address)));
    const UniqueFd behind = rig::must_open(open_hidden(rig::spec_of(slot.address, 2)));
    { const UniqueFd killed = rig::must_open(open_joined(rig::spec_of(slot.address, 3))); }
    std::ofstream(slot.path + ".4") << "text";
    std::filesystem::create_hard_link(slot.path, slot.path + ".1~");
    remove_stale_names(slot.address);
    std::set<std::string> left;
    for (const auto& entry : std::filesystem::directory_iterator(slot.folder.path())) {
        left.insert(entry.path().filename());
    }
    CHECK(left == std::set<std::string>{"0.sock", "0.sock.1", "0.sock.2", "0.sock.4"});
    CHECK(rig::has_queued(first.get(), 0)); // nobody was connected to
    CHECK(rig::connect_to(slot.address));
}

TEST_CASE("a gate is not opened over what somebody else has put at its path meanwhile") {
    const UnixSlot slot;
    const UniqueFd listener = rig::must_open(open_first(rig::spec_of(slot.address)));
    REQUIRE(hide(slot.address, listener.get()));
    std::ofstream(slot.path) << "text";
    const auto over_file = show(slot.address, listener.get());
    REQUIRE_FALSE(over_file);
    CHECK(over_file.error().code == EEXIST);
    std::filesystem::remove(slot.path);

    const UnixSlot stranger;
    const UniqueFd theirs = rig::must_open(open_joined(rig::spec_of(stranger.address)));
    std::filesystem::rename(stranger.path + ".1", slot.path);
    const auto over_socket = show(slot.address, listener.get());
    REQUIRE_FALSE(over_socket);
    CHECK(over_socket.error().code == EADDRINUSE);
    CHECK(rig::has_queued(theirs.get(), 1)); // the look; no more
}

TEST_CASE("the gate of a unix socket refuses at once and keeps the queue") {
    const UnixSlot slot;
    const UniqueFd listener = rig::must_open(open_first(rig::spec_of(slot.address)));
    const UniqueFd first = rig::connect_to(slot.address);
    const UniqueFd second = rig::connect_to(slot.address);
    REQUIRE(hide(slot.address, listener.get()));
    CHECK(*is_hidden(slot.address, listener.get()));
    CHECK_FALSE(rig::connect_to(slot.address));
    CHECK(errno == ENOENT);
    auto diag = SocketDiag::open();
    CHECK(*queue_length(listener.get(), *diag) == 2);

    const rig::Worker worker(listener.get(), [] { rig::serve('a'); });
    CHECK(rig::ask(first.get()) == 'a');
    CHECK(rig::look_now({.listener = listener.get(), .processes = worker.processes()}).queued == 1);
    CHECK(
        rig::look_now({.listener = listener.get(), .processes = worker.processes()}).connections ==
        1);
    REQUIRE(show(slot.address, listener.get()));
    CHECK_FALSE(*is_hidden(slot.address, listener.get()));
}

TEST_CASE("a unix worker is idle when its queue is empty and its connections are closed") {
    const UnixSlot slot;
    const UniqueFd listener = rig::must_open(open_first(rig::spec_of(slot.address)));
    const rig::Worker worker(listener.get(), [] { rig::serve('a'); });
    const Watched watched{.listener = listener.get(), .processes = worker.processes()};
    REQUIRE(rig::is_ready(worker, listener.get()));
    CHECK(rig::look_now(watched).idle());
    {
        const UniqueFd connection = rig::connect_to(slot.address);
        REQUIRE(rig::ask(connection.get()) == 'a');
        const Idleness busy = rig::look_now(watched);
        CHECK(busy.connections == 1);
        CHECK_FALSE(busy.idle());
    }
    CHECK(rig::eventually([&] { return rig::look_now(watched).idle(); }));
}

TEST_CASE("unix listeners change hands under load without a lost or refused connection") {
    constexpr std::uint32_t k_handovers = 100;
    const UnixSlot slot;
    UniqueFd listener = rig::must_open(open_first(rig::spec_of(slot.address)));
    auto worker = std::make_unique<rig::Worker>(listener.get(), [] { rig::serve('a'); });
    rig::Clients clients(slot.address, 4);
    for (std::uint32_t serial = 2; serial < k_handovers + 2; ++serial) {
        UniqueFd next = rig::must_open(open_joined(rig::spec_of(slot.address, serial)));
        const auto work = serial % 2 == 0 ? rig::k_slow_work : 0ns;
        auto next_worker =
            std::make_unique<rig::Worker>(next.get(), [=] { rig::serve('a', work); });
        REQUIRE(rig::is_ready(*next_worker, next.get()));
        REQUIRE(show(slot.address, next.get()));
        CHECK(*is_hidden(slot.address, listener.get()));
        rig::let_gate_settle();
        const Watched old{listener.get(), Port::shared, worker->processes()};
        REQUIRE(rig::eventually([&] { return rig::look_now(old).idle(); }));
        worker->end();
        REQUIRE(remove_names(slot.address, listener.get()));
        listener = std::move(next);
        worker = std::move(next_worker);
    }
    const rig::Tally tally = clients.stop();
    CHECK(tally.failed == 0);
    CHECK(tally.refused == 0);
    MESSAGE(k_handovers, " unix handovers, ", tally.answered, " answered, worst ",
            tally.worst.count() / 1'000'000, " ms");
}
