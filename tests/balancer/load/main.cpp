// SPDX-License-Identifier: MIT
// recycler-load: asks a web server the same kind of request over and over, and believes nothing but
// a whole, right answer.
#include "tests/balancer/load/load_run.hpp"

#include <cstdio>

int main(int argc, char** argv) {
    constexpr int k_exit_lost = 1;
    constexpr int k_exit_usage = 64;
    constexpr int k_exit_refused = 71;
    const auto plan =
        recycler::load::parse_arguments(std::vector<std::string>(argv + 1, argv + argc));
    if (!plan) {
        std::fprintf(stderr, "recycler-load: %s\n%s", plan.error().message().c_str(),
                     recycler::load::k_usage);
        return k_exit_usage;
    }
    const auto tally = recycler::load::run(*plan);
    if (!tally) {
        std::fprintf(stderr, "recycler-load: %s\n", tally.error().message().c_str());
        return k_exit_refused;
    }
    return tally->lost() == 0 ? 0 : k_exit_lost;
}
