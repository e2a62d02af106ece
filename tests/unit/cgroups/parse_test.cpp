// SPDX-License-Identifier: MIT
#include "cgroups/parse.hpp"

#include <doctest/doctest.h>

using namespace cgroups;

TEST_CASE("a number stands alone, with its newline") {
    CHECK(parse_number("0\n") == 0U);
    CHECK(parse_number("268435456\n") == 268435456U);
    CHECK(parse_number("42") == 42U);
    CHECK(parse_number("18446744073709551615\n") == UINT64_MAX);
}

TEST_CASE("what is no number is none") {
    for (const char* text : {"", "\n", " ", "-1\n", "+1\n", "4 2\n", "42x\n", "0x10\n", "max\n",
                             "18446744073709551616\n", "99999999999999999999999999\n"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_number(text));
    }
}

TEST_CASE("a limit that is none has a word on v2 and a huge number on v1") {
    CHECK(parse_limit("max\n") == k_unlimited);
    CHECK(parse_limit("9223372036854771712\n") == k_unlimited); // pages of 4 KiB
    CHECK(parse_limit("9223372036854710272\n") == k_unlimited); // pages of 64 KiB
    CHECK(parse_limit("0\n") == 0U);
    CHECK(parse_limit("4294967296\n") == 4294967296U);
    CHECK_FALSE(parse_limit("maximum\n"));
    CHECK_FALSE(parse_limit(""));
}

TEST_CASE("a quota is so much time in each period, or none") {
    CHECK(parse_cpu_max("150000 100000\n") == Quota{150'000, 100'000});
    CHECK(parse_cfs("50000\n", "100000\n") == Quota{50'000, 100'000});
    for (const char* text : {"", "max 100000\n", "max\n", "100000\n", "-1 100000\n", "1 0\n",
                             "1 2 3\n", "150000 x\n", "18446744073709551616 1\n"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_cpu_max(text));
    }
    CHECK_FALSE(parse_cfs("-1\n", "100000\n"));
    CHECK_FALSE(parse_cfs("50000\n", "0\n"));
    CHECK_FALSE(parse_cfs("", ""));
}

TEST_CASE("a quota is that of as many processors, rounded up") {
    CHECK(whole_processors({1000, 100'000}) == 1);
    CHECK(whole_processors({0, 100'000}) == 1);
    CHECK(whole_processors({100'000, 100'000}) == 1);
    CHECK(whole_processors({100'001, 100'000}) == 2);
    CHECK(whole_processors({400'000, 50'000}) == 8);
    CHECK(whole_processors({UINT64_MAX, 1}) == 1'000'000);
}

TEST_CASE("a key is matched whole, wherever its line stands") {
    constexpr std::string_view k_text = "low 1\noom 2\noom_kill 3\noom_group_kill 4\n";
    CHECK(parse_key(k_text, "oom") == 2U);
    CHECK(parse_key(k_text, "oom_kill") == 3U);
    CHECK(parse_key(k_text, "oom_group_kill") == 4U);
    CHECK_FALSE(parse_key(k_text, "oom_"));
    CHECK_FALSE(parse_key(k_text, "kill"));
    CHECK(parse_key("oom_kill 5", "oom_kill") == 5U);
}

TEST_CASE("a key of /proc has a colon, blanks and a unit") {
    constexpr std::string_view k_text = "MemTotal:       24683804 kB\nMemFree:\t 7 kB\nVmSwap:\n";
    CHECK(parse_key(k_text, "MemTotal:") == 24683804U);
    CHECK(parse_key(k_text, "MemFree:") == 7U);
    CHECK_FALSE(parse_key(k_text, "VmSwap:"));
    CHECK_FALSE(parse_key(k_text, "Mem"));
}

TEST_CASE("memory.stat of v2 tells the cache without shared memory") {
    const auto stat = parse_memory_stat(
        Version::v2, "anon 100\nfile 5000\nkernel 7\nshmem 2000\nfile_mapped 9\n");
    REQUIRE(stat);
    CHECK(stat->cache == Bytes{3000});
    CHECK(stat->swap == Bytes{0});
    CHECK(stat->shmem == Bytes{2000});
}

TEST_CASE("memory.stat of v1 is read with all that stands below the group") {
    const auto stat = parse_memory_stat(
        Version::v1,
        "cache 1\nshmem 1\nswap 1\ntotal_cache 5000\ntotal_shmem 2000\ntotal_swap 30\n");
    REQUIRE(stat);
    CHECK(stat->cache == Bytes{3000});
    CHECK(stat->swap == Bytes{30});
    CHECK(stat->shmem == Bytes{2000});
}

TEST_CASE("counters that disagree for an instant never make a negative cache") {
    const auto stat = parse_memory_stat(Version::v2, "file 1000\nshmem 2000\n");
    REQUIRE(stat);
    CHECK(stat->cache == Bytes{0});
}

TEST_CASE(
    "a kernel that does not account swap leaves its line out, and one without cache is refused") {
    const auto stat = parse_memory_stat(Version::v1, "total_cache 5000\n");
    REQUIRE(stat);
    CHECK(stat->swap == Bytes{0});
    CHECK_FALSE(parse_memory_stat(Version::v1, "cache 5000\n"));
    CHECK_FALSE(parse_memory_stat(Version::v2, ""));
    CHECK_FALSE(parse_memory_stat(Version::v2, "file x\n"));
}

TEST_CASE("v2 counts kills and their reason, v1 only kills") {
    const auto v2 = parse_oom(Version::v2, "low 0\nhigh 0\nmax 9\noom 1\noom_kill 2\nnew_key 7\n");
    REQUIRE(v2);
    CHECK(*v2 == OomCounts{.oom_kill = 2, .oom = 1});
    const auto v1 = parse_oom(Version::v1, "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n");
    REQUIRE(v1);
    CHECK(*v1 == OomCounts{.oom_kill = 1, .oom = std::nullopt});
    CHECK_FALSE(parse_oom(Version::v1, "oom_kill_disable 0\nunder_oom 0\n")); // before Linux 4.13
    CHECK_FALSE(parse_oom(Version::v2, "oom_kill 2\n"));
}

TEST_CASE("cgroup.procs lists pids; 0 is somebody outside our pid namespace") {
    CHECK(parse_procs("12\n345\n") == std::vector<pid_t>{12, 345});
    CHECK(parse_procs("0\n7\n") == std::vector<pid_t>{7});
    CHECK(parse_procs("") == std::vector<pid_t>{});
    CHECK_FALSE(parse_procs("12\n\n13\n"));
    CHECK_FALSE(parse_procs("-12\n"));
    CHECK_FALSE(parse_procs("4294967297\n"));
}

TEST_CASE("our cgroups are one line for each hierarchy") {
    const auto found = parse_memberships("9:name=systemd:/\n4:cpu,cpuacct:/a\n0::/x.service\n");
    REQUIRE(found.size() == 3);
    CHECK(found[0] == Membership{9, {"name=systemd"}, "/"});
    CHECK(found[1] == Membership{4, {"cpu", "cpuacct"}, "/a"});
    CHECK(found[2] == Membership{0, {}, "/x.service"});
}

TEST_CASE("a cgroup's name may hold colons, and lines of another shape are skipped") {
    const auto found = parse_memberships("0::/a:b:c\nx:y:/\n1:cpu\n::\n\n1:cpu:relative\n");
    REQUIRE(found.size() == 1);
    CHECK(found[0].path == "/a:b:c");
}

TEST_CASE("mountinfo is read around its optional fields") {
    const auto found =
        parse_mounts("31 23 0:28 / /sys/fs/cgroup rw shared:9 master:1 - tmpfs t rw\n"
                     "32 31 0:29 /docker/1 /sys/fs/cgroup/cpu rw - cgroup cgroup rw\n");
    REQUIRE(found.size() == 2);
    CHECK(found[0] == Mount{"/", "/sys/fs/cgroup", "tmpfs"});
    CHECK(found[1] == Mount{"/docker/1", "/sys/fs/cgroup/cpu", "cgroup"});
}

TEST_CASE("mountinfo writes blanks in octal") {
    const auto found = parse_mounts("1 2 3:4 /a\\040b /c\\134d\\04 rw - cgroup2 none rw\n");
    REQUIRE(found.size() == 1);
    CHECK(found[0].root == "/a b");
    CHECK(found[0].point == "/c\\d\\04");
}

TEST_CASE("lines that are no mounts are skipped") {
    CHECK(parse_mounts("").empty());
    CHECK(parse_mounts("1 2 3:4 / /x rw cgroup2 none rw\n").empty()); // no dash
    CHECK(parse_mounts("1 2 3:4 / - cgroup2 none rw\n").empty());     // too early a dash
    CHECK(parse_mounts("1 2 3:4 / /x rw -\n").empty());
}

TEST_CASE("a mount may show only a part of its hierarchy") {
    CHECK(below_root("/a/b", "/") == "/a/b");
    CHECK(below_root("/docker/1/a", "/docker/1") == "/a");
    CHECK(below_root("/docker/1", "/docker/1") == "/");
    CHECK_FALSE(below_root("/docker/12", "/docker/1"));
    CHECK_FALSE(below_root("/other", "/docker/1"));
    CHECK_FALSE(below_root("/../a", "/"));
    CHECK_FALSE(below_root("/a", "/.."));
}

TEST_CASE("words are what stands between blanks") {
    CHECK(parse_words("cpuset cpu  memory \n") ==
          std::vector<std::string_view>{"cpuset", "cpu", "memory"});
    CHECK(parse_words(" \n").empty());
}

TEST_CASE("pressure is what some waited, lately in percent and in all in microseconds") {
    constexpr const char* k_text = "some avg10=12.30 avg60=2.00 avg300=0.50 total=2687790\n"
                                   "full avg10=0.00 avg60=0.00 avg300=0.00 total=744538\n";
    CHECK(parse_pressure(k_text) == Pressure{12.3, std::chrono::microseconds(2687790)});
    for (const char* text :
         {"", "full avg10=1.00 total=1", "some avg10=1.00", "some total=5", "some avg10=x total=5",
          "some avg10=101.0 total=5", "some avg10=-1 total=5",
          "some avg10=1 total=99999999999999999999", "some avg10=1 total=18446744073709551615"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_pressure(text));
    }
}
