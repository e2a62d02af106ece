// SPDX-License-Identifier: MIT
// What the kernel's log says of a process that its seccomp filter killed.
#include "recycler/worker/signals/filter_kill.hpp"

#include <doctest/doctest.h>
#include <string>

using recycler::worker::filter_kill_in;
using recycler::worker::FilterKill;

namespace {

// As Linux 6.18 writes it.
constexpr const char* k_record =
    "5,812,12221571005,-;audit: type=1326 audit(1795427743.005:29): auid=4294967295 uid=0 gid=0 "
    "ses=4294967295 pid=5915 comm=\"a\" exe=\"/srv/shop/a\" sig=31 arch=c000003e syscall=135 "
    "compat=0 "
    "ip=0x7fb16ae9f829 code=0x80000000\n";

constexpr recycler::WallTime k_at(std::chrono::milliseconds(1795427743005));

} // namespace

TEST_CASE("the record of a killed process names it, its architecture and the call") {
    CHECK(filter_kill_in(k_record) == FilterKill{5915, 0xc000003e, 135, k_at});
}

TEST_CASE("a call that was only logged or refused (sig=0) killed nobody") {
    std::string logged = k_record;
    logged.replace(logged.find("sig=31"), 6, "sig=0");
    CHECK_FALSE(filter_kill_in(logged));
}

TEST_CASE("a name that a process gives itself forges nothing") {
    // A comm with spaces comes in hexadecimal.
    std::string forged = k_record;
    forged.replace(forged.find("\"a\""), 3, "207069643D3120");
    CHECK(filter_kill_in(forged) == FilterKill{5915, 0xc000003e, 135, k_at});
}

TEST_CASE("other records and cut ones are passed over") {
    CHECK_FALSE(filter_kill_in(""));
    CHECK_FALSE(
        filter_kill_in("6,1,2,-;usb 1-1: new device pid=5915 sig=31 arch=c000003e syscall=1"));
    std::string timeless = k_record;
    timeless.replace(timeless.find("audit("), 5, "tidua");
    CHECK_FALSE(filter_kill_in(timeless));
    const std::string whole = k_record;
    for (std::size_t length = 0; length < whole.find("syscall=") + 8; ++length) {
        CHECK_FALSE(filter_kill_in(whole.substr(0, length)));
    }
}
