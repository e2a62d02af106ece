// SPDX-License-Identifier: MIT
#include "recycler/control/json/json.hpp"
#include "recycler/control/model/check_report.hpp"

#include "samples.hpp"

#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::control;
using samples::k_time;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a snapshot with every member set is read back equal") {
    const Snapshot snapshot = samples::full_snapshot();
    const auto again = snapshot_from_json(to_json(snapshot));
    REQUIRE(again);
    CHECK(*again == snapshot);
}

TEST_CASE("a snapshot of which nothing is known is read back equal") {
    Snapshot snapshot;
    snapshot.slots.emplace_back();
    snapshot.slots.emplace_back().worker.emplace();
    const auto again = snapshot_from_json(to_json(snapshot));
    REQUIRE(again);
    CHECK(*again == snapshot);
}

TEST_CASE("status is written under the names of the contract") {
    CHECK(
        to_json(samples::full_snapshot()) ==
        R"({"app":"shop","version":"0.1.0","pid":812,"keeper_pid":811,"stopping":false,)"
        R"("policy":{"path":"/etc/recycler/shop.toml","loaded_at":"2026-01-09T11:44:38.250Z"},)"
        R"("cgroup":{"version":2,"path":"/recycler.slice","enforced":true,"left_shmem":157286400},)"
        R"("limitations":["Gates cannot be closed: no CAP_NET_RAW."],)"
        R"("totals":{"requests":25294,"recycles":{"age":39,"memory":150},"ends":{"recycled":189},)"
        R"("turned_away":4},)"
        R"("loop":{"turns":1204,"longest_s":0.003,"longest_cpu_s":0.002,"longest_waiting_s":0.001,)"
        R"("took":{"within_1_ms":1203,"within_5_ms":1},"cpu":{"within_1_ms":1203,"within_5_ms":1}},)"
        R"("slots":[{"slot":"7012","address":"127.0.0.1:7012","state":"replacing","gate":"closed",)"
        R"("handover":"overlap","due":{"trigger":"memory","waiting_for":"7003 to serve"},)"
        R"("braked_until":"2026-01-09T11:44:38.250Z",)"
        R"("worker":{"generation":3,"pid":30200,"cgroup":"/recycler/7012.3","state":"draining",)"
        R"("started_at":"2026-01-09T11:44:38.250Z","age_s":60,)"
        R"("memory":{"bloat":205520896,"current":220200960,"peak":230686720,"max":268435456,)"
        R"("recycle_at":214958080},)"
        R"("requests":{"served":1386,"in_flight":1,"oldest_s":12.5,"method":"GET","uri":"/report",)"
        R"("counted_by":"recorder","kept_open":2,"unserved_s":null},"growth_bytes_per_request":4096,)"
        R"("children":2,"keeping":{"how":"handed-on","resting":3,"came_back":801,"handed_on":5,)"
        R"("taken":4,"misfits":1},"spare":5},)"
        R"("next":{"generation":3,"pid":30200,"cgroup":"/recycler/7012.3","state":"draining",)"
        R"("started_at":"2026-01-09T11:44:38.250Z","age_s":60,)"
        R"("memory":{"bloat":205520896,"current":220200960,"peak":230686720,"max":268435456,)"
        R"("recycle_at":214958080},)"
        R"("requests":{"served":1386,"in_flight":1,"oldest_s":12.5,"method":"GET","uri":"/report",)"
        R"("counted_by":"recorder","kept_open":2,"unserved_s":null},"growth_bytes_per_request":4096,)"
        R"("children":2,"keeping":{"how":"handed-on","resting":3,"came_back":801,"handed_on":5,)"
        R"("taken":4,"misfits":1},"spare":5},)"
        R"("last_end":)" +
            to_json(samples::full_record()) +
            R"(,"turned_away":3,"trouble":"no folder"}],)"
            R"("spares":[{"number":6,"state":"ready","pid":30201,"cgroup":"/recycler/spare.6",)"
            R"("age_s":60,"memory":54525952,"why":"it is full"}]})");
}

TEST_CASE("a record is written under the names of the contract") {
    CHECK(
        to_json(samples::full_record()) ==
        R"({"kind":"start-failure","verdict":"oom-worker","cause":"memory.max","trigger":"memory",)"
        R"("sentence":"The kernel ended it at its own limit.","next_step":"Raise memory.max.","at":"2026-01-09T11:44:38.250Z",)"
        R"("slot":"7012","generation":3,"pid":30200,"age_s":7384.5,"requests":1386,"turned_away":4,)"
        R"("in_flight":{"method":"GET","uri":"/report?x=1","seconds":12},"unserved_s":61.5,)"
        R"("memory":{"bloat":200,"peak":250,"max":256},"growth_bytes_per_request":-12,)"
        R"("evidence":[{"name":"oom_kill","value":"1"},{"name":"signal","value":"SIGKILL"}],)"
        R"("stderr":["first","second"],"requests_cut":3,)"
        R"("last_requests":[{"method":"GET","uri":"/report?x=1","seconds":12,"outcome":"cut-off","count":1},)"
        R"({"method":null,"uri":null,"seconds":null,"outcome":"cut-off","count":2}],)"
        R"("spare":5})");
}

TEST_CASE("what is not known of a record is null and never 0") {
    Record record;
    record.at = k_time;
    CHECK(
        to_json(record) ==
        R"({"kind":"end","verdict":"","cause":null,"trigger":null,"sentence":"","next_step":null,)"
        R"("at":"2026-01-09T11:44:38.250Z","slot":"","generation":0,"pid":null,"age_s":null,)"
        R"("requests":null,"turned_away":null,"in_flight":null,"unserved_s":null,)"
        R"("memory":{"bloat":null,"peak":null,"max":null},)"
        R"("growth_bytes_per_request":null,"evidence":[],"stderr":[],"requests_cut":null,"last_requests":[],)"
        R"("spare":null})");
    const auto again = record_from_json(to_json(record));
    REQUIRE(again);
    CHECK(*again == record);
}

TEST_CASE("every name of a state is read back") {
    for (const auto state : {SlotState::serving, SlotState::replacing, SlotState::drained,
                             SlotState::braked, SlotState::empty}) {
        for (const auto worker_state :
             {WorkerState::starting, WorkerState::serving, WorkerState::draining,
              WorkerState::drained, WorkerState::parked, WorkerState::stopping}) {
            for (const auto gate : {Gate::open, Gate::closed, Gate::unavailable}) {
                Snapshot snapshot = samples::full_snapshot();
                snapshot.slots[0].state = state;
                snapshot.slots[0].worker->state = worker_state;
                snapshot.slots[0].gate = gate;
                const auto again = snapshot_from_json(to_json(snapshot));
                REQUIRE(again);
                CHECK(*again == snapshot);
            }
        }
    }
    for (const auto mode : {HandoverMode::overlap, HandoverMode::queue, HandoverMode::close}) {
        Snapshot snapshot = samples::full_snapshot();
        snapshot.slots[0].handover = mode;
        CHECK(*snapshot_from_json(to_json(snapshot)) == snapshot);
    }
}

TEST_CASE("an event keeps its members and their order") {
    const EventLine line{k_time,
                         "recycle-due",
                         "7012",
                         3u,
                         {{"trigger", std::string("memory")},
                          {"bloat", std::int64_t{1} << 40},
                          {"ratio", 0.5},
                          {"forced", false},
                          {"cause", std::monostate{}}}};
    CHECK(to_json(line) == R"({"at":"2026-01-09T11:44:38.250Z","event":"recycle-due",)"
                           R"("slot":"7012","generation":3,"trigger":"memory",)"
                           R"("bloat":1099511627776,"ratio":0.5,"forced":false,"cause":null})");
    const auto again = event_from_json(to_json(line));
    REQUIRE(again);
    CHECK(*again == line);
}

TEST_CASE("a member of an event cannot take the name of a fixed one") {
    const EventLine line{k_time, "x", std::nullopt, std::nullopt, {{"at", std::string("never")}}};
    CHECK(to_json(line) ==
          R"({"at":"2026-01-09T11:44:38.250Z","event":"x","slot":null,"generation":null})");
}

TEST_CASE("bytes that are no UTF-8 become valid JSON") {
    Record record = samples::full_record();
    record.in_flight->uri = "/a\xff\xc3z\"\\\n\x01";
    record.stderr_lines = {std::string("\xed\xa0\x80 half a surrogate\0!", 21)};
    const auto again = record_from_json(to_json(record));
    REQUIRE(again);
    CHECK(again->in_flight->uri == "/a\xef\xbf\xbd\xef\xbf\xbdz\"\\\n\x01");
    CHECK(has(again->stderr_lines[0], "half a surrogate"));
}

TEST_CASE("a long text is cut between two characters") {
    Record record;
    record.sentence = std::string(k_longest_text - 4, 'a') + "\xe2\x82\xac\xe2\x82\xac";
    const auto again = record_from_json(to_json(record));
    REQUIRE(again);
    CHECK(again->sentence == std::string(k_longest_text - 4, 'a') + "...");
    record.sentence = std::string(100'000, '\x80');
    CHECK(record_from_json(to_json(record)));
}

TEST_CASE("long lists are cut") {
    Record record;
    record.stderr_lines.assign(k_longest_list + 5, "x");
    record.evidence.assign(k_longest_list + 5, {"n", "v"});
    const auto again = record_from_json(to_json(record));
    REQUIRE(again);
    CHECK(again->stderr_lines.size() == k_longest_list);
    CHECK(again->evidence.size() == k_longest_list);
}

TEST_CASE("unknown members are taken for granted, so that a newer daemon can be read") {
    std::string text = to_json(samples::full_record());
    text.insert(1, R"("record":"k/7012/3","news":{"a":[1]},)");
    CHECK(*record_from_json(text) == samples::full_record());
}

TEST_CASE("a fault is named by its path") {
    std::string text = to_json(samples::full_snapshot());
    const std::string good = R"("pid":30200)";
    text.replace(text.find(good), good.size(), R"("pid":"x")");
    const auto wrong = snapshot_from_json(text);
    REQUIRE(!wrong);
    CHECK(wrong.error().message() == "status: slots[0].worker.pid is not an integer in its range");
}

TEST_CASE("what is no snapshot is refused") {
    for (const char* text :
         {"", "{", "[]", "null", "{}", "\"\"", "{\"app\":1}", "nan", "1e999", "\x80"}) {
        CHECK_MESSAGE(!snapshot_from_json(text), text);
    }
}

TEST_CASE("numbers out of range are refused, not wrapped") {
    const auto with_pid = [](const std::string& pid) {
        return record_from_json(
            R"({"kind":"end","verdict":"","sentence":"",)"
            R"("at":"2026-01-09T11:44:38Z","slot":"","generation":0,"memory":{},)"
            R"("evidence":[],"stderr":[],"pid":)" +
            pid + "}");
    };
    CHECK(with_pid("2147483647"));
    CHECK(with_pid("null"));
    CHECK_FALSE(with_pid("2147483648"));
    CHECK_FALSE(with_pid("1.0"));
    CHECK_FALSE(with_pid("true"));
    CHECK_FALSE(with_pid("99999999999999999999"));
}

TEST_CASE("deep nesting and wide objects are refused before they are parsed") {
    const auto message = [](const std::string& text) {
        const auto refused = snapshot_from_json(text);
        return refused ? std::string("accepted") : refused.error().message();
    };
    const std::string deep = std::string(100'000, '[');
    CHECK(message(deep) == "status: JSON nested too deep or too wide");
    std::string wide = "{\"k\":0";
    for (int i = 0; i < 200; ++i) {
        wide += ",\"k" + std::to_string(i) + "\":0";
    }
    CHECK(message(wide + "}") == "status: JSON nested too deep or too wide");
    // Brackets in strings are no nesting.
    CHECK(message("\"" + std::string(1000, '[') + "\\\"[\"") != message(deep));
}

TEST_CASE("times are written in UTC to the millisecond and read in any precision") {
    CHECK(time_text(k_time) == "2026-01-09T11:44:38.250Z");
    CHECK(time_text(WallTime{}) == "1970-01-01T00:00:00.000Z");
    CHECK(time_text(WallTime{std::chrono::nanoseconds{-1}}) == "1969-12-31T23:59:59.999Z");
    CHECK(time_from_text("2026-01-09T11:44:38.250Z") == k_time);
    CHECK(time_from_text("2026-01-09T11:44:38.250000000999Z") == k_time);
    CHECK(time_from_text("2026-01-09T11:44:38Z") == k_time - std::chrono::milliseconds{250});
    CHECK(time_from_text("2024-02-29T00:00:00Z"));
}

TEST_CASE("what is no time in UTC is refused") {
    for (const char* text :
         {"", "2026", "2026-01-09", "2026-01-09T11:44:38", "2026-01-09T11:44:38+01:00",
          "2026-13-09T11:44:38Z", "2026-02-30T11:44:38Z", "2026-00-09T11:44:38Z",
          "2026-01-09T24:00:00Z", "2026-01-09T11:60:00Z", "2026-01-09T11:44:61Z",
          "2026-01-09T11:44:38.Z", "2026-01-09T11:44:38Zx", "9999-01-09T11:44:38Z",
          "1600-01-09T11:44:38Z", "-026-01-09T11:44:38Z"}) {
        CHECK_MESSAGE(!time_from_text(text), text);
    }
}

TEST_CASE("the answers of orders and checks are JSON, too") {
    CHECK(to_json(OrderReply{{{"7012", "drained", std::nullopt}}}) ==
          R"({"slots":[{"slot":"7012","state":"drained","note":null}]})");
    CHECK(to_json(ReloadReply{{"memory.max is 300 MiB"}}) ==
          R"({"changes":["memory.max is 300 MiB"]})");
    CHECK(to_json(StopReply{}) == "{}");
    CHECK(to_json(CheckReport{}) == R"({"faults":[],"seccomp":null,"warnings":[],"file":null})");
    CHECK(
        to_json(
            CheckReport{.faults = {{2, 3, "app.listen", "no port", "7000"}}, .file = "/p.toml"}) ==
        R"({"faults":[{"file":"/p.toml","line":2,"column":3,"key":"app.listen","reason":"no port","suggestion":"7000"}],"seccomp":null,"warnings":[],"file":"/p.toml"})");
    const ProfileSummary summary{.profile = "/p.json",
                                 .allowed = 2,
                                 .by_arguments = 1,
                                 .otherwise = "kills",
                                 .groups = {{"others", "answers EPERM", {"getcpu"}}},
                                 .notes = {}};
    CHECK(
        to_json(CheckReport{.faults = {{1, 1, "syscalls", "none", ""}},
                            .faulty = "/p.json",
                            .seccomp = summary,
                            .warnings = {"The folder is open."},
                            .file = "/p.toml"}) ==
        R"({"faults":[{"file":"/p.json","line":1,"column":1,"key":"syscalls","reason":"none","suggestion":""}],"seccomp":{"profile":"/p.json","allowed":2,"by_arguments":1,"otherwise":"kills","groups":[{"group":"others","becomes":"answers EPERM","calls":["getcpu"]}],"notes":[]},"warnings":["The folder is open."],"file":"/p.toml"})");
}
