// SPDX-License-Identifier: MIT
#include "recycler/worker/spawn/trust.hpp"

#include <algorithm>
#include <string_view>
#include <sys/stat.h>

namespace recycler::worker {

namespace {

// As a shell takes it for one word.
std::string as_word(const std::string& path) {
    constexpr std::string_view k_plain =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-+,@%:";
    if (path.find_first_not_of(k_plain) == std::string::npos) {
        return path;
    }
    std::string word = "'";
    for (const char letter : path) {
        word += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
    }
    return word + "'";
}

bool is_believed(uid_t owner, const Trust& trust) {
    return owner == 0 || owner == trust.asked_by || owner == trust.unmapped;
}

bool is_believed(const ListedWriter& writer, const SeenFile& seen, const Trust& trust) {
    return !writer.is_group && (writer.id == seen.owner || is_believed(writer.id, trust));
}

void add(std::string& list, std::string_view between, const std::string& next) {
    list += (list.empty() ? "" : std::string(between)) + next;
}

// Those whom its access list lets write; the bits of the group are its mask.
bool add_listed(std::string& who, const SeenFile& seen, const Trust& trust, mode_t writers) {
    bool any = false;
    for (const SeenFile::Listed& listed : seen.listed) {
        if (trust.as_root && (writers & S_IWGRP) != 0 && !is_believed(listed.writer, seen, trust)) {
            add(who, " and ", listed.name + " by its access list");
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
        add(who, " and ", "the user " + seen.owner_name + ", who owns it,");
        add(mend, "; ",
            std::string(is_link ? "chown -h" : "chown") + " root: " + as_word(seen.path));
    }
    const bool by_group = trust.as_root && (writers & S_IWGRP) != 0 && !seen.group_is_owner;
    if (by_group) {
        add(who, " and ", "the group " + seen.group_name);
    }
    const bool by_list = add_listed(who, seen, trust, writers);
    if ((writers & S_IWOTH) != 0) {
        add(who, " and ", "everybody");
    }
    if (who.empty()) {
        return std::nullopt;
    }
    if (by_group || by_list || (writers & S_IWOTH) != 0) { // of a list it takes the mask
        add(mend, "; ", "chmod go-w " + as_word(seen.path));
    }
    if (who.back() == ',') {
        who.pop_back();
    }
    const char* kind = S_ISDIR(seen.mode) ? "the folder " : is_link ? "the link " : "";
    return kind + seen.path + " can be changed by " + who + "; fix it with: " + mend;
}

} // namespace recycler::worker
