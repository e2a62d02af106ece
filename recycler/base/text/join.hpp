// SPDX-License-Identifier: MIT
// Lists in words.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace recycler::text {

// One more of a list that is made piece by piece. Nothing stands before the first that is not
// empty.
inline void add_to(std::string& list, std::string_view separator, std::string_view next) {
    if (!list.empty()) {
        list += separator;
    }
    list += next;
}

// "a, b, c". `as` makes the text of a part.
template <typename Parts, typename As = std::identity>
std::string joined(const Parts& parts, std::string_view separator, As as = {}) {
    std::string list;
    for (const auto& part : parts) {
        add_to(list, separator, std::invoke(as, part));
    }
    return list;
}

// "7003, 7004 and 15 more"; the list alone where there are no more.
inline std::string and_more(std::string list, std::size_t more,
                            std::string_view between = " and ") {
    if (more > 0) {
        list += between;
        list += std::to_string(more) + " more";
    }
    return list;
}

} // namespace recycler::text
