// SPDX-License-Identifier: MIT
// JSON to the model.
#include "recycler/control/json/json.hpp"
#include "recycler/control/json/value.hpp"

#include <array>

namespace recycler::control {

namespace {

// The members of an object, each asked for by name.
class Members {
  public:
    Members(const Json& object, Fault& fault) : object_(object), fault_(fault) {
        if (!object.is_object()) {
            fault.set("is not an object");
        }
    }

    template <typename T>
    Members& take(const char* name, T& into) {
        read_member(object_, name, into, fault_);
        return *this;
    }

  private:
    const Json& object_;
    Fault& fault_;
};

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
    fault.set("is not a name of the interface");
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
    if (!value.is_object()) {
        fault.set("is not an object");
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
    Members(value, fault).take("trigger", into.trigger).take("waiting_for", into.waiting_for);
}

static void read(const Json& value, InFlight& into, Fault& fault) {
    Members(value, fault)
        .take("method", into.method)
        .take("uri", into.uri)
        .take("seconds", into.seconds);
}

static void read(const Json& value, RecordMemory& into, Fault& fault) {
    Members(value, fault).take("bloat", into.bloat).take("peak", into.peak).take("max", into.max);
}

static void read(const Json& value, WorkerMemory& into, Fault& fault) {
    Members(value, fault)
        .take("bloat", into.bloat)
        .take("current", into.current)
        .take("peak", into.peak)
        .take("max", into.max)
        .take("recycle_at", into.recycle_at);
}

static void read(const Json& value, WorkerRequests& into, Fault& fault) {
    Members(value, fault)
        .take("served", into.served)
        .take("in_flight", into.in_flight)
        .take("oldest_s", into.oldest)
        .take("method", into.method)
        .take("uri", into.uri)
        .take("counted_by", into.counted_by)
        .take("kept_open", into.kept_open);
}

static void read(const Json& value, EvidenceItem& into, Fault& fault) {
    Members(value, fault).take("name", into.name).take("value", into.value);
}

static void read(const Json& value, WorkerStatus& into, Fault& fault) {
    Members(value, fault)
        .take("generation", into.generation)
        .take("pid", into.pid)
        .take("cgroup", into.cgroup)
        .take("state", into.state)
        .take("started_at", into.started_at)
        .take("age_s", into.age)
        .take("memory", into.memory)
        .take("requests", into.requests)
        .take("growth_bytes_per_request", into.growth_bytes_per_request);
}

static void read(const Json& value, SlotStatus& into, Fault& fault) {
    Members(value, fault)
        .take("slot", into.slot)
        .take("address", into.address)
        .take("state", into.state)
        .take("gate", into.gate)
        .take("handover", into.handover)
        .take("due", into.due)
        .take("braked_until", into.braked_until)
        .take("worker", into.worker)
        .take("next", into.next)
        .take("last_end", into.last_end)
        .take("turned_away", into.turned_away);
}

static void read(const Json& value, PolicyStatus& into, Fault& fault) {
    Members(value, fault).take("path", into.path).take("loaded_at", into.loaded_at);
}

static void read(const Json& value, CgroupStatus& into, Fault& fault) {
    Members(value, fault)
        .take("version", into.version)
        .take("path", into.path)
        .take("enforced", into.enforced);
}

static void read(const Json& value, Totals& into, Fault& fault) {
    Members(value, fault)
        .take("requests", into.requests)
        .take("recycles", into.recycles)
        .take("ends", into.ends)
        .take("turned_away", into.turned_away);
}

static void read(const Json& value, LoopStatus& into, Fault& fault) {
    Members(value, fault)
        .take("turns", into.turns)
        .take("longest_s", into.longest)
        .take("longest_cpu_s", into.longest_cpu)
        .take("longest_waiting_s", into.longest_waiting)
        .take("took", into.took)
        .take("cpu", into.cpu);
}

void read(const Json& value, Record& into, Fault& fault) {
    Members(value, fault)
        .take("kind", into.kind)
        .take("verdict", into.verdict)
        .take("cause", into.cause)
        .take("trigger", into.trigger)
        .take("sentence", into.sentence)
        .take("next_step", into.next_step)
        .take("at", into.at)
        .take("slot", into.slot)
        .take("generation", into.generation)
        .take("pid", into.pid)
        .take("age_s", into.age)
        .take("requests", into.requests)
        .take("turned_away", into.turned_away)
        .take("in_flight", into.in_flight)
        .take("unserved_s", into.unserved)
        .take("memory", into.memory)
        .take("growth_bytes_per_request", into.growth_bytes_per_request)
        .take("evidence", into.evidence)
        .take("stderr", into.stderr_lines);
}

void read(const Json& value, EventLine& into, Fault& fault) {
    Members(value, fault)
        .take("at", into.at)
        .take("event", into.event)
        .take("slot", into.slot)
        .take("generation", into.generation);
    if (fault) {
        return;
    }
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
    Members(value, fault).take("slot", into.slot).take("state", into.state).take("note", into.note);
}

void read(const Json& value, Snapshot& into, Fault& fault) {
    Members(value, fault)
        .take("app", into.app)
        .take("version", into.version)
        .take("pid", into.pid)
        .take("keeper_pid", into.keeper_pid)
        .take("stopping", into.stopping)
        .take("policy", into.policy)
        .take("cgroup", into.cgroup)
        .take("limitations", into.limitations)
        .take("totals", into.totals)
        .take("loop", into.loop)
        .take("slots", into.slots);
}

} // namespace recycler::control
