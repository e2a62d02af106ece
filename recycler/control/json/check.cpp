// SPDX-License-Identifier: MIT
// What `check` found out, to JSON.
#include "recycler/control/json/value.hpp"
#include "recycler/control/model/check_report.hpp"

namespace recycler::control {

namespace {

Json json_of(const ProfileSummary& summary) {
    Json groups = Json::array();
    for (const ProfileSummary::Group& group : summary.groups) {
        groups.push_back({{"group", text_value(group.group)},
                          {"becomes", text_value(group.becomes)},
                          {"calls", texts(group.calls)}});
    }
    return {{"profile", text_value(summary.profile)},
            {"allowed", summary.allowed},
            {"by_arguments", summary.by_arguments},
            {"otherwise", text_value(summary.otherwise)},
            {"groups", std::move(groups)},
            {"notes", texts(summary.notes)}};
}

} // namespace

std::string to_json(const CheckReport& report) {
    Json faults = Json::array();
    for (const PolicyFault& fault : report.faults) {
        faults.push_back({{"file", report.faulty.empty() ? Json() : text_value(report.faulty)},
                          {"line", fault.line},
                          {"column", fault.column},
                          {"key", text_value(fault.key)},
                          {"reason", text_value(fault.reason)},
                          {"suggestion", text_value(fault.suggestion)}});
    }
    Json object = Json::object();
    object["faults"] = std::move(faults);
    object["seccomp"] = report.seccomp ? json_of(*report.seccomp) : Json();
    object["warnings"] = texts(report.warnings);
    return dump(object);
}

} // namespace recycler::control
