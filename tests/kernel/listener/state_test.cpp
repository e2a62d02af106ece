// SPDX-License-Identifier: MIT
// What workers do to their listeners, and others to the names of a unix one: whether the look sees
// it, and what can be put right again.
#include "recycler/worker/listen/gate.hpp"
#include "recycler/worker/listen/listener_state.hpp"
#include "recycler/worker/listen/steering.hpp"
#include "tests/kernel/listener/clients.hpp"
#include "tests/kernel/listener/rig.hpp"

#include <cerrno>
#include <chrono>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

using namespace recycler::worker;
using namespace std::chrono_literals;
using recycler::UniqueFd;

namespace {

SocketDiag& diag() {
    static SocketDiag one = *SocketDiag::open();
    return one;
}

ListenerState look(const rig::Slot& slot, std::optional<bool> shown = true) {
    const auto state = state_of(slot.address, slot.listener.get(), {.shown = shown}, diag());
    REQUIRE(state);
    return *state;
}

Mended mended(const rig::Slot& slot, std::optional<bool> shown = true) {
    return mend(slot.address, slot.listener.get(), look(slot, shown));
}

bool is_refused(const policies::Address& address) {
    return !rig::connect_to(address);
}

bool is_reached(const rig::Slot& slot) {
    const UniqueFd client = rig::connect_to(slot.address);
    return client && rig::has_queued(slot.listener.get(), 1);
}

void set(int socket, int option, int value) {
    REQUIRE(::setsockopt(socket, SOL_SOCKET, option, &value, sizeof value) == 0);
}

void attach_filter(int socket, std::uint32_t kept) {
    sock_filter step{BPF_RET | BPF_K, 0, 0, kept};
    const sock_fprog program{1, &step};
    REQUIRE(::setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0);
}

rig::Slot on_path(const rig::Folder& folder, std::uint32_t serial = 1) {
    const policies::Address address = policies::UnixAddress{folder.path() + "/x.sock"};
    return {address, rig::must_open(open_first(rig::spec_of(address, serial)))};
}

} // namespace

TEST_CASE("a listener as it was opened is sound, shown or hidden") {
    for (const std::string& host : rig::k_hosts) {
        const rig::Slot slot = rig::open_slot(host);
        CHECK(look(slot).sound());
        REQUIRE(hide(slot.address, slot.listener.get()));
        CHECK(look(slot, false).sound());
        CHECK(look(slot, std::nullopt).sound());
        const auto apart = open_hidden(rig::spec_of(slot.address, 7));
        REQUIRE(apart);
        CHECK(state_of(slot.address, apart->get(), {.shown = false}, diag())->sound());
    }
    const rig::Folder folder;
    const rig::Slot slot = on_path(folder);
    CHECK(look(slot).sound());
    REQUIRE(hide(slot.address, slot.listener.get()));
    CHECK(look(slot, false).sound());
}

TEST_CASE("a listener that is shut down is seen as that, and a fresh one takes its place") {
    for (const std::string& host : rig::k_hosts) {
        CAPTURE(host);
        const rig::Slot slot = rig::open_slot(host);
        const UniqueFd waiting = rig::connect_to(slot.address);
        REQUIRE(rig::has_queued(slot.listener.get(), 1));
        CHECK(look(slot).queued == 1);
        REQUIRE(::shutdown(slot.listener.get(), SHUT_RDWR) == 0);
        CHECK(look(slot).shut_down);
        CHECK(mended(slot).health == Health::unreachable);
        CHECK(rig::ask(waiting.get()) == 0); // reset by the kernel
        const rig::Slot fresh{slot.address,
                              rig::must_open(open_hidden(rig::spec_of(slot.address, 2)))};
        CHECK(is_refused(slot.address));
        REQUIRE(show(fresh.address, fresh.listener.get()));
        CHECK(is_reached(fresh));
    }
}

TEST_CASE(
    "a listener bound to an interface by its worker is reached again, with what waits in it") {
    for (const std::string& host : rig::k_hosts) {
        for (const int interface : {12345, 1}) {
            CAPTURE(host);
            const rig::Slot slot = rig::open_slot(host);
            UniqueFd waiting = rig::connect_to(slot.address);
            REQUIRE(rig::has_queued(slot.listener.get(), 1));
            set(slot.listener.get(), SO_BINDTOIFINDEX, interface);
            CHECK_FALSE(look(slot).sound());
            const Mended done = mended(slot);
            CHECK(done.health == Health::mended);
            CHECK(done.what.find(std::to_string(interface)) != std::string::npos);
            CHECK(look(slot).sound());
            const rig::Worker worker(slot.listener.get(), [] { rig::serve('a'); });
            CHECK(rig::ask(waiting.get()) == 'a');
            waiting.reset();
            CHECK(rig::ask(slot.address) == 'a');
        }
    }
}

TEST_CASE("a closed gate that somebody has opened is closed again") {
    for (const int interface : {0, 1}) {
        const rig::Slot slot = rig::open_slot("127.0.0.1");
        REQUIRE(hide(slot.address, slot.listener.get()));
        set(slot.listener.get(), SO_BINDTOIFINDEX, interface);
        CHECK_FALSE(look(slot, false).sound());
        CHECK(mended(slot, false).health == Health::mended);
        CHECK(look(slot, false).sound());
        CHECK(is_refused(slot.address));
    }
    const rig::Folder folder;
    const rig::Slot slot = on_path(folder);
    REQUIRE(hide(slot.address, slot.listener.get()));
    REQUIRE(::link((folder.path() + "/x.sock.1").c_str(), (folder.path() + "/x.sock").c_str()) ==
            0);
    CHECK(mended(slot, false).health == Health::mended);
    CHECK(is_refused(slot.address));
    CHECK(look(slot, false).sound());
}

TEST_CASE("a socket filter is taken off unless it is locked") {
    const rig::Slot slot = rig::open_slot("127.0.0.1");
    attach_filter(slot.listener.get(), 0);
    CHECK(look(slot).filter == SocketFilter::attached);
    CHECK(mended(slot).health == Health::mended);
    CHECK(look(slot).sound());
    CHECK(is_reached(slot));
}

TEST_CASE("a locked filter is told apart by whether it lets all pass") {
    for (const auto& [kept, filter, health] :
         {std::tuple{0U, SocketFilter::sealed, Health::unreachable},
          std::tuple{100U, SocketFilter::sealed, Health::unreachable},
          std::tuple{0xffffffffU, SocketFilter::passing, Health::unjoinable}}) {
        CAPTURE(kept);
        const rig::Slot slot = rig::open_slot("127.0.0.1");
        attach_filter(slot.listener.get(), kept);
        set(slot.listener.get(), SO_LOCK_FILTER, 1);
        CHECK(look(slot).filter == filter);
        CHECK(mended(slot).health == health);
    }
    const rig::Slot slot = rig::open_slot("127.0.0.1");
    set(slot.listener.get(), SO_LOCK_FILTER, 1);
    CHECK(look(slot).sound()); // there is none to take off
}

TEST_CASE("beside a listener whose filter is locked another one takes over without losing any") {
    for (const std::string& host : rig::k_hosts) {
        CAPTURE(host);
        const rig::Slot slot = rig::open_slot(host);
        attach_filter(slot.listener.get(), 0xffffffff);
        set(slot.listener.get(), SO_LOCK_FILTER, 1);
        CHECK(steer_all(slot.listener.get(), 0).error().code == EPERM);
        const rig::Worker old_worker(slot.listener.get(), [] { rig::serve('a'); });
        rig::Clients clients(slot.address, 4);
        const rig::Slot fresh{slot.address,
                              rig::must_open(open_hidden(rig::spec_of(slot.address, 2)))};
        const rig::Worker new_worker(fresh.listener.get(), [] { rig::serve('b'); });
        for (int i = 0; i < 50; ++i) {
            CHECK(rig::ask(slot.address) == 'a');
        }
        REQUIRE(show(fresh.address, fresh.listener.get()));
        const auto before = clients.answered();
        REQUIRE(rig::eventually([&] { return clients.answered() > before + 50; }));
        REQUIRE(hide(slot.address, slot.listener.get()));
        for (int i = 0; i < 50; ++i) {
            CHECK(rig::ask(slot.address) == 'b');
        }
        const rig::Tally tally = clients.stop();
        CHECK(tally.failed == 0);
        CHECK(tally.refused == 0);
    }
}

TEST_CASE("one that its worker keeps for itself can be joined again") {
    const rig::Slot slot = rig::open_slot("127.0.0.1");
    set(slot.listener.get(), SO_REUSEPORT, 0);
    CHECK(look(slot).alone);
    CHECK(mended(slot).health == Health::mended);
    CHECK(look(slot).sound());
}

TEST_CASE("the next worker finds its listener as a fresh one is") {
    const rig::Folder folder;
    for (const rig::Slot& slot :
         {rig::open_slot("127.0.0.1"), rig::open_slot("::1"), on_path(folder)}) {
        const int listener = slot.listener.get();
        const UniqueFd waiting = rig::connect_to(slot.address);
        REQUIRE(::fcntl(listener, F_SETFL, O_NONBLOCK | O_ASYNC) == 0);
        const timeval soon{0, 1000};
        REQUIRE(::setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon) == 0);
        const linger cut{1, 0};
        REQUIRE(::setsockopt(listener, SOL_SOCKET, SO_LINGER, &cut, sizeof cut) == 0);
        REQUIRE(::listen(listener, 0) == 0);
        REQUIRE(make_as_new(rig::spec_of(slot.address), listener));
        CHECK((::fcntl(listener, F_GETFL) & (O_NONBLOCK | O_ASYNC)) == 0);
        timeval left{};
        socklen_t size = sizeof left;
        REQUIRE(::getsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &left, &size) == 0);
        CHECK(left.tv_usec == 0);
        linger lingers{};
        size = sizeof lingers;
        REQUIRE(::getsockopt(listener, SOL_SOCKET, SO_LINGER, &lingers, &size) == 0);
        CHECK(lingers.l_onoff == 0);
        std::vector<UniqueFd> more; // than a backlog of 0 admits
        for (int i = 0; i < 8; ++i) {
            more.push_back(rig::connect_to(slot.address));
            CHECK(more.back());
        }
        const rig::Worker worker(listener, [] { rig::serve('a'); });
        CHECK(rig::ask(waiting.get()) == 'a');
    }
}

TEST_CASE("a look costs microseconds") {
    const rig::Folder folder;
    const rig::Slot tcp = rig::open_slot("127.0.0.1");
    const rig::Slot local = on_path(folder);
    constexpr int k_looks = 200;
    for (const rig::Slot* slot : {&tcp, &local}) {
        const auto began = std::chrono::steady_clock::now();
        for (int i = 0; i < k_looks; ++i) {
            (void)look(*slot);
        }
        const auto each = (std::chrono::steady_clock::now() - began) / k_looks;
        MESSAGE(to_string(slot->address), ": ",
                std::chrono::duration_cast<std::chrono::microseconds>(each).count(), " us a look");
        CHECK(each < 5ms);
    }
}
