// SPDX-License-Identifier: MIT
#include "recycler/control/varlink/varlink.hpp"

#include "failures.hpp"
#include "recycler/control/peer.hpp"
#include "samples.hpp"

#include <doctest/doctest.h>
#include <regex>
#include <set>

using namespace recycler::control;
using namespace std::chrono_literals;

namespace {

// Without its NUL, which must be there.
std::string body(std::string message) {
    REQUIRE(message.back() == '\0');
    message.pop_back();
    REQUIRE(message.find('\0') == std::string::npos);
    return message;
}

Failure failure_of(std::string_view message) {
    const auto decoded = decode_call(message);
    REQUIRE(std::holds_alternative<BadCall>(decoded));
    return std::get<BadCall>(decoded).failure;
}

const std::vector<Call> k_calls{
    StatusCall{},
    StatusCall{{"7012", "all"}},
    DrainCall{{"7012"}, 30s, Force::yes, Wait::until_accepted},
    DrainCall{{"7012"}, std::nullopt, Force::no, Wait::until_done},
    OpenCall{{"7012"}},
    RecycleCall{{"all"}, Wait::until_accepted},
    ReloadCall{},
    WhyCall{},
    WhyCall{"7012", samples::k_time},
    WhyCall{std::nullopt, samples::k_time, Ends::unexpected},
    EventsCall{},
    EventsCall{Follow::and_coming},
    BlameCall{},
    StopCall{},
};

} // namespace

TEST_CASE("every call is decoded as it was encoded") {
    for (const Call& call : k_calls) {
        const auto decoded = decode_call(body(encode_call(call, Delivery::more)));
        REQUIRE(std::holds_alternative<Incoming>(decoded));
        const Incoming& incoming = std::get<Incoming>(decoded);
        CHECK(incoming.delivery == Delivery::more);
        REQUIRE(std::holds_alternative<Call>(incoming.call));
        CHECK(std::get<Call>(incoming.call) == call);
    }
}

TEST_CASE("the interface describes each call, and each method that it describes is known") {
    const std::string description = interface_description();
    const std::regex method("\nmethod ([A-Za-z]+)\\(");
    std::set<std::string> described;
    for (std::sregex_iterator at(description.begin(), description.end(), method), end; at != end;
         ++at) {
        const std::string name = "io.recycler." + (*at)[1].str();
        CAPTURE(name);
        described.insert(name);
        const auto decoded = decode_call(R"({"method":")" + name + R"("})");
        const auto* bad = std::get_if<BadCall>(&decoded);
        const auto* error = bad ? std::get_if<ServiceError>(&bad->failure) : nullptr;
        CHECK_FALSE((error && error->fault == ServiceFault::method_not_found));
    }
    std::set<std::string> called;
    for (const Call& call : k_calls) {
        called.insert(method_name(call));
    }
    CHECK(described == called);
    CHECK(described.size() == std::variant_size_v<Call>);
}

TEST_CASE("the interface names the methods that the app's user may call") {
    const std::string description = interface_description();
    const std::size_t from = description.find("the app's user");
    const std::string sentence = description.substr(from, description.find('.', from) - from);
    for (const Call& call : k_calls) {
        const std::string name = method_name(call);
        CAPTURE(name);
        const std::regex word("\\b" + name.substr(name.rfind('.') + 1) + "\\b");
        CHECK(std::regex_search(sentence, word) == (needed_for(call) == Role::reader));
    }
}

TEST_CASE("a call says how many answers it wants") {
    for (const Delivery delivery : {Delivery::single, Delivery::more, Delivery::oneway}) {
        const auto decoded = decode_call(body(encode_call(StopCall{}, delivery)));
        CHECK(std::get<Incoming>(decoded).delivery == delivery);
    }
}

TEST_CASE("every reply is decoded as it was encoded") {
    const std::vector<std::pair<Call, Reply>> pairs{
        {StatusCall{}, samples::full_snapshot()},
        {DrainCall{}, OrderReply{{{"7012", "drained", "after 3 s"}}}},
        {OpenCall{}, OrderReply{}},
        {RecycleCall{}, OrderReply{{{"7012", "recycled", std::nullopt}}}},
        {ReloadCall{}, ReloadReply{{"one", "two"}}},
        {WhyCall{}, WhyReply{{samples::full_record()}}},
        {EventsCall{}, EventsReply{{{samples::k_time, "x", "7012", 3u, {}}}}},
        {BlameCall{}, samples::full_blame()},
        {BlameCall{}, Blame{}},
        {StopCall{}, StopReply{}},
    };
    for (const auto& [call, reply] : pairs) {
        for (const Continues continues : {Continues::no, Continues::yes}) {
            const auto decoded = decode_answer(body(encode_reply(reply, continues)), call);
            REQUIRE(std::holds_alternative<Answer>(decoded));
            CHECK(std::get<Answer>(decoded).reply == reply);
            CHECK(std::get<Answer>(decoded).continues == continues);
        }
    }
}

TEST_CASE("every failure is decoded as it was encoded") {
    for (const Failure& failure : samples::every_failure()) {
        const auto decoded = decode_answer(body(encode_failure(failure)), StatusCall{});
        REQUIRE(std::holds_alternative<Failure>(decoded));
        CHECK(std::get<Failure>(decoded) == failure);
    }
}

TEST_CASE("errors go by the names that Varlink programs know") {
    CHECK(body(encode_failure(NoSuchSlot{"7099"})) ==
          R"({"error":"io.recycler.NoSuchSlot","parameters":{"slot":"7099"}})");
    CHECK(body(encode_failure(ServiceError{ServiceFault::permission_denied, ""})) ==
          R"({"error":"org.varlink.service.PermissionDenied","parameters":{}})");
}

TEST_CASE("parameters may be left out where there is a default") {
    const auto decoded = decode_call(R"({"method":"io.recycler.Status"})");
    CHECK(std::get<Call>(std::get<Incoming>(decoded).call) == Call{StatusCall{}});
    const auto drain =
        decode_call(R"({"method":"io.recycler.Drain","parameters":{"slots":["7012"]}})");
    CHECK(std::get<Call>(std::get<Incoming>(drain).call) == Call{DrainCall{{"7012"}, {}, {}, {}}});
}

TEST_CASE("the calls of org.varlink.service are understood and answered") {
    const auto info = decode_call(R"({"method":"org.varlink.service.GetInfo"})");
    CHECK(std::holds_alternative<GetInfo>(std::get<Incoming>(info).call));
    CHECK(encode_info().find(R"("interfaces":["org.varlink.service","io.recycler"])") !=
          std::string::npos);
    const auto description =
        decode_call(R"({"method":"org.varlink.service.GetInterfaceDescription",)"
                    R"("parameters":{"interface":"io.recycler"}})");
    CHECK(std::get<GetInterfaceDescription>(std::get<Incoming>(description).call).interface ==
          "io.recycler");
    CHECK(encode_interface_description("io.recycler").find("method Drain(") != std::string::npos);
    CHECK(encode_interface_description("org.varlink.service").find("method GetInfo(") !=
          std::string::npos);
    CHECK(
        body(encode_interface_description("no.such")) ==
        R"({"error":"org.varlink.service.InterfaceNotFound","parameters":{"interface":"no.such"}})");
}

TEST_CASE("every method that is understood is in the interface description") {
    for (const Call& call : k_calls) {
        const std::string name = method_name(call);
        const std::string method = "\nmethod " + name.substr(name.rfind('.') + 1) + "(";
        CHECK_MESSAGE(interface_description().find(method) != std::string::npos, method);
    }
}

TEST_CASE("a method or an interface that is not there is named") {
    CHECK(failure_of(R"({"method":"io.recycler.Explode"})") ==
          Failure{ServiceError{ServiceFault::method_not_found, "io.recycler.Explode"}});
    CHECK(failure_of(R"({"method":"com.example.Ping"})") ==
          Failure{ServiceError{ServiceFault::interface_not_found, "com.example"}});
    CHECK(failure_of(R"({"method":"Ping"})") ==
          Failure{ServiceError{ServiceFault::interface_not_found, "Ping"}});
    CHECK(failure_of(R"({"method":""})") ==
          Failure{ServiceError{ServiceFault::interface_not_found, ""}});
}

TEST_CASE("a parameter that is wrong, missing or unknown is named") {
    const auto invalid = [](const char* parameters) {
        const Failure failure = failure_of(
            std::string(R"({"method":"io.recycler.Drain","parameters":)") + parameters + "}");
        REQUIRE(std::holds_alternative<ServiceError>(failure));
        CHECK(std::get<ServiceError>(failure).fault == ServiceFault::invalid_parameter);
        return std::get<ServiceError>(failure).name;
    };
    CHECK(invalid(R"({})") == "slots");
    CHECK(invalid(R"({"slots":"7012"})") == "slots");
    CHECK(invalid(R"({"slots":[1]})") == "slots[0]");
    CHECK(invalid(R"({"slots":[],"timeout_ms":-1})") == "timeout_ms");
    CHECK(invalid(R"({"slots":[],"timeout_ms":1e3})") == "timeout_ms");
    CHECK(invalid(R"({"slots":[],"force":1})") == "force");
    CHECK(invalid(R"({"slots":[],"speed":1})") == "speed");
    CHECK(invalid(R"([])") == "parameters");
}

TEST_CASE("an endless stream must be asked for as one") {
    CHECK(failure_of(R"({"method":"io.recycler.Events","parameters":{"follow":true}})") ==
          Failure{ServiceError{ServiceFault::expected_more, ""}});
}

TEST_CASE("what is no call is told from a wrong call") {
    for (const char* message :
         {"", "GET / HTTP/1.1\r\n", "[]", "{}", "\"x\"", R"({"method":1})",
          R"({"method":"io.recycler.Stop","more":1})", R"({"method":"io.recycler.Stop")"}) {
        CHECK_MESSAGE(std::holds_alternative<NoCall>(decode_call(message)), message);
    }
    CHECK(std::holds_alternative<NoCall>(decode_call(std::string(10'000, '['))));
}

TEST_CASE("what is no answer is an error, never a reply") {
    for (const char* message : {"", "[]", "{}", R"({"parameters":{}})", R"({"parameters":[]})",
                                R"({"error":1})", R"({"continues":1})"}) {
        CHECK_MESSAGE(std::holds_alternative<recycler::Error>(decode_answer(message, WhyCall{})),
                      message);
    }
}

TEST_CASE("an unknown error is still a refusal") {
    const auto decoded = decode_answer(R"({"error":"io.recycler.New"})", StatusCall{});
    CHECK(std::get<Failure>(decoded) == Failure{Refused{"the daemon answers io.recycler.New"}});
}
