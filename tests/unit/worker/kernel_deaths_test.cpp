// SPDX-License-Identifier: MIT
// What is kept of the kernel's log, and found for one end among many.
#include "recycler/worker/signals/kernel_deaths.hpp"

#include <doctest/doctest.h>
#include <string>

using namespace recycler::worker;
using recycler::WallTime;

namespace {

std::string filter_record(int pid, int call, const std::string& at = "1795427743.005") {
    return "5,812,12221571005,-;audit: type=1326 audit(" + at +
           ":29): auid=4294967295 uid=0 gid=0 ses=4294967295 pid=" + std::to_string(pid) +
           " comm=\"a\" exe=\"/srv/shop/a\" sig=31 arch=c000003e syscall=" + std::to_string(call) +
           " compat=0 ip=0x7fb16ae9f829 code=0x80000000\n";
}

std::string memory_record(const std::string& group, int pid) {
    return "6,571,36896970,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,"
           "mems_allowed=0,oom_memcg=" +
           group + ",task_memcg=" + group + ",task=app,pid=" + std::to_string(pid) + ",uid=33\n";
}

} // namespace

TEST_CASE("a record of an earlier process with the same pid does not explain the end of a worker") {
    const WallTime began(std::chrono::seconds(1795427750));
    KernelDeaths deaths;
    deaths.take(filter_record(10, 63, "1795427743.005"));
    CHECK(deaths.filter_kill_of(10, WallTime()));
    CHECK_FALSE(deaths.filter_kill_of(10, began));
    deaths.take(filter_record(10, 313, "1795427749.995")); // at once; the kernel's tick is late
    CHECK(deaths.filter_kill_of(10, began)->call == 313);
}

TEST_CASE("each end finds what was told of it, and the last word counts") {
    KernelDeaths deaths;
    deaths.take(filter_record(10, 135));
    deaths.take(filter_record(11, 57));
    deaths.take("6,1,1,-;eth0: link is up\n");
    deaths.take(filter_record(10, 59)); // the number was handed out again
    CHECK(deaths.filter_kill_of(10, WallTime())->call == 59);
    CHECK(deaths.filter_kill_of(11, WallTime())->call == 57);
    CHECK_FALSE(deaths.filter_kill_of(12, WallTime()));
}

TEST_CASE("whom memory ended is found by the end of its cgroup's name") {
    KernelDeaths deaths;
    deaths.take(memory_record("/docker/x/recycler/shop/7000.1", 237));
    deaths.take(memory_record("/docker/x/recycler/shop/7000.2", 238));
    CHECK(deaths.memory_kill_of("/recycler/shop/7000.1")->pid == 237);
    CHECK_FALSE(deaths.memory_kill_of("/recycler/shop/7000.3"));
}

TEST_CASE("a log without end takes no memory without end, and the newest stay") {
    KernelDeaths deaths;
    for (int pid = 1; pid <= 10000; ++pid) {
        deaths.take(filter_record(pid, 57));
    }
    CHECK_FALSE(deaths.filter_kill_of(1, WallTime()));
    CHECK(deaths.filter_kill_of(10000, WallTime()));
}
