// SPDX-License-Identifier: MIT
// What was accepted of a policy is read back as it was, and rubbish is refused.
#include "recycler/controller/policy/policy_in_force.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::controller;

namespace {

PolicyInForce sample() {
    PolicyInForce in_force{.text = "[app]\ncommand = [\"x\"]\n\nlisten = \"slot 1 tcp 2 3\"\n",
                           .profile = "{}\n\n",
                           .loaded_at = WallTime(Duration(1234567890123456789))};
    in_force.names.slots[{0}] = policies::TcpAddress{"127.0.0.1", 7000};
    in_force.names.slots[{3}] = policies::TcpAddress{"::1", 7003};
    in_force.names.slots[{4}] = policies::UnixAddress{"/run/shop/a b.sock"};
    in_force.names.departed["7009"] = 17;
    in_force.names.departed["old name.sock"] = 2;
    in_force.workers = Workers::outdated;
    return in_force;
}

int code_for(std::string_view bytes) {
    const auto read = policy_in_force_from(bytes);
    return read ? 0 : read.error().code;
}

} // namespace

TEST_CASE("what was accepted is read back as it was") {
    const auto read = policy_in_force_from(to_bytes(sample()));
    REQUIRE(read);
    CHECK(*read == sample());
}

TEST_CASE("it is read back from the memfd that the keeper keeps") {
    const auto memfd = keep(sample());
    REQUIRE(memfd);
    const auto read = read_policy_in_force(memfd->get());
    REQUIRE(read);
    CHECK(*read == sample());
}

TEST_CASE("an empty policy text without slots is read back, too") {
    const auto read = policy_in_force_from(to_bytes(PolicyInForce{}));
    REQUIRE(read);
    CHECK(*read == PolicyInForce{});
}

TEST_CASE("other bytes are refused") {
    CHECK(code_for("") == EBADMSG);
    CHECK(code_for("recycler-accepted 3\n\n") == EBADMSG);
    CHECK(code_for("recycler-accepted 2\nprofile 9\n\nshort") == EBADMSG);
    CHECK(code_for("recycler-accepted 2\nbogus\n\n") == EBADMSG);
    CHECK(code_for("recycler-accepted 2\nslot x tcp 1 ::1\n\n") == EBADMSG);
    CHECK(code_for("recycler-accepted 2\nslot 0 tcp 99999 ::1\n\n") == EBADMSG);
    CHECK(code_for("recycler-accepted 2\nslot 0 tcp 1 ::1\nslot 0 tcp 2 ::1\n\n") == EBADMSG);
    CHECK(code_for("recycler-accepted 2\nslot 0 sctp 1 ::1\n\n") == EBADMSG);
    CHECK(code_for("recycler-accepted 2\nloaded yesterday\n\n") == EBADMSG);
}
