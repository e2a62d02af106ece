// SPDX-License-Identifier: MIT
#include "recycler/ctl/input/app_choice.hpp"

#include <doctest/doctest.h>

using namespace recycler::ctl;

namespace {

RunningApp app(const std::string& name, const std::vector<std::string>& ports) {
    RunningApp running{name, {}};
    for (const std::string& port : ports) {
        recycler::control::SlotStatus slot;
        slot.slot = port;
        slot.address = "127.0.0.1:" + port;
        running.slots.push_back(slot);
    }
    return running;
}

const std::vector<RunningApp> k_two{app("blog", {"8000", "9000"}), app("shop", {"7000", "9000"})};

std::string chosen(const std::vector<RunningApp>& running, const std::vector<std::string>& slots) {
    const auto choice = choose_app(running, {slots, "drain X"});
    REQUIRE(std::holds_alternative<std::string>(choice));
    return std::get<std::string>(choice);
}

NoChoice refused(const std::vector<RunningApp>& running, const std::vector<std::string>& slots) {
    const auto choice = choose_app(running, {slots, "drain X"});
    REQUIRE(std::holds_alternative<NoChoice>(choice));
    return std::get<NoChoice>(choice);
}

} // namespace

TEST_CASE("the only app that runs is meant, whatever slot is named") {
    CHECK(chosen({app("shop", {})}, {}) == "shop");
    CHECK(chosen({app("shop", {"7000"})}, {"7099"}) == "shop");
}

TEST_CASE("a slot of one app alone tells the app, by port and by address") {
    CHECK(chosen(k_two, {"7000"}) == "shop");
    CHECK(chosen(k_two, {"127.0.0.1:8000"}) == "blog");
    CHECK(chosen(k_two, {"9000", "7000"}) == "shop");
}

TEST_CASE("where it is not clear the user is told what to type") {
    const NoChoice several = refused(k_two, {"9000"});
    CHECK(several.exit_code == 2);
    CHECK(several.sentence == "several apps have the slot 9000: blog, shop; say which, such as: "
                              "recyclerctl --app blog drain X");
    CHECK(refused(k_two, {}).exit_code == 2);
    CHECK(refused(k_two, {}).sentence.find("several apps run: blog, shop") == 0);
}

TEST_CASE("no app, or none with that slot, exits with 3") {
    CHECK(refused({}, {}).exit_code == 3);
    const NoChoice none = refused(k_two, {"7000", "8000"});
    CHECK(none.exit_code == 3);
    CHECK(none.sentence == "no running app has the slot 7000, 8000; these run: blog, shop");
}
