// SPDX-License-Identifier: MIT
// Whom root believes: a file that says what root does, and each folder on the way to it, may be
// changed by root alone. Pure; trusted_file.hpp looks at the files.
#pragma once

#include "recycler/worker/spawn/access_list.hpp"

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace recycler::worker {

// Who reads the file.
struct Trust {
    bool as_root = false;
    // Who had root start this by sudo: what belongs to that person is that person's own doing.
    std::optional<uid_t> asked_by{};
    // Owners whom this user namespace has no number for: nobody inside of it can act as them.
    std::optional<uid_t> unmapped{};
};

// A file, folder or link as it was seen.
struct SeenFile {
    std::string path;
    mode_t mode = 0;
    uid_t owner = 0;
    std::string owner_name;
    std::string group_name;
    bool group_is_owner = false; // is the owner's alone: account.hpp
    // Users and groups whom its access list lets write, and what they are called, "the user bob".
    struct Listed {
        ListedWriter writer;
        std::string name;
    };
    std::vector<Listed> listed{};
};

// Who else could change it, and how to mend that: "/srv/shop.toml can be changed by everybody; mend
// it with: chmod go-w /srv/shop.toml". nullopt: nobody. A daemon that does not run as root is
// believed to have been given a file of its user's choice: only what everybody may write is told.
// In a folder with the sticky bit nobody takes the place of another user's file.
[[nodiscard]] std::optional<std::string> distrust(const SeenFile& seen, const Trust& trust);

} // namespace recycler::worker
