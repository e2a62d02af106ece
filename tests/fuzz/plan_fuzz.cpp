// SPDX-License-Identifier: MIT
// The spawn plan's view: whatever the bytes are, what it hands out can be read to its end. And the
// comparison of two plans: one does what it does itself, and whatever differs is found from both
// sides, in a text that ends.
#include "recycler/worker/spawn/plan.hpp"
#include "recycler/worker/spawn/plan_difference.hpp"

#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace {

// Reads all that a child would hand to the kernel. The sum keeps the compiler from leaving it out.
std::size_t read_all(const recycler::worker::PlanView& plan) {
    const auto& header = plan.header();
    std::size_t sum = std::strlen(plan.directory());
    for (std::uint32_t i = 0; i < header.programs.count; ++i) {
        sum += std::strlen(plan.program(i));
    }
    for (std::uint32_t i = 0; i < header.arguments.count; ++i) {
        sum += std::strlen(plan.argument(i));
    }
    for (std::uint32_t i = 0; i < header.environment.count; ++i) {
        sum += std::strlen(plan.variable(i));
    }
    for (std::uint32_t i = 0; i < header.rlimits.count; ++i) {
        sum += plan.rlimit(i).soft & 1;
    }
    const auto* groups = static_cast<const unsigned char*>(plan.groups());
    for (std::size_t i = 0; i < header.groups.count * sizeof(std::uint32_t); ++i) {
        sum += groups[i];
    }
    const auto* filter = static_cast<const unsigned char*>(plan.filter());
    for (std::size_t i = 0; i < header.filter.count * sizeof(recycler::worker::PlanFilter); ++i) {
        sum += filter[i];
    }
    return sum;
}

void expect(bool holds) {
    if (!holds) {
        std::abort();
    }
}

const std::vector<std::byte>& permitted() {
    static const std::vector<std::byte> bytes = [] {
        recycler::worker::SpawnPlan plan;
        plan.programs = {"/usr/bin/php-cgi"};
        plan.arguments = {"php-cgi"};
        plan.environment = {"HOME=/srv", "PATH=/usr/bin"};
        plan.identity = recycler::worker::Identity{.uid = 33, .gid = 33, .groups = {33}};
        plan.rlimits = {{.soft = 1024, .hard = 1024, .resource = 7}};
        plan.filter = {{.code = 6, .k = 0x7fff0000}};
        return *serialise(plan);
    }();
    return bytes;
}

void compare(const recycler::worker::PlanView& plan) {
    expect(!recycler::worker::difference(plan, plan));
    const auto permit = recycler::worker::PlanView::from(permitted());
    const auto one = recycler::worker::difference(plan, *permit);
    const auto other = recycler::worker::difference(*permit, plan);
    expect(one.has_value() == other.has_value());
    if (one) {
        expect(std::strcmp(one->what, other->what) == 0);
        expect(one->is.back() == '\0' && one->permitted.back() == '\0');
    } else {
        expect(plan.header().uid == 33 && std::strcmp(plan.program(0), "/usr/bin/php-cgi") == 0);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto plan = recycler::worker::PlanView::from(std::as_bytes(std::span{bytes, size}));
    if (plan) {
        volatile const std::size_t sum = read_all(*plan);
        (void)sum;
        compare(*plan);
    }
    return 0;
}
