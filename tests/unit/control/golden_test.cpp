// SPDX-License-Identifier: MIT
// What goes over the socket and to stdout, byte for byte: programs of others read it.
#include "recycler/base/version.hpp"
#include "recycler/control/json/json.hpp"
#include "recycler/control/model/check_report.hpp"
#include "recycler/control/varlink/varlink.hpp"

#include "failures.hpp"
#include "samples.hpp"

#include <doctest/doctest.h>
#include <fstream>
#include <set>
#include <sstream>

using namespace recycler;
using namespace recycler::control;
using namespace std::chrono_literals;
using samples::k_time;

namespace {

std::string golden(const std::string& name) {
    std::ifstream file(RECYCLER_GOLDEN "/" + name);
    REQUIRE_MESSAGE(file, name);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

// A message without the zero byte that ends it, as a line.
std::string line(std::string message) {
    REQUIRE(message.back() == '\0');
    message.back() = '\n';
    return message;
}

std::string calls() {
    const Call all[] = {
        StatusCall{},
        StatusCall{{"7012", "all"}},
        DrainCall{{"7012"}, 1500us, Force::yes, Wait::until_accepted},
        DrainCall{{"7012"}, std::nullopt, Force::no, Wait::until_done},
        OpenCall{{"7012"}},
        RecycleCall{{"all"}, Wait::until_accepted},
        ReloadCall{},
        WhyCall{},
        WhyCall{"7012", k_time, Ends::unexpected},
        EventsCall{},
        EventsCall{Follow::and_coming},
        BlameCall{},
        StopCall{},
    };
    std::string lines;
    std::set<std::size_t> kinds;
    for (const Call& call : all) {
        lines += line(encode_call(call, Delivery::single));
        kinds.insert(call.index());
    }
    CHECK(kinds.size() == std::variant_size_v<Call>);
    return lines + line(encode_call(StopCall{}, Delivery::more)) +
           line(encode_call(StopCall{}, Delivery::oneway));
}

std::string replies() {
    const EventLine event{k_time,
                          "x",
                          "7012",
                          3u,
                          {{"none", std::monostate{}},
                           {"yes", true},
                           {"count", std::int64_t{-1}},
                           {"part", 0.5},
                           {"word", std::string("w")}}};
    const Reply all[] = {
        samples::full_snapshot(),
        Snapshot{},
        OrderReply{},
        OrderReply{{{"7012", "drained", "after 3 s"}, {"7013", "waiting", std::nullopt}}},
        ReloadReply{{"one", "two"}},
        WhyReply{{samples::full_record(), Record{}}},
        EventsReply{{event, EventLine{}}},
        samples::full_blame(),
        Blame{},
        StopReply{{{"7012", "stopping", std::nullopt}}},
        StopReply{},
    };
    std::string lines;
    std::set<std::size_t> kinds;
    for (const Reply& reply : all) {
        lines += line(encode_reply(reply, Continues::no));
        kinds.insert(reply.index());
    }
    CHECK(kinds.size() == std::variant_size_v<Reply>);
    return lines + line(encode_reply(StopReply{}, Continues::yes));
}

std::string failures() {
    std::string lines;
    for (const Failure& failure : samples::every_failure()) {
        lines += line(encode_failure(failure));
    }
    std::string info = line(encode_info());
    info.replace(info.find(version()), version().size(), "VERSION");
    return lines + info;
}

std::string printed() {
    const Linted linted{{{"nginx.conf", 3, 5, "one-backend", "loses", "It loses.", ""}},
                        {{"x.conf", 1, 1, "no such file"}}};
    ExplainedLog log;
    log.files = {"access.log"};
    log.first = log.last = k_time;
    log.zone = "local";
    log.offset = -1500ms;
    log.offset_lines = 2;
    log.lines = {6, 5, 4, 3, 2, 1};
    log.history = {{"the journal"}, 1, 2, k_time, std::nullopt};
    log.causes = {{"hung", "explained", 3, 2, k_time, std::nullopt, {{"7012.3", "GET /", 3}}}};
    log.deaths = {{"7012.3", "hung", k_time, 3, "It hung."}};
    log.unparsed = {"?"};
    const ProfileSummary summary{.profile = "/p.json",
                                 .allowed = 2,
                                 .by_arguments = 1,
                                 .otherwise = "kills",
                                 .groups = {{"others", "answers EPERM", {"getcpu"}}},
                                 .notes = {"note"}};
    const CheckReport report{.faults = {{2, 3, "app.listen", "no port", "7000"}},
                             .faulty = "/p.json",
                             .seccomp = summary,
                             .warnings = {"The folder is open."},
                             .file = "/p.toml"};
    return to_json(linted) + "\n" + to_json(Linted{}) + "\n" + to_json(log) + "\n" +
           to_json(ExplainedLog{}) + "\n" + to_json(report) + "\n" + to_json(CheckReport{}) + "\n";
}

} // namespace

TEST_CASE("each message is written byte for byte as its golden copy") {
    std::istringstream written(calls() + replies() + failures() + printed());
    std::istringstream wanted(golden("messages.txt"));
    std::size_t lines = 0;
    for (std::string line, copy; std::getline(written, line); ++lines) {
        std::getline(wanted, copy);
        CHECK(line == copy);
        copy.clear();
    }
    CHECK(lines == 44);
    CHECK(wanted.peek() == EOF);
}

TEST_CASE("each interface is described byte for byte as its golden copy") {
    for (const std::string_view interface : {k_interface, k_service}) {
        const std::string name(interface);
        const auto value = line(encode_interface_description(name));
        std::string text;
        for (const char c : golden(name + ".varlink")) {
            text += c == '\n' ? "\\n" : c == '"' ? "\\\"" : std::string(1, c);
        }
        CHECK(value == R"({"parameters":{"description":")" + text + "\"}}\n");
    }
}
