// SPDX-License-Identifier: MIT
// The model to JSON.
#include "recycler/base/text/utf8.hpp"
#include "recycler/control/json/json.hpp"
#include "recycler/control/json/value.hpp"

#include <algorithm>
#include <chrono>

namespace recycler::control {

namespace {

// Overloads for the kinds of member; all of them are declared before the templates that choose
// among them.
Json value(std::string_view text) {
    return text_value(text);
}
Json value(const std::string& text) {
    return text_value(text);
}
Json value(bool truth) {
    return truth;
}
Json value(std::int32_t number) {
    return number;
}
Json value(std::uint64_t number) {
    return number;
}
Json value(std::int64_t number) {
    return number;
}
Json value(Bytes bytes) {
    return bytes.count;
}
Json value(Duration duration) {
    return seconds_value(duration);
}
Json value(WallTime time) {
    return time_text(time);
}
Json value(HandoverMode mode) {
    return std::string(to_string(mode));
}
Json value(const Due& due);
Json value(const InFlight& in_flight);
Json value(const WorkerStatus& worker);
Json value(const Record& record) {
    return value_of(record);
}

template <typename T>
Json value(const std::optional<T>& maybe) {
    return maybe ? value(*maybe) : Json(nullptr);
}

Json bounded_texts(const std::vector<std::string>& list) {
    Json array = Json::array();
    for (std::size_t i = 0; i < std::min(list.size(), k_longest_list); ++i) {
        array.push_back(text_value(list[i]));
    }
    return array;
}

Json counts(const std::map<std::string, std::uint64_t>& by_name) {
    Json object = Json::object();
    for (const auto& [name, count] : by_name) {
        if (object.size() < k_most_members) {
            object[name] = count;
        }
    }
    return object;
}

Json value(const Due& due) {
    return {{"trigger", value(due.trigger)}, {"waiting_for", value(due.waiting_for)}};
}

Json value(const InFlight& in_flight) {
    return {{"method", value(in_flight.method)},
            {"uri", value(in_flight.uri)},
            {"seconds", value(in_flight.seconds)}};
}

Json value(const WorkerStatus& worker) {
    const WorkerMemory& memory = worker.memory;
    const WorkerRequests& requests = worker.requests;
    return {{"generation", worker.generation},
            {"pid", value(worker.pid)},
            {"cgroup", value(worker.cgroup)},
            {"state", value(to_string(worker.state))},
            {"started_at", value(worker.started_at)},
            {"age_s", value(worker.age)},
            {"memory",
             {{"bloat", value(memory.bloat)},
              {"current", value(memory.current)},
              {"peak", value(memory.peak)},
              {"max", value(memory.max)},
              {"recycle_at", value(memory.recycle_at)}}},
            {"requests",
             {{"served", value(requests.served)},
              {"in_flight", value(requests.in_flight)},
              {"oldest_s", value(requests.oldest)},
              {"method", value(requests.method)},
              {"uri", value(requests.uri)},
              {"counted_by", value(requests.counted_by)},
              {"kept_open", value(requests.kept_open)}}},
            {"growth_bytes_per_request", value(worker.growth_bytes_per_request)}};
}

Json value(const SlotStatus& slot) {
    return {{"slot", value(slot.slot)},
            {"address", value(slot.address)},
            {"state", value(to_string(slot.state))},
            {"gate", value(to_string(slot.gate))},
            {"handover", value(slot.handover)},
            {"due", value(slot.due)},
            {"braked_until", value(slot.braked_until)},
            {"worker", value(slot.worker)},
            {"next", value(slot.next)},
            {"last_end", value(slot.last_end)},
            {"turned_away", value(slot.turned_away)}};
}

} // namespace

Json text_value(std::string_view text) {
    if (text.size() <= k_longest_text) {
        return std::string(text);
    }
    constexpr std::string_view k_cut = "...";
    const std::size_t kept = text::whole_characters(text, k_longest_text - k_cut.size());
    return std::string(text.substr(0, kept)) + std::string(k_cut);
}

Json texts(const std::vector<std::string>& list) {
    Json array = Json::array();
    for (const std::string& text : list) {
        array.push_back(text_value(text));
    }
    return array;
}

Json seconds_value(Duration duration) {
    const auto milliseconds = std::chrono::round<std::chrono::milliseconds>(duration).count();
    if (milliseconds % 1000 == 0) {
        return milliseconds / 1000;
    }
    return static_cast<double>(milliseconds) / 1000;
}

Json value_of(const Record& record) {
    Json evidence = Json::array();
    for (std::size_t i = 0; i < std::min(record.evidence.size(), k_longest_list); ++i) {
        evidence.push_back(
            {{"name", value(record.evidence[i].name)}, {"value", value(record.evidence[i].value)}});
    }
    return {{"kind", value(to_string(record.kind))},
            {"verdict", value(record.verdict)},
            {"cause", value(record.cause)},
            {"trigger", value(record.trigger)},
            {"sentence", value(record.sentence)},
            {"next_step", value(record.next_step)},
            {"at", value(record.at)},
            {"slot", value(record.slot)},
            {"generation", record.generation},
            {"pid", value(record.pid)},
            {"age_s", value(record.age)},
            {"requests", value(record.requests)},
            {"turned_away", value(record.turned_away)},
            {"in_flight", value(record.in_flight)},
            {"unserved_s", value(record.unserved)},
            {"memory",
             {{"bloat", value(record.memory.bloat)},
              {"peak", value(record.memory.peak)},
              {"max", value(record.memory.max)}}},
            {"growth_bytes_per_request", value(record.growth_bytes_per_request)},
            {"evidence", std::move(evidence)},
            {"stderr", bounded_texts(record.stderr_lines)}};
}

Json value_of(const EventLine& line) {
    Json object = {{"at", value(line.at)},
                   {"event", value(line.event)},
                   {"slot", value(line.slot)},
                   {"generation", line.generation ? Json(*line.generation) : Json(nullptr)}};
    for (const auto& [name, member] : line.members) {
        if (object.size() == k_most_members || object.contains(name)) {
            continue;
        }
        object[name] = std::visit(
            [](const auto& held) -> Json {
                using Held = std::decay_t<decltype(held)>;
                if constexpr (std::is_same_v<Held, std::monostate>) {
                    return nullptr;
                } else if constexpr (std::is_same_v<Held, std::string>) {
                    return text_value(held);
                } else {
                    return held;
                }
            },
            member);
    }
    return object;
}

Json value_of(const Progress& progress) {
    return {{"slot", value(progress.slot)},
            {"state", value(progress.state)},
            {"note", value(progress.note)}};
}

static Json value_of(const LoopStatus& loop) {
    return {{"turns", value(loop.turns)},
            {"longest_s", value(loop.longest)},
            {"longest_cpu_s", value(loop.longest_cpu)},
            {"longest_waiting_s", value(loop.longest_waiting)},
            {"took", counts(loop.took)},
            {"cpu", counts(loop.cpu)}};
}

Json value_of(const Snapshot& snapshot) {
    Json slots = Json::array();
    for (const SlotStatus& slot : snapshot.slots) {
        slots.push_back(value(slot));
    }
    return {
        {"app", value(snapshot.app)},
        {"version", value(snapshot.version)},
        {"pid", value(snapshot.pid)},
        {"keeper_pid", value(snapshot.keeper_pid)},
        {"stopping", value(snapshot.stopping)},
        {"policy",
         {{"path", value(snapshot.policy.path)}, {"loaded_at", value(snapshot.policy.loaded_at)}}},
        {"cgroup",
         {{"version", snapshot.cgroup.version},
          {"path", value(snapshot.cgroup.path)},
          {"enforced", snapshot.cgroup.enforced}}},
        {"limitations", bounded_texts(snapshot.limitations)},
        {"totals",
         {{"requests", value(snapshot.totals.requests)},
          {"recycles", counts(snapshot.totals.recycles)},
          {"ends", counts(snapshot.totals.ends)},
          {"turned_away", value(snapshot.totals.turned_away)}}},
        {"loop", snapshot.loop ? value_of(*snapshot.loop) : Json(nullptr)},
        {"slots", std::move(slots)}};
}

std::string dump(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string to_json(const Snapshot& snapshot) {
    return dump(value_of(snapshot));
}
std::string to_json(const Record& record) {
    return dump(value_of(record));
}
std::string to_json(const EventLine& line) {
    return dump(value_of(line));
}

std::string to_json(const OrderReply& order) {
    return dump(value_of(Reply{order}));
}
std::string to_json(const ReloadReply& reload) {
    return dump(value_of(Reply{reload}));
}
std::string to_json(const StopReply& stop) {
    return dump(value_of(Reply{stop}));
}

} // namespace recycler::control
