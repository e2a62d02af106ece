// SPDX-License-Identifier: MIT
// What an event store recalls, as it goes through a pipe from the child that read it.
#pragma once

#include "recycler/events/event_store.hpp"

#include <string_view>

namespace recycler::events {

[[nodiscard]] std::string to_bytes(const EventStore::Recalled& recalled);
// `ended`: how many records were asked for.
[[nodiscard]] EventStore::Recalled recalled_from(std::string_view bytes, std::size_t ended);

} // namespace recycler::events
