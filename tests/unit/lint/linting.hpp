// SPDX-License-Identifier: MIT
// One configuration as it stands in a test, and what is found in it.
#pragma once

#include "recycler/lint/lint.hpp"

#include <doctest/doctest.h>
#include <string>
#include <string_view>
#include <vector>

namespace linting {

using recycler::lint::Asked;
using recycler::lint::Kind;
using recycler::lint::Report;

inline Report report_of(Kind kind, std::string_view text) {
    Report report = recycler::lint::lint({{{"conf", std::string(text)}}, kind, std::nullopt});
    REQUIRE(report.unread.empty());
    return report;
}

// "3:5 one-backend" for each, in their order, with ", " between them.
inline std::string names(const Report& report) {
    std::string result;
    for (const auto& each : report.findings) {
        result += (result.empty() ? "" : ", ") + std::to_string(each.place.line) + ":" +
                  std::to_string(each.place.column) + " " +
                  std::string(recycler::lint::text_of(each.rule).name);
    }
    return result;
}

inline std::string found_in(Kind kind, std::string_view text) {
    return names(report_of(kind, text));
}

} // namespace linting
