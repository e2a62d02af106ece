// SPDX-License-Identifier: MIT
#include "tests/kernel/cgroups/site.hpp"

#include <array>
#include <doctest/doctest.h>
#include <unistd.h>

using namespace cgroups;

namespace {

Tree fresh_tree() {
    auto opened = open_tree();
    REQUIRE(opened);
    REQUIRE(opened->sweep({}));
    return std::move(*opened);
}

} // namespace

Result<Tree> open_tree(const std::string& app) {
    const std::array<pid_t, 1> self{::getpid()};
    return Tree::open(app, self);
}

Site::Site() : tree(fresh_tree()) {}

Site::~Site() {
    CHECK(tree.set_app_max(std::nullopt));
    CHECK(tree.sweep({}));
    CHECK(tree.remove());
}

Group Site::group(const std::string& name, const Limits& limits) {
    auto made = tree.create(name, limits);
    INFO((made ? "" : made.error().message()));
    REQUIRE(made);
    return std::move(*made);
}

bool is_about(Bytes value, Bytes expected) {
    return value <= expected + k_slack && expected <= value + k_slack;
}

Usage usage_of(Group& group) {
    const auto usage = group.usage();
    REQUIRE(usage);
    return *usage;
}

bool rang(const UniqueFd& event) {
    std::uint64_t count = 0;
    return ::read(event.get(), &count, sizeof count) == sizeof count && count > 0;
}
