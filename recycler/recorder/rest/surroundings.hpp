// SPDX-License-Identifier: MIT
// What the kept connections that rest in a process have around them. Owns nothing.
#pragma once

#include "recycler/recorder/connections.hpp"
#include "recycler/recorder/rest/copies.hpp"
#include "recycler/request/page_layout.hpp"

namespace recycler::recorder {

struct Surroundings {
    request::Page* page;
    request::Row* row;
    Connections* connections;
    Copies* copies;
    Transport transport;
};

} // namespace recycler::recorder
