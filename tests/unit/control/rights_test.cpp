// SPDX-License-Identifier: MIT
#include "recycler/control/peer.hpp"

#include <doctest/doctest.h>
#include <vector>

using namespace recycler::control;

namespace {

constexpr uid_t k_self = 500;
const Rights k_rights{gid_t{44}, uid_t{33}};

Role role(const Credentials& credentials, const Rights& rights = k_rights) {
    return role_of(credentials, rights, k_self);
}

} // namespace

TEST_CASE("root and the user we run as may change things") {
    CHECK(role({{1, 0, 0}, {}}) == Role::changer);
    CHECK(role({{1, k_self, 9}, {}}) == Role::changer);
    CHECK(role({{1, 0, 0}, {}}, Rights{}) == Role::changer);
}

TEST_CASE("a member of the group may change things, whether it is the first or a further group") {
    CHECK(role({{1, 7, 44}, {}}) == Role::changer);
    CHECK(role({{1, 7, 7}, {1, 44, 2}}) == Role::changer);
    CHECK(role({{1, 33, 33}, {44}}) == Role::changer);
    CHECK(role({{1, 7, 44}, {44}}, Rights{}) == Role::stranger);
}

TEST_CASE("the app's user may read, everybody else is a stranger") {
    CHECK(role({{1, 33, 33}, {}}) == Role::reader);
    CHECK(role({{1, 34, 33}, {33}}) == Role::stranger);
    CHECK(role({{1, 33, 33}, {}}, Rights{}) == Role::stranger);
}

TEST_CASE("looking needs a reader, every order a changer") {
    const std::vector<Call> looks{StatusCall{}, WhyCall{}, EventsCall{}, BlameCall{}};
    const std::vector<Call> orders{DrainCall{}, OpenCall{}, RecycleCall{}, ReloadCall{},
                                   StopCall{}};
    for (const Call& call : looks) {
        CHECK(needed_for(call) == Role::reader);
    }
    for (const Call& call : orders) {
        CHECK(needed_for(call) == Role::changer);
    }
    CHECK(looks.size() + orders.size() == std::variant_size_v<Call>);
    CHECK(is_allowed(Role::changer, Role::changer));
    CHECK(is_allowed(Role::changer, Role::reader));
    CHECK(is_allowed(Role::reader, Role::reader));
    CHECK_FALSE(is_allowed(Role::reader, Role::changer));
    CHECK_FALSE(is_allowed(Role::stranger, Role::reader));
    CHECK_FALSE(is_allowed(Role::stranger, Role::changer));
}
