// SPDX-License-Identifier: MIT
// Lives of workers of which it is known who leaks.
#pragma once

#include "recycler/blame/tally.hpp"

#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace recycler::blame {

inline constexpr std::int64_t k_one_kib = 1024;
inline constexpr std::int64_t k_one_mib = 1024 * k_one_kib;

// An app whose workers live one after another. What a request does to the memory of its process is
// said by the test; the kernel's count jitters.
class Lives {
  public:
    explicit Lives(std::vector<std::string> names = {}) { tally.tell_apart_by(std::move(names)); }

    // Another worker, with so many processes.
    void next_worker(std::uint32_t processes = 1) {
        courses_ = Courses{};
        levels_.assign(processes, 50 * k_one_mib);
        first_.assign(processes, true);
    }
    // The level of the process that the next request goes to.
    std::int64_t& level() { return levels_[turn()]; }
    // It makes the level go there, and stands for so many.
    void serve(const std::string& uri, std::int64_t to, std::uint32_t weight = 1) {
        const std::uint32_t process = turn();
        const std::int64_t before = levels_[process] + jitter_(random);
        levels_[process] = to;
        const std::int64_t after = to + jitter_(random);
        tally.add(
            {.requests = {{.method = "GET",
                           .uri = uri,
                           .duration = std::chrono::milliseconds(1),
                           .growth = after - before,
                           .weight = weight,
                           .turn = first_[process] ? request::Turn::first : request::Turn::later,
                           .process = process,
                           .level = after}}},
            courses_);
        first_[process] = false;
        net += to - before;
        ++served_;
    }
    // One that is not measured.
    void serve_unseen(std::int64_t to) {
        const std::uint32_t process = turn();
        net += to - levels_[process];
        levels_[process] = to;
        ++served_;
    }

    Tally tally;
    std::mt19937 random{17};
    std::int64_t net = 0; // how much all processes have grown

  private:
    std::uint32_t turn() const { return static_cast<std::uint32_t>(served_ % levels_.size()); }

    std::uniform_int_distribution<std::int64_t> jitter_{-100 * k_one_kib, 100 * k_one_kib};
    Courses courses_;
    std::vector<std::int64_t> levels_;
    std::vector<bool> first_;
    std::uint64_t served_ = 0;
};

} // namespace recycler::blame
