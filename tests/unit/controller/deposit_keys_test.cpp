// SPDX-License-Identifier: MIT
// What a controller of another version has given to the keeper is found under the same names.
#include "recycler/controller/start/deposit_keys.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::controller;
using keeper::DepositKey;
using keeper::DepositKind;

namespace {

constexpr DepositKey key(int kind, std::uint16_t slot, std::uint32_t serial) {
    return {static_cast<DepositKind>(kind), slot, serial};
}

} // namespace

TEST_CASE("the names of deposits never change") {
    CHECK(key_of(ListenerId{{7}, 3}) == key(1, 7, 3));
    CHECK(k_control == key(2, 0, 0));
    CHECK(k_lock == key(3, 0, 0));
    CHECK(k_claim == key(3, 0, 1));
    CHECK(k_ledger == key(4, 0, 0));
    CHECK(key_of_oom_watch(WorkerId{{7}, 9}) == key(5, 7, 9));
    CHECK(key_of_birth(WorkerId{k_spare_slot, 9}) == key(10, 0xFFFF, 9));
    CHECK(k_policy == key(6, 0, 1));
    CHECK(k_app_oom == key(6, 0, 2));
    CHECK(k_upgrade_note == key(6, 0, 3));
    CHECK(k_reload_note == key(6, 0, 4));
}

TEST_CASE("two deposits of one name are found out") {
    constexpr std::array twice{k_lock, k_ledger, k_lock};
    static_assert(!are_apart(twice));
    constexpr std::array among_many{k_lock, key(1, 0, 0)};
    static_assert(!are_apart(among_many));
    static_assert(are_apart(k_single_deposits));
    CHECK(k_single_deposits.size() == 8);
}
