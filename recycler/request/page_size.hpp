// SPDX-License-Identifier: MIT
// How large a recorder page may be.
#pragma once

#include "recycler/request/page_layout.hpp"

#include <cstddef>
#include <cstdint>

namespace recycler::request {

inline constexpr std::size_t k_largest_page = std::size_t{1} << 20; // of any version

// Whether a page can be so large; one of a later version may be larger than ours.
constexpr bool is_page_size(std::size_t size) {
    return size == k_size_without_ring || (size >= sizeof(Page) && size <= k_largest_page);
}
constexpr bool is_page_size(std::uint32_t version, std::size_t size) {
    return version >= k_page_oldest_version && is_page_size(size) &&
           (size == k_size_without_ring) == (version < k_page_version_with_ring) &&
           (size <= sizeof(Page) || version > k_page_version);
}

} // namespace recycler::request
