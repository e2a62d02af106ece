// SPDX-License-Identifier: MIT
// The Varlink protocol without its socket: messages are JSON objects that end in NUL. Cuts a stream
// into messages, and turns messages into calls, replies and failures and back, for both ends. Pure;
// whatever comes in may be hostile.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/control/model/calls.hpp"
#include "recycler/control/model/failure.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace recycler::control {

constexpr std::string_view k_interface = "io.recycler";
constexpr std::string_view k_service = "org.varlink.service";
// In Varlink's interface definition language; what GetInterfaceDescription answers.
std::string interface_description();
extern const std::string_view k_service_description; // of org.varlink.service

// A stream cut into messages. Keeps at most one message's limit and what was fed last.
class Frames {
  public:
    explicit Frames(std::size_t longest) : longest_(longest) {}
    // False: the message that has begun is longer than the limit; the stream is of no more use.
    [[nodiscard]] bool feed(std::string_view bytes);
    // The next whole message, without its NUL.
    std::optional<std::string> next();
    [[nodiscard]] bool has_next() const { return whole_ > 0; }
    // Whether something waits: a part of a message, or whole ones.
    [[nodiscard]] bool empty() const { return buffer_.empty(); }

  private:
    std::size_t longest_;
    std::string buffer_;
    std::size_t whole_ = 0;      // messages in buffer_
    std::size_t unfinished_ = 0; // length of the message that has no end yet
};

// How many answers a caller wants: one, as many as there are, none.
enum class Delivery { single, more, oneway };

// The calls of org.varlink.service.
struct GetInfo {
    bool operator==(const GetInfo&) const = default;
};
struct GetInterfaceDescription {
    std::string interface;
    bool operator==(const GetInterfaceDescription&) const = default;
};

struct Incoming {
    Delivery delivery = Delivery::single;
    std::variant<Call, GetInfo, GetInterfaceDescription> call;
};
// A call that cannot be carried out; the caller is told.
struct BadCall {
    Delivery delivery = Delivery::single;
    Failure failure;
};
// No Varlink at all: nothing to answer.
struct NoCall {};
std::variant<Incoming, BadCall, NoCall> decode_call(std::string_view message);

// Each ends in NUL.
std::string encode_call(const Call& call, Delivery delivery);
enum class Continues { no, yes };
std::string encode_reply(const Reply& reply, Continues continues);
std::string encode_failure(const Failure& failure);
std::string encode_info();
// The failure InterfaceNotFound, when it is none of ours.
std::string encode_interface_description(const std::string& interface);

struct Answer {
    Reply reply;
    Continues continues = Continues::no;
};
// The answer to `asked`. An Error says why the message is none.
std::variant<Answer, Failure, Error> decode_answer(std::string_view message, const Call& asked);

// "io.recycler.Status".
std::string method_name(const Call& call);

} // namespace recycler::control
