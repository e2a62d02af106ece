// SPDX-License-Identifier: MIT
// What in a backend of HAProxy keeps a client at its worker, and what ends requests that a worker
// still executes.
#pragma once

#include "recycler/lint/haproxy/sections.hpp"
#include "recycler/lint/pool.hpp"

namespace recycler::lint {

// Adds to the pool's findings.
void judge_stickiness(Pool& pool, const Directive& section, const HaproxySettings& settings);
void judge_shutdowns(Pool& pool, const Directive& section, const HaproxySettings& settings);

} // namespace recycler::lint
