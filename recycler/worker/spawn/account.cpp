// SPDX-License-Identifier: MIT
#include "recycler/worker/spawn/account.hpp"

#include "recycler/base/text/numbers.hpp"

#include <algorithm>
#include <cerrno>
#include <grp.h>
#include <optional>
#include <pwd.h>
#include <unistd.h>

namespace recycler::worker {
namespace {

// The C library says ERANGE until the buffer is large enough; a group of thousands of members needs
// this much.
constexpr std::size_t k_first_buffer = 4096;
constexpr std::size_t k_largest_buffer = std::size_t{1024} * 1024;

std::optional<std::uint32_t> as_number(const std::string& text) {
    const auto number = text::number_in<std::uint32_t>(text);
    // 4294967295 is (uid_t)-1: "leave it as it is" to the kernel.
    return number == UINT32_MAX ? std::nullopt : number;
}

// Calls `find(buffer, size)`, one of the get*_r functions, with a larger buffer until it fits.
// Returns its last answer.
template <typename Find>
int with_buffer(std::vector<char>& buffer, Find find) {
    buffer.resize(k_first_buffer);
    int error = find(buffer.data(), buffer.size());
    while (error == ERANGE && buffer.size() < k_largest_buffer) {
        buffer.resize(buffer.size() * 2);
        error = find(buffer.data(), buffer.size());
    }
    return error;
}

// Some name services answer "not found" with one of these instead of success and no entry
// (getpwnam(3)).
bool means_unknown(int error) {
    return error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
}

Result<Account> find_account(const std::string& user) {
    std::vector<char> buffer;
    struct passwd entry {};
    struct passwd* found = nullptr;
    const std::optional<std::uint32_t> uid = user.empty() ? ::geteuid() : as_number(user);
    const int error = with_buffer(buffer, [&](char* text, std::size_t size) {
        return uid ? ::getpwuid_r(*uid, &entry, text, size, &found)
                   : ::getpwnam_r(user.c_str(), &entry, text, size, &found);
    });
    if (found != nullptr) {
        return Account{.name = entry.pw_name,
                       .home = entry.pw_dir,
                       .uid = entry.pw_uid,
                       .gid = entry.pw_gid,
                       .groups = {}};
    }
    const std::string name = user.empty() ? std::to_string(*uid) : user;
    if (!means_unknown(error)) {
        return Error{error, "look up the user \"" + name + "\""};
    }
    if (!uid) {
        return Error{ENOENT, "there is no user \"" + name + "\""};
    }
    // A process may well run as a user that no database knows.
    return Account{.name = name,
                   .home = "/",
                   .uid = *uid,
                   .gid = user.empty() ? ::getegid() : *uid,
                   .groups = {},
                   .known = false};
}

std::optional<GroupMembers> find_group(std::uint32_t gid) {
    std::vector<char> buffer;
    struct group entry {};
    struct group* found = nullptr;
    (void)with_buffer(buffer, [&](char* text, std::size_t size) {
        return ::getgrgid_r(gid, &entry, text, size, &found);
    });
    if (found == nullptr) {
        return std::nullopt;
    }
    GroupMembers group{.gid = gid, .name = entry.gr_name, .members = {}, .primary_of = {}};
    for (char** member = entry.gr_mem; *member != nullptr; ++member) {
        group.members.emplace_back(*member);
    }
    return group;
}

// As far as the user database lists its accounts.
std::vector<std::uint32_t> users_with_primary(std::uint32_t gid) {
    std::vector<std::uint32_t> users;
    ::setpwent();
    while (const struct passwd* entry = ::getpwent()) {
        if (entry->pw_gid == gid) {
            users.push_back(entry->pw_uid);
        }
    }
    ::endpwent();
    return users;
}

std::vector<std::uint32_t> groups_of(const Account& account) {
    if (!account.known) {
        return {account.gid};
    }
    int count = 32;
    std::vector<gid_t> groups(static_cast<std::size_t>(count));
    while (::getgrouplist(account.name.c_str(), account.gid, groups.data(), &count) < 0) {
        groups.resize(std::max(static_cast<std::size_t>(count), groups.size() * 2));
        count = static_cast<int>(groups.size());
    }
    groups.resize(static_cast<std::size_t>(count));
    return {groups.begin(), groups.end()};
}

} // namespace

Result<std::uint32_t> resolve_group(const std::string& group) {
    if (const auto gid = as_number(group)) {
        return *gid;
    }
    std::vector<char> buffer;
    struct group entry {};
    struct group* found = nullptr;
    const int error = with_buffer(buffer, [&](char* text, std::size_t size) {
        return ::getgrnam_r(group.c_str(), &entry, text, size, &found);
    });
    if (found != nullptr) {
        return std::uint32_t{entry.gr_gid};
    }
    if (!means_unknown(error)) {
        return Error{error, "look up the group \"" + group + "\""};
    }
    return Error{ENOENT, "there is no group \"" + group + "\""};
}

Result<Account> resolve_account(const std::string& user, const std::string& group) {
    Result<Account> account = find_account(user);
    if (!account) {
        return account;
    }
    if (!group.empty()) {
        const Result<std::uint32_t> gid = resolve_group(group);
        if (!gid) {
            return Error{gid.error()};
        }
        account->gid = *gid;
    } else if (!account->known && !user.empty()) {
        if (const auto others = find_group(account->gid)) {
            return Error{ENOENT,
                         "the user " + user + " has no account, and the group of that number, " +
                             others->name + ", belongs to somebody else: name a group, too"};
        }
    }
    account->groups = groups_of(*account);
    return account;
}

bool owns_group(const std::string& owner, std::uint32_t uid, const GroupMembers& group) {
    return group.name == owner &&
           std::ranges::all_of(group.members,
                               [&](const auto& member) { return member == owner; }) &&
           (group.gid == 0 ||
            std::ranges::all_of(group.primary_of, [&](std::uint32_t user) { return user == uid; }));
}

Owners owners_of(std::uint32_t uid, std::uint32_t gid) {
    const auto account = find_account(std::to_string(uid));
    auto group = find_group(gid);
    Owners owners{.user = account ? account->name : std::to_string(uid),
                  .group = group ? group->name : std::to_string(gid)};
    if (account && account->known && group && owns_group(account->name, uid, *group)) {
        group->primary_of = users_with_primary(gid); // it may take a while
        owners.group_is_user = owns_group(account->name, uid, *group);
    }
    return owners;
}

} // namespace recycler::worker
