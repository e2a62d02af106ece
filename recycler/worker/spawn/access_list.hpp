// SPDX-License-Identifier: MIT
// PURE. Whom the POSIX access list of a file lets write: the bytes of its extended attribute
// system.posix_acl_access, as linux/posix_acl_xattr.h lays them out. Any bytes may come in.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace recycler::worker {

struct ListedWriter {
    bool is_group = false;
    std::uint32_t id = 0; // of a user or a group
    bool operator==(const ListedWriter&) const = default;
};

struct AccessList {
    std::vector<ListedWriter> writers; // users and groups by number, as far as the mask lets them
    bool group_writes = false;         // the file's own group, likewise
    bool operator==(const AccessList&) const = default;
};

// nullopt: they have a form that is not known.
[[nodiscard]] std::optional<AccessList> access_list_in(std::string_view bytes);

} // namespace recycler::worker
