// SPDX-License-Identifier: MIT
// When to look at a worker again: rarely while it is far from its thresholds, every 10 ms just
// before it reaches one. Knows thresholds and trends, no timers.
#pragma once

#include "policies/policy.hpp"
#include "recycler/triggers/growth/trend.hpp"

namespace recycler::triggers {

using namespace std::chrono_literals;

// Far from every threshold and idle.
constexpr Duration k_sample_idle = 1s;
// A request that eats memory is noticed within this.
constexpr Duration k_sample_busy = 250ms;
// An idle worker close to a threshold: the next request may begin to grow at once, but idling must
// cost nothing.
constexpr Duration k_sample_idle_near = 100ms;
// The densest: one look costs some 20 us (a kept usage and memory.stat descriptor), so this costs
// 0.2 % of a processor.
constexpr Duration k_sample_near = 10ms;
// How long before a predicted crossing the densest sampling is reached.
constexpr Duration k_sample_lead = 100ms;
// What a worker is trusted to begin to grow with at any instant, per second: the growth that the
// story's workers show at worst. So a sudden onset is met by dense sampling, too, however long the
// last look is past.
constexpr Bytes k_sudden_growth{20'000'000};

// The least between two looks at a count that is about to reach its limit. A look costs some 20 us.
constexpr Duration k_sample_count = 1ms;

// What a worker that has been idle is trusted to begin to serve at any instant, per second: what
// one of C does behind a balancer on one processor.
constexpr std::uint64_t k_sudden_requests = 1000;

// When to look at a count of which `left` are left and whose rate is not known, of one among so
// many workers: when half of that may have been served, but all of them together are looked at no
// oftener than every 2 ms (1 % of a processor), and none oftener than every 10 ms.
[[nodiscard]] Duration sample_at_onset(std::uint64_t left, std::size_t workers);

// When to look at a count that is predicted to reach its limit after `due`: half of that, and when
// it is near, at the very instant: the prediction of some milliseconds is good, and at a thousand
// requests a second 10 ms are ten of them. Once it is reached, no more than the usual.
[[nodiscard]] Duration sample_before(Duration due);

// From the trend's last sample to the next: half of what remains until the lead before the nearest
// threshold that is not yet reached (recycle.memory, memory.max), within the bounds above. Without
// samples: at once (0).
[[nodiscard]] Duration next_sample(const Trend& trend, const policies::Recycle& recycle,
                                   const policies::Memory& memory);

} // namespace recycler::triggers
