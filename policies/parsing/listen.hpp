// SPDX-License-Identifier: MIT
// What `listen` says, as addresses. Knows no TOML and no other key but the number of workers.
#pragma once

#include "policies/policy.hpp"
#include "policies/problem.hpp"

#include <string_view>

namespace policies::parsing {

// More slots than this in one app is a slip of the keyboard.
constexpr std::size_t k_most_slots = 1024;

// One element of `listen`: "127.0.0.1:7000-7019", "[::1]:7000", "7000-7003" (on 127.0.0.1),
// "unix:/run/shop/%s.sock" (one address per worker, %s = 0, 1, ...; needs `workers`) or
// "unix:/run/shop.sock". Hosts are numeric and come back in their canonical form.
Parsed<std::vector<Address>> parse_listen(std::string_view text,
                                          std::optional<std::uint32_t> workers);

} // namespace policies::parsing
