// SPDX-License-Identifier: MIT
#include "recycler/worker/spawn/plan.hpp"

#include "tests/support/recorded.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::worker;

namespace {

SpawnPlan shop() {
    SpawnPlan plan;
    plan.programs = {"/usr/local/bin/ruby", "/usr/bin/ruby"};
    plan.arguments = {"ruby", "public/dispatch.fcgi", ""};
    plan.environment = {"HOME=/srv/shop", "PATH=/usr/local/bin:/usr/bin"};
    plan.directory = "/srv/shop";
    plan.identity = Identity{.uid = 33, .gid = 34, .groups = {34, 1000}};
    plan.rlimits = {{.soft = 1024, .hard = 2048, .resource = 7}};
    plan.umask = 027;
    plan.nice = -3;
    plan.capabilities = 1ULL << 40 | 2;
    plan.page_fd = 255;
    plan.filter = {{.code = 6, .k = 0x7fff0000}};
    plan.filter_flags = 2;
    return plan;
}

std::vector<std::byte> bytes_of(const SpawnPlan& plan) {
    Result<std::vector<std::byte>> bytes = serialise(plan);
    REQUIRE(bytes);
    return *bytes;
}

template <typename T>
void overwrite(std::vector<std::byte>& bytes, std::size_t offset, T value) {
    std::memcpy(bytes.data() + offset, &value, sizeof value);
}

int error_of(const SpawnPlan& plan) {
    const auto bytes = serialise(plan);
    return bytes ? 0 : bytes.error().code;
}

} // namespace

TEST_CASE("a plan is written as version 2 is recorded, and read") {
    using recycler::testing::as_recorded;
    const std::vector<std::byte> recorded = recycler::testing::recorded_file("plan-2");
    CHECK(as_recorded(bytes_of(shop())) == as_recorded(recorded));
    const std::optional<PlanView> plan = PlanView::from(recorded);
    REQUIRE(plan);
    CHECK(plan->header().version == 2);
    CHECK(plan->header().uid == 33);
    CHECK(plan->header().nice == -3);
    CHECK(plan->program(0) == std::string{"/usr/local/bin/ruby"});
    CHECK(plan->rlimit(0).hard == 2048);
}

TEST_CASE("a plan that isolates is written as version 3 is recorded, and no version before may") {
    using recycler::testing::as_recorded;
    SpawnPlan plan = shop();
    plan.isolation = {.own_domain = true, .scopes_signals = true, .own_shm = true};
    const std::vector<std::byte> bytes = bytes_of(plan);
    const std::vector<std::byte> recorded = recycler::testing::recorded_file("plan-3");
    CHECK(as_recorded(bytes) == as_recorded(recorded));
    const std::optional<PlanView> view = PlanView::from(recorded);
    REQUIRE(view);
    CHECK(view->header().version == 3);
    CHECK(view->header().flags ==
          (k_plain_plan_flags | k_plan_own_domain | k_plan_scopes_signals | k_plan_own_shm));
    std::vector<std::byte> former = bytes;
    overwrite(former, offsetof(PlanHeader, version), std::uint32_t{2});
    CHECK_FALSE(PlanView::from(former));
    std::vector<std::byte> later = bytes;
    overwrite(later, offsetof(PlanHeader, flags), std::uint32_t{64});
    CHECK_FALSE(PlanView::from(later));
}

TEST_CASE("each part of the isolation has a flag of its own") {
    const auto flags_of = [](const Isolation& isolation) {
        SpawnPlan plan = shop();
        plan.isolation = isolation;
        const std::vector<std::byte> bytes = bytes_of(plan);
        const std::optional<PlanView> view = PlanView::from(bytes);
        REQUIRE(view);
        return view->header().flags & ~k_plain_plan_flags;
    };
    CHECK(flags_of({.own_domain = true}) == k_plan_own_domain);
    CHECK(flags_of({.own_domain = true, .scopes_signals = true}) ==
          (k_plan_own_domain | k_plan_scopes_signals));
    CHECK(flags_of({.own_shm = true}) == k_plan_own_shm);
}

TEST_CASE("a plan is read as it was written") {
    const std::vector<std::byte> bytes = bytes_of(shop());
    const std::optional<PlanView> plan = PlanView::from(bytes);
    REQUIRE(plan);
    const PlanHeader& header = plan->header();
    CHECK(header.programs.count == 2);
    CHECK(plan->program(1) == std::string{"/usr/bin/ruby"});
    CHECK(header.arguments.count == 3);
    CHECK(plan->argument(1) == std::string{"public/dispatch.fcgi"});
    CHECK(plan->argument(2) == std::string{});
    CHECK(header.environment.count == 2);
    CHECK(plan->variable(0) == std::string{"HOME=/srv/shop"});
    CHECK(plan->directory() == std::string{"/srv/shop"});
    CHECK(header.flags == (k_plan_changes_user | k_plan_no_new_privs | k_plan_bounds_capabilities));
    CHECK(header.capabilities == (1ULL << 40 | 2));
    CHECK(header.nice == -3);
    CHECK(header.uid == 33);
    CHECK(header.gid == 34);
    CHECK(header.umask == 027);
    CHECK(header.page_fd == 255);
    CHECK(header.filter_flags == 2);
    std::uint32_t groups[2] = {};
    REQUIRE(header.groups.count == 2);
    std::memcpy(groups, plan->groups(), sizeof groups);
    CHECK(groups[1] == 1000);
    REQUIRE(header.rlimits.count == 1);
    CHECK(plan->rlimit(0).hard == 2048);
    PlanFilter instruction;
    REQUIRE(header.filter.count == 1);
    std::memcpy(&instruction, plan->filter(), sizeof instruction);
    CHECK(instruction.k == 0x7fff0000);
}

TEST_CASE("without an identity the plan changes no user") {
    SpawnPlan plan = shop();
    plan.identity.reset();
    plan.no_new_privs = false;
    plan.capabilities.reset();
    const std::vector<std::byte> bytes = bytes_of(plan);
    REQUIRE(PlanView::from(bytes));
    CHECK(PlanView::from(bytes)->header().flags == 0);
}

TEST_CASE("a plan that is cut short, longer or of another kind is none") {
    const std::vector<std::byte> whole = bytes_of(shop());
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CHECK_FALSE(PlanView::from(std::span{whole}.first(size)));
    }
    std::vector<std::byte> longer = whole;
    longer.push_back(std::byte{0});
    CHECK_FALSE(PlanView::from(longer));
    std::vector<std::byte> other = whole;
    overwrite(other, offsetof(PlanHeader, magic), std::uint32_t{1});
    CHECK_FALSE(PlanView::from(other));
    other = whole;
    overwrite(other, offsetof(PlanHeader, version), std::uint32_t{1});
    CHECK_FALSE(PlanView::from(other));
}

TEST_CASE("no section may reach outside of the plan, nor hold more than fits") {
    const std::vector<std::byte> whole = bytes_of(shop());
    constexpr std::size_t sections[] = {
        offsetof(PlanHeader, programs),    offsetof(PlanHeader, arguments),
        offsetof(PlanHeader, environment), offsetof(PlanHeader, groups),
        offsetof(PlanHeader, rlimits),     offsetof(PlanHeader, filter)};
    for (const std::size_t section : sections) {
        for (const std::uint32_t offset :
             {0xffffffffU, 0xfffffffcU, static_cast<std::uint32_t>(whole.size() - 1)}) {
            std::vector<std::byte> bytes = whole;
            overwrite(bytes, section, offset);
            CHECK_FALSE(PlanView::from(bytes));
        }
        for (const std::uint32_t count : {0xffffffffU, 0x40000000U, 0x20000000U, 5000U}) {
            std::vector<std::byte> bytes = whole;
            overwrite(bytes, section + 4, count);
            CHECK_FALSE(PlanView::from(bytes));
        }
    }
}

TEST_CASE("no string may begin outside of the plan, and none runs out of it") {
    const std::vector<std::byte> whole = bytes_of(shop());
    std::vector<std::byte> bytes = whole;
    const std::optional<PlanView> plan = PlanView::from(whole);
    REQUIRE(plan);
    overwrite(bytes, plan->header().arguments.offset + 4, static_cast<std::uint32_t>(whole.size()));
    CHECK_FALSE(PlanView::from(bytes));
    bytes = whole;
    overwrite(bytes, offsetof(PlanHeader, directory), static_cast<std::uint32_t>(whole.size()));
    CHECK_FALSE(PlanView::from(bytes));
    bytes = whole;
    bytes.back() = std::byte{'x'};
    CHECK_FALSE(PlanView::from(bytes));
}

TEST_CASE("a plan cannot ask for the user that means: stay root") {
    const std::vector<std::byte> whole = bytes_of(shop());
    for (const std::size_t field : {offsetof(PlanHeader, uid), offsetof(PlanHeader, gid)}) {
        std::vector<std::byte> bytes = whole;
        overwrite(bytes, field, k_no_id);
        CHECK_FALSE(PlanView::from(bytes));
    }
    SpawnPlan plan = shop();
    plan.identity->uid = k_no_id;
    CHECK(error_of(plan) == EINVAL);
}

TEST_CASE("what cannot be started is refused when the plan is made") {
    SpawnPlan plan = shop();
    plan.arguments.clear();
    CHECK(error_of(plan) == EINVAL);
    plan = shop();
    plan.page_fd = 3;
    CHECK(error_of(plan) == EINVAL);
    plan = shop();
    plan.environment.push_back(std::string{"A=1\0B=2", 7});
    CHECK(error_of(plan) == EINVAL);
    plan = shop();
    plan.arguments.resize(k_max_strings + 1);
    CHECK(error_of(plan) == E2BIG);
    plan = shop();
    plan.environment.push_back("BIG=" + std::string(k_max_plan_size, 'x'));
    CHECK(error_of(plan) == E2BIG);
}

TEST_CASE("a command without a slash is looked for along PATH, with one it is taken as it is") {
    CHECK(programs_for("/usr/bin/ruby", "/bin") == std::vector<std::string>{"/usr/bin/ruby"});
    CHECK(programs_for("./app", "/bin") == std::vector<std::string>{"./app"});
    CHECK(programs_for("ruby", "/usr/local/bin:/bin") ==
          std::vector<std::string>{"/usr/local/bin/ruby", "/bin/ruby"});
    CHECK(programs_for("ruby", "/bin::") ==
          std::vector<std::string>{"/bin/ruby", "./ruby", "./ruby"});
}

TEST_CASE(
    "a worker's environment is the account's, then the policy's, and the recorder comes first") {
    const Account account{
        .name = "www-data", .home = "/var/www", .uid = 33, .gid = 33, .groups = {}};
    const std::map<std::string, std::string> policy{{"HOME", "/srv/shop"},
                                                    {"LD_PRELOAD", "/lib/mine.so"},
                                                    {"RAILS_ENV", "production"},
                                                    {"RECYCLER_PAGE", "0"}};
    const std::map<std::string, std::string> expected{
        {"HOME", "/srv/shop"},       {"LD_PRELOAD", "/lib/recorder.so:/lib/mine.so"},
        {"LOGNAME", "www-data"},     {"PATH", k_default_path},
        {"RAILS_ENV", "production"}, {"RECYCLER_PAGE", "1023"},
        {"USER", "www-data"}};
    CHECK(environment_for({.policy = policy, .account = account, .recorder = "/lib/recorder.so"}) ==
          expected);
    const std::map<std::string, std::string> none;
    CHECK_FALSE(environment_for({.policy = none, .account = account, .recorder = ""})
                    .contains("LD_PRELOAD"));
    CHECK(environment_for({.policy = none, .account = account, .recorder = "/r.so"})
              .at("LD_PRELOAD") == "/r.so");
    CHECK(as_strings({{"A", "1"}, {"B", "x=y"}}) == std::vector<std::string>{"A=1", "B=x=y"});
}

TEST_CASE("the page stands at the highest number that every worker may have") {
    CHECK(page_fd_below(256) == 255);
    CHECK(page_fd_below(1024) == 1023);
    CHECK(page_fd_below(1'000'000) == 1023);
    CHECK(page_fd_below(0) == k_lowest_page_fd);
}
