// SPDX-License-Identifier: MIT
#include "recycler/control/json/json.hpp"
#include "recycler/control/json/value.hpp"

namespace recycler::control {

std::string to_json(const Linted& linted) {
    Json findings = Json::array();
    for (const LintFinding& each : linted.findings) {
        findings.push_back({{"file", text_value(each.file)},
                            {"line", each.line},
                            {"column", each.column},
                            {"rule", each.rule},
                            {"severity", each.severity},
                            {"sentence", text_value(each.sentence)},
                            {"advice", text_value(each.advice)}});
    }
    Json faults = Json::array();
    for (const LintFault& each : linted.faults) {
        faults.push_back({{"file", text_value(each.file)},
                          {"line", each.line},
                          {"column", each.column},
                          {"reason", text_value(each.reason)}});
    }
    Json object = Json::object();
    object["findings"] = std::move(findings);
    object["faults"] = std::move(faults);
    return dump(object);
}

} // namespace recycler::control
