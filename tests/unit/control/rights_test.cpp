// SPDX-License-Identifier: MIT
#include "recycler/control/peer.hpp"

#include <doctest/doctest.h>

using namespace recycler::control;

namespace {

constexpr uid_t k_self = 500;
const Rights k_rights{gid_t{44}, uid_t{33}};

Standing standing(const Credentials& credentials, const Rights& rights = k_rights) {
    return standing_of(credentials, rights, k_self);
}

} // namespace

TEST_CASE("root and the user we run as may change things") {
    CHECK(standing({{1, 0, 0}, {}}) == Standing::changer);
    CHECK(standing({{1, k_self, 9}, {}}) == Standing::changer);
    CHECK(standing({{1, 0, 0}, {}}, Rights{}) == Standing::changer);
}

TEST_CASE("a member of the group may change things, whether it is the first or a further group") {
    CHECK(standing({{1, 7, 44}, {}}) == Standing::changer);
    CHECK(standing({{1, 7, 7}, {1, 44, 2}}) == Standing::changer);
    CHECK(standing({{1, 33, 33}, {44}}) == Standing::changer);
    CHECK(standing({{1, 7, 44}, {44}}, Rights{}) == Standing::stranger);
}

TEST_CASE("the app's user may read, everybody else is a stranger") {
    CHECK(standing({{1, 33, 33}, {}}) == Standing::reader);
    CHECK(standing({{1, 34, 33}, {33}}) == Standing::stranger);
    CHECK(standing({{1, 33, 33}, {}}, Rights{}) == Standing::stranger);
}

TEST_CASE("looking needs a reader, every order a changer") {
    for (const Call& call :
         {Call{StatusCall{}}, Call{WhyCall{}}, Call{EventsCall{}}, Call{BlameCall{}}}) {
        CHECK(needed_for(call) == Standing::reader);
    }
    for (const Call& call : {Call{DrainCall{}}, Call{OpenCall{}}, Call{RecycleCall{}},
                             Call{ReloadCall{}}, Call{StopCall{}}}) {
        CHECK(needed_for(call) == Standing::changer);
    }
    CHECK(is_allowed(Standing::changer, Standing::changer));
    CHECK(is_allowed(Standing::changer, Standing::reader));
    CHECK(is_allowed(Standing::reader, Standing::reader));
    CHECK_FALSE(is_allowed(Standing::reader, Standing::changer));
    CHECK_FALSE(is_allowed(Standing::stranger, Standing::reader));
    CHECK_FALSE(is_allowed(Standing::stranger, Standing::changer));
}
