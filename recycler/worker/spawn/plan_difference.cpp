// SPDX-License-Identifier: MIT
#include "recycler/worker/spawn/plan_difference.hpp"

#include "recycler/base/text/characters.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>

namespace recycler::worker {
namespace {

using Found = std::optional<PlanDifference>;

// The two plans that are compared, with their headers.
struct Pair {
    const PlanView& plan;
    const PlanView& permit;
    const PlanHeader& is = plan.header();
    const PlanHeader& permitted = permit.header();
};

// The keeper makes it, which allocates nothing.
PlanDifference::Text printable(std::string_view text) {
    PlanDifference::Text into{};
    std::ranges::transform(text.substr(0, into.size() - 1), into.begin(), text::shown);
    return into;
}

Found in_text(const char* what, std::string_view is, std::string_view permitted) {
    if (is == permitted) {
        return std::nullopt;
    }
    return PlanDifference{.what = what, .is = printable(is), .permitted = printable(permitted)};
}

Found in_variable(const char* what, std::string_view is, std::string_view permitted) {
    const auto name_in = [](std::string_view text) { return text.substr(0, text.find('=')); };
    if (is == permitted || name_in(is) != name_in(permitted)) {
        return in_text(what, name_in(is), name_in(permitted));
    }
    return PlanDifference{
        .what = what, .is = printable(name_in(is)), .permitted = printable("one of another value")};
}

template <typename Number>
Found in_number(const char* what, Number is, Number permitted, int base = 10) {
    if (is == permitted) {
        return std::nullopt;
    }
    PlanDifference found{.what = what};
    // Each number of 64 bits fits, and the byte after it is 0.
    (void)std::to_chars(found.is.begin(), found.is.end() - 1, is, base);
    (void)std::to_chars(found.permitted.begin(), found.permitted.end() - 1, permitted, base);
    return found;
}

Found in_flag(const char* what, const Pair& pair, PlanFlags flag) {
    const auto has = [flag](const PlanHeader& header) {
        return (header.flags & flag) != 0 ? 1 : 0;
    };
    return in_number(what, has(pair.is), has(pair.permitted));
}

Found first_of(std::span<const Found> all) {
    const auto found = std::ranges::find_if(all, [](const Found& one) { return one.has_value(); });
    return found == all.end() ? std::nullopt : *found;
}

Found in_numbers(const Pair& pair) {
    const auto& [plan, permit, is, permitted] = pair;
    return first_of(std::array{
        in_flag("change of user", pair, k_plan_changes_user),
        in_number("uid", is.uid, permitted.uid),
        in_number("gid", is.gid, permitted.gid),
        in_number("number of groups", is.groups.count, permitted.groups.count),
        in_flag("no_new_privs", pair, k_plan_no_new_privs),
        in_flag("bound of capabilities", pair, k_plan_bounds_capabilities),
        in_flag("domain of its own", pair, k_plan_own_domain),
        in_flag("scope of signals", pair, k_plan_scopes_signals),
        in_flag("/dev/shm of its own", pair, k_plan_own_shm),
        in_number("set of capabilities", is.capabilities, permitted.capabilities, 16),
        in_number("umask", is.umask, permitted.umask, 8),
        in_number("nice", is.nice, permitted.nice),
        in_number("descriptor of the page", is.page_fd, permitted.page_fd),
        in_number("number of limits", is.rlimits.count, permitted.rlimits.count),
        in_number("length of the filter", is.filter.count, permitted.filter.count),
        in_number("flags of the filter", is.filter_flags, permitted.filter_flags),
    });
}

// Of as many as the other one has.
Found in_groups(const Pair& pair) {
    const auto group = [](const PlanView& view, std::uint32_t i) {
        std::uint32_t gid = 0;
        std::memcpy(&gid, static_cast<const std::byte*>(view.groups()) + i * sizeof gid,
                    sizeof gid);
        return gid;
    };
    for (std::uint32_t i = 0; i < pair.is.groups.count; ++i) {
        if (Found found = in_number("group", group(pair.plan, i), group(pair.permit, i))) {
            return found;
        }
    }
    return std::nullopt;
}

// Likewise.
Found in_rlimits(const Pair& pair) {
    for (std::uint32_t i = 0; i < pair.is.rlimits.count; ++i) {
        const PlanRlimit is = pair.plan.rlimit(i);
        const PlanRlimit permitted = pair.permit.rlimit(i);
        if (Found found =
                first_of(std::array{in_number("limited resource", is.resource, permitted.resource),
                                    in_number("soft limit", is.soft, permitted.soft),
                                    in_number("hard limit", is.hard, permitted.hard)})) {
            return found;
        }
    }
    return std::nullopt;
}

// Likewise.
Found in_filter(const Pair& pair) {
    const bool same = std::memcmp(pair.plan.filter(), pair.permit.filter(),
                                  pair.is.filter.count * sizeof(PlanFilter)) == 0;
    return same ? std::nullopt : in_text("filter", "another one", "that of the policy");
}

struct Strings {
    const char* what;
    const char* number_of_them;
    PlanSection PlanHeader::*section;
    const char* (PlanView::*string)(std::uint32_t) const;
    Found (*compare)(const char* what, std::string_view is, std::string_view permitted) = in_text;
};

Found in_strings(const Pair& pair, const Strings& of) {
    const std::uint32_t count = (pair.is.*of.section).count;
    const std::uint32_t permitted = (pair.permitted.*of.section).count;
    for (std::uint32_t i = 0; i < std::min(count, permitted); ++i) {
        if (Found found =
                of.compare(of.what, (pair.plan.*of.string)(i), (pair.permit.*of.string)(i))) {
            return found;
        }
    }
    return in_number(of.number_of_them, count, permitted);
}

} // namespace

std::optional<PlanDifference> difference(const PlanView& plan, const PlanView& permit) {
    const Pair pair{plan, permit};
    if (Found found = in_numbers(pair)) {
        return found;
    }
    return first_of(std::array{
        in_groups(pair),
        in_strings(pair,
                   {"program", "number of programs", &PlanHeader::programs, &PlanView::program}),
        in_strings(
            pair, {"argument", "number of arguments", &PlanHeader::arguments, &PlanView::argument}),
        in_strings(pair, {"environment variable", "number of environment variables",
                          &PlanHeader::environment, &PlanView::variable, in_variable}),
        in_text("directory", plan.directory(), permit.directory()),
        in_rlimits(pair),
        in_filter(pair),
    });
}

} // namespace recycler::worker
