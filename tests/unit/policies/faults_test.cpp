// SPDX-License-Identifier: MIT
// Every kind of fault: that it is found, where, and what is suggested.
#include "parsed.hpp"

#include <algorithm>

using namespace policies;

namespace {

struct FaultyPolicy {
    std::string lines; // after a good [app] section of three lines
    std::string key;
    int line;
    int column;
    std::string reason;     // a part of it
    std::string suggestion; // a part of it
};

void check_policy(const FaultyPolicy& wanted) {
    CAPTURE(wanted.lines);
    const Fault fault = only_fault(with_app(wanted.lines));
    CHECK(fault.key == wanted.key);
    CHECK(fault.line == wanted.line);
    CHECK(fault.column == wanted.column);
    CHECK_MESSAGE(fault.reason.find(wanted.reason) != std::string::npos, fault.reason);
    CHECK_MESSAGE(fault.suggestion.find(wanted.suggestion) != std::string::npos, fault.suggestion);
}

} // namespace

TEST_CASE("an unknown key gets the nearest known one") {
    check_policy(
        {"[recycle]\nmemroy = \"1G\"\n", "recycle.memroy", 5, 1, "no such key", "\"memory\""});
    check_policy(
        {"[drain]\n  time_out = \"1s\"\n", "drain.time_out", 5, 3, "no such key", "\"timeout\""});
    check_policy({"[recycle]\nmax = \"1G\"\n", "recycle.max", 5, 1, "no such key",
                  "belongs under [memory]"});
    check_policy(
        {"[drain]\ncolour = 1\n", "drain.colour", 5, 1, "no such key", "recycler.toml(5)"});
    check_policy({"[memroy]\nmax = \"1G\"\n", "memroy", 4, 2, "no such section", "[memory]"});
    check_policy({"[colour]\n", "colour", 4, 2, "no such section", "recycler.toml(5)"});
}

TEST_CASE("a key outside its section is told where it belongs") {
    const Fault fault = only_fault("hung = \"1s\"\n" + with_app(""));
    CHECK(fault.line == 1);
    CHECK(fault.suggestion == "\"hung\" belongs under [recycle]");
    const auto faults = bad("command = [\"/bin/app\"]\nlisten = \"7000\"\n");
    CHECK(faults.front().suggestion == "\"command\" belongs under [app]");
    CHECK(only_fault("memory = \"1G\"\n" + with_app("")).reason == "this is a section, not a key");
}

TEST_CASE("a wrong type is told with the right one") {
    check_policy({"[recycle]\nrequests = \"5000\"\n", "recycle.requests", 5, 12, "not text",
                  "without quotes"});
    check_policy(
        {"[recycle]\nage = true\n", "recycle.age", 5, 7, "a span of time is expected", "5min"});
    check_policy({"[memory]\nmax = 1.5\n", "memory.max", 5, 7, "a size is expected", "256MiB"});
    check_policy({"[memory]\nmax = 2020-01-01\n", "memory.max", 5, 7, "not a date or time", ""});
    check_policy({"user = 33\n", "app.user", 4, 8, "text is expected", "\"33\""});
    check_policy({"user = [\"a\"]\n", "app.user", 4, 8, "not a list", ""});
    check_policy(
        {"socket_mode = 660\n", "app.socket_mode", 4, 15, "not a whole number", "\"0660\""});
    check_policy({"environment = \"A=b\"\n", "app.environment", 4, 15, "a table", "RAILS_ENV"});
    check_policy({"environment = { A = 1 }\n", "app.environment", 4, 21, "text", "\"1\""});
    check_policy({"[sandbox]\nno_new_privileges = \"yes\"\n", "sandbox.no_new_privileges", 5, 21,
                  "true or false is expected", "without quotes"});
    check_policy(
        {"[capacity]\nmax_unavailable = 1.5\n", "capacity.max_unavailable", 5, 19, "whole", ""});
    check_policy({"[recycle]\nspread = 10\n", "recycle.spread", 5, 10, "10%", ""});
    check_policy({"[recycle]\nmemory.max = 10\n", "recycle.memory", 5, 1, "not a table", ""});
}

TEST_CASE("values that are none are refused") {
    check_policy({"[memory]\nmax = \"256MB\"\n", "memory.max", 5, 7, "powers of 1024", "MiB"});
    check_policy({"[memory]\nmax = \"lots\"\n", "memory.max", 5, 7, "\"lots\": this is not a size",
                  "the units are B, K, M, G, T, P and E, also as Ki or KiB"});
    check_policy({"[memory]\nmax = -1\n", "memory.max", 5, 7, "negative", ""});
    check_policy({"[memory]\nmax = 0\n", "memory.max", 5, 7, "more than 0", "remove the key"});
    check_policy({"[memory]\nmax = \"120%\"\n", "memory.max", 5, 7, "not a percentage", "100%"});
    check_policy({"[recycle]\nage = \"5 mn\"\n", "recycle.age", 5, 7, "not a span", "5min"});
    check_policy(
        {"[recycle]\nage = \"0s\"\n", "recycle.age", 5, 7, "more than 0", "remove the key"});
    check_policy({"[recycle]\nhung = -5\n", "recycle.hung", 5, 8, "not a span", ""});
    check_policy({"[recycle]\nrequests = 0\n", "recycle.requests", 5, 12, "at least 1", ""});
    check_policy({"[recycle]\nspread = \"95%\"\n", "recycle.spread", 5, 10, "90%", ""});
    check_policy(
        {"[limits]\ncpu_weight = 10001\n", "limits.cpu_weight", 5, 14, "from 1 to 10000", ""});
    check_policy(
        {"[limits]\ncore = \"5%\"\n", "limits.core", 5, 8, "be a percentage", "unlimited"});
    check_policy({"[drain]\nstop_signal = \"SIGTRM\"\n", "drain.stop_signal", 5, 15, "not a signal",
                  "SIGTERM"});
    check_policy(
        {"[drain]\nstop_signal = \"SIGSTOP\"\n", "drain.stop_signal", 5, 15, "not a signal", ""});
    check_policy(
        {"[capacity]\nhandover = \"overlapp\"\n", "capacity.handover", 5, 12, "", "\"overlap\""});
    check_policy(
        {"[capacity]\nhandover = \"whatever\"\n", "capacity.handover", 5, 12, "", "\"queue\""});
    check_policy({"[capacity]\nmax_unavailable = \"0%\"\n", "capacity.max_unavailable", 5, 19,
                  "replace any worker", ""});
    check_policy({"[capacity]\nspares = 17\n", "capacity.spares", 5, 10, "16", ""});
    check_policy(
        {"[memory]\nenforcement = \"maybe\"\n", "memory.enforcement", 5, 15, "", "preferred"});
    check_policy({"[start]\nready = \"acept\"\n", "start.ready", 5, 9, "", "\"accept\""});
    check_policy({"[sandbox]\nseccomp = \"of\"\n", "sandbox.seccomp", 5, 11, "", "\"off\""});
    check_policy(
        {"[sandbox]\nseccomp = \"log:p.json\"\n", "sandbox.seccomp", 5, 11, "begin with /", ""});
    check_policy({"[sandbox]\ncapabilities = [\"CAP_SYSLOGG\"]\n", "sandbox.capabilities", 5, 17,
                  "", "\"CAP_SYSLOG\""});
    check_policy({"[sandbox]\ncapabilities = \"CAP_SYSLOG\"\n", "sandbox.capabilities", 5, 16,
                  "list", "[]"});
    check_policy({"[blame]\nquery = \"action\"\n", "blame.query", 5, 9, "list", "[\"action\"]"});
    check_policy({"[blame]\nquery = [\"action\", \"?id=\"]\n", "blame.query", 5, 20,
                  "not the name of a parameter", "?action=edit"});
    check_policy(
        {"[blame]\nquery = [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"g\", \"h\", \"i\"]\n",
         "blame.query", 5, 9, "more than 8", ""});
    check_policy({"[sandbox]\nnice = 20\n", "sandbox.nice", 5, 8, "from -20", ""});
    check_policy({"[sandbox]\numask = 18\n", "sandbox.umask", 5, 9, "text", "0660"});
    check_policy({"[sandbox]\nseccomp = \"a/b\"\n", "sandbox.seccomp", 5, 11, "begin with /", ""});
    check_policy({"directory = \"srv\"\n", "app.directory", 4, 13, "begin with /", ""});
    check_policy({"user = \"\"\n", "app.user", 4, 8, "empty", "remove the key"});
    check_policy({"user = \"a b\"\n", "app.user", 4, 8, "not a name of a user", ""});
    check_policy({"directory = \"/a\\u0000b\"\n", "app.directory", 4, 13, "NUL", ""});
    check_policy({"socket_mode = \"0888\"\n", "app.socket_mode", 4, 15, "not a file mode", "0777"});
    check_policy({"socket_mode = \"1777\"\n", "app.socket_mode", 4, 15, "not a file mode", "0777"});
    check_policy(
        {"environment = { \"A=B\" = \"c\" }\n", "app.environment", 4, 17, "not a name", ""});
    check_policy({"workers = 8\n", "app.workers", 4, 11, "already says", "remove it here"});
}

TEST_CASE("a command is a list that begins with a path") {
    const auto fault = [](const std::string& command) {
        return only_fault("[app]\nlisten = \"7000\"\ncommand = " + command + "\n");
    };
    CHECK(fault("\"/usr/bin/ruby x\"").suggestion.find("each argument separately") !=
          std::string::npos);
    CHECK(fault("[]").reason == "the command is empty");
    CHECK(fault("[\"\"]").reason == "this is empty");
    CHECK(fault("[\"ruby\"]").suggestion == "write its path, such as \"/usr/bin/ruby\"");
    CHECK(fault("[\"/bin/a\", 5]").suggestion == "put it in quotes: \"5\"");
    CHECK(fault("[\"/bin/a\", 5]").column == 22);
}

TEST_CASE("what is required is missed") {
    const auto faults = bad("\n[app]\n");
    REQUIRE(faults.size() == 2);
    CHECK(faults[0].key == "app.command");
    CHECK(faults[0].line == 2);
    CHECK(faults[1].key == "app.listen");
    CHECK(bad("").size() == 2);
    CHECK(only_fault("[app]\ncommand = [\"/bin/app\"]\nlisten = []\n").reason ==
          "there is no address to listen on");
}

TEST_CASE("an app's name can name a folder") {
    for (const auto* name : {"..", ".", "a/b", ".a", "-a", "a b", "\\u0000", "caf\u00e9", "a@b"}) {
        CAPTURE(name);
        CHECK(only_fault(with_app("name = \"" + std::string(name) + "\"\n")).key == "app.name");
    }
    CHECK(only_fault(with_app("name = \"" + std::string(65, 'a') + "\"\n")).key == "app.name");
    CHECK(good(with_app("name = \"" + std::string(64, 'a') + "\"\n")).app.name.size() == 64);
    const auto parsed = parse(with_app(""), "my shop", k_host);
    REQUIRE(std::holds_alternative<std::vector<Fault>>(parsed));
    CHECK(std::get<std::vector<Fault>>(parsed).front().reason.find("the file's name") !=
          std::string::npos);
}

TEST_CASE("no two slots have one name") {
    const auto fault = [](const std::string& listen) {
        return only_fault("[app]\ncommand = [\"/bin/app\"]\nlisten = " + listen + "\n");
    };
    const Fault twice = fault("[\"7000-7003\", \"7003\"]");
    CHECK(twice.reason == "port 7003 is listed twice");
    CHECK(twice.column == 24);
    CHECK(fault("[\"7000\", \"[::1]:7000\"]").suggestion.find("no other address") !=
          std::string::npos);
    CHECK(fault("[\"unix:/run/a.sock\", \"unix:/srv/a.sock\"]").reason ==
          "socket a.sock is listed twice");
    CHECK(fault("[\"7000\", \"unix:/run/7000\"]").reason == "socket 7000 is listed twice");
    CHECK(fault("[\"7000-8000\", \"8001-8100\"]").reason == "these are more than 1024 workers");
}

TEST_CASE("keys that contradict each other are told apart from keys that are wrong") {
    check_policy({"[memory]\nmax = \"100M\"\n[recycle]\nmemory = \"100M\"\n", "recycle.memory", 7,
                  10, "the kernel kills at memory.max (100 MiB)", "80%"});
    check_policy({"[memory]\nmax = \"100M\"\n[recycle]\nmemory = \"100%\"\n", "recycle.memory", 7,
                  10, "the kernel kills", ""});
    check_policy({"[recycle]\nmemory = \"80%\"\n", "recycle.memory", 5, 10,
                  "memory.max, which is not set", "set memory.max"});
    check_policy({"[recycle]\nmemory = 0\n", "recycle.memory", 5, 10, "at once", "off"});
    check_policy({"[memory]\nmax = \"2G\"\napp_max = \"1G\"\n", "memory.app_max", 6, 11,
                  "less (1 GiB) than one of them (2 GiB)", "more than memory.max"});
    check_policy({"[start]\nready = \"60s\"\n", "start.ready", 5, 9, "end a worker after 1min",
                  "start.timeout"});
}

TEST_CASE("one fault does not bring another that only follows from it") {
    check_policy(
        {"[memory]\nmax = \"lots\"\n[recycle]\nmemory = \"80%\"\n", "memory.max", 5, 7, "", ""});
    const Fault workers = only_fault("[app]\ncommand = [\"/bin/app\"]\n"
                                     "listen = \"unix:/run/%s.sock\"\nworkers = 0\n");
    CHECK(workers.key == "app.workers");
}

TEST_CASE("percentages of a machine whose memory is not known are refused") {
    const auto parsed = parse(with_app("[memory]\nmax = \"25%\"\n"), "shop", Host{});
    REQUIRE(std::holds_alternative<std::vector<Fault>>(parsed));
    CHECK(std::get<std::vector<Fault>>(parsed).front().suggestion == "write a size");
}

TEST_CASE("every fault is told at once, in the order of the text") {
    const auto faults = bad("[app]\ncommand = \"x\"\nlisten = \"7000-6000\"\nusr = \"a\"\n"
                            "[memory]\nmax = 256MiB\nswap_max = \"no\"\n"
                            "[drain]\nstop_signal = \"SIGFOO\"\n");
    std::vector<int> lines;
    for (const Fault& fault : faults) {
        lines.push_back(fault.line);
    }
    CHECK(lines == std::vector{2, 3, 4, 6, 7, 9});
}

TEST_CASE("a value without its quotes is told so, and does not hide the rest") {
    const auto faults =
        bad(with_app("[memory]\nmax = 256MiB # for now\n[drain]\ntimeout = 5min\n"));
    REQUIRE(faults.size() == 2);
    CHECK(faults[0].line == 5);
    CHECK(faults[0].suggestion == "write text in quotes: \"256MiB\"");
    CHECK(faults[1].line == 7);
}

TEST_CASE("a broken line of a required key does not make it missing") {
    const Fault fault = only_fault("[app]\nlisten = 127.0.0.1:7000\ncommand = [\"/bin/app\"]\n");
    CHECK(fault.line == 2);
}

TEST_CASE("text that is no TOML gives one fault and no echoes") {
    CHECK(only_fault("this is not toml").line == 1);
    CHECK(only_fault("[app\ncommand = [\"/bin/app\"]\n").line == 1);
    CHECK(bad("[app]\ncommand = [\n\"/bin/app\",\nlisten = \"7000\"\n").size() <= 2);
    CHECK(only_fault(std::string("\0\xff\xfe", 3)).line == 1);
    CHECK(only_fault("a = " + std::string(5000, '[')).line == 1);
    CHECK(only_fault(std::string(k_longest_policy + 1, '\n')).reason ==
          "this file is longer than 1 MiB");
}

TEST_CASE("a table header without a name is found") {
    for (const auto* header : {"[[[", "[=]", "  [[[a]]]", "[[=", "[\x01]", "[#"}) {
        CAPTURE(header);
        const Fault fault = only_fault(with_app(header));
        CHECK(fault.line == 4);
        CHECK(fault.reason.find("this is not TOML") == 0);
    }
}

TEST_CASE("nesting without end is refused before it can exhaust the stack") {
    std::string key = "a";
    for (int i = 0; i < 4096; ++i) {
        key += ".a";
    }
    CHECK(only_fault(key).line == 1); // no value
    CHECK(bad(key + " = 1").size() == 3);
    CHECK(only_fault(key + ".a = 1").reason == "this file holds more dots than any policy needs");
    CHECK(bad("[" + key + "]\n").size() == 3);
}

TEST_CASE("a key or table given twice is a fault of TOML") {
    CHECK(only_fault(with_app("listen = \"7001\"\n")).line == 4);
    CHECK(only_fault(with_app("[memory]\n[memory]\n")).line == 5);
}

TEST_CASE("two pairs of brackets around a section are one fault, and its keys are read") {
    const std::string list = "[[app]]\ncommand = [\"/bin/app\"]\nlisten = \"7000\"\n";
    const Fault brackets = only_fault(list);
    CHECK(brackets.line == 1);
    CHECK(brackets.key == "app");
    CHECK(brackets.suggestion == "write [app], with one pair of brackets");
    CHECK(bad(list + "colour = 1\n").back().key == "app.colour");
    CHECK(only_fault("app = 5\n").reason == "this is a section, not a key");
}

TEST_CASE("an inline table over many lines is one fault") {
    for (const std::string table :
         {"{\n  A = \"1\",\n  B = \"}\", # }\n}\n", "{ A = \"1\",\n B = '2' }\n",
          "{ A = \"\\\"}\",\n B = { C = 1 },\n}\n"}) {
        const Fault fault =
            only_fault(with_app("environment = " + table + "[memory]\nmax = \"1G\"\n"));
        CHECK(fault.line == 4);
        CHECK(fault.column == 15);
        CHECK(fault.key == "app.environment");
        CHECK(fault.suggestion ==
              "write its keys below a header of their own, [app.environment], or "
              "all of it on one line");
    }
    const auto faults = bad(with_app("environment = {\n A = \"1\",\n}\nworkers = \"x\"\n"));
    REQUIRE(faults.size() == 2);
    CHECK(faults.back().key == "app.workers");
    CHECK(faults.back().line == 7);
}
