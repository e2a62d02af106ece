// SPDX-License-Identifier: MIT
#include "recycler/slots/failing/early_leaves.hpp"

#include "policies/units.hpp"

#include <algorithm>

namespace recycler::slots {

bool EarlyLeaves::left(MonoTime now, MonoTime launched_at, std::uint64_t served) {
    if (served > k_few) {
        ended_otherwise();
        return false;
    }
    if (count_ == 0) {
        since_ = launched_at;
        most_ = 0;
    }
    most_ = std::max(most_, served);
    count_ = std::min(count_ + 1, k_in_a_row + 1); // it is told at one instant alone
    if (count_ != k_in_a_row || (told_at_ && now - *told_at_ < k_quiet)) {
        return false;
    }
    told_at_ = now;
    return true;
}

std::string EarlyLeaves::in_words(MonoTime now) const {
    const auto took = std::chrono::ceil<std::chrono::seconds>(now - since_);
    return std::to_string(k_in_a_row) +
           " workers in a row have ended by themselves with status 0, " +
           (most_ == 1 ? "after 1 request each"
                       : "after " + std::to_string(most_) + " requests at most") +
           ", within " + policies::to_text(took) +
           ". Nothing is lost, but each of them costs a start, and the slot starts at most one "
           "worker in 100 ms. Find out why the program ends: `recyclerctl why` has its last "
           "output. A program that was written for CGI ends after each request or after an error "
           "page; php-cgi ends after PHP_FCGI_MAX_REQUESTS, and other programs have such a limit, "
           "too. Let it go on serving and set recycle.requests, or run it under fcgiwrap.";
}

} // namespace recycler::slots
