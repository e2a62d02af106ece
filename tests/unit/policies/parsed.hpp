// SPDX-License-Identifier: MIT
// For tests: a policy text, parsed on a machine with 8 GiB, as a policy or as its faults.
#pragma once

#include "policies/parse.hpp"

#include <doctest/doctest.h>

namespace policies {

using namespace recycler;

inline const Host k_host{8_GiB};

// What every policy needs, so that a test shows only what it is about.
inline std::string with_app(const std::string& rest) {
    return "[app]\ncommand = [\"/bin/app\"]\nlisten = \"7000\"\n" + rest;
}

inline Policy good(const std::string& text) {
    auto parsed = parse(text, "shop", k_host);
    if (auto* faults = std::get_if<std::vector<Fault>>(&parsed)) {
        FAIL(render(*faults, "shop.toml", text));
    }
    return std::get<Policy>(std::move(parsed));
}

inline std::vector<Fault> bad(const std::string& text) {
    auto parsed = parse(text, "shop", k_host);
    if (std::holds_alternative<Policy>(parsed)) {
        FAIL("this was taken for a good policy:\n" << text);
    }
    return std::get<std::vector<Fault>>(std::move(parsed));
}

// The one fault in `text`.
inline Fault only_fault(const std::string& text) {
    auto faults = bad(text);
    if (faults.size() != 1) {
        FAIL("one fault was expected:\n" << render(faults, "shop.toml", text));
    }
    return faults.front();
}

} // namespace policies
