// SPDX-License-Identifier: MIT
// Names of users and groups as the numbers that the kernel knows, read from the system's user
// database (which may be slow: the controller does it, never the keeper).
#pragma once

#include "recycler/base/result.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace recycler::worker {

struct Account {
    std::string name;
    std::string home;
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::vector<std::uint32_t> groups; // supplementary, with gid
    bool known = true;                 // to the user database
};

// The account of `user` (a name, or a number written in digits; empty: whoever runs this process),
// with `group` as its group (likewise; empty: the user's own). A number needs no entry in the
// database, as in containers: its home is "/", and without `group` its group is that of the same
// number, if that is nobody's. ENOENT: the database does not know it; the message says which of the
// two.
[[nodiscard]] Result<Account> resolve_account(const std::string& user, const std::string& group);

// The number of a group given by name or in digits. ENOENT as above.
[[nodiscard]] Result<std::uint32_t> resolve_group(const std::string& group);

// What the owners of a file are called; a number where the database has no name.
struct Owners {
    std::string user;
    std::string group;
    bool group_is_user = false; // owns_group()
};
// Whether a group is its owner's alone: it has the name of the owner and no other member, and no
// other account has it as its own. The group 0 may be that of others' accounts: it is root's, since
// whoever made them such is root.
struct GroupMembers {
    std::uint32_t gid = 0;
    std::string name;
    std::vector<std::string> members;
    std::vector<std::uint32_t> primary_of; // users, by number
};
[[nodiscard]] bool owns_group(const std::string& owner, std::uint32_t uid,
                              const GroupMembers& group);
[[nodiscard]] Owners owners_of(std::uint32_t uid, std::uint32_t gid);

} // namespace recycler::worker
