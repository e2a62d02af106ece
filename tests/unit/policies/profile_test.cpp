// SPDX-License-Identifier: MIT
// Profiles of system calls: what their text means, and every fault in it with its place.
#include "policies/seccomp/allowed.hpp"
#include "policies/seccomp/built_in.hpp"
#include "policies/seccomp/outline.hpp"
#include "policies/seccomp/read.hpp"
#include "policies/seccomp/trial.hpp"

#include <algorithm>
#include <cerrno>
#include <doctest/doctest.h>

using namespace policies;
using namespace policies::seccomp;

namespace {

const Machine k_machine{.architecture = "SCMP_ARCH_X86_64",
                        .names = {"amd64"},
                        .kernel = {6, 1},
                        .capabilities = {"CAP_CHOWN"}};

std::vector<Fault> faults_of(std::string_view text) {
    const auto read = read_profile(text, k_machine);
    const auto* faults = std::get_if<std::vector<Fault>>(&read);
    return faults == nullptr ? std::vector<Fault>() : *faults;
}

Profile good_profile(std::string_view text) {
    auto read = read_profile(text, k_machine);
    REQUIRE(std::holds_alternative<Profile>(read));
    return std::get<Profile>(std::move(read));
}

std::string with_rule(const std::string& members) {
    return R"({"defaultAction":"SCMP_ACT_ALLOW","syscalls":[)"
           "\n{" +
           members + "}]}";
}

struct FaultyProfile {
    std::string text;
    int line;
    int column;
    std::string key;
    std::string reason;     // a part of it
    std::string suggestion; // a part of it
};

void check_profile(const FaultyProfile& wanted) {
    CAPTURE(wanted.text);
    const auto faults = faults_of(wanted.text);
    REQUIRE(faults.size() == 1);
    CHECK(faults[0].line == wanted.line);
    CHECK(faults[0].column == wanted.column);
    CHECK(faults[0].key == wanted.key);
    CHECK_MESSAGE(faults[0].reason.find(wanted.reason) != std::string::npos, faults[0].reason);
    CHECK_MESSAGE(faults[0].suggestion.find(wanted.suggestion) != std::string::npos,
                  faults[0].suggestion);
}

std::vector<std::string> calls_of(const Profile& profile) {
    std::vector<std::string> calls;
    for (const Rule& rule : profile.rules) {
        for (const Call& call : rule.calls) {
            calls.push_back(call.name);
        }
    }
    return calls;
}

} // namespace

TEST_CASE("what is no JSON is told with its place") {
    check_profile({"", 1, 1, "", "not JSON", ""});
    check_profile({"{\n  \"defaultAction\" \"SCMP_ACT_ALLOW\"\n}", 2, 19, "", "not JSON", ""});
    check_profile({"{\"defaultAction\":\"SCMP_ACT_ALLOW\"} x", 1, 36, "", "not JSON", ""});
    check_profile({std::string(40, '['), 1, 17, "", "nested too deep", ""});
    check_profile({std::string(k_longest_profile + 1, ' '), 1, 1, "", "longer than a profile", ""});
    check_profile({"[]", 1, 1, "", "an object is expected", ""});
}

TEST_CASE("a word that means nothing is told with its place and the nearest that does") {
    check_profile({R"({ "defaultAction": "SCMP_ACT_ALOW" })", 1, 20, "defaultAction", "ALOW",
                   "SCMP_ACT_ALLOW"});
    check_profile({"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\n  \"sysCall\": []}", 2, 3, "",
                   "sysCall", "syscalls"});
    check_profile(
        {with_rule(
             R"("names":["a"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"op":"SCMP_CMP_EG"}])"),
         2, 66, "syscalls[0].args[0].op", "SCMP_CMP_EG", "SCMP_CMP_EQ"});
    check_profile({with_rule(R"("names":["a"],"action":"SCMP_ACT_NOTIFY")"), 2, 25,
                   "syscalls[0].action", "cannot carry out", "SCMP_ACT_ERRNO"});
    check_profile({with_rule(R"("names":["a"],"action":"SCMP_ACT_ERRNO","errno":"EPREM")"), 2, 50,
                   "syscalls[0].errno", "not an error", ""});
    check_profile({R"({"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X68"]})", 1, 52,
                   "architectures[0]", "X68", "SCMP_ARCH_X86"});
}

TEST_CASE("a value that cannot be is told with its place, after characters of many bytes, too") {
    check_profile({with_rule(R"("comment":"\u00fc ü","names":[7],"action":"SCMP_ACT_ALLOW")"), 2,
                   32, "syscalls[0].names[0]", "text is expected", ""});
    check_profile({with_rule(R"("names":["a"],"action":"SCMP_ACT_ERRNO","errnoRet":4096)"), 2, 53,
                   "syscalls[0].errnoRet", "more than 4095", ""});
    check_profile({with_rule(R"("names":["a"],"action":"SCMP_ACT_ERRNO","errnoRet":-1)"), 2, 53,
                   "syscalls[0].errnoRet", "whole number", ""});
    check_profile(
        {with_rule(
             R"("names":["a"],"action":"SCMP_ACT_ALLOW","args":[{"index":6,"op":"SCMP_CMP_EQ"}])"),
         2, 59, "syscalls[0].args[0].index", "more than 5", ""});
    check_profile({with_rule(R"("names":["a"],"names":["b"],"action":"SCMP_ACT_ALLOW")"), 2, 16,
                   "syscalls[0]", "twice", ""});
    check_profile(
        {with_rule(R"("action":"SCMP_ACT_ALLOW")"), 2, 1, "syscalls[0]", "\"names\"", ""});
    check_profile({with_rule(R"("names":["a"])"), 2, 1, "syscalls[0]", "\"action\"", ""});
    check_profile({"{\"syscalls\":[]}", 1, 1, "", "\"defaultAction\" is missing", ""});
    check_profile(
        {with_rule(R"("names":["a"],"action":"SCMP_ACT_ALLOW","includes":{"minKernel":"x"})"), 2,
         66, "syscalls[0].includes.minKernel", "not a version", "4.8"});
}

TEST_CASE("all faults are told at once, in the order of the text") {
    const auto faults = faults_of(R"({"defaultAction":"A","architectures":["B"],
        "syscalls":[{"names":[""],"action":"C"},{"names":["x"],"action":"SCMP_ACT_LOG","args":7}]})");
    REQUIRE(faults.size() == 5);
    CHECK(faults[0].key == "defaultAction");
    CHECK(faults[1].key == "architectures[0]");
    CHECK(faults[2].key == "syscalls[0].names[0]");
    CHECK(faults[3].key == "syscalls[0].action");
    CHECK(faults[4].key == "syscalls[1].args");
    std::string many = R"({"defaultAction":"SCMP_ACT_ALLOW","syscalls":[7)";
    for (int i = 0; i < 1000; ++i) {
        many += ",7";
    }
    CHECK(faults_of(many + "]}").size() == 50);
}

TEST_CASE("the first rule about every use of a call hides the others, which are noted") {
    const Profile profile = good_profile(with_rule(R"("names":["ioctl"],"action":"SCMP_ACT_LOG"},
{"names":["read","ioctl"],"action":"SCMP_ACT_ERRNO","args":[{"index":1,"op":"SCMP_CMP_EQ"}]},
{"names":["ioctl"],"action":"SCMP_ACT_LOG")"));
    CHECK(calls_of(profile) == std::vector<std::string>{"ioctl", "read"});
    REQUIRE(profile.notes.size() == 1);
    CHECK(profile.notes[0] ==
          "line 3: the rule for \"ioctl\" never applies: line 2 is about every use of it");
}

TEST_CASE("rules hold by machine, kernel and capabilities") {
    const auto holds = [](const std::string& condition) {
        return !good_profile(with_rule(R"("names":["a"],"action":"SCMP_ACT_LOG",)" + condition))
                    .rules.empty();
    };
    CHECK(holds(R"("includes":{},"excludes":null)"));
    CHECK(holds(R"("includes":{"arches":["arm","amd64"]})"));
    CHECK_FALSE(holds(R"("includes":{"arches":["arm"]})"));
    CHECK_FALSE(holds(R"("excludes":{"arches":["amd64"]})"));
    CHECK(holds(R"("includes":{"caps":["CAP_CHOWN"]})"));
    CHECK_FALSE(holds(R"("includes":{"caps":["CAP_CHOWN","CAP_BPF"]})"));
    CHECK_FALSE(holds(R"("excludes":{"caps":["CAP_BPF","CAP_CHOWN"]})"));
    CHECK(holds(R"("includes":{"minKernel":"6.1"})"));
    CHECK_FALSE(holds(R"("includes":{"minKernel":"6.2"})"));
    CHECK_FALSE(holds(R"("excludes":{"minKernel":"4.8"})"));
    CHECK(kernel_version_in("6.1.0-18-amd64") == KernelVersion{6, 1});
    CHECK_FALSE(kernel_version_in("six").has_value());
    CHECK_FALSE(kernel_version_in("6.").has_value());
}

TEST_CASE("an errno may be left out, a number or a name; of two the last counts") {
    const auto error = [](const std::string& members) {
        return good_profile(with_rule(R"("names":["a"],"action":"SCMP_ACT_ERRNO")" + members))
            .rules.at(0)
            .action;
    };
    CHECK(error("") == Action{Deed::answer, EPERM});
    CHECK(error(R"(,"errnoRet":38)") == Action{Deed::answer, ENOSYS});
    CHECK(error(R"(,"errnoRet":1,"errno":"ENOSYS")") == Action{Deed::answer, ENOSYS});
    CHECK(good_profile(R"({"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":2})").otherwise ==
          Action{Deed::answer, ENOENT});
}

TEST_CASE("conditions on one argument are alternatives, on several they hold together") {
    const auto count = [](const std::string& second) {
        return good_profile(with_rule(R"("names":["a"],"action":"SCMP_ACT_LOG","args":[
            {"index":0,"value":1,"op":"SCMP_CMP_EQ"},{"index":)" +
                                      second +
                                      R"(,"value":2,"valueTwo":3,"op":"SCMP_CMP_MASKED_EQ"}])"))
            .rules.size();
    };
    CHECK(count("0") == 2);
    CHECK(count("1") == 1);
}

TEST_CASE("architectures come from the list, or from the map for this machine") {
    CHECK(good_profile(R"({"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86"]})")
              .architectures == std::vector<std::string>{"SCMP_ARCH_X86"});
    CHECK(good_profile(R"({"defaultAction":"SCMP_ACT_ALLOW","archMap":[
        {"architecture":"SCMP_ARCH_AARCH64","subArchitectures":["SCMP_ARCH_ARM"]},
        {"architecture":"SCMP_ARCH_X86_64","subArchitectures":["SCMP_ARCH_X86","SCMP_ARCH_X32"]},
        {"architecture":"SCMP_ARCH_RISCV64","subArchitectures":null}]})")
              .architectures == std::vector<std::string>{"SCMP_ARCH_X86", "SCMP_ARCH_X32"});
}

TEST_CASE("flags are taken up, and what means nothing for a worker is left out with a word") {
    const Profile profile =
        good_profile(R"({"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"/run/x",
        "flags":["SECCOMP_FILTER_FLAG_LOG","SECCOMP_FILTER_FLAG_TSYNC"]})");
    CHECK(profile.logs);
    CHECK_FALSE(profile.speculates);
    CHECK(profile.notes.size() == 2);
}

TEST_CASE("on trial, what is forbidden goes on and is told, and libraries still fall back") {
    CHECK(on_trial(Action{Deed::kill_process}).deed == Deed::log);
    CHECK(on_trial(Action{Deed::answer, EPERM}).deed == Deed::log);
    CHECK(on_trial(Action{Deed::answer, ENOSYS}) == Action{Deed::answer, ENOSYS});
    CHECK(on_trial(Action{Deed::allow}).deed == Deed::allow);
    const Profile profile = on_trial(good_profile(std::string(built_in_profile())));
    CHECK(profile.foreign.deed == Deed::log);
    CHECK(std::ranges::none_of(profile.rules,
                               [](const Rule& rule) { return rule.action.deed > Deed::answer; }));
}

TEST_CASE("a call is allowed that is let through whatever its arguments, and told of by nobody") {
    const auto lacks = [](std::string_view otherwise, std::string_view rules) {
        const Profile profile =
            good_profile(R"({"defaultAction":"SCMP_ACT_)" + std::string(otherwise) +
                         R"(","syscalls":[)" + std::string(rules) + "]}");
        return first_not_allowed(profile,
                                 std::to_array<std::string_view>({"poll", "epoll_ctl", "dup3"}));
    };
    CHECK(lacks("ALLOW", "") == std::nullopt);
    CHECK(lacks("ERRNO", "") == "poll");
    CHECK(lacks("LOG", "") == "poll");
    CHECK(lacks("ALLOW", R"({"names":["dup3"],"action":"SCMP_ACT_KILL_PROCESS"})") == "dup3");
    CHECK(lacks("ERRNO", R"({"names":["poll","dup3","epoll_ctl"],"action":"SCMP_ACT_ALLOW"})") ==
          std::nullopt);
    const std::string_view some_dup3 =
        R"("names":["dup3"],"args":[{"index":1,"value":7,"op":"SCMP_CMP_EQ"}])";
    CHECK(lacks("ALLOW", "{" + std::string(some_dup3) + R"(,"action":"SCMP_ACT_ERRNO"})") ==
          "dup3");
    CHECK(lacks("ERRNO", R"({"names":["poll","epoll_ctl"],"action":"SCMP_ACT_ALLOW"},{)" +
                             std::string(some_dup3) + R"(,"action":"SCMP_ACT_ALLOW"})") == "dup3");
}

TEST_CASE(
    "the default profile is sound, and all that it kills for belongs to a group people know") {
    const Profile profile = good_profile(built_in_profile());
    CHECK(profile.otherwise == Action{Deed::answer, ENOSYS});
    auto calls = calls_of(profile);
    CHECK(calls.size() > 400);
    const Outline outline = outline_of(profile);
    std::size_t killed = 0;
    for (const OutlineLine& line : outline.lines) {
        killed += line.becomes == "kills" ? line.calls.size() : 0;
        CAPTURE(line.group);
        CHECK((line.becomes == "kills" || line.becomes == "answers ENOSYS"));
    }
    CHECK(killed > 60);
    CHECK(outline.allowed > 350);
}

TEST_CASE("an outline tells each group, and what else is not allowed") {
    const Outline outline =
        outline_of(good_profile(R"({"defaultAction":"SCMP_ACT_ERRNO","syscalls":[
        {"names":["read","bpf"],"action":"SCMP_ACT_ALLOW"},
        {"names":["getcpu"],"action":"SCMP_ACT_KILL_PROCESS"},
        {"names":["clone"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]}]})"));
    CHECK(outline.allowed == 2);
    CHECK(outline.by_arguments == 1);
    CHECK(outline.otherwise == "answers EPERM");
    const auto has = [&](const OutlineLine& line) {
        return std::ranges::find(outline.lines, line) != outline.lines.end();
    };
    CHECK(has({"others", "kills", {"getcpu"}}));
    CHECK(has({"the kernel's insides", "allows", {"bpf"}}));
    CHECK(has(
        {"namespaces", "answers EPERM", {"setns", "unshare", "clone (by arguments)", "clone3"}}));
}
