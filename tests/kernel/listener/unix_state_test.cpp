// SPDX-License-Identifier: MIT
// The same for unix listeners: the names are what others may take away.
#include "recycler/worker/listen/gate.hpp"
#include "recycler/worker/listen/listener_state.hpp"
#include "tests/kernel/listener/clients.hpp"
#include "tests/kernel/listener/rig.hpp"

#include <doctest/doctest.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

using namespace recycler::worker;
using recycler::UniqueFd;

namespace {

struct Site {
    rig::Folder folder;
    SocketDiag diag = *SocketDiag::open();
    rig::Slot slot = on_path();

    [[nodiscard]] std::string path() const { return folder.path() + "/x.sock"; }
    rig::Slot on_path() const {
        const policies::Address address = policies::UnixAddress{path()};
        return {address, rig::must_open(open_first(rig::spec_of(address)))};
    }
    ListenerState look(bool shown = true) {
        const auto state = state_of(slot.address, slot.listener.get(), {.shown = shown}, diag);
        REQUIRE(state);
        const auto again = state_of(slot.address, slot.listener.get(),
                                    {.shown = shown, .file = state->file}, diag);
        REQUIRE(again); // whether its file is known makes no difference
        CHECK(again->shut_down == state->shut_down);
        CHECK(again->queued == state->queued);
        CHECK(again->shown == state->shown);
        CHECK(again->nameless == state->nameless);
        CHECK(again->file == state->file);
        return *state;
    }
    Mended mended(bool shown = true) {
        return mend(slot.address, slot.listener.get(), look(shown));
    }
    void unlink(const std::string& name) const { REQUIRE(::unlink(name.c_str()) == 0); }
};

} // namespace

TEST_CASE("what waits in a unix listener that is shut down can still be accepted") {
    Site site;
    const rig::Slot& slot = site.slot;
    const UniqueFd waiting = rig::connect_to(slot.address);
    REQUIRE(::shutdown(slot.listener.get(), SHUT_RDWR) == 0);
    CHECK(site.look().shut_down);
    CHECK(site.look().queued == 1);
    CHECK_FALSE(rig::connect_to(slot.address));
    const UniqueFd accepted(::accept(slot.listener.get(), nullptr, nullptr));
    CHECK(accepted);
    CHECK(::listen(slot.listener.get(), 5) == 0); // and yet it takes none any more
    CHECK(site.look().shut_down);
    CHECK_FALSE(rig::connect_to(slot.address));
    const rig::Slot fresh{slot.address, rig::must_open(open_hidden(rig::spec_of(slot.address, 2)))};
    REQUIRE(show(fresh.address, fresh.listener.get()));
    CHECK(rig::connect_to(slot.address));
}

TEST_CASE("the name of a unix listener that is missing is linked again from the other one") {
    Site site;
    const rig::Slot& slot = site.slot;
    const std::string path = site.path();
    UniqueFd waiting = rig::connect_to(slot.address);
    for (const std::string& name : {path, path + ".1"}) {
        CAPTURE(name);
        site.unlink(name);
        const Mended done = site.mended();
        CHECK(done.health == Health::mended);
        CHECK(done.what == name + " was removed, or leads elsewhere");
        CHECK(site.look().sound());
    }
    const rig::Worker worker(slot.listener.get(), [] { rig::serve('a'); });
    CHECK(rig::ask(waiting.get()) == 'a');
    waiting.reset();
    CHECK(rig::ask(slot.address) == 'a');
}

TEST_CASE("a unix listener without any name is beyond repair") {
    Site site;
    const rig::Slot& slot = site.slot;
    const std::string path = site.path();
    SUBCASE("shown: both were removed") {
        site.unlink(path);
        site.unlink(path + ".1");
        CHECK(site.mended().health == Health::unreachable);
    }
    SUBCASE("shown: both lead elsewhere") {
        site.unlink(path);
        site.unlink(path + ".1");
        const policies::Address other = policies::UnixAddress{site.folder.path() + "/y.sock"};
        const UniqueFd stranger = rig::must_open(open_first(rig::spec_of(other)));
        REQUIRE(::link((site.folder.path() + "/y.sock").c_str(), path.c_str()) == 0);
        REQUIRE(::symlink((site.folder.path() + "/y.sock").c_str(), (path + ".1").c_str()) == 0);
        CHECK(site.mended().health == Health::unreachable);
    }
    SUBCASE("hidden: its own was removed") {
        REQUIRE(hide(slot.address, slot.listener.get()));
        site.unlink(path + ".1");
        CHECK(site.mended(false).health == Health::unreachable);
    }
}

TEST_CASE("a path that somebody else listens at is not taken from them") {
    Site site;
    const rig::Slot& slot = site.slot;
    const std::string path = site.path();
    site.unlink(path);
    const rig::Worker stranger(slot.listener.get(), [] { ::pause(); });
    REQUIRE(::symlink("/nowhere", path.c_str()) == 0);
    const Mended done = site.mended();
    CHECK(done.health == Health::obstructed);
    REQUIRE(done.error);
    CHECK(done.error->message().find("not a socket") != std::string::npos);
}
