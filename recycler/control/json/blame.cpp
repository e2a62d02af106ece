// SPDX-License-Identifier: MIT
// What `blame` found out, both ways.
#include "recycler/control/json/json.hpp"
#include "recycler/control/json/value.hpp"

namespace recycler::control {

namespace {

Json json_of(const BlamedRoute& route) {
    Json object = {{"method", text_value(route.method)},
                   {"route", text_value(route.route)},
                   {"requests", route.requests},
                   {"measured", route.measured},
                   {"growth_bytes", route.growth_bytes}};
    object["growth_bytes_per_request"] =
        route.growth_bytes_per_request ? Json(*route.growth_bytes_per_request) : Json();
    object["certain_bytes_per_request"] = route.certain_bytes_per_request;
    object["worst"] =
        route.worst ? Json{{"bytes", route.worst->bytes}, {"uri", text_value(route.worst->uri)}}
                    : Json();
    object["time_s"] = seconds_value(route.time);
    object["slowest"] = route.slowest ? Json{{"seconds", seconds_value(route.slowest->seconds)},
                                             {"uri", text_value(route.slowest->uri)}}
                                      : Json();
    object["hung"] = route.hung;
    return object;
}

} // namespace

Json value_of(const Blame& blame) {
    Json routes = Json::array();
    for (const BlamedRoute& route : blame.routes) {
        routes.push_back(json_of(route));
    }
    Json object = {{"app", text_value(blame.app)},
                   {"since", time_text(blame.since)},
                   {"workers", blame.workers},
                   {"unseen_workers", blame.unseen_workers}};
    object["unseen"] = blame.unseen ? text_value(*blame.unseen) : Json();
    object["requests"] = blame.requests;
    object["measured"] = blame.measured;
    object["growth_bytes"] = blame.growth_bytes;
    object["time_s"] = seconds_value(blame.time);
    object["warm_up"] = {{"measured", blame.warm_up.measured},
                         {"growth_bytes", blame.warm_up.growth_bytes}};
    object["other"] = {{"requests", blame.other.requests},
                       {"growth_bytes", blame.other.growth_bytes},
                       {"time_s", seconds_value(blame.other.time)}};
    object["routes"] = std::move(routes);
    return object;
}

// Static, and not in the unnamed namespace: the templates of json_value.hpp find them by
// argument-dependent lookup.
static void read(const Json& value, WorstRequest& into, Fault& fault) {
    read_member(value, "bytes", into.bytes, fault);
    read_member(value, "uri", into.uri, fault);
}

static void read(const Json& value, SlowestRequest& into, Fault& fault) {
    read_member(value, "seconds", into.seconds, fault);
    read_member(value, "uri", into.uri, fault);
}

static void read(const Json& value, BlamedRoute& into, Fault& fault) {
    read_member(value, "method", into.method, fault);
    read_member(value, "route", into.route, fault);
    read_member(value, "requests", into.requests, fault);
    read_member(value, "measured", into.measured, fault);
    read_member(value, "growth_bytes", into.growth_bytes, fault);
    read_member(value, "growth_bytes_per_request", into.growth_bytes_per_request, fault);
    read_member(value, "certain_bytes_per_request", into.certain_bytes_per_request, fault);
    read_member(value, "worst", into.worst, fault);
    read_member(value, "time_s", into.time, fault);
    read_member(value, "slowest", into.slowest, fault);
    read_member(value, "hung", into.hung, fault);
}

static void read(const Json& value, BlamedRest& into, Fault& fault) {
    read_member(value, "requests", into.requests, fault);
    read_member(value, "growth_bytes", into.growth_bytes, fault);
    read_member(value, "time_s", into.time, fault);
}

static void read(const Json& value, BlamedWarmUp& into, Fault& fault) {
    read_member(value, "measured", into.measured, fault);
    read_member(value, "growth_bytes", into.growth_bytes, fault);
}

void read(const Json& value, Blame& into, Fault& fault) {
    read_member(value, "app", into.app, fault);
    read_member(value, "since", into.since, fault);
    read_member(value, "workers", into.workers, fault);
    read_member(value, "unseen_workers", into.unseen_workers, fault);
    read_member(value, "unseen", into.unseen, fault);
    read_member(value, "requests", into.requests, fault);
    read_member(value, "measured", into.measured, fault);
    read_member(value, "growth_bytes", into.growth_bytes, fault);
    read_member(value, "time_s", into.time, fault);
    read_member(value, "warm_up", into.warm_up, fault);
    read_member(value, "other", into.other, fault);
    read_member(value, "routes", into.routes, fault);
}

std::string to_json(const Blame& blame) {
    return dump(value_of(blame));
}

} // namespace recycler::control
