// SPDX-License-Identifier: MIT
// A policy in the making: what has been read so far, what can be resolved only when all is read,
// and the faults. Knows no TOML.
#pragma once

#include "policies/parsing/document.hpp"
#include "policies/problem.hpp"

#include <map>

namespace policies::parsing {

struct ListenText {
    std::string text;
    Position at;
};

// recycle.memory = "off".
struct Off {};

struct Draft {
    Host host;
    std::string stem;
    Policy policy;
    std::vector<ListenText> listen;
    std::optional<std::uint32_t> workers;
    std::variant<std::monostate, Off, Bytes, Percent> recycle_memory;
    // Where each key that was given has its value, also when that was refused.
    std::map<std::string, Position, std::less<>> places;
    std::vector<Fault> faults;

    void blame(Position at, std::string_view key, Problem problem) {
        faults.push_back({at.line, at.column, std::string(key), std::move(problem.reason),
                          std::move(problem.suggestion)});
    }
    // The place of `key`'s value; the top of the file where it was not given.
    [[nodiscard]] Position place_of(std::string_view key) const {
        const auto found = places.find(key);
        return found == places.end() ? Position{} : found->second;
    }
    [[nodiscard]] bool given(std::string_view key) const {
        return places.find(key) != places.end();
    }
};

} // namespace policies::parsing
