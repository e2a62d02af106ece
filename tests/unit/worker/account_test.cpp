// SPDX-License-Identifier: MIT
#include "recycler/worker/spawn/account.hpp"

#include <algorithm>
#include <cerrno>
#include <doctest/doctest.h>
#include <unistd.h>

using namespace recycler;
using namespace recycler::worker;

TEST_CASE("root is found by name and by number, with its home") {
    for (const char* name : {"root", "0"}) {
        const Result<Account> root = resolve_account(name, "");
        REQUIRE(root);
        CHECK(root->name == "root");
        CHECK(root->uid == 0);
        CHECK(root->gid == 0);
        CHECK(root->home == "/root");
        CHECK(std::ranges::count(root->groups, 0U) == 1);
    }
}

TEST_CASE("a group of its own replaces the user's") {
    const Result<Account> account = resolve_account("root", "daemon");
    REQUIRE(account);
    CHECK(account->uid == 0);
    CHECK(account->gid == 1);
    CHECK(std::ranges::count(account->groups, 1U) == 1);
    const Result<std::uint32_t> by_number = resolve_group("1");
    REQUIRE(by_number);
    CHECK(*by_number == 1);
}

TEST_CASE("without a user it is the one that runs this") {
    const Result<Account> account = resolve_account("", "");
    REQUIRE(account);
    CHECK(account->uid == ::geteuid());
}

TEST_CASE("what nobody knows is named") {
    const Result<Account> user = resolve_account("no-such-user", "");
    REQUIRE_FALSE(user);
    CHECK(user.error().code == ENOENT);
    CHECK(user.error().context == "there is no user \"no-such-user\"");
    const Result<Account> group = resolve_account("root", "no-such-group");
    REQUIRE_FALSE(group);
    CHECK(group.error().context == "there is no group \"no-such-group\"");
    CHECK_FALSE(resolve_account("4294967295", ""));
}

TEST_CASE("a number needs no account, and gets no rights of others") {
    const Result<Account> account = resolve_account("4000000000", "");
    REQUIRE(account);
    CHECK(account->name == "4000000000");
    CHECK(account->home == "/");
    CHECK(account->uid == 4000000000);
    CHECK(account->gid == 4000000000);
    CHECK(account->groups == std::vector<std::uint32_t>{4000000000});
    const Result<Account> grouped = resolve_account("4000000000", "daemon");
    REQUIRE(grouped);
    CHECK(grouped->gid == 1);
    CHECK(grouped->groups == std::vector<std::uint32_t>{1});
}

TEST_CASE("the names of a file's owners are found, or they are numbers") {
    const Owners root = owners_of(0, 0);
    CHECK(root.user == "root");
    CHECK(root.group == "root");
    const Owners nobody = owners_of(4000000000, 4000000001);
    CHECK(nobody.user == "4000000000");
    CHECK(nobody.group == "4000000001");
    CHECK_FALSE(nobody.group_is_user);
}

TEST_CASE("a group is its owner's alone if nobody else is in it, or has it as its own") {
    const GroupMembers bobs{.gid = 1001, .name = "bob", .members = {}, .primary_of = {1001}};
    CHECK(owns_group("bob", 1001, bobs));
    CHECK_FALSE(owns_group("alice", 1002, bobs));
    GroupMembers with_alice = bobs;
    with_alice.members = {"bob", "alice"};
    CHECK_FALSE(owns_group("bob", 1001, with_alice));
    GroupMembers of_another = bobs;
    of_another.primary_of = {1001, 1002};
    CHECK_FALSE(owns_group("bob", 1001, of_another));
    // As Fedora has them: sync, shutdown, halt and operator.
    CHECK(owns_group("root", 0, {.gid = 0, .name = "root", .members = {}, .primary_of = {0, 5}}));
}
