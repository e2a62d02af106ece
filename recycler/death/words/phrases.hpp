// SPDX-License-Identifier: MIT
// Pieces of evidence in words, for the list and for the sentence alike. Text that a worker wrote
// comes out bounded and escaped.
#pragma once

#include "recycler/death/evidence.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace recycler::death {

// Text of a worker is quoted up to here: long enough to know a URI or an error message again, short
// enough for a terminal.
inline constexpr std::size_t k_longest_quote = 300;
inline constexpr std::size_t k_longest_method = 20;

// What to do about a signal that another program sent.
inline constexpr char k_ask_sender[] = "Find out who ran that program, and why it sent the signal.";

// "recycle, sent SIGTERM", "none": what we had ordered and how far that had gone.
std::string order_in_words(const std::optional<Order>& order);
// "exit status 1", "SIGSEGV, core dumped", "unknown".
std::string status_in_words(const std::optional<WaitStatus>& status);
// "pid 4711 (convert)".
std::string chosen_in_words(const Chosen& chosen);
// "bash (pid 4711, in ssh.service)".
std::string sender_in_words(const Sender& sender);
// "3 connections open, no request begun on them".
std::string open_connections_in_words(std::uint32_t count);
// "2 connections without a request, 1 request of which only the beginning had arrived";
// "none".
std::string held_in_words(const Unserved& unserved);
// "shut its listener down and lost its queue: 3 connections".
// "3 requests that waited in the slot since it last had a worker that served".
std::string turned_away_in_words(std::uint32_t count);
std::string queue_lost_in_words(std::uint32_t count);
// "GET /cart?id=3".
std::string request_in_words(const InFlight& request);

} // namespace recycler::death
