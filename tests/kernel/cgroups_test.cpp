// cgroups/ against the kernel it runs on: v1 or v2, the same tests. Needs root and a cgroup in
// which a subtree may be made.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "cgroups/proc_usage.hpp"
#include "cgroups/tree.hpp"
#include "cgroups_inmate.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>

using namespace cgroups;
using namespace std::chrono_literals;
using recycler::operator""_MiB;

namespace {

constexpr const char* k_app = "kernel-test";

Result<Tree> open_tree() {
    const std::array<pid_t, 1> self{::getpid()};
    return Tree::open(k_app, self);
}

// A tree with nothing in it, gone again when the test ends.
struct Site {
    Tree tree;
    Site() : tree(fresh()) {}
    ~Site() {
        CHECK(tree.set_app_max(std::nullopt));
        CHECK(tree.sweep({}));
        CHECK(tree.remove());
    }
    static Tree fresh() {
        auto opened = open_tree();
        REQUIRE(opened);
        REQUIRE(opened->sweep({}));
        return std::move(*opened);
    }
    Group group(const std::string& name, const Limits& limits) {
        auto made = tree.create(name, limits);
        INFO((made ? "" : made.error().message()));
        REQUIRE(made);
        return std::move(*made);
    }
};

// The kernel charges in batches of up to 64 pages for each CPU, and page tables and stacks count
// too.
constexpr Bytes k_slack = 4_MiB;

bool is_about(Bytes value, Bytes expected) {
    return value <= expected + k_slack && expected <= value + k_slack;
}

Usage usage_of(Group& group) {
    const auto usage = group.usage();
    REQUIRE(usage);
    return *usage;
}

bool rang(const UniqueFd& event) {
    std::uint64_t count = 0;
    return ::read(event.get(), &count, sizeof count) == sizeof count && count > 0;
}

} // namespace

TEST_CASE("limits hold here: a dummy group keeps them and a child is seen inside") {
    Site site;
    const auto proof = site.tree.prove();
    INFO((proof ? "" : proof.error().message()));
    CHECK(proof);
    CHECK(site.tree.list()->empty());
}

TEST_CASE("limits are read back as they were set, in whole pages") {
    Site site;
    Group group = site.group("7012.1", {.memory_max = Bytes{(64_MiB).count + 1},
                                        .swap_max = Bytes{0},
                                        .pids_max = 17,
                                        .cpu_weight = 50});
    const auto limits = group.limits();
    REQUIRE(limits);
    CHECK(limits->memory_max == 64_MiB);
    CHECK(limits->swap_max.value_or(Bytes{0}) == Bytes{0});
    CHECK(limits->pids_max == 17U);
    CHECK(limits->cpu_weight == 50U);
    CHECK(group.remove());
}

TEST_CASE("a group without limits has none") {
    Site site;
    Group group = site.group("7012.1", {});
    const auto limits = group.limits();
    REQUIRE(limits);
    CHECK_FALSE(limits->memory_max);
    CHECK_FALSE(limits->pids_max);
}

TEST_CASE("a limit that the kernel refuses is named, and nothing is left of the group") {
    Site site;
    const auto made = site.tree.create("bad.1", {.pids_max = UINT64_MAX});
    REQUIRE_FALSE(made);
    CHECK(made.error().code == ERANGE);
    CHECK(made.error().message() ==
          "set pids.max of bad.1 to 18446744073709551615: Numerical result out of range");
    CHECK(site.tree.list()->empty());
}

TEST_CASE("a name in use, and one that leaves the tree, are refused") {
    Site site;
    Group group = site.group("7012.1", {});
    CHECK(site.tree.create("7012.1", {}).error().code == EEXIST);
    CHECK(site.tree.create("../7012.1", {}).error().code == EINVAL);
    CHECK(site.tree.create("", {}).error().code == EINVAL);
    CHECK(site.tree.reopen("7012.2").error().code == ENOENT);
}

TEST_CASE("a child is inside from its first instruction, and its memory counts there") {
    Site site;
    Group group = site.group("7012.1", {.memory_max = 256_MiB});
    Inmate inmate(group);
    CHECK(*group.procs() == std::vector<pid_t>{inmate.pid()});

    const Usage before = usage_of(group);
    REQUIRE(inmate.does({Verb::allocate, (32_MiB).count}) == 0);
    const Usage after = usage_of(group);
    CHECK(is_about(after.current - before.current, 32_MiB));
    CHECK(is_about(after.bloat - before.bloat, 32_MiB));
    CHECK(after.peak >= after.current - k_slack);
    CHECK(is_about(site.tree.usage()->bloat, after.bloat));
}

TEST_CASE("page cache is no bloat") {
    Site site;
    Group group = site.group("7012.1", {.memory_max = 256_MiB});
    Inmate inmate(group);
    const Usage before = usage_of(group);
    REQUIRE(inmate.does({Verb::fill_file, (32_MiB).count}) == 0);
    const Usage after = usage_of(group);
    CHECK(after.current >= before.current + 24_MiB);
    CHECK(is_about(after.bloat, before.bloat));
}

TEST_CASE("the peak outlives the memory") {
    Site site;
    Group group = site.group("7012.1", {.memory_max = 256_MiB});
    {
        Inmate inmate(group);
        REQUIRE(inmate.does({Verb::allocate, (48_MiB).count}) == 0);
        (void)usage_of(group); // kernels without memory.peak know what was seen
    }
    REQUIRE(group.wait_empty(60s));
    const Usage after = usage_of(group);
    CHECK(after.peak >= 48_MiB);
    CHECK(after.bloat <= 8_MiB);
}

TEST_CASE("a worker over its own limit dies, and the counters say that it was its own") {
    Site site;
    REQUIRE(site.tree.set_app_max(512_MiB));
    Group group = site.group("7012.1", {.memory_max = 48_MiB, .swap_max = Bytes{0}});
    const auto worker_event = group.oom_eventfd();
    const auto app_event = site.tree.oom_eventfd();
    const auto app_before = site.tree.oom();
    REQUIRE(app_before);

    Inmate inmate(group);
    CHECK_FALSE(inmate.does({Verb::allocate, (96_MiB).count}));
    const siginfo_t how = inmate.end();
    CHECK(how.si_code == CLD_KILLED);
    CHECK(how.si_status == SIGKILL);

    const auto counts = group.oom();
    REQUIRE(counts);
    CHECK(counts->oom_kill > 0);
    if (site.tree.version() == Version::v2) {
        CHECK(counts->oom.value_or(0) > 0);
        CHECK(site.tree.oom()->oom == app_before->oom);
        CHECK(worker_event.error().code == ENOTSUP);
    } else {
        REQUIRE(worker_event);
        REQUIRE(app_event);
        CHECK(rang(*worker_event));
        CHECK_FALSE(rang(*app_event));
    }
}

TEST_CASE("a worker killed for the app's limit is told from one that met its own") {
    Site site;
    REQUIRE(site.tree.set_app_max(64_MiB));
    Group group = site.group("7012.1", {.memory_max = 256_MiB, .swap_max = Bytes{0}});
    const auto worker_event = group.oom_eventfd();
    const auto app_event = site.tree.oom_eventfd();
    const auto app_before = site.tree.oom();
    REQUIRE(app_before);

    Inmate inmate(group);
    CHECK_FALSE(inmate.does({Verb::allocate, (128_MiB).count}));
    CHECK(inmate.end().si_status == SIGKILL);

    const auto counts = group.oom();
    REQUIRE(counts);
    CHECK(counts->oom_kill > 0);
    if (site.tree.version() == Version::v2) {
        CHECK(counts->oom == 0U);
        CHECK(site.tree.oom()->oom.value_or(0) > app_before->oom.value_or(0));
    } else {
        REQUIRE(worker_event);
        REQUIRE(app_event);
        CHECK(rang(*worker_event));
        CHECK(rang(*app_event));
    }
}

TEST_CASE("the app's limit never ends a worker within it") {
    Site site;
    REQUIRE(site.tree.set_app_max(96_MiB));
    Group small = site.group("7012.1", {.memory_max = 256_MiB, .swap_max = Bytes{0}});
    Group large = site.group("7013.1", {.memory_max = 256_MiB, .swap_max = Bytes{0}});
    Inmate bystander(small);
    REQUIRE(bystander.does({Verb::allocate, (8_MiB).count}) == 0);
    Inmate eater(large);
    CHECK_FALSE(eater.does({Verb::allocate, (192_MiB).count}));
    CHECK(eater.end().si_status == SIGKILL);
    CHECK(bystander.does({Verb::allocate, (1_MiB).count}) == 0);
    CHECK(small.oom()->oom_kill == 0);
}

TEST_CASE("an app limit below what the workers use is refused and hurts nobody") {
    Site site;
    Group group = site.group("7012.1", {.memory_max = 256_MiB});
    Inmate inmate(group);
    REQUIRE(inmate.does({Verb::allocate, (48_MiB).count}) == 0);
    CHECK(site.tree.set_app_max(16_MiB).error().code == EBUSY);
    CHECK(inmate.does({Verb::allocate, (1_MiB).count}) == 0);
}

TEST_CASE("v1 tells by eventfd that usage crossed a threshold") {
    Site site;
    Group group = site.group("7012.1", {.memory_max = 256_MiB});
    const auto event = group.usage_eventfd(32_MiB);
    if (site.tree.version() == Version::v2) {
        CHECK(event.error().code == ENOTSUP);
        return;
    }
    REQUIRE(event);
    Inmate inmate(group);
    REQUIRE(inmate.does({Verb::allocate, (8_MiB).count}) == 0);
    CHECK_FALSE(rang(*event));
    REQUIRE(inmate.does({Verb::allocate, (48_MiB).count}) == 0);
    REQUIRE(ready(event->get(), POLLIN));
    CHECK(rang(*event));
}

TEST_CASE("v2 wakes a poll of memory.events when the limit is met") {
    Site site;
    Group group = site.group("7012.1", {.memory_max = 32_MiB, .swap_max = Bytes{0}});
    const auto events = group.memory_events();
    if (site.tree.version() == Version::v1) {
        CHECK(events.error().code == ENOTSUP);
        return;
    }
    REQUIRE(events);
    CHECK_FALSE(ready(events->get(), POLLPRI, 0));
    Inmate inmate(group);
    CHECK_FALSE(inmate.does({Verb::allocate, (64_MiB).count}));
    CHECK(ready(events->get(), POLLPRI));
}

TEST_CASE("a memory kill of a child ends its whole worker where the kernel can do it") {
    Site site;
    Group group = site.group("7012.1", {.memory_max = 64_MiB, .swap_max = Bytes{0}});
    Inmate inmate(group);
    REQUIRE(inmate.does({Verb::fork_child, 0}).value_or(-1) > 0);
    CHECK_FALSE(inmate.does({Verb::allocate, (128_MiB).count}));
    (void)inmate.end();
    if (site.tree.version() == Version::v2) {
        CHECK(group.wait_empty(60s)); // oom.group: without our kill()
    }
    CHECK(group.kill());
    CHECK(group.wait_empty(60s));
}

TEST_CASE("a tree that forks without end is ended, whatever is born meanwhile") {
    Site site;
    Group group = site.group("7012.1", {.memory_max = 256_MiB, .pids_max = 64});
    Inmate inmate(group);
    inmate.begins({Verb::fork_storm, 0});
    inmate.storm_reached(48);
    const auto killed = group.kill();
    INFO((killed ? "" : killed.error().message()));
    CHECK(killed);
    CHECK(group.wait_empty(60s));
    CHECK(group.procs()->empty());
    CHECK(inmate.end().si_status == SIGKILL);
    CHECK(group.remove());
}

TEST_CASE("killing and waiting for an empty group is done at once") {
    Site site;
    Group group = site.group("7012.1", {});
    CHECK(group.kill());
    CHECK(group.wait_empty(0s));
}

TEST_CASE("waiting for a group that does not empty ends in time and says who is inside") {
    Site site;
    Group group = site.group("7012.1", {});
    Inmate inmate(group);
    const auto waited = group.wait_empty(10ms);
    REQUIRE_FALSE(waited);
    CHECK(waited.error().code == ETIMEDOUT);
}

TEST_CASE("a group with a process inside is not removed, one that is gone counts as removed") {
    Site site;
    Group group = site.group("7012.1", {});
    {
        Inmate inmate(group);
        CHECK(group.remove().error().code == EBUSY);
    }
    REQUIRE(group.wait_empty(60s));
    CHECK(group.remove());
    CHECK(group.remove());
    CHECK(site.tree.list()->empty());
}

TEST_CASE(
    "a group removed by somebody else is told so, and its name used again is not mistaken for it") {
    Site site;
    Group group = site.group("7012.1", {});
    REQUIRE(site.tree.reopen("7012.1")->remove());
    const auto usage = group.usage();
    REQUIRE_FALSE(usage);
    CHECK(usage.error().code == ENODEV);
    CHECK(usage.error().message().find("of 7012.1, whose cgroup was removed by somebody else") !=
          std::string::npos);
    CHECK(group.kill());
    Group again = site.group("7012.1", {});
    CHECK(group.remove()); // nothing to do
    CHECK(again.usage());
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

TEST_CASE("without cgroups /proc tells a process's memory, and shared pages of several once") {
    Site site;
    Group group = site.group("7012.1", {});
    Inmate inmate(group);
    const std::array<pid_t, 1> alone{inmate.pid()};
    const auto before = proc_usage(alone);
    REQUIRE(before);
    REQUIRE(inmate.does({Verb::allocate, (32_MiB).count}) == 0);
    const auto after = proc_usage(alone);
    REQUIRE(after);
    CHECK(is_about(after->bloat - before->bloat, 32_MiB));
    CHECK(after->peak >= after->current - k_slack);

    const auto child = inmate.does({Verb::fork_child, 0});
    REQUIRE(child.value_or(-1) > 0);
    const auto tree = proc_tree(inmate.pid());
    REQUIRE(tree);
    CHECK(*tree == std::vector<pid_t>{inmate.pid(), static_cast<pid_t>(*child)});
    const auto both = proc_usage(*tree);
    REQUIRE(both);
    CHECK(both->bloat <= after->bloat + k_slack);
}

TEST_CASE("a process that is gone has no memory to tell") {
    Site site;
    Group group = site.group("7012.1", {});
    pid_t gone = 0;
    {
        Inmate inmate(group);
        gone = inmate.pid();
    }
    const std::array<pid_t, 1> pids{gone};
    CHECK(proc_usage(pids).error().code == ESRCH);
    CHECK_FALSE(proc_tree(gone));
}

TEST_CASE("the host has memory, and some of it is free") {
    const auto ram = host_ram();
    const auto available = host_available();
    REQUIRE(ram);
    REQUIRE(available);
    CHECK(*ram > 64_MiB);
    CHECK(*available > Bytes{0});
    CHECK(*available <= *ram);
}

int main(int count, char** words) {
    if (::geteuid() != 0) {
        std::puts("skipped: needs root");
        return 77;
    }
    // Orphans of the storm come to us and are reaped with the rest.
    (void)::prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (auto tree = open_tree(); !tree) {
        std::printf("skipped: %s\n", tree.error().message().c_str());
        return 77;
    } else {
        std::printf("cgroup v%d at %s\n", static_cast<int>(tree->version()), tree->path().c_str());
        for (const std::string& limitation : tree->limitations()) {
            std::printf("limitation: %s\n", limitation.c_str());
        }
    }
    doctest::Context context(count, words);
    const int failed = context.run();
    while (::waitpid(-1, nullptr, 0) > 0) {
    }
    return failed;
}
