// JSON to the model.
#include "recycler/control/json.hpp"
#include "recycler/control/json_value.hpp"

#include <array>

namespace recycler::control {

namespace {

bool is_object(const Json& value, Fault& fault) {
    if (!value.is_object()) {
        fault.set("is no object");
        return false;
    }
    return true;
}

template <typename Enum, std::size_t count>
void read_name(const Json& value, const std::array<Enum, count>& all, Enum& into, Fault& fault) {
    if (value.is_string()) {
        for (const Enum each : all) {
            if (to_string(each) == value.get_ref<const std::string&>()) {
                into = each;
                return;
            }
        }
    }
    fault.set("is none of the names of the interface");
}

// What an event may carry; nullopt for arrays and objects, which it may not.
std::optional<EventValue> event_value(const Json& value) {
    if (value.is_null()) {
        return std::monostate{};
    }
    if (value.is_boolean()) {
        return value.get<bool>();
    }
    if (value.is_string()) {
        return value.get<std::string>();
    }
    if (value.is_number_float()) {
        return value.get<double>();
    }
    Fault too_large;
    std::int64_t number = 0;
    read(value, number, too_large);
    if (too_large) {
        return std::nullopt;
    }
    return number;
}

} // namespace

// Static, and not in the unnamed namespace: the templates of json_value.hpp find them by
// argument-dependent lookup.
static void read(const Json& value, SlotState& into, Fault& fault) {
    using enum SlotState;
    read_name(value, std::array{serving, replacing, drained, braked, empty}, into, fault);
}

static void read(const Json& value, WorkerState& into, Fault& fault) {
    using enum WorkerState;
    read_name(value, std::array{starting, serving, draining, drained, parked, stopping}, into,
              fault);
}

static void read(const Json& value, Gate& into, Fault& fault) {
    read_name(value, std::array{Gate::open, Gate::closed, Gate::unavailable}, into, fault);
}

static void read(const Json& value, HandoverMode& into, Fault& fault) {
    using enum HandoverMode;
    read_name(value, std::array{overlap, queue, close}, into, fault);
}

static void read(const Json& value, RecordKind& into, Fault& fault) {
    read_name(value, std::array{RecordKind::end, RecordKind::start_failure}, into, fault);
}

static void read(const Json& value, std::map<std::string, std::uint64_t>& into, Fault& fault) {
    if (!is_object(value, fault)) {
        return;
    }
    for (const auto& [name, count] : value.items()) {
        read(count, into[name], fault);
        if (fault) {
            fault.inside(name);
            return;
        }
    }
}

static void read(const Json& value, Due& into, Fault& fault) {
    if (is_object(value, fault)) {
        read_member(value, "trigger", into.trigger, fault);
        read_member(value, "waiting_for", into.waiting_for, fault);
    }
}

static void read(const Json& value, InFlight& into, Fault& fault) {
    if (is_object(value, fault)) {
        read_member(value, "method", into.method, fault);
        read_member(value, "uri", into.uri, fault);
        read_member(value, "seconds", into.seconds, fault);
    }
}

static void read(const Json& value, RecordMemory& into, Fault& fault) {
    if (is_object(value, fault)) {
        read_member(value, "bloat", into.bloat, fault);
        read_member(value, "peak", into.peak, fault);
        read_member(value, "max", into.max, fault);
    }
}

static void read(const Json& value, WorkerMemory& into, Fault& fault) {
    if (is_object(value, fault)) {
        read_member(value, "bloat", into.bloat, fault);
        read_member(value, "current", into.current, fault);
        read_member(value, "peak", into.peak, fault);
        read_member(value, "max", into.max, fault);
    }
}

static void read(const Json& value, WorkerRequests& into, Fault& fault) {
    if (is_object(value, fault)) {
        read_member(value, "served", into.served, fault);
        read_member(value, "in_flight", into.in_flight, fault);
        read_member(value, "oldest_s", into.oldest, fault);
        read_member(value, "method", into.method, fault);
        read_member(value, "uri", into.uri, fault);
        read_member(value, "counted_by", into.counted_by, fault);
    }
}

static void read(const Json& value, EvidenceItem& into, Fault& fault) {
    if (is_object(value, fault)) {
        read_member(value, "name", into.name, fault);
        read_member(value, "value", into.value, fault);
    }
}

static void read(const Json& value, WorkerStatus& into, Fault& fault) {
    if (is_object(value, fault)) {
        read_member(value, "generation", into.generation, fault);
        read_member(value, "pid", into.pid, fault);
        read_member(value, "cgroup", into.cgroup, fault);
        read_member(value, "state", into.state, fault);
        read_member(value, "started_at", into.started_at, fault);
        read_member(value, "age_s", into.age, fault);
        read_member(value, "memory", into.memory, fault);
        read_member(value, "requests", into.requests, fault);
        read_member(value, "growth_bytes_per_request", into.growth_bytes_per_request, fault);
    }
}

static void read(const Json& value, SlotStatus& into, Fault& fault) {
    if (is_object(value, fault)) {
        read_member(value, "slot", into.slot, fault);
        read_member(value, "address", into.address, fault);
        read_member(value, "state", into.state, fault);
        read_member(value, "gate", into.gate, fault);
        read_member(value, "handover", into.handover, fault);
        read_member(value, "due", into.due, fault);
        read_member(value, "braked_until", into.braked_until, fault);
        read_member(value, "worker", into.worker, fault);
        read_member(value, "next", into.next, fault);
        read_member(value, "last_end", into.last_end, fault);
    }
}

static void read(const Json& value, PolicyStatus& into, Fault& fault) {
    if (is_object(value, fault)) {
        read_member(value, "path", into.path, fault);
        read_member(value, "loaded_at", into.loaded_at, fault);
    }
}

static void read(const Json& value, CgroupStatus& into, Fault& fault) {
    if (is_object(value, fault)) {
        read_member(value, "version", into.version, fault);
        read_member(value, "path", into.path, fault);
        read_member(value, "enforced", into.enforced, fault);
    }
}

static void read(const Json& value, Totals& into, Fault& fault) {
    if (is_object(value, fault)) {
        read_member(value, "requests", into.requests, fault);
        read_member(value, "recycles", into.recycles, fault);
        read_member(value, "ends", into.ends, fault);
    }
}

void read(const Json& value, Record& into, Fault& fault) {
    if (is_object(value, fault)) {
        read_member(value, "kind", into.kind, fault);
        read_member(value, "verdict", into.verdict, fault);
        read_member(value, "trigger", into.trigger, fault);
        read_member(value, "sentence", into.sentence, fault);
        read_member(value, "at", into.at, fault);
        read_member(value, "slot", into.slot, fault);
        read_member(value, "generation", into.generation, fault);
        read_member(value, "pid", into.pid, fault);
        read_member(value, "age_s", into.age, fault);
        read_member(value, "requests", into.requests, fault);
        read_member(value, "in_flight", into.in_flight, fault);
        read_member(value, "memory", into.memory, fault);
        read_member(value, "growth_bytes_per_request", into.growth_bytes_per_request, fault);
        read_member(value, "evidence", into.evidence, fault);
        read_member(value, "stderr", into.stderr_lines, fault);
    }
}

void read(const Json& value, EventLine& into, Fault& fault) {
    if (!is_object(value, fault)) {
        return;
    }
    read_member(value, "at", into.at, fault);
    read_member(value, "event", into.event, fault);
    read_member(value, "slot", into.slot, fault);
    read_member(value, "generation", into.generation, fault);
    for (const auto& [name, member] : value.items()) {
        if (name == "at" || name == "event" || name == "slot" || name == "generation") {
            continue;
        }
        if (auto held = event_value(member)) {
            into.members.emplace_back(name, std::move(*held));
        }
    }
}

void read(const Json& value, Progress& into, Fault& fault) {
    if (is_object(value, fault)) {
        read_member(value, "slot", into.slot, fault);
        read_member(value, "state", into.state, fault);
        read_member(value, "note", into.note, fault);
    }
}

void read(const Json& value, Snapshot& into, Fault& fault) {
    if (is_object(value, fault)) {
        read_member(value, "app", into.app, fault);
        read_member(value, "version", into.version, fault);
        read_member(value, "pid", into.pid, fault);
        read_member(value, "keeper_pid", into.keeper_pid, fault);
        read_member(value, "policy", into.policy, fault);
        read_member(value, "cgroup", into.cgroup, fault);
        read_member(value, "limitations", into.limitations, fault);
        read_member(value, "totals", into.totals, fault);
        read_member(value, "slots", into.slots, fault);
    }
}

} // namespace recycler::control
