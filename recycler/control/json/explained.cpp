// SPDX-License-Identifier: MIT
// What `explain --json` prints.
#include "recycler/control/json/json.hpp"
#include "recycler/control/json/value.hpp"

namespace recycler::control {

namespace {

Json time_or_null(const std::optional<WallTime>& time) {
    return time ? Json(time_text(*time)) : Json(nullptr);
}

Json value(const ExplainedCause& cause) {
    Json places = Json::array();
    for (const ExplainedPlace& place : cause.places) {
        places.push_back({{"where", text_value(place.where)},
                          {"what", text_value(place.what)},
                          {"lines", place.lines}});
    }
    return {{"cause", text_value(cause.cause)},
            {"standing", cause.standing},
            {"lines", cause.lines},
            {"attempts", cause.attempts},
            {"first", time_or_null(cause.first)},
            {"last", time_or_null(cause.last)},
            {"places", std::move(places)}};
}

Json value(const ExplainedDeath& death) {
    return {{"worker", text_value(death.worker)},
            {"verdict", text_value(death.verdict)},
            {"at", time_text(death.at)},
            {"lines", death.lines},
            {"sentence", text_value(death.sentence)}};
}

template <typename Thing>
Json values(const std::vector<Thing>& list) {
    Json array = Json::array();
    for (const Thing& each : list) {
        array.push_back(value(each));
    }
    return array;
}

} // namespace

std::string to_json(const ExplainedLog& log) {
    const ExplainedLines& lines = log.lines;
    return dump({{"files", texts(log.files)},
                 {"first", time_or_null(log.first)},
                 {"last", time_or_null(log.last)},
                 {"zone", text_value(log.zone)},
                 {"offset_s", seconds_value(log.offset)},
                 {"offset_lines", log.offset_lines},
                 {"lines",
                  {{"all", lines.all},
                   {"of_backends", lines.of_backends},
                   {"explained", lines.explained},
                   {"not_ours", lines.not_ours},
                   {"beside", lines.beside},
                   {"unparsed", lines.unparsed}}},
                 {"history",
                  {{"sources", texts(log.history.sources)},
                   {"deaths", log.history.deaths},
                   {"closings", log.history.closings},
                   {"first", time_or_null(log.history.first)},
                   {"last", time_or_null(log.history.last)}}},
                 {"causes", values(log.causes)},
                 {"worst_deaths", values(log.deaths)},
                 {"unparsed", texts(log.unparsed)}});
}

} // namespace recycler::control
