// SPDX-License-Identifier: MIT
// Connections that are handed from one worker to another bear the name of the listener that they
// came through, whoever holds them.
#include "recycler/worker/look/idleness.hpp"
#include "tests/kernel/listener/clients.hpp"
#include "tests/kernel/listener/rig.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>

using namespace recycler::worker;
using recycler::UniqueFd;

namespace {

void look_at(const rig::Slot& slot) {
    const int listener = slot.listener.get();
    const UniqueFd client = rig::connect_to(slot.address);
    REQUIRE(rig::has_queued(listener, 1));
    const UniqueFd elsewhere(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC)); // another worker
    REQUIRE(elsewhere);
    const rig::Worker worker(listener, rig::accept_and_hold);
    REQUIRE(rig::is_ready(worker, listener));
    Watched watched{.listener = listener,
                    .processes = worker.processes(),
                    .nothing_open = [](std::span<const pid_t>) { return true; }};
    CHECK(rig::look_now({.listener = listener, .processes = {}}).connections == 1);
    watched.keeping.keeps = true;
    CHECK(rig::look_now(watched).idle());
    Watched blind = watched; // its recorder does not follow all of its processes
    blind.nothing_open = {};
    CHECK(rig::look_now(blind).idle());

    // What the worker holds itself is seen, also by a recorder that is wrong.
    const UniqueFd own = rig::connect_to(slot.address);
    CHECK(rig::eventually([&] { return rig::look_now(watched).connections == 1; }));
    CHECK(rig::look_now(blind).connections == 1);
    const UniqueFd queued = rig::connect_to(slot.address);
    REQUIRE(rig::has_queued(listener, 1));
    CHECK(rig::look_now(watched).queued == 1);
    auto diag = SocketDiag::open();
    REQUIRE(diag);
    const auto frozen = connections_held(watched, *diag);
    REQUIRE(frozen);
    CHECK(*frozen == 1);
}

} // namespace

TEST_CASE("what another worker holds of a listener's connections keeps nobody from being idle") {
    look_at(rig::open_slot("127.0.0.1"));
    look_at(rig::open_slot("::1"));
    const rig::Folder folder;
    const policies::Address path = policies::UnixAddress{folder.path() + "/slot"};
    rig::Slot local{path, rig::must_open(open_first(rig::spec_of(path)))};
    look_at(local);
}
