// SPDX-License-Identifier: MIT
// What `check --json` prints.
#include "recycler/control/json/write.hpp"
#include "recycler/control/model/check_report.hpp"

namespace recycler::control {

template <>
struct Described<ProfileSummary::Group> {
    static constexpr auto members = list(Member{"group", &ProfileSummary::Group::group},
                                         Member{"becomes", &ProfileSummary::Group::becomes},
                                         Member{"calls", &ProfileSummary::Group::calls});
};

template <>
struct Described<ProfileSummary> {
    static constexpr auto members = list(
        Member{"profile", &ProfileSummary::profile}, Member{"allowed", &ProfileSummary::allowed},
        Member{"by_arguments", &ProfileSummary::by_arguments},
        Member{"otherwise", &ProfileSummary::otherwise}, Member{"groups", &ProfileSummary::groups},
        Member{"notes", &ProfileSummary::notes});
};

template <>
struct Described<PolicyFault> {
    static constexpr auto members =
        list(Member{"line", &PolicyFault::line}, Member{"column", &PolicyFault::column},
             Member{"key", &PolicyFault::key}, Member{"reason", &PolicyFault::reason},
             Member{"suggestion", &PolicyFault::suggestion});
};

std::string to_json(const CheckReport& report) {
    const auto named = [](const std::string& file) {
        return file.empty() ? Json() : text_value(file);
    };
    const Json file = named(report.faulty.empty() ? report.file : report.faulty);
    Json faults = Json::array();
    for (const PolicyFault& fault : report.faults) {
        Json& object = faults.emplace_back(Json{{"file", file}});
        object.update(Written::of(fault));
    }
    Json object = Json::object();
    object["faults"] = std::move(faults);
    object["seccomp"] = Written::of(report.seccomp);
    object["warnings"] = Written::of(report.warnings);
    object["file"] = named(report.file);
    return dump(object);
}

} // namespace recycler::control
