// SPDX-License-Identifier: MIT
// Whatever bytes a client or a daemon sends: the frames, the calls, the answers, the JSON.
#include "recycler/control/json/json.hpp"
#include "recycler/control/varlink/varlink.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <type_traits>

using namespace recycler::control;

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

// What was understood can be said again, and is then understood alike.
void check_call(const std::string& message) {
    const auto decoded = decode_call(message);
    if (const auto* bad = std::get_if<BadCall>(&decoded)) {
        require(encode_failure(bad->failure).back() == '\0');
        return;
    }
    const auto* incoming = std::get_if<Incoming>(&decoded);
    const Call* call = incoming == nullptr ? nullptr : std::get_if<Call>(&incoming->call);
    if (call == nullptr) {
        return;
    }
    std::string again = encode_call(*call, incoming->delivery);
    again.pop_back();
    require(std::holds_alternative<Incoming>(decode_call(again)));
}

// As an answer to each call.
template <typename... Asked>
void check_answer(const std::string& message, std::type_identity<std::variant<Asked...>> /*all*/) {
    for (const Call& asked : {Call{Asked{}}...}) {
        const auto decoded = decode_answer(message, asked);
        if (const auto* answer = std::get_if<Answer>(&decoded)) {
            std::string again = encode_reply(answer->reply, answer->continues);
            again.pop_back();
            require(std::holds_alternative<Answer>(decode_answer(again, asked)));
        }
    }
}

void check_values(const std::string& text) {
    if (const auto snapshot = snapshot_from_json(text)) {
        require(snapshot_from_json(to_json(*snapshot)).has_value());
    }
    if (const auto record = record_from_json(text)) {
        require(record_from_json(to_json(*record)).has_value());
    }
    if (const auto line = event_from_json(text)) {
        require(event_from_json(to_json(*line)).has_value());
    }
    if (const auto time = time_from_text(text)) {
        require(time_from_text(time_text(*time)).has_value());
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    Frames frames(4096);
    // The first byte says in which pieces the rest arrives.
    const std::size_t piece = size > 0 ? bytes[0] % 64 + 1u : 1;
    for (std::size_t from = 1; from < size; from += piece) {
        const std::size_t length = std::min(piece, size - from);
        if (!frames.feed({reinterpret_cast<const char*>(bytes) + from, length})) {
            return 0;
        }
        while (const auto message = frames.next()) {
            check_call(*message);
            check_answer(*message, std::type_identity<Call>{});
            check_values(*message);
        }
    }
    return 0;
}
