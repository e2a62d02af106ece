// SPDX-License-Identifier: MIT
// What a controller before has left as the policy in force is believed only as far as the keeper
// has a permit for it.
#include "recycler/controller/policy/permits.hpp"

#include "tests/unit/events/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <fstream>
#include <pwd.h>
#include <sysexits.h>
#include <unistd.h>

using namespace recycler;
using namespace recycler::controller;

namespace {

std::string our_name() {
    const passwd* const entry = ::getpwuid(::geteuid());
    return entry == nullptr ? "root" : entry->pw_name;
}

std::string text_of(const std::string& more) {
    return "[app]\nname = \"shop\"\ncommand = [\"/bin/true\"]\nuser = \"" + our_name() +
           "\"\n"
           "listen = \"127.0.0.1:7000\"\n" +
           more;
}

// A controller that has just met a keeper which wants permits.
class Meeting {
  public:
    Meeting() {
        arguments_.policy_path = folder_.file("shop.toml");
        arguments_.stem = "shop";
        std::ofstream(arguments_.policy_path) << text_of("");
        keeper::Greeting greeting;
        greeting.wants_permits = true;
        permits.read(arguments_, greeting);
        REQUIRE_FALSE(permits.fault_of_file());
    }
    // Whether there is something to start with; nullptr: no controller was before.
    bool take(const PolicyInForce* in_force) {
        return std::holds_alternative<Permit>(permits.take(in_force, arguments_));
    }
    Permits permits;

  private:
    events::TemporaryFolder folder_;
    Arguments arguments_;
};

} // namespace

TEST_CASE("the policy of the file is that of a permit, whether it is in force yet or not") {
    Meeting first;
    CHECK(first.permits.lack_taken()); // nothing is taken yet
    CHECK(first.take(nullptr));
    CHECK_FALSE(first.permits.lack_taken());
    CHECK(first.permits.others().empty());
    Meeting later;
    const PolicyInForce same{.text = text_of("")};
    CHECK(later.take(&same));
    CHECK_FALSE(later.permits.lack_taken());
}

TEST_CASE("another policy in force is taken up, and is none that was told") {
    Meeting meeting;
    const PolicyInForce other{.text = text_of("[recycle]\nrequests = 7\n")};
    CHECK(meeting.take(&other));
    CHECK(meeting.permits.lack_taken());
    CHECK(meeting.permits.others().size() == 1);
}

TEST_CASE("a policy in force of another app is not taken up") {
    Meeting meeting;
    std::string text = text_of("");
    text.replace(text.find("\"shop\""), 6, "\"else\"");
    const PolicyInForce other{.text = text};
    CHECK_FALSE(meeting.take(&other));
}
