// The spawn plan's view: whatever the bytes are, what it hands out can be read to its end.
#include "recycler/worker/plan_view.hpp"

#include <cstdint>
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

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto plan = recycler::worker::PlanView::from(std::as_bytes(std::span{bytes, size}));
    if (plan) {
        volatile const std::size_t sum = read_all(*plan);
        (void)sum;
    }
    return 0;
}
