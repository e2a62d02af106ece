// SPDX-License-Identifier: MIT
#include "recycler/worker/spawn/plan_view.hpp"

#include <cstring>

namespace recycler::worker {

static_assert(sizeof(PlanHeader) == 104 && sizeof(PlanRlimit) == 24 && sizeof(PlanFilter) == 8);

namespace {

template <typename T>
T read_at(std::span<const std::byte> bytes, std::size_t offset) {
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

std::uint32_t flags_of_version(std::uint32_t version) {
    return version <= k_plain_plan_version ? k_plain_plan_flags : k_plan_all_flags;
}

} // namespace

std::optional<PlanView> PlanView::from(std::span<const std::byte> bytes) {
    if (bytes.size() < sizeof(PlanHeader) || bytes.size() > k_max_plan_size) {
        return std::nullopt;
    }
    const PlanView view{bytes, read_at<PlanHeader>(bytes, 0)};
    if (!view.is_sound()) {
        return std::nullopt;
    }
    return view;
}

bool PlanView::is_sound() const {
    const PlanHeader& plan = header_;
    return plan.magic == k_plan_magic && plan.version >= k_oldest_plan_version &&
           plan.version <= k_plan_version && plan.size == bytes_.size() &&
           bytes_.back() == std::byte{0} && (plan.flags & ~flags_of_version(plan.version)) == 0 &&
           plan.umask <= 0777 && plan.nice >= -20 && plan.nice <= 19 && plan.uid != k_no_id &&
           plan.gid != k_no_id && plan.page_fd >= k_lowest_page_fd &&
           plan.page_fd <= k_highest_page_fd && plan.directory < bytes_.size() &&
           plan.programs.count > 0 && plan.arguments.count > 0 &&
           holds_strings(plan.programs, k_max_programs) &&
           holds_strings(plan.arguments, k_max_strings) &&
           holds_strings(plan.environment, k_max_strings) &&
           holds(plan.groups, sizeof(std::uint32_t), k_max_groups) &&
           holds(plan.rlimits, sizeof(PlanRlimit), k_max_rlimits) &&
           holds(plan.filter, sizeof(PlanFilter), k_max_filter);
}

bool PlanView::holds(PlanSection section, std::size_t element, std::uint32_t most) const {
    return section.count <= most && section.offset <= bytes_.size() &&
           section.count * element <= bytes_.size() - section.offset;
}

bool PlanView::holds_strings(PlanSection section, std::uint32_t most) const {
    if (!holds(section, sizeof(std::uint32_t), most)) {
        return false;
    }
    for (std::uint32_t i = 0; i < section.count; ++i) {
        if (read_at<std::uint32_t>(bytes_, section.offset + i * sizeof(std::uint32_t)) >=
            bytes_.size()) {
            return false;
        }
    }
    return true;
}

PlanRlimit PlanView::rlimit(std::uint32_t i) const {
    return read_at<PlanRlimit>(bytes_, header_.rlimits.offset + i * sizeof(PlanRlimit));
}

const char* PlanView::text(std::uint32_t offset) const {
    return reinterpret_cast<const char*>(bytes_.data()) + offset;
}

const char* PlanView::item(PlanSection section, std::uint32_t index) const {
    return text(read_at<std::uint32_t>(bytes_, section.offset + index * sizeof(std::uint32_t)));
}

} // namespace recycler::worker
