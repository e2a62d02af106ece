// SPDX-License-Identifier: MIT
#include "recycler/worker/look/idleness.hpp"
#include "tests/kernel/listener/clients.hpp"
#include "tests/kernel/listener/rig.hpp"

#include <algorithm>
#include <doctest/doctest.h>

using namespace recycler::worker;
using recycler::UniqueFd;

namespace {

[[noreturn]] void run_for_ever() {
    for (;;) {
        asm volatile("");
    }
}

} // namespace

TEST_CASE(
    "the table is not walked for the only listener of a port whose recorder has nothing open") {
    const rig::Slot slot = rig::open_slot("127.0.0.1");
    const rig::Worker worker(slot.listener.get(), [] { rig::serve('a'); });
    REQUIRE(rig::is_ready(worker, slot.listener.get()));
    auto diag = SocketDiag::open();
    const SocketDiag elsewhere = std::move(*diag); // what is left of it cannot ask the kernel
    bool nothing_open = true;
    const Watched watched{.listener = slot.listener.get(),
                          .processes = worker.processes(),
                          .nothing_open = [&](std::span<const pid_t> living) {
                              CHECK(std::ranges::find(living, worker.pid()) != living.end());
                              return nothing_open;
                          }};
    const auto seen = look(watched, *diag); // NOLINT(bugprone-use-after-move)
    REQUIRE(seen);
    CHECK(seen->idle());
    nothing_open = false;
    CHECK_FALSE(look(watched, *diag));
    nothing_open = true;
    diag->begin_round(); // others share the walk
    CHECK_FALSE(look(watched, *diag));
}

TEST_CASE("unix connections are not listed for a worker whose recorder has nothing open") {
    const rig::Folder folder;
    const policies::Address address = policies::UnixAddress{folder.path() + "/x.sock"};
    const rig::Slot slot{address, rig::must_open(open_first(rig::spec_of(address)))};
    const rig::Worker worker(slot.listener.get(), rig::accept_and_hold);
    REQUIRE(rig::is_ready(worker, slot.listener.get()));
    bool nothing_open = true;
    const Watched watched{.listener = slot.listener.get(),
                          .processes = worker.processes(),
                          .nothing_open = [&](std::span<const pid_t>) { return nothing_open; }};
    auto diag = SocketDiag::open();
    auto closed = SocketDiag::open();
    const SocketDiag elsewhere = std::move(*closed); // what is left of it cannot ask the kernel
    const auto seen = look(watched, *closed);        // NOLINT(bugprone-use-after-move)
    REQUIRE(seen);
    CHECK(seen->idle());
    nothing_open = false;
    CHECK_FALSE(look(watched, *closed));
    nothing_open = true; // and wrong
    const UniqueFd held = rig::connect_to(slot.address);
    CHECK(rig::eventually([&] { return look(watched, *diag)->connections == 1; }));
}

TEST_CASE("a recorder that is wrong hides no connection, on whichever stage it is") {
    const auto told = [](int listener, const ListProcesses& processes) {
        return Watched{.listener = listener,
                       .processes = processes,
                       .nothing_open = [](std::span<const pid_t>) { return true; }};
    };
    const rig::Slot slot = rig::open_slot("127.0.0.1");
    const int listener = slot.listener.get();
    const rig::Worker worker(listener, rig::accept_and_hold);
    REQUIRE(rig::is_ready(worker, listener));
    const Watched watched = told(listener, worker.processes());
    CHECK(rig::look_now(watched).idle());
    const UniqueFd half = rig::connect_half(slot.address);
    CHECK(rig::look_now(watched).half_open == 1);
    const UniqueFd held = rig::connect_to(slot.address);
    CHECK(rig::eventually([&] { return rig::look_now(watched).connections == 1; }));
    const UniqueFd queued = rig::connect_to(slot.address);
    REQUIRE(rig::has_queued(listener, 1));
    const Idleness busy = rig::look_now(watched);
    CHECK(busy.queued == 1);
    CHECK(busy.connections == 1);

    // One that runs may be taking a connection: the table tells.
    const rig::Slot other = rig::open_slot("127.0.0.1");
    const rig::Worker spinning(other.listener.get(), run_for_ever);
    auto diag = SocketDiag::open();
    const SocketDiag elsewhere = std::move(*diag);
    const auto seen = look(told(other.listener.get(), spinning.processes()), *diag); // NOLINT
    CHECK_FALSE(seen);
}
