// SPDX-License-Identifier: MIT
// What a policy needs of the system, what is hidden from its controller, and whether another policy
// can be put into force by a controller that kept no more.
#include "recycler/controller/rights/needs.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <linux/capability.h>

using namespace recycler;
using namespace recycler::controller;
using confine::capability;

namespace {

using Paths = std::vector<std::string>;

constexpr confine::Capabilities k_always = capability(CAP_KILL) | capability(CAP_SYS_PTRACE) |
                                           capability(CAP_DAC_READ_SEARCH) |
                                           capability(CAP_SYSLOG) | capability(CAP_NET_RAW);
constexpr confine::Capabilities k_for_names =
    capability(CAP_DAC_OVERRIDE) | capability(CAP_CHOWN) | capability(CAP_FOWNER);

policies::Policy shop(std::vector<policies::Address> listen) {
    policies::Policy policy;
    policy.app.name = "shop";
    policy.app.command = {"/usr/bin/ruby", "dispatch.fcgi"};
    policy.app.directory = "/srv/shop";
    policy.app.listen = std::move(listen);
    policy.report.file = "/var/log/recycler/shop.jsonl";
    return policy;
}
policies::Policy on_port(std::uint16_t port) {
    return shop({policies::TcpAddress{"127.0.0.1", port}});
}

OwnFiles own() {
    return {.folders = {"/run/recycler/shop", "/sys/fs/cgroup/shop"},
            .files = {"/etc/recycler/shop.toml"}};
}

bool holds(const Paths& paths, const std::string& path) {
    return std::ranges::find(paths, path) != paths.end();
}

// Whether the next policy can be put into force by the controller of the first.
bool is_covered(const policies::Policy& first, const policies::Policy& next,
                const Paths& hidden = {}) {
    return covers(needs_of(first, own()), hidden, needs_of(next, own()));
}

} // namespace

TEST_CASE("a policy with ports above 1023 needs five capabilities and the daemon's own folders") {
    const Needs needs = needs_of(on_port(7000), own());
    CHECK(needs.capabilities == k_always);
    CHECK(needs.writable == own().folders);
}

TEST_CASE("one port below 1024 among others needs the capability to bind it, and nothing else") {
    CHECK(needs_of(on_port(1024), own()).capabilities == k_always);
    for (const std::uint16_t port : std::initializer_list<std::uint16_t>{1, 80, 1023}) {
        const auto policy =
            shop({policies::TcpAddress{"::1", 7000}, policies::TcpAddress{"::1", port}});
        CHECK(needs_of(policy, own()).capabilities ==
              (k_always | capability(CAP_NET_BIND_SERVICE)));
    }
}

TEST_CASE("a unix socket needs its folder, and what it takes to be somebody else's") {
    const auto policy =
        shop({policies::UnixAddress{"/run/web/a.sock"}, policies::UnixAddress{"/run/web/b.sock"},
              policies::UnixAddress{"/srv/sockets/c.sock"}});
    const Needs needs = needs_of(policy, own());
    CHECK(needs.capabilities == (k_always | k_for_names));
    CHECK(needs.writable ==
          Paths{"/run/recycler/shop", "/sys/fs/cgroup/shop", "/run/web", "/srv/sockets"});
}

TEST_CASE("an own folder that is closed to its owner needs the capability to write there alone") {
    OwnFiles closed = own();
    closed.are_closed = true;
    CHECK(needs_of(on_port(7000), closed).capabilities ==
          (k_always | capability(CAP_DAC_OVERRIDE)));
}

TEST_CASE("the folder of the report is written to only without a journal") {
    CHECK_FALSE(holds(needs_of(on_port(7000), own()).writable, "/var/log/recycler"));
    OwnFiles without_journal = own();
    without_journal.keeps_report = true;
    CHECK(holds(needs_of(on_port(7000), without_journal).writable, "/var/log/recycler"));
}

TEST_CASE("what a worker is started from is looked at again: program, directory, policy") {
    const Needs needs = needs_of(on_port(7000), own());
    for (const char* path : {"/srv/shop", "/usr/bin/ruby", "/etc/recycler/shop.toml"}) {
        CHECK(holds(needs.visible, path));
    }
    auto relative = on_port(7000);
    relative.app.command = {"bin/server"};
    CHECK(holds(needs_of(relative, own()).visible, "/srv/shop/bin/server"));
}

TEST_CASE("a capability has one row, with the calls that need it") {
    for (const Reason& reason : reasons()) {
        CHECK(std::string(reason.calls).size() > 10);
        CHECK(std::ranges::count(reasons(), reason.capability, &Reason::capability) == 1);
    }
}

TEST_CASE("what two policies need is what either does, each path once") {
    const Needs one{.capabilities = 1, .writable = {"/a"}, .visible = {"/x", "/y"}};
    const Needs other{.capabilities = 2, .writable = {"/a", "/b"}, .visible = {"/y"}};
    const Needs all = both(one, other);
    CHECK(all.capabilities == 3);
    CHECK(all.writable == Paths{"/a", "/b"});
    CHECK(all.visible == Paths{"/x", "/y"});
}

TEST_CASE("the folder of a path, by its name") {
    CHECK(folder_of("/a/b") == "/a");
    CHECK(folder_of("/a") == "/");
    CHECK(folder_of("/") == "/");
    CHECK(folder_of("a") == ".");
    CHECK(folder_of("a/b") == "a");
    CHECK(folder_of("/a/") == "/a");
}

TEST_CASE(
    "a path is in itself, in a folder above it and in the root, and not in one of a like name") {
    CHECK(is_in("/home/shop", "/home"));
    CHECK(is_in("/home", "/home"));
    CHECK(is_in("/home", "/"));
    CHECK_FALSE(is_in("/homes", "/home"));
    CHECK_FALSE(is_in("/home", "/home/shop"));
    CHECK_FALSE(is_in("", "/home"));
}

TEST_CASE("a folder is hidden unless it is needed, or something in it is") {
    const Needs needs{.writable = {"/run/recycler/shop", "/tmp/sockets"},
                      .visible = {"/home/shop/app", "/var/lib/shop"}};
    CHECK(to_hide({"/root", "/home", "/tmp", "/var/lib/shop", "/var/lib/mysql", "/homes"}, needs) ==
          Paths{"/root", "/var/lib/mysql", "/homes"});
    CHECK(to_hide({"/home/shop/app/data"}, needs) == Paths{"/home/shop/app/data"});
    CHECK(to_hide({"/root", "/home"}, {.visible = {"/"}}) == Paths{"/root", "/home"});
    CHECK(to_hide({"/"}, needs).empty());
    CHECK(to_hide({}, needs).empty());
}

TEST_CASE("a policy with the same needs can be put into force, and one with fewer") {
    CHECK(is_covered(on_port(7000), on_port(7001)));
    CHECK(is_covered(on_port(80), on_port(7000)));
    CHECK(is_covered(shop({policies::UnixAddress{"/run/web/a.sock"}}), on_port(7000)));
}

TEST_CASE("a policy that needs a capability or a folder more wants another controller") {
    CHECK_FALSE(is_covered(on_port(7000), on_port(80)));
    CHECK_FALSE(is_covered(on_port(7000), shop({policies::UnixAddress{"/run/web/a.sock"}})));
    const auto web = shop({policies::UnixAddress{"/run/web/a.sock"}});
    CHECK(is_covered(web, shop({policies::UnixAddress{"/run/web/b.sock"}})));
    CHECK(is_covered(web, shop({policies::UnixAddress{"/run/web/deep/b.sock"}})));
    CHECK_FALSE(is_covered(web, shop({policies::UnixAddress{"/run/b.sock"}})));
    CHECK_FALSE(is_covered(web, shop({policies::UnixAddress{"/run/website/b.sock"}})));
}

TEST_CASE("a policy whose program is hidden wants another controller") {
    auto elsewhere = on_port(7000);
    elsewhere.app.directory = "/home/other";
    CHECK(is_covered(on_port(7000), elsewhere));
    CHECK_FALSE(is_covered(on_port(7000), elsewhere, {"/root", "/home"}));
    CHECK_FALSE(is_covered(on_port(7000), elsewhere, {"/home/other"}));
    CHECK(is_covered(on_port(7000), elsewhere, {"/home/other/data"}));
    CHECK(is_covered(on_port(7000), elsewhere, {"/homes"}));
}
