// SPDX-License-Identifier: MIT
// Finding and making the tree, and what is said where it cannot be had.
#include "tests/kernel/cgroups/inmate.hpp"
#include "tests/kernel/cgroups/site.hpp"

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <fstream>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

using namespace cgroups;
using namespace std::chrono_literals;
using recycler::operator""_MiB;

namespace {

// What a child of ours says that was not able to open a tree, after `prepare` put it in a bad
// place.
template <typename Prepare>
std::string trouble_after(Prepare prepare) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    const UniqueFd reading(ends[0]);
    UniqueFd writing(ends[1]);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        std::string text = prepare();
        if (text.empty()) {
            const auto tree = open_tree("kernel-test-trouble");
            text = tree ? "opened" : tree.error().message();
        }
        ::_exit(::write(writing.get(), text.data(), text.size()) > 0 ? 0 : 1);
    }
    writing.reset();
    std::array<char, 1024> text{};
    const ssize_t size = ::read(reading.get(), text.data(), text.size());
    REQUIRE(::waitpid(child, nullptr, 0) == child);
    return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// As a container engine leaves them, whatever the rights of who is inside.
std::string make_cgroups_read_only() {
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
        return "no mounts of its own";
    }
    std::ifstream mounts("/proc/self/mounts");
    std::string device;
    std::string place;
    std::string type;
    std::vector<std::string> places;
    for (std::string rest; mounts >> device >> place >> type && std::getline(mounts, rest);) {
        if (type == "cgroup" || type == "cgroup2") {
            places.push_back(place);
        }
    }
    for (const std::string& one : places) {
        if (::mount("none", one.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) != 0) {
            return "not read-only: " + one;
        }
    }
    return "";
}

} // namespace

TEST_CASE("who may not make cgroups is told what to do") {
    const std::string trouble = trouble_after([]() -> std::string {
        return ::setgid(65534) == 0 && ::setuid(65534) == 0 ? "" : "still root";
    });
    CAPTURE(trouble);
    CHECK(holds(trouble, "set Delegate=yes in the unit"));
}

TEST_CASE(
    "root in a container with read-only cgroups is told which option of the container helps") {
    const std::string trouble = trouble_after(make_cgroups_read_only);
    CAPTURE(trouble);
    CHECK(holds(trouble, " is mounted read-only, as it is in containers"));
    CHECK(holds(trouble, "--privileged"));
    Site site;
    const bool has_options = site.tree.version() == Version::v2;
    CHECK(holds(trouble, "--security-opt writable-cgroups=true") == has_options);
    CHECK_FALSE(holds(trouble, "Delegate=yes"));
    CHECK_FALSE(holds(trouble, "start as root"));
}

TEST_CASE("on v2 a stranger in our cgroup is named, because controllers are refused beside it") {
    Site site;
    if (site.tree.version() == Version::v1) {
        return;
    }
    Group group = site.group("shared.1", {});
    Inmate stranger(group);
    const std::string trouble = trouble_after([&]() -> std::string {
        const std::string procs = "/sys/fs/cgroup" + group.path() + "/cgroup.procs";
        const UniqueFd fd(::open(procs.c_str(), O_WRONLY | O_CLOEXEC));
        return ::write(fd.get(), "0", 1) == 1 ? "" : "not inside";
    });
    CAPTURE(trouble);
    CHECK(holds(trouble, "such as pid " + std::to_string(stranger.pid())));
    CHECK(holds(trouble, "Device or resource busy"));
    for (const char* made : {"supervisor", "workers"}) { // what that attempt left
        const std::string path = "/sys/fs/cgroup" + group.path() + "/" + made;
        CHECK(::rmdir(path.c_str()) == 0);
    }
}

TEST_CASE("limits hold here: a dummy group keeps them and a child is seen inside") {
    Site site;
    CHECK(cgroups::entry_without_births() == cgroups::Entry::move); // it could, and may give it up
    for (const cgroups::Entry entry : {cgroups::Entry::birth, cgroups::Entry::move}) {
        const auto proof = site.tree.prove(entry);
        INFO((proof ? "" : proof.error().message()));
        CHECK(proof);
        CHECK(site.tree.list()->empty());
    }
}

TEST_CASE("a restarted controller finds the same tree and its workers in it") {
    Site site;
    Group group = site.group("7012.1", {.memory_max = 64_MiB, .pids_max = 9});
    Inmate inmate(group);
    REQUIRE(inmate.does({Verb::allocate, (16_MiB).count}) == 0);

    auto later = open_tree();
    REQUIRE(later);
    CHECK(later->path() == site.tree.path());
    CHECK(*later->list() == std::vector<std::string>{"7012.1"});
    auto adopted = later->reopen("7012.1");
    REQUIRE(adopted);
    CHECK(adopted->path() == group.path());
    CHECK(*adopted->procs() == std::vector<pid_t>{inmate.pid()});
    CHECK(adopted->limits()->memory_max == 64_MiB);
    CHECK(adopted->limits()->pids_max == 9U);
    CHECK(usage_of(*adopted).bloat >= 16_MiB);
}

TEST_CASE("leftovers are swept with who lives in them, and what is kept is untouched") {
    Site site;
    Group kept = site.group("7012.1", {});
    Group left = site.group("7013.4", {});
    Group empty = site.group("7014.2", {});
    Inmate alive(kept);
    Inmate doomed(left);
    const std::array<std::string, 1> keep{"7012.1"};
    const auto swept = site.tree.sweep(keep);
    REQUIRE(swept);
    CHECK(*swept == std::vector<std::string>{"7013.4", "7014.2"});
    CHECK(doomed.end().si_status == SIGKILL);
    CHECK(alive.does({Verb::allocate, 4096}) == 0);
    CHECK(*site.tree.list() == std::vector<std::string>{"7012.1"});
}

TEST_CASE("a tree with workers is not removed") {
    Site site;
    Group group = site.group("7012.1", {});
    CHECK_FALSE(site.tree.remove());
    CHECK(group.usage());
}

TEST_CASE("a process of another group can be taken in") {
    Site site;
    Group group = site.group("7000.1", {});
    const Group other = site.group("7000.2", {});
    const Inmate elsewhere(other);
    CHECK(group.procs().value().empty());
    REQUIRE(group.take(elsewhere.pid()));
    CHECK(group.procs().value() == std::vector<pid_t>{elsewhere.pid()});
    CHECK(group.take(1 << 30).error().code == ESRCH);
}

TEST_CASE("a tree that somebody has removed stands no more, and one that is made anew is another") {
    Site site;
    REQUIRE(site.tree.stands());
    REQUIRE(site.tree.remove());
    CHECK_FALSE(site.tree.stands());
    auto anew = open_tree();
    REQUIRE(anew);
    CHECK(anew->stands());
    CHECK_FALSE(site.tree.stands());
    site.tree = std::move(*anew);
}
