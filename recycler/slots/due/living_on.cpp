// SPDX-License-Identifier: MIT
#include "recycler/slots/due/living_on.hpp"

#include "policies/units.hpp"

#include <algorithm>

namespace recycler::slots {

namespace {

// Of the limit, what memory may go up and down by at one level. A leak is taken for staying only
// where it leaves less than this behind in twice the requests that took it to the limit: then what
// it needs without leaking is within a sixty-fourth of the limit, and nobody could tell.
constexpr std::uint64_t k_tolerance = 32;
constexpr std::uint64_t k_times_as_many = 2;
// Memory comes in steps: with fewer, one of them decides.
constexpr std::uint64_t k_fewest_requests = 30;
// Within fewer, a worker may load as evenly as it would leak.
constexpr std::uint64_t k_fewest_of_a_leak = 100;
// Looks at one level. Two may see the same step of the allocator.
constexpr std::uint32_t k_fewest_looks = 3;

double per_request(Bytes grown, std::uint64_t requests) {
    return static_cast<double>(grown.count) /
           static_cast<double>(std::max<std::uint64_t>(requests, 1));
}

} // namespace

LivingOn::LivingOn(const triggers::Trend& trend, Bytes fresh, Bytes limit,
                   std::optional<Bytes> ceiling, MonoTime until)
    : ceiling_(ceiling), until_(until), limit_(limit), fresh_(fresh) {
    if (trend.between_requests()) {
        begin(*trend.last());
    }
}

void LivingOn::begin(const triggers::Sample& last) {
    begun_ = true;
    at_limit_ = last.bloat;
    served_at_limit_ = last.served;
    // The count comes from a page that the worker can write to.
    requests_ =
        std::max(std::min(served_at_limit_, UINT64_MAX / 4) * k_times_as_many, k_fewest_requests);
    level_ = at_limit_;
    level_served_ = served_at_limit_;
}

bool LivingOn::stays(const triggers::Sample& last) const {
    return looks_ >= k_fewest_looks && last.served >= level_served_ + requests_;
}

bool LivingOn::grows(const triggers::Sample& last) const {
    const std::uint64_t served = last.served - std::min(last.served, served_at_limit_);
    return served >= std::max(requests_, k_fewest_of_a_leak) &&
           2 * per_request(last.bloat - at_limit_, served) >=
               per_request(at_limit_ - fresh_, served_at_limit_);
}

Shows LivingOn::look(const triggers::Trend& trend) {
    const triggers::Sample& last = *trend.last();
    if ((ceiling_ && last.bloat >= *ceiling_) || last.at >= until_) {
        return Shows::grows;
    }
    if (!trend.between_requests()) {
        return Shows::nothing_yet; // what it has may go with its request
    }
    if (!begun_) {
        begin(last);
        return last.bloat < limit_ ? Shows::below : Shows::nothing_yet;
    }
    if (last.served < level_served_ || last.bloat > level_ + Bytes{limit_.count / k_tolerance}) {
        level_ = std::max(level_, last.bloat);
        level_served_ = last.served;
        looks_ = 0;
    } else {
        ++looks_;
    }
    return stays(last) ? Shows::stays : grows(last) ? Shows::grows : Shows::nothing_yet;
}

std::string LivingOn::in_words() const {
    return "the result of a test: it lives on up to " +
           policies::to_text(ceiling_.value_or(limit_)) +
           ", because several in a row had to be retired for memory, to learn whether it stops "
           "growing";
}

} // namespace recycler::slots
