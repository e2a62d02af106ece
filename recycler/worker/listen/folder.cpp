// SPDX-License-Identifier: MIT
#include "recycler/worker/listen/folder.hpp"

#include "recycler/base/own_process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <deque>
#include <fcntl.h>
#include <optional>
#include <string_view>
#include <unistd.h>

namespace recycler::worker {
namespace {

constexpr int k_most_links = 40; // as the kernel's

bool is_trusted(uid_t owner) {
    return owner == 0 || owner == ::geteuid();
}

// Puts the names of `path` before those that are still to come.
void put_first(std::deque<std::string>& ahead, std::string_view path) {
    std::deque<std::string> names;
    while (!path.empty()) {
        const std::size_t end = std::min(path.find('/'), path.size());
        if (end > 0) {
            names.emplace_back(path.substr(0, end));
        }
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    ahead.insert(ahead.begin(), names.begin(), names.end());
}

// The way to a folder, one name at a time.
class Walk {
  public:
    Walk(const std::string& path, Missing missing) : path_(path), missing_(missing) {}

    Result<UniqueFd> run() {
        if (auto begun = go(path_); !begun) {
            return std::move(begun).error();
        }
        while (!ahead_.empty()) {
            const std::string name = std::move(ahead_.front());
            ahead_.pop_front();
            if (auto gone = enter(name); !gone) {
                return std::move(gone).error();
            }
        }
        return is_redirected() ? Result<UniqueFd>(refusal()) : std::move(at_);
    }

  private:
    [[nodiscard]] Error failed(int code) const {
        return {code, "open the folder " + (path_.empty() ? "." : path_)};
    }
    [[nodiscard]] Error refusal() const {
        return {EPERM, "follow a symbolic link of user " + std::to_string(*chooser_) +
                           " on the way to " + path_ +
                           ", which leads to a folder of somebody else: name the folder itself, or "
                           "make root own the link"};
    }
    // Whoever owns a link that was followed leads us where they could not go themselves.
    [[nodiscard]] bool is_redirected() const {
        struct stat here {};
        return chooser_ && (::fstat(at_.get(), &here) != 0 || here.st_uid != *chooser_);
    }

    Result<void> go(const std::string& path) {
        if (path.starts_with('/') || !at_) {
            at_.reset(::open(path.starts_with('/') ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
            if (!at_) {
                return failed(errno);
            }
        }
        put_first(ahead_, path);
        return {};
    }

    Result<void> enter(const std::string& name) {
        auto next = hold(at_.get(), name);
        if (!next && next.error().code == ENOENT && missing_ == Missing::made) {
            if (is_redirected()) {
                return refusal();
            }
            if (::mkdirat(at_.get(), name.c_str(), 0755) != 0 && errno != EEXIST) {
                return Error{errno, "make the folder " + name + " of " + path_};
            }
            next = hold(at_.get(), name);
        }
        struct stat found {};
        if (!next || ::fstat(next->get(), &found) != 0) {
            return failed(next ? errno : next.error().code);
        }
        if (S_ISLNK(found.st_mode)) {
            return follow(next->get(), found.st_uid);
        }
        if (!S_ISDIR(found.st_mode)) {
            return failed(ENOTDIR);
        }
        at_ = std::move(*next);
        return {};
    }

    Result<void> follow(int link, uid_t owner) {
        std::array<char, PATH_MAX> target{};
        const ssize_t size = ::readlinkat(link, "", target.data(), target.size());
        if (size < 0 || ++links_ > k_most_links) {
            return failed(size < 0 ? errno : ELOOP);
        }
        if (!is_trusted(owner)) {
            if (is_redirected()) { // by a link of somebody else
                return refusal();
            }
            chooser_ = owner;
        }
        return go(std::string(target.data(), static_cast<std::size_t>(size)));
    }

    const std::string& path_;
    Missing missing_;
    UniqueFd at_;
    std::deque<std::string> ahead_;
    std::optional<uid_t> chooser_;
    int links_ = 0;
};

} // namespace

Result<UniqueFd> open_folder(const std::string& path, Missing missing) {
    return Walk(path, missing).run();
}

Result<Entry> entry_of(const std::string& path, Missing missing) {
    const std::size_t slash = path.rfind('/');
    const std::size_t name = slash == std::string::npos ? 0 : slash + 1;
    auto folder = open_folder(path.substr(0, name), missing);
    if (!folder) {
        return std::move(folder).error();
    }
    return Entry{std::move(*folder), path.substr(name)};
}

Result<UniqueFd> hold(int folder, const std::string& name) {
    UniqueFd held(::openat(folder, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!held) {
        return Error{errno, "look at " + name};
    }
    return held;
}

std::string path_of_held(int held) {
    return own_process("fd/" + std::to_string(held));
}

bool may(const struct stat& file, const Account& account, mode_t bit) {
    if (account.uid == 0) {
        return true;
    }
    if (file.st_uid == account.uid) {
        return (file.st_mode & (bit << 6)) != 0;
    }
    const bool member = file.st_gid == account.gid ||
                        std::ranges::find(account.groups, file.st_gid) != account.groups.end();
    return (file.st_mode & (member ? bit << 3 : bit)) != 0;
}

bool is_ours_alone(const struct stat& folder) {
    return is_trusted(folder.st_uid) && (folder.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

} // namespace recycler::worker
