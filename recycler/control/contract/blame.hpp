// SPDX-License-Identifier: MIT
// The members of what `blame` answers. The order is that of the JSON.
#pragma once

#include "recycler/control/contract/described.hpp"
#include "recycler/control/model/blame.hpp"

namespace recycler::control {

template <>
struct Described<WorstRequest> {
    static constexpr auto members =
        list(Member{"bytes", &WorstRequest::bytes}, Member{"uri", &WorstRequest::uri});
};

template <>
struct Described<SlowestRequest> {
    static constexpr auto members =
        list(Member{"seconds", &SlowestRequest::seconds}, Member{"uri", &SlowestRequest::uri});
};

template <>
struct Described<BlamedRoute> {
    static constexpr std::string_view name = "Route";
    static constexpr std::string_view about =
        "The requests of one method and URI pattern. requests, growth_bytes and time_s are "
        "estimated from the requests that were measured; certain_bytes_per_request is what they "
        "grew at least.";
    static constexpr auto members =
        list(Member{"method", &BlamedRoute::method}, Member{"route", &BlamedRoute::route},
             Member{"requests", &BlamedRoute::requests}, Member{"measured", &BlamedRoute::measured},
             Member{"growth_bytes", &BlamedRoute::growth_bytes},
             Member{"growth_bytes_per_request", &BlamedRoute::growth_bytes_per_request},
             Member{"certain_bytes_per_request", &BlamedRoute::certain_bytes_per_request},
             Member{"worst", &BlamedRoute::worst}, Member{"time_s", &BlamedRoute::time},
             Member{"slowest", &BlamedRoute::slowest}, Member{"hung", &BlamedRoute::hung},
             Member{"processes", &BlamedRoute::processes, AsTyped{}, Presence::may_lack});
};

template <>
struct Described<BlamedRest> {
    static constexpr auto members = list(Member{"requests", &BlamedRest::requests},
                                         Member{"growth_bytes", &BlamedRest::growth_bytes},
                                         Member{"time_s", &BlamedRest::time});
};

template <>
struct Described<BlamedWarmUp> {
    static constexpr auto members = list(Member{"measured", &BlamedWarmUp::measured},
                                         Member{"growth_bytes", &BlamedWarmUp::growth_bytes});
};

template <>
struct Described<BlamedNet> {
    static constexpr auto members =
        list(Member{"lasting", &BlamedNet::lasting}, Member{"processes", &BlamedNet::processes},
             Member{"stretches", &BlamedNet::stretches},
             Member{"growth_bytes_per_request", &BlamedNet::growth_bytes_per_request},
             Member{"certain_bytes_per_request", &BlamedNet::certain_bytes_per_request});
};

template <>
struct Described<Blame> {
    static constexpr auto members =
        list(Member{"app", &Blame::app}, Member{"since", &Blame::since},
             Member{"workers", &Blame::workers}, Member{"unseen_workers", &Blame::unseen_workers},
             Member{"unseen", &Blame::unseen}, Member{"requests", &Blame::requests},
             Member{"measured", &Blame::measured}, Member{"growth_bytes", &Blame::growth_bytes},
             Member{"time_s", &Blame::time}, Member{"warm_up", &Blame::warm_up},
             Member{"other", &Blame::other}, Member{"routes", &Blame::routes},
             Member{"net", &Blame::net, AsTyped{}, Presence::may_lack});
};

} // namespace recycler::control
