// SPDX-License-Identifier: MIT
// Capabilities that are kept, and none beyond them, now or later.
#include "recycler/confine/capabilities.hpp"

#include "tests/kernel/confine/scene.hpp"

#include <algorithm>
#include <cerrno>
#include <doctest/doctest.h>
#include <fstream>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace recycler::confine;

namespace {

constexpr Capabilities k_two = capability(CAP_KILL) | capability(CAP_SYSLOG);

// Of /proc/PID/status.
Capabilities set_of(const std::string& name) {
    std::ifstream status("/proc/self/status");
    std::string word;
    Capabilities bits = 0;
    while (status >> word && word != name + ":") {
    }
    status >> std::hex >> bits;
    return bits;
}

std::function<int()> deed(std::function<bool()> holds) {
    return [holds = std::move(holds)] { return holds() ? 0 : 1; };
}

} // namespace

TEST_CASE("exactly those that are wanted are in effect, permitted and in the bounding set") {
    CHECK(fate_of({}, deed([] {
                      return keep_capabilities(k_two) && capabilities_in_effect() == k_two &&
                             set_of("CapEff") == k_two && set_of("CapPrm") == k_two &&
                             set_of("CapBnd") == k_two && set_of("CapInh") == 0 &&
                             set_of("CapAmb") == 0 && set_of("NoNewPrivs") == 1;
                  })) == 0);
}

TEST_CASE("none is kept that it did not have, and a second time takes away only") {
    CHECK(fate_of({}, deed([] {
                      return keep_capabilities(k_two) &&
                             keep_capabilities(capability(CAP_KILL) | capability(CAP_CHOWN)) &&
                             set_of("CapEff") == capability(CAP_KILL);
                  })) == 0);
    CHECK(fate_of({}, deed([] { return keep_capabilities(0) && set_of("CapPrm") == 0; })) == 0);
}

TEST_CASE("all are kept if all are wanted") {
    const Capabilities before = capabilities_in_effect();
    CHECK(before != 0);
    CHECK(fate_of({}, deed([before] {
                      return keep_capabilities(~Capabilities{0}) &&
                             capabilities_in_effect() == before;
                  })) == 0);
}

TEST_CASE("one that was given up does not come back: not by capset, nor as an ambient one") {
    const auto get_back = [] {
        __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
        __user_cap_data_struct sets[2] = {};
        sets[0].effective = sets[0].permitted = 1U << CAP_CHOWN;
        return error_of(::syscall(SYS_capset, &header, sets));
    };
    const auto raise = [] {
        return error_of(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0));
    };
    CHECK(fate_of({}, get_back) == 0);
    for (const std::function<int()>& way :
         {std::function<int()>(get_back), std::function<int()>(raise)}) {
        CHECK(fate_of({}, [&] { return keep_capabilities(k_two) ? way() : 200; }) == EPERM);
    }
}

TEST_CASE("without the right to change the bounding set, the others are given up all the same") {
    CHECK(fate_of({}, deed([] {
                      __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3,
                                                      .pid = 0};
                      __user_cap_data_struct sets[2] = {};
                      sets[0].effective = sets[0].permitted = (1U << CAP_KILL) | (1U << CAP_CHOWN);
                      return ::syscall(SYS_capset, &header, sets) == 0 &&
                             keep_capabilities(capability(CAP_KILL)) &&
                             set_of("CapEff") == capability(CAP_KILL) &&
                             set_of("CapPrm") == capability(CAP_KILL) && set_of("NoNewPrivs") == 1;
                  })) == 0);
}
