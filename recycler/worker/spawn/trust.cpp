// SPDX-License-Identifier: MIT
#include "recycler/worker/spawn/trust.hpp"

#include "recycler/base/text/escape.hpp"
#include "recycler/base/text/join.hpp"

#include <algorithm>
#include <string_view>
#include <sys/stat.h>

namespace recycler::worker {

namespace {

bool is_believed(uid_t owner, const Trust& trust) {
    return owner == 0 || owner == trust.asked_by || owner == trust.unmapped;
}

bool is_believed(const ListedWriter& writer, const SeenFile& seen, const Trust& trust) {
    return !writer.is_group && (writer.id == seen.owner || is_believed(writer.id, trust));
}

// Those whom its access list lets write; the bits of the group are its mask.
bool add_listed(std::string& who, const SeenFile& seen, const Trust& trust, mode_t writers) {
    bool any = false;
    for (const SeenFile::Listed& listed : seen.listed) {
        if (trust.as_root && (writers & S_IWGRP) != 0 && !is_believed(listed.writer, seen, trust)) {
            text::add_to(who, " and ", listed.name + " by its access list");
            any = true;
        }
    }
    return any;
}

} // namespace

std::optional<std::string> distrust(const SeenFile& seen, const Trust& trust) {
    const bool is_link = S_ISLNK(seen.mode); // its mode says nothing
    const bool keeps_places = S_ISDIR(seen.mode) && (seen.mode & S_ISVTX) != 0;
    const mode_t writers = is_link || keeps_places ? 0 : seen.mode & (S_IWGRP | S_IWOTH);
    std::string who;
    std::string mend;
    if (trust.as_root && !is_believed(seen.owner, trust)) {
        text::add_to(who, " and ", "the user " + seen.owner_name + ", who owns it,");
        text::add_to(mend, "; ",
                     std::string(is_link ? "chown -h" : "chown") +
                         " root: " + text::shell_word(seen.path));
    }
    const bool by_group = trust.as_root && (writers & S_IWGRP) != 0 && !seen.group_is_owner;
    if (by_group) {
        text::add_to(who, " and ", "the group " + seen.group_name);
    }
    const bool by_list = add_listed(who, seen, trust, writers);
    if ((writers & S_IWOTH) != 0) {
        text::add_to(who, " and ", "everybody");
    }
    if (who.empty()) {
        return std::nullopt;
    }
    if (by_group || by_list || (writers & S_IWOTH) != 0) { // of a list it takes the mask
        text::add_to(mend, "; ", "chmod go-w " + text::shell_word(seen.path));
    }
    if (who.back() == ',') {
        who.pop_back();
    }
    const char* kind = S_ISDIR(seen.mode) ? "the folder " : is_link ? "the link " : "";
    return kind + seen.path + " can be changed by " + who + "; fix it with: " + mend;
}

} // namespace recycler::worker
