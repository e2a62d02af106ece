// SPDX-License-Identifier: MIT
// The members of records and events. The order is that of the JSON.
#pragma once

#include "recycler/control/contract/described.hpp"
#include "recycler/control/model/record.hpp"

namespace recycler::control {

template <>
struct Described<InFlight> {
    static constexpr std::string_view name = "InFlight";
    static constexpr auto members =
        list(Member{"method", &InFlight::method}, Member{"uri", &InFlight::uri},
             Member{"seconds", &InFlight::seconds});
};

template <>
struct Described<LastRequest> {
    static constexpr std::string_view name = "LastRequest";
    static constexpr std::string_view about =
        "A request that ran when Recycler told its worker to end, or when the worker ended. "
        "Without a URI it stands for count requests whose URIs are not known. outcome: cut-off, "
        "answered-late, answered, unknown.";
    static constexpr auto members =
        list(Member{"method", &LastRequest::method}, Member{"uri", &LastRequest::uri},
             Member{"seconds", &LastRequest::seconds}, Member{"outcome", &LastRequest::outcome},
             Member{"count", &LastRequest::count});
};

template <>
struct Described<RecordMemory> {
    static constexpr auto members =
        list(Member{"bloat", &RecordMemory::bloat}, Member{"peak", &RecordMemory::peak},
             Member{"max", &RecordMemory::max});
};

template <>
struct Described<EvidenceItem> {
    static constexpr std::string_view name = "Evidence";
    static constexpr auto members =
        list(Member{"name", &EvidenceItem::name}, Member{"value", &EvidenceItem::value});
};

template <>
struct Described<Record> {
    static constexpr std::string_view name = "Record";
    static constexpr std::string_view about =
        R"(Why a worker ended (kind "end") or could not start ("start-failure").)";
    static constexpr auto members =
        list(Member{"kind", &Record::kind}, Member{"verdict", &Record::verdict},
             Member{"cause", &Record::cause}, Member{"trigger", &Record::trigger},
             Member{"sentence", &Record::sentence}, Member{"next_step", &Record::next_step},
             Member{"at", &Record::at}, Member{"slot", &Record::slot},
             Member{"generation", &Record::generation}, Member{"pid", &Record::pid},
             Member{"age_s", &Record::age}, Member{"requests", &Record::requests},
             Member{"turned_away", &Record::turned_away}, Member{"in_flight", &Record::in_flight},
             Member{"unserved_s", &Record::unserved}, Member{"memory", &Record::memory},
             Member{"growth_bytes_per_request", &Record::growth_bytes_per_request},
             Member{"evidence", &Record::evidence, Bounded{}},
             Member{"stderr", &Record::stderr_lines, Bounded{}},
             Member{"requests_cut", &Record::requests_cut},
             Member{"last_requests", &Record::last_requests, Bounded{}, Presence::may_lack},
             Member{"spare", &Record::spare});
};

template <>
struct Described<EventLine> {
    static constexpr bool is_open = true;
    static constexpr auto members =
        list(Member{"at", &EventLine::at}, Member{"event", &EventLine::event},
             Member{"slot", &EventLine::slot}, Member{"generation", &EventLine::generation});
};

} // namespace recycler::control
