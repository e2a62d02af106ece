// SPDX-License-Identifier: MIT
#include "recycler/worker/spawn/trusted_file.hpp"

#include "recycler/base/own_process.hpp"
#include "recycler/base/text/numbers.hpp"
#include "recycler/base/unique_fd.hpp"
#include "recycler/worker/spawn/account.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <deque>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <linux/limits.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace recycler::worker {

namespace {

namespace fs = std::filesystem;

constexpr int k_most_links_on_the_way = 40; // as many as the kernel follows

std::optional<uid_t> number_from(const char* text) {
    return text::number_in<uid_t>(text == nullptr ? "" : text);
}

// In a user namespace that has no number for some users of the machine the kernel shows this one.
std::optional<uid_t> unmapped_owner() {
    std::ifstream map(own_process("uid_map"));
    std::ifstream overflow("/proc/sys/kernel/overflowuid");
    std::uint64_t inside = 0, outside = 0, count = 0;
    uid_t shown = 0;
    const bool all = map >> inside >> outside >> count && inside == 0 && count == UINT32_MAX;
    return !all && overflow >> shown ? std::optional(shown) : std::nullopt;
}

SeenFile seen_file(const std::string& path, const struct stat& file, const AccessList& list) {
    const bool plain = file.st_uid == 0 && (file.st_mode & (S_IWGRP | S_IWOTH)) == 0;
    const Owners owners = plain ? Owners() : owners_of(file.st_uid, file.st_gid);
    SeenFile seen{.path = path,
                  .mode = file.st_mode,
                  .owner = file.st_uid,
                  .owner_name = owners.user,
                  .group_name = owners.group,
                  .group_is_owner = owners.group_is_user || !list.group_writes};
    for (const ListedWriter& writer : list.writers) {
        const Owners named = owners_of(writer.id, writer.id);
        seen.listed.push_back(
            {writer, writer.is_group ? "the group " + named.group : "the user " + named.user});
    }
    return seen;
}

// Of an open file, or of `path` where `fd` is negative. Without one the group's bits are its own.
Result<AccessList> access_list_of(int fd, const std::string& path) {
    constexpr const char* k_attribute = "system.posix_acl_access";
    std::string bytes(XATTR_SIZE_MAX, '\0');
    const ssize_t got = fd >= 0 ? ::fgetxattr(fd, k_attribute, bytes.data(), bytes.size())
                                : ::getxattr(path.c_str(), k_attribute, bytes.data(), bytes.size());
    if (got < 0 && (errno == ENODATA || errno == ENOTSUP)) {
        return AccessList{.writers = {}, .group_writes = true};
    }
    if (got < 0) {
        return Error{errno, "read the access list of " + path};
    }
    bytes.resize(static_cast<std::size_t>(got));
    auto list = access_list_in(bytes);
    return list ? Result(std::move(*list))
                : Error{0, "the access list of " + path +
                               " has an unknown form; fix it with: chmod g-w " + path};
}

Result<void> judged(int fd, const std::string& path, const struct stat& file, const Trust& trust) {
    // Nobody in a list may write where the bits of the group, its mask, do not let them.
    const bool may_have = !S_ISLNK(file.st_mode) && (file.st_mode & S_IWGRP) != 0;
    const auto list = may_have ? access_list_of(fd, path) : AccessList{};
    if (!list) {
        return list.error();
    }
    const auto why = distrust(seen_file(path, file, *list), trust);
    return why ? Result<void>(Error{0, *why}) : Result<void>();
}

void put_in_front(std::deque<std::string>& parts, const fs::path& path) {
    std::deque<std::string> front;
    for (const fs::path& part : path.relative_path()) {
        front.push_back(part.string());
    }
    parts.insert(parts.begin(), front.begin(), front.end());
}

// Goes from the root to what `path` names, through links as the kernel does. nullopt: there is
// nothing yet. An error is also what somebody else could change.
Result<std::optional<struct stat>> look_along(const std::string& path, const Trust& trust) {
    std::error_code failed;
    const fs::path whole = fs::absolute(path, failed);
    std::deque<std::string> rest;
    put_in_front(rest, whole);
    rest.push_front("/");
    fs::path at;
    struct stat file {};
    for (int links = 0; !failed && !rest.empty();) {
        const std::string part = rest.front();
        rest.pop_front();
        if (part.empty() || part == "." || part == "..") {
            at = part == ".." ? at.parent_path() : at;
            continue;
        }
        const fs::path next = at / part;
        if (::lstat(next.c_str(), &file) != 0) {
            return errno == ENOENT ? Result(std::optional<struct stat>())
                                   : Error{errno, "look at " + next.string()};
        }
        if (auto good = judged(-1, next.string(), file, trust); !good) {
            return std::move(good).error();
        }
        if (!S_ISLNK(file.st_mode)) {
            at = next;
            continue;
        }
        const fs::path target = fs::read_symlink(next, failed);
        if (++links > k_most_links_on_the_way) {
            return Error{ELOOP, "follow the link " + next.string()};
        }
        at = target.is_absolute() ? fs::path("/") : at;
        put_in_front(rest, target);
    }
    return failed ? Result<std::optional<struct stat>>(Error{failed.value(), "find " + path})
                  : std::optional(file);
}

Result<void> trusted(int fd, const std::string& path) {
    const Trust trust = trust_here();
    auto found = look_along(path, trust);
    if (!found) {
        return std::move(found).error();
    }
    struct stat open {};
    if (::fstat(fd, &open) != 0) {
        return Error{errno, "look at it"};
    }
    const bool same = *found && (*found)->st_dev == open.st_dev && (*found)->st_ino == open.st_ino;
    return same ? judged(fd, path, open, trust)
                : Error{0, "another file replaced it while the daemon read it: try again"};
}

Result<void> must_be_file(int fd) {
    struct stat kind {};
    if (::fstat(fd, &kind) != 0) {
        return Error{errno, "look at it"};
    }
    return S_ISREG(kind.st_mode)    ? Result<void>()
           : S_ISDIR(kind.st_mode)  ? Error{0, "it is a folder, not a file"}
           : S_ISFIFO(kind.st_mode) ? Error{0, "it is a FIFO, not a file"}
                                    : Error{0, "it is a device or a socket, not a file"};
}

// What the worker may write is not trusted, whoever started it.
Trust trust_beside(uid_t worker) {
    Trust trust = trust_here();
    if (trust.asked_by == worker) {
        trust.asked_by.reset();
    }
    return trust;
}

Result<std::string> text_within(int fd, std::size_t longest) {
    std::string text;
    std::array<char, 16384> block;
    while (text.size() <= longest) {
        const ssize_t got = ::read(fd, block.data(), block.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return Error{errno, "read it"};
        }
        if (got == 0) {
            break;
        }
        text.append(block.data(), static_cast<std::size_t>(got));
    }
    text.resize(std::min(text.size(), longest + 1));
    return text;
}

} // namespace

Trust trust_here() {
    Trust trust{.as_root = ::geteuid() == 0};
    if (trust.as_root) {
        trust.asked_by = number_from(std::getenv("SUDO_UID"));
        trust.unmapped = unmapped_owner();
    }
    return trust;
}

Result<std::string> read_trusted(const std::string& path, const std::string& what,
                                 std::size_t longest) {
    // O_NONBLOCK: nobody writes into the FIFO that somebody named.
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    const std::string reading = "read " + what + " " + path;
    if (!file) {
        return errno == ENXIO ? Error{0, reading + ": it is a device or a socket, not a file"}
                              : Error{errno, reading};
    }
    if (auto is_file = must_be_file(file.get()); !is_file) {
        return std::move(is_file).error().within(reading);
    }
    if (auto believed = trusted(file.get(), path); !believed) {
        return std::move(believed).error().within(reading);
    }
    auto text = text_within(file.get(), longest);
    return text ? std::move(text) : Result<std::string>(std::move(text).error().within(reading));
}

Result<void> trust_inputs(const policies::Policy& policy, const std::string& path,
                          const policies::App& app) {
    const auto account = resolve_account(app.user, app.group);
    if (!account || trust_here().asked_by != account->uid) {
        return {}; // then nobody is believed but whom read_trusted() believed
    }
    const Trust trust = trust_beside(account->uid);
    const policies::SeccompProfile* const profile = policies::profile_of(policy.sandbox.seccomp);
    auto found = look_along(path, trust);
    if (found && profile != nullptr) {
        found = look_along(profile->path, trust);
    }
    if (found) {
        return {};
    }
    return Error{
        0, "obey the policy " + path + " as root: the workers run as " + account->name +
               ", and could decide what root does at the next reload: " + found.error().message() +
               "; or name another user as app.user, or start recyclerd without sudo"};
}

Result<void> trust_report(const std::string& path, uid_t worker) {
    const Trust trust = trust_beside(worker);
    if (!trust.as_root) {
        return {};
    }
    auto found = look_along(path, trust);
    if (found) {
        return {};
    }
    return Error{0, "write report.file " + path + " as root: " + found.error().message() +
                        "; or name a file in another folder"};
}

Result<void> trust_report_of(const policies::Policy& policy) {
    const auto account = resolve_account(policy.app.user, policy.app.group);
    return policy.report.file.empty() || !account ? Result<void>()
                                                  : trust_report(policy.report.file, account->uid);
}

Result<void> trust_folder(const std::string& path) {
    auto found = look_along(path, trust_here());
    return found ? Result<void>() : std::move(found).error().within("use the folder " + path);
}

} // namespace recycler::worker
