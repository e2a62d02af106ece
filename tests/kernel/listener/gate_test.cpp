// SPDX-License-Identifier: MIT
#include "recycler/worker/listen/gate.hpp"

#include "recycler/worker/listen/listener.hpp"
#include "recycler/worker/listen/socket_diag.hpp"
#include "recycler/worker/listen/steering.hpp"
#include "tests/kernel/listener/clients.hpp"
#include "tests/kernel/listener/rig.hpp"

#include <cerrno>
#include <doctest/doctest.h>
#include <linux/capability.h>
#include <string>
#include <sys/syscall.h>
#include <unistd.h>

using namespace recycler::worker;
using namespace std::chrono_literals;
using recycler::UniqueFd;

namespace {

std::uint32_t queued(int listener) {
    auto diag = SocketDiag::open();
    REQUIRE(diag);
    const auto length = queue_length(listener, *diag);
    REQUIRE(length);
    return *length;
}

int refusal_of(const policies::Address& address) {
    const UniqueFd connection = rig::connect_to(address);
    return connection ? 0 : errno;
}

// In a child of a test: gives up CAP_NET_RAW for good.
bool drop_net_raw() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct caps[2]{};
    if (::syscall(SYS_capget, &header, caps) != 0) {
        return false;
    }
    const __u32 keep = ~(1U << CAP_NET_RAW);
    caps[0].effective &= keep;
    caps[0].permitted &= keep;
    caps[0].inheritable &= keep;
    return ::syscall(SYS_capset, &header, caps) == 0;
}

} // namespace

TEST_CASE("a closed gate refuses new connections and keeps those that are queued") {
    for (const std::string& host : rig::k_hosts) {
        CAPTURE(host);
        const rig::Slot slot = rig::open_slot(host);
        UniqueFd early = rig::connect_to(slot.address);
        REQUIRE(early);
        REQUIRE(rig::has_queued(slot.listener.get(), 1));

        REQUIRE(hide(slot.address, slot.listener.get()));
        CHECK(*is_hidden(slot.address, slot.listener.get()));
        CHECK(refusal_of(slot.address) == ECONNREFUSED);
        CHECK(queued(slot.listener.get()) == 1);

        const rig::Worker worker(slot.listener.get(), [] { rig::serve('a'); });
        CHECK(rig::ask(early.get()) == 'a');
        early.reset();
        REQUIRE(show(slot.address, slot.listener.get()));
        CHECK_FALSE(*is_hidden(slot.address, slot.listener.get()));
        CHECK(rig::ask(slot.address) == 'a');
    }
}

TEST_CASE("opening and closing the gate under load loses no connection") {
    constexpr int k_toggles = 500;
    for (const std::string& host : rig::k_hosts) {
        CAPTURE(host);
        const rig::Slot slot = rig::open_slot(host);
        const rig::Worker worker(slot.listener.get(), [] { rig::serve('a'); });
        rig::Clients clients(slot.address, 4);
        for (int i = 0; i < k_toggles; ++i) {
            const auto before = clients.answered();
            REQUIRE(rig::eventually([&] { return clients.answered() > before; }));
            REQUIRE(hide(slot.address, slot.listener.get()));
            REQUIRE(refusal_of(slot.address) == ECONNREFUSED);
            REQUIRE(show(slot.address, slot.listener.get()));
        }
        const rig::Tally tally = clients.stop();
        CHECK(tally.failed == 0);
        MESSAGE(host, ": ", k_toggles, " toggles, ", tally.answered, " answered, ", tally.refused,
                " refused, ", tally.late, " late");
    }
}

TEST_CASE("a second daemon cannot have the address, and is told who has it") {
    for (const std::string& host : rig::k_hosts) {
        const rig::Slot slot = rig::open_slot(host);
        const auto joined = open_joined(rig::spec_of(slot.address));
        CHECK(joined.has_value());
        const auto second = open_first(rig::spec_of(slot.address));
        REQUIRE_FALSE(second);
        CHECK(second.error().code == EADDRINUSE);
        CHECK(second.error().context.find("pid " + std::to_string(::getpid())) !=
              std::string::npos);
    }
}

TEST_CASE("a port that a connection has of the kernel is no listener's, and the ports to avoid are "
          "named") {
    for (const std::string& host : rig::k_hosts) {
        const rig::Slot slot = rig::open_slot(host);
        const UniqueFd connection = rig::connect_to(slot.address);
        REQUIRE(connection);
        const auto name = bound_name(connection.get());
        REQUIRE(name);
        const auto taken = open_first(rig::spec_of(policies::TcpAddress{host, name->port}));
        REQUIRE_FALSE(taken);
        CHECK(taken.error().code == EADDRINUSE);
        const std::string& said = taken.error().context;
        CHECK_MESSAGE(said.find("(pid " + std::to_string(::getpid()) +
                                ") has a connection that uses this port; the kernel gives "
                                "outgoing connections the ports ") != std::string::npos,
                      said);
        CHECK_MESSAGE(said.find("ip_local_reserved_ports") != std::string::npos, said);
    }
}

TEST_CASE("what is queued survives the death of the worker") {
    const rig::Slot slot = rig::open_slot("127.0.0.1");
    rig::Worker first(slot.listener.get(), rig::accept_and_hold);
    const UniqueFd taken = rig::connect_to(slot.address);
    REQUIRE(rig::has_accepted(slot.listener.get(), 1));
    const UniqueFd waiting = rig::connect_to(slot.address);
    REQUIRE(rig::has_queued(slot.listener.get(), 1));
    first.end();
    const rig::Worker second(slot.listener.get(), [] { rig::serve('b'); });
    CHECK(rig::ask(waiting.get()) == 'b');
    CHECK(rig::ask(taken.get()) == 0);
}

TEST_CASE("a listener opened hidden gets nothing until it is shown, then everything") {
    for (const std::string& host : rig::k_hosts) {
        CAPTURE(host);
        const rig::Slot slot = rig::open_slot(host);
        REQUIRE(hide(slot.address, slot.listener.get()));
        const auto next = open_hidden(rig::spec_of(slot.address, 2));
        REQUIRE(next);
        CHECK(*is_hidden(slot.address, next->get()));
        CHECK(refusal_of(slot.address) == ECONNREFUSED);

        REQUIRE(show(slot.address, next->get()));
        const rig::Worker old_worker(slot.listener.get(), [] { rig::serve('a'); });
        const rig::Worker new_worker(next->get(), [] { rig::serve('b'); });
        int by_new = 0;
        for (int i = 0; i < 60; ++i) {
            by_new += rig::ask(slot.address) == 'b' ? 1 : 0;
        }
        CHECK(by_new == 60);
    }
}

TEST_CASE("where the gate may be opened again the probe finds nothing") {
    CHECK(probe_show());
}

TEST_CASE("without CAP_NET_RAW the probe says so, and steering still works") {
    const rig::Slot slot = rig::open_slot("127.0.0.1");
    rig::Worker unprivileged(slot.listener.get(), [] {
        if (!drop_net_raw()) {
            ::_exit(1);
        }
        const auto probed = probe_show();
        if (probed || probed.error().code != EPERM) {
            ::_exit(2);
        }
        const auto name = bound_name(0);
        const policies::Address address = policies::TcpAddress{"127.0.0.1", name->port};
        const auto steered = steer_all(0, 0);
        const auto joined = open_joined(rig::spec_of(address, 2));
        if (!steered || !joined || !steer_all(joined->get(), 1)) {
            ::_exit(3);
        }
        const UniqueFd connection = rig::connect_to(address);
        const bool on_new = connection && rig::has_queued(joined->get(), 1);
        ::_exit(on_new && queued(0) == 0 ? 0 : 4);
    });
    CHECK(unprivileged.wait() == 0);
}
