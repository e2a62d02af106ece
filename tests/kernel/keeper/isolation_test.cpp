// SPDX-License-Identifier: MIT
// Workers that are cut off from each other, as far as this kernel can. The whole program's part is
// tests/balancer/stories/guarding/isolated.py.
#include "recycler/worker/spawn/isolating.hpp"

#include "tests/kernel/keeper/stage.hpp"

#include <cerrno>
#include <csignal>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;
using recycler::worker::IsolationOffer;

const std::string k_alone = "\nuid 45998";

std::string by_shell(const std::string& script) {
    return "launch\narg /bin/sh\narg -c\narg " + script;
}

std::string second_said(Actor& controller, const std::string& order) {
    controller.order(order);
    controller.hear("exited 1.2");
    controller.order("tail\nid 1 2");
    const std::string tail = controller.hear("tail ");
    return tail.substr(std::min(tail.find('\n'), tail.size() - 1) + 1);
}

// All that this kernel has, as an order's line.
std::string isolated() {
    const IsolationOffer offer = recycler::worker::try_isolation();
    const auto has = recycler::worker::isolation_by(offer, true);
    return std::string("\nisolate ") + (has.own_domain ? "domain " : "") +
           (has.scopes_signals ? "signals " : "") + (has.own_shm ? "shm" : "");
}

// A worker that stands, and what another one of the same user finds out about it by `script`, in
// which PID is the first one's.
std::string found_out(const std::string& script, const std::string& how) {
    Stage stage;
    Actor controller = stage.next_controller();
    controller.order("launch\narg sleep\narg 1000\nid 1 1" + k_alone + how);
    const pid_t pid = pid_in(controller.hear("launched "));
    std::string about = script;
    about.replace(about.find("PID"), 3, std::to_string(pid));
    std::string found = second_said(controller, by_shell(about) + "\nid 1 2" + k_alone + how);
    return found + (::kill(pid, 0) == 0 && status_of(pid, "State")[0] == 'S' ? ", stands" : "");
}

bool has_domains() {
    return recycler::worker::isolation_by(recycler::worker::try_isolation(), true).own_domain;
}

} // namespace

TEST_CASE("a worker in a domain of its own cannot read what another of its user has") {
    if (!has_domains()) {
        MESSAGE("left out: this kernel has no Landlock that leaves renames alone");
        return;
    }
    const std::string script =
        "cat /proc/PID/environ 2>/dev/null | tr '\\0' '\\n' | grep COLOUR || echo shut";
    CHECK(found_out(script, "") == "COLOUR=blue, stands");
    CHECK(found_out(script, isolated()) == "shut, stands");
}

TEST_CASE("signals are kept in a domain from Landlock's sixth version on") {
    const IsolationOffer offer = recycler::worker::try_isolation();
    CHECK(found_out("kill -KILL PID && echo sent || echo refused", "") == "sent");
    const auto found =
        found_out("kill -KILL PID 2>/dev/null && echo sent || echo refused", isolated());
    CHECK(found == (offer.landlock >= recycler::worker::k_landlock_scopes_signals
                        ? "refused, stands"
                        : "sent"));
}

TEST_CASE("files move between folders as ever, and a worker's children obey it") {
    Stage stage;
    Actor controller = stage.next_controller();
    CHECK(second_said(controller,
                      by_shell("exec 2>/dev/null; D=$(mktemp -d); cd $D && mkdir a b && echo moved "
                               ">a/f && mv a/f b/f "
                               "&& ln b/f a/g && cat a/g; rm -r $D; sleep 100 & kill $!; wait $!; "
                               "echo $?") +
                          "\nid 1 2" + k_alone + isolated()) == "moved\n143");
}

TEST_CASE("a program that gains privileges does so in a domain, too") {
    if (!has_domains()) {
        MESSAGE("left out: this kernel has no Landlock that leaves renames alone");
        return;
    }
    Stage stage;
    Actor controller = stage.next_controller();
    const std::string copy = stage.folder() + "/id";
    fs::copy_file("/usr/bin/id", copy);
    REQUIRE(::chmod(copy.c_str(), 04755) == 0);
    const std::string order = "launch\narg " + copy + "\narg -u\nid 1 2" + k_alone + isolated();
    CHECK(second_said(controller, order + "\nprivileges") == "0");
}

TEST_CASE("a /dev/shm of its own is empty, is for everybody to write, and is seen by nobody else") {
    if (!recycler::worker::isolation_by(recycler::worker::try_isolation(), true).own_shm) {
        MESSAGE("left out: no mount namespace can be made here");
        return;
    }
    const std::string name = "recycler-test-" + std::to_string(::getpid());
    Stage stage;
    Actor controller = stage.next_controller();
    std::ofstream("/dev/shm/" + name) << "ours";
    const std::string script = "ls /dev/shm; echo mine >/dev/shm/" + name +
                               "; stat -f -c %T /dev/shm; stat -c %a /dev/shm";
    CHECK(second_said(controller, by_shell(script) + "\nid 1 2" + k_alone + isolated()) ==
          "tmpfs\n1777");
    std::ifstream file("/dev/shm/" + name);
    std::string content;
    file >> content;
    CHECK(content == "ours");
    fs::remove("/dev/shm/" + name);
}

TEST_CASE("a worker that cannot be isolated as its plan says is no worker") {
    Stage stage{{.uid = 65533}}; // without CAP_SYS_ADMIN
    Actor controller = stage.next_controller();
    controller.order("launch\narg true\nisolate shm");
    CHECK(controller.hear("failed 1.1 ") == "isolation " + std::to_string(EPERM));
}
