// SPDX-License-Identifier: MIT
// Sizes, parts and spans of time as people write them in a policy, and back. Sizes are read with
// base 1024, in the spellings of systemd, Docker and Kubernetes, spans as systemd.time(7) describes
// them. Knows nothing of keys, files or positions.
#pragma once

#include "policies/policy.hpp"
#include "policies/problem.hpp"

#include <string>
#include <string_view>

namespace policies {

// The longest span a policy may name: far beyond any use, and far from overflow when it is added to
// the present.
constexpr Duration k_longest_span = std::chrono::hours{24 * 365 * 100};

// "256M", "256MiB", "256m", "256Mi", "1.5G", "1G 512M", "268435456". Units B K M G T P E, each also
// as Ki and KiB, in small letters too; base 1024. The units of a sum must fall.
Parsed<Bytes> parse_size(std::string_view text);

// "80%", "12.5%". From 0 to 100.
Parsed<Percent> parse_percent(std::string_view text);

// "5min", "1h 30min", "250ms", "3s"; a plain number is in seconds. At most k_longest_span;
// "infinity" is refused.
Parsed<Duration> parse_span(std::string_view text);

// `part` of `whole`, rounded down.
Bytes part_of(Percent part, Bytes whole);

// "57.3 MiB", "4 GiB", "512 B". At most one decimal; parse_size reads it back to within that.
std::string to_text(Bytes size);
// "10%", "12.5%".
std::string to_text(Percent part);
// "250ms", "2.5s", "1h 30min", "2d 4h": the two greatest units. parse_span reads it back to within
// that.
std::string to_text(Duration span);

} // namespace policies
