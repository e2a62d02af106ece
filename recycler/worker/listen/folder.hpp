// SPDX-License-Identifier: MIT
// Folders in which root acts while somebody else may write there: opened once, so that what follows
// happens in that folder whatever its path leads to by then. Also: who may write to one.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"
#include "recycler/worker/spawn/account.hpp"

#include <string>
#include <sys/stat.h>

namespace recycler::worker {

// O_PATH. A symbolic link on the way that belongs neither to root nor to us may lead only to a
// folder of its owner, or whoever may write there would choose where we act: EPERM. `made`: what is
// missing is made, with mode 0755.
enum class Missing { refused, made };
[[nodiscard]] Result<UniqueFd> open_folder(const std::string& path, Missing missing);

// One name in a folder that is open.
struct Entry {
    UniqueFd folder;
    std::string name;
};
[[nodiscard]] Result<Entry> entry_of(const std::string& path, Missing missing);

// What stands there, by its inode, which stays the same for what is done through /proc/self/fd:
// O_PATH, and of a link the link itself.
[[nodiscard]] Result<UniqueFd> hold(int folder, const std::string& name);
// The name by which a held inode is reached; no link is followed on the way.
[[nodiscard]] std::string path_of_held(int held);

// May `account` do this (S_IROTH, S_IWOTH, S_IXOTH) with the file? By the permission bits alone, as
// the kernel would for this user.
[[nodiscard]] bool may(const struct stat& file, const Account& account, mode_t bit);

// Nobody but root and who we are may write there.
[[nodiscard]] bool is_ours_alone(const struct stat& folder);

} // namespace recycler::worker
