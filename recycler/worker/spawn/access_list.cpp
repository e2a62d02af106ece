// SPDX-License-Identifier: MIT
#include "recycler/worker/spawn/access_list.hpp"

#include <cstddef>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>

namespace recycler::worker {

namespace {

// Little-endian on each machine.
std::uint32_t number_at(std::string_view bytes, std::size_t at, std::size_t size) {
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < size; ++i) {
        number |= std::uint32_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
    }
    return number;
}

} // namespace

std::optional<AccessList> access_list_in(std::string_view bytes) {
    constexpr std::size_t k_head = sizeof(posix_acl_xattr_header);
    constexpr std::size_t k_entry = sizeof(posix_acl_xattr_entry);
    if (bytes.size() < k_head || (bytes.size() - k_head) % k_entry != 0 ||
        number_at(bytes, 0, 4) != POSIX_ACL_XATTR_VERSION) {
        return std::nullopt;
    }
    AccessList list;
    bool masked = false;
    for (std::size_t at = k_head; at < bytes.size(); at += k_entry) {
        const bool writes = (number_at(bytes, at + 2, 2) & ACL_WRITE) != 0;
        const std::uint32_t id = number_at(bytes, at + 4, 4);
        switch (number_at(bytes, at, 2)) {
        case ACL_USER:
        case ACL_GROUP:
            if (writes) {
                list.writers.push_back({number_at(bytes, at, 2) == ACL_GROUP, id});
            }
            break;
        case ACL_GROUP_OBJ:
            list.group_writes = writes;
            break;
        case ACL_MASK:
            masked = !writes;
            break;
        case ACL_USER_OBJ:
        case ACL_OTHER:
            break; // in the mode, too
        default:
            return std::nullopt;
        }
    }
    return masked ? AccessList{} : list;
}

} // namespace recycler::worker
