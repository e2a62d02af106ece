// SPDX-License-Identifier: MIT
// What the kernel's log says of a process that it killed for memory.
#include "recycler/worker/signals/memory_kill.hpp"

#include <doctest/doctest.h>
#include <string>

using recycler::worker::memory_kill_in;
using recycler::worker::MemoryKill;

namespace {

const std::string k_group = "/recycler.slice/recycler@shop.service/workers/7000.1";

// As Linux 6.1 and 6.12 write it.
std::string record_of(const std::string& name) {
    return "6,571,36896970,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),"
           "cpuset=recycler@shop.service,mems_allowed=0,oom_memcg=" +
           k_group + ",task_memcg=" + k_group + ",task=" + name + ",pid=237,uid=33\n";
}

} // namespace

TEST_CASE("the record of a kill for memory names the process and its cgroup") {
    CHECK(memory_kill_in(record_of("app")) == MemoryKill{k_group, "app", 237});
}

TEST_CASE("a name that looks like the fields around it forges nothing") {
    CHECK(memory_kill_in(record_of("a,pid=1,uid=0")) == MemoryKill{k_group, "a,pid=1,uid=0", 237});
    CHECK(memory_kill_in(record_of(",task=b")) == MemoryKill{k_group, ",task=b", 237});
}

TEST_CASE("what somebody else wrote into the log, and a record cut short, are passed over") {
    CHECK_FALSE(memory_kill_in(""));
    CHECK_FALSE(memory_kill_in("12,1,2,-;I say: " + record_of("app").substr(16)));
    const std::string whole = record_of("app");
    for (std::size_t length = 0; length <= whole.find(",pid=") + 5; ++length) {
        CHECK_FALSE(memory_kill_in(whole.substr(0, length)));
    }
}
