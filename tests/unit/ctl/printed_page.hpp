// SPDX-License-Identifier: MIT
// How pages are printed in tests, and what stands in them.
#pragma once

#include "recycler/ctl/render/render.hpp"
#include "tests/unit/ctl/pages.hpp"

namespace pages {

inline constexpr ctl::Style k_style{.width = 80, .colours = ctl::Colours::off, .now = k_now};

inline bool has(const std::string& page, const std::string& part) {
    return page.find(part) != std::string::npos;
}

} // namespace pages
