// SPDX-License-Identifier: MIT
#include "recycler/ctl/render/lint.hpp"

#include "recycler/ctl/render/text.hpp"

namespace recycler::ctl {

namespace {

std::string at(const lint::Place& place, const lint::Asked& asked) {
    return asked.sources[place.file].name + ":" + std::to_string(place.line) + ":" +
           std::to_string(place.column) + ": ";
}

std::string reason(const lint::Unread& unread) {
    return "this is not a configuration of " + std::string(name_of(unread.kind)) + ": " +
           unread.fault.reason;
}

constexpr const char* k_unclear =
    "this does not look like nginx, haproxy, apache or lighttpd: name it with --kind";

} // namespace

std::string render_lint(const lint::Report& report, const lint::Asked& asked) {
    std::string result;
    for (const std::size_t file : report.unclear) {
        result += printable(asked.sources[file].name) + ": " + k_unclear + "\n";
    }
    for (const lint::Unread& unread : report.unread) {
        result += printable(at(unread.fault.place, asked) + reason(unread)) + "\n";
    }
    for (const lint::Finding& finding : report.findings) {
        const auto& text = lint::text_of(finding.rule);
        result += printable(at(finding.place, asked) + std::string(in_words(finding.severity)) +
                            ": " + finding.sentence) +
                  " [" + std::string(text.name) + "]\n";
        result += finding.advice.empty() ? "" : "    " + printable(finding.advice) + "\n";
    }
    if (result.empty()) {
        for (const lint::Seen& seen : report.seen) {
            result += std::string(name_of(seen.kind)) + ": " + counted(seen.backends, "worker") +
                      " in " + counted(seen.pools, "pool") + ", nothing found\n";
        }
    }
    return result;
}

control::Linted linted(const lint::Report& report, const lint::Asked& asked) {
    control::Linted result;
    for (const std::size_t file : report.unclear) {
        result.faults.push_back({asked.sources[file].name, 1, 1, k_unclear});
    }
    for (const lint::Unread& unread : report.unread) {
        const lint::Place& place = unread.fault.place;
        result.faults.push_back(
            {asked.sources[place.file].name, place.line, place.column, reason(unread)});
    }
    for (const lint::Finding& each : report.findings) {
        result.findings.push_back({asked.sources[each.place.file].name, each.place.line,
                                   each.place.column, std::string(text_of(each.rule).name),
                                   std::string(name_of(each.severity)), each.sentence,
                                   each.advice});
    }
    return result;
}

} // namespace recycler::ctl
