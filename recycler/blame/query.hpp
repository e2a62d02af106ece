// SPDX-License-Identifier: MIT
// The part of a route that stands in the query string: the parameters that the policy names, with
// their values. Bounded: an application that puts something else into such a parameter each time
// gets "*" for it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace recycler::blame {

class Query {
  public:
    // "?action=edit" of "/index.php?title=Home&action=edit"; empty: none of the names is in it.
    // Names are compared without regard to case, as WMS has it. The order is that of the names.
    std::string of(std::string_view uri, const std::vector<std::string>& names);

  private:
    std::string shown(const std::string& name, std::string_view value);

    std::vector<std::uint32_t> seen_; // hashes of names with their values, sorted
};

} // namespace recycler::blame
