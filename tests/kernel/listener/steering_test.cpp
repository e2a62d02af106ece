// SPDX-License-Identifier: MIT
#include "recycler/worker/listen/steering.hpp"

#include "recycler/worker/listen/gate.hpp"
#include "recycler/worker/listen/listener.hpp"
#include "recycler/worker/look/idleness.hpp"
#include "tests/kernel/listener/clients.hpp"
#include "tests/kernel/listener/rig.hpp"

#include <doctest/doctest.h>
#include <memory>
#include <string>

using namespace recycler::worker;
using namespace std::chrono_literals;
using recycler::UniqueFd;

namespace {

struct Serving {
    UniqueFd listener;
    std::unique_ptr<rig::Worker> worker;
};

std::unique_ptr<rig::Worker> serving(int listener, char tag, std::chrono::nanoseconds work = 0ns) {
    auto worker = std::make_unique<rig::Worker>(listener, [=] { rig::serve(tag, work); });
    REQUIRE(rig::is_ready(*worker, listener));
    return worker;
}

Serving join(const policies::Address& address, char tag, std::chrono::nanoseconds work = 0ns) {
    auto listener = open_joined(rig::spec_of(address, 2));
    REQUIRE(listener);
    auto worker = serving(listener->get(), tag, work);
    return {std::move(*listener), std::move(worker)};
}

void drain(const policies::Address& address, Serving& old) {
    rig::let_gate_settle();
    REQUIRE(hide(address, old.listener.get()));
    rig::let_gate_settle();
    auto diag = SocketDiag::open();
    REQUIRE(diag);
    const Watched watched{old.listener.get(), Port::shared, old.worker->processes()};
    Idleness last;
    const bool idle = rig::eventually([&] {
        const auto seen = look(watched, *diag);
        if (!rig::is_known(seen)) {
            return false;
        }
        last = *seen;
        return last.idle();
    });
    CAPTURE(last.half_open);
    CAPTURE(last.queued);
    CAPTURE(last.unsettled);
    CAPTURE(last.connections);
    REQUIRE(idle);
    old.worker->end();
    old.listener.reset();
}

} // namespace

TEST_CASE("in an overlap the balancer never notices") {
    constexpr std::uint64_t k_handovers = 50;
    for (const std::string& host : rig::k_hosts) {
        CAPTURE(host);
        rig::Slot slot = rig::open_slot(host);
        Serving present{std::move(slot.listener), nullptr};
        present.worker = serving(present.listener.get(), 'a');
        rig::Clients clients(slot.address, 6);
        for (std::uint64_t i = 0; i < k_handovers; ++i) {
            REQUIRE(steer_all(present.listener.get(), 0));
            Serving next = join(slot.address, 'b', i % 2 == 0 ? rig::k_slow_work : 0ns);
            REQUIRE(steer_all(next.listener.get(), 1));
            drain(slot.address, present);
            present = std::move(next);
        }
        const rig::Tally tally = clients.stop();
        CHECK(tally.failed == 0);
        CHECK(tally.refused == 0);
        // A second's wait is what a wrong order costs: half of all connects hang with two plain
        // listeners in one group.
        CHECK(tally.late * 50 <= k_handovers);
        MESSAGE(host, ": ", k_handovers, " overlaps, ", tally.answered, " answered, ", tally.late,
                " late, worst ", tally.worst.count() / 1'000'000, " ms");
    }
}

TEST_CASE("steering moves all connections at once, and back") {
    for (const std::string& host : rig::k_hosts) {
        const rig::Slot slot = rig::open_slot(host);
        const auto first = serving(slot.listener.get(), 'a');
        REQUIRE(steer_all(slot.listener.get(), 0));
        const Serving second = join(slot.address, 'b');
        for (int i = 0; i < 20; ++i) {
            CHECK(rig::ask(slot.address) == 'a');
        }
        REQUIRE(steer_all(second.listener.get(), 1));
        for (int i = 0; i < 20; ++i) {
            CHECK(rig::ask(slot.address) == 'b');
        }
        REQUIRE(steer_all(slot.listener.get(), 0));
        CHECK(rig::ask(slot.address) == 'a');
    }
}

TEST_CASE("a probe by source port reaches the new listener and nobody else does") {
    for (const std::string& host : rig::k_hosts) {
        CAPTURE(host);
        const rig::Slot slot = rig::open_slot(host);
        const auto first = serving(slot.listener.get(), 'a');
        REQUIRE(steer_all(slot.listener.get(), 0));
        const Serving second = join(slot.address, 'b');
        constexpr std::uint16_t k_prober = 29917;
        REQUIRE(steer_source_port(slot.listener.get(),
                                  {.source_port = k_prober, .from_it = 1, .otherwise = 0}));
        for (int i = 0; i < 20; ++i) {
            const UniqueFd probe = rig::connect_to(slot.address, k_prober);
            REQUIRE(probe);
            CHECK(rig::ask(probe.get()) == 'b');
            CHECK(rig::ask(slot.address) == 'a');
        }
    }
}
