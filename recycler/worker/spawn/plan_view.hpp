// SPDX-License-Identifier: MIT
// The view through which a spawn plan is read; its layout is plan_layout.hpp. It never trusts an
// offset: what it hands out lies inside the bytes and every string ends there. It allocates nothing
// and makes no system call: it is read before a fork and after it.
#pragma once

#include "recycler/worker/spawn/plan_layout.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace recycler::worker {

// Valid as long as the bytes it was made from.
class PlanView {
  public:
    // nullopt: not a plan of a version that is read, or one that points outside of itself.
    [[nodiscard]] static std::optional<PlanView> from(std::span<const std::byte> bytes);

    [[nodiscard]] const PlanHeader& header() const { return header_; }
    [[nodiscard]] const char* directory() const { return text(header_.directory); }
    [[nodiscard]] const char* program(std::uint32_t i) const { return item(header_.programs, i); }
    [[nodiscard]] const char* argument(std::uint32_t i) const { return item(header_.arguments, i); }
    [[nodiscard]] const char* variable(std::uint32_t i) const {
        return item(header_.environment, i);
    }
    [[nodiscard]] PlanRlimit rlimit(std::uint32_t i) const;
    // Arrays for the kernel, which copies them from any alignment.
    [[nodiscard]] const void* groups() const { return bytes_.data() + header_.groups.offset; }
    [[nodiscard]] const void* filter() const { return bytes_.data() + header_.filter.offset; }

  private:
    PlanView(std::span<const std::byte> bytes, const PlanHeader& header)
        : bytes_(bytes), header_(header) {}

    [[nodiscard]] bool is_sound() const;
    [[nodiscard]] bool holds(PlanSection section, std::size_t element, std::uint32_t most) const;
    [[nodiscard]] bool holds_strings(PlanSection section, std::uint32_t most) const;
    [[nodiscard]] const char* text(std::uint32_t offset) const;
    [[nodiscard]] const char* item(PlanSection section, std::uint32_t index) const;

    std::span<const std::byte> bytes_;
    PlanHeader header_;
};

} // namespace recycler::worker
