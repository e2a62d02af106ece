// SPDX-License-Identifier: MIT
#include "parsed.hpp"
#include "policies/change.hpp"
#include "policies/keys.hpp"

#include <set>

using namespace policies;

namespace {

using Keys = std::vector<std::string_view>;

Change change(const std::string& before, const std::string& after) {
    return compare(good(before), good(after));
}

} // namespace

TEST_CASE("the same policy is no change, however it is written") {
    const Change none = change(with_app("[drain]\ntimeout = \"5min\"\n"), with_app(""));
    CHECK(none.nothing());
    CHECK_FALSE(none.only_settings());
    CHECK_FALSE(none.recycles());
    CHECK(none.kept.size() == 1);
}

TEST_CASE("addresses are told apart by whether they come, go or stay") {
    const std::string app = "[app]\ncommand = [\"/bin/app\"]\nlisten = ";
    const Change moved = change(app + "\"7000-7001\"\n", app + "[\"7001\", \"[::1]:7002\"]\n");
    CHECK(moved.added == std::vector<Address>{TcpAddress{"::1", 7002}});
    CHECK(moved.removed == std::vector<Address>{TcpAddress{"127.0.0.1", 7000}});
    CHECK(moved.kept == std::vector<Address>{TcpAddress{"127.0.0.1", 7001}});
    CHECK_FALSE(moved.nothing());
    CHECK_FALSE(moved.recycles());
    CHECK_FALSE(moved.only_settings());
}

TEST_CASE("the order of addresses is no change") {
    const std::string app = "[app]\ncommand = [\"/bin/app\"]\nlisten = ";
    CHECK(change(app + "\"7000-7001\"\n", app + "[\"7001\", \"7000\"]\n").nothing());
}

TEST_CASE("what only a new worker can take up recycles the workers") {
    const auto of_workers = [](const std::string& after) {
        return change(with_app(""), with_app(after)).of_workers;
    };
    CHECK(of_workers("user = \"web\"\n") == Keys{"app.user"});
    CHECK(of_workers("group = \"web\"\n") == Keys{"app.group"});
    CHECK(of_workers("directory = \"/srv\"\n") == Keys{"app.directory"});
    CHECK(of_workers("environment = { A = \"b\" }\n") == Keys{"app.environment"});
    CHECK(of_workers("[memory]\nswap_max = \"1M\"\n") == Keys{"memory.swap_max"});
    CHECK(of_workers("[limits]\nnofile = 10\n") == Keys{"limits.nofile"});
    CHECK(of_workers("[sandbox]\nseccomp = \"off\"\n") == Keys{"sandbox.seccomp"});
    CHECK(of_workers("[sandbox]\ncapabilities = []\n") == Keys{"sandbox.capabilities"});
    CHECK(of_workers("[sandbox]\numask = \"0077\"\n") == Keys{"sandbox.umask"});
    CHECK(of_workers("[sandbox]\nnice = 1\n") == Keys{"sandbox.nice"});
    CHECK(of_workers("[sandbox]\nisolate = true\n") == Keys{"sandbox.isolate"});
    CHECK(change("[app]\nlisten = \"1\"\ncommand = [\"/a\"]\n",
                 "[app]\nlisten = \"1\"\ncommand = [\"/b\"]\n")
              .recycles());
}

TEST_CASE("a new memory.max recycles the workers and moves the threshold at once") {
    const Change raised =
        change(with_app("[memory]\nmax = \"1G\"\n"), with_app("[memory]\nmax = \"2G\"\n"));
    CHECK(raised.of_workers == Keys{"memory.max"});
    CHECK(raised.of_settings == Keys{"recycle.memory"});
}

TEST_CASE("anything else applies at once") {
    const Change settings = change(with_app(""), with_app("[recycle]\nrequests = 10\n[drain]\n"
                                                          "timeout = 1\n[capacity]\nsettle = 1\n"));
    CHECK(settings.of_settings == Keys{"recycle.requests", "drain.timeout", "capacity.settle"});
    CHECK(settings.only_settings());
    CHECK_FALSE(settings.nothing());
}

TEST_CASE("another name is another daemon") {
    const Change renamed = change(with_app(""), with_app("name = \"other\"\n"));
    CHECK(renamed.of_daemon == Keys{"app.name"});
    CHECK_FALSE(renamed.only_settings());
}

TEST_CASE("no key is listed twice, and each has its section") {
    std::set<std::string_view> names;
    for (const Key& key : keys()) {
        CHECK(names.insert(key.name).second);
        CHECK(key.name.find('.') != std::string_view::npos);
    }
}
