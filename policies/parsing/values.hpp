// SPDX-License-Identifier: MIT
// Readers of one value: each takes a node of the document, puts what it means into a field of the
// policy, or refuses it with a fault at its place. Which key is read by which reader stands in
// keys.cpp.
#pragma once

#include "policies/parsing/draft.hpp"

namespace policies::parsing {

// One value of the file, the key it belongs to, and the draft it goes into.
struct Value {
    const Node& node;
    std::string_view key;
    Draft& draft;

    void refuse(Problem problem) const { draft.blame(node.at, key, std::move(problem)); }
    // "text is expected here, not a list", with `suggestion`.
    void refuse_type(std::string_view expected, std::string suggestion = "") const;
};

// Text that holds something and no NUL (which would cut it short where the kernel reads it).
std::optional<std::string> read_text(const Value& value);
std::optional<std::uint64_t> read_whole(const Value& value, std::uint64_t least,
                                        std::uint64_t most);
std::optional<Duration> read_span(const Value& value, Duration least);
std::optional<Percent> read_percent(const Value& value);
// Bytes as a number or a text; "50%" is of the machine's memory.
std::optional<Bytes> read_size(const Value& value);

void command(const Value& value, std::vector<std::string>& field);
void environment(const Value& value, std::map<std::string, std::string>& field);
void name(const Value& value, std::string& field);
void account(const Value& value, std::string& field);
void absolute_path(const Value& value, std::string& field);
void keep_connections(const Value& value, KeepConnections& field);
void file_mode(const Value& value, std::uint32_t& field);
void truth(const Value& value, bool& field);
void stop_signal(const Value& value, int& field);
void span_or_off(const Value& value, std::optional<Duration>& field);
void spread(const Value& value, Percent& field);
void core_size(const Value& value, std::optional<Bytes>& field);
void ready(const Value& value, Ready& field);
void seccomp(const Value& value, Seccomp& field);
void capabilities(const Value& value, std::optional<std::vector<std::string>>& field);
void niceness(const Value& value, int& field);
void handover(const Value& value, HandoverMode& field);
void parameters(const Value& value, std::vector<std::string>& field);
void enforcement(const Value& value, Enforcement& field);
void max_unavailable(const Value& value, std::variant<std::uint32_t, Percent>& field);

// These have no field of their own: they are resolved when all is read.
void listen(const Value& value);
void workers(const Value& value);
void recycle_memory(const Value& value);

// A whole number from `least` to `most`.
struct Whole {
    std::uint64_t least;
    std::uint64_t most;
    template <typename Field>
    void operator()(const Value& value, Field& field) const {
        if (const auto number = read_whole(value, least, most)) {
            field = static_cast<Field>(*number);
        }
    }
};

// A span of time of at least `least`.
struct SpanFrom {
    Duration least;
    template <typename Field>
    void operator()(const Value& value, Field& field) const {
        if (const auto span = read_span(value, least)) {
            field = *span;
        }
    }
};

// A size of at least `least`.
struct SizeFrom {
    Bytes least;
    template <typename Field>
    void operator()(const Value& value, Field& field) const {
        const auto size = read_size(value);
        if (size && *size < least) {
            value.refuse({"this must be more than 0", "remove the key to have no limit"});
        } else if (size) {
            field = *size;
        }
    }
};

} // namespace policies::parsing
