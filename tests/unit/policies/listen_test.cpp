// SPDX-License-Identifier: MIT
#include "parsed.hpp"
#include "policies/parsing/listen.hpp"

using namespace policies;

namespace {

std::vector<std::string> addresses(const std::string& text,
                                   std::optional<std::uint32_t> workers = std::nullopt) {
    const auto parsed = parsing::parse_listen(text, workers);
    std::vector<std::string> names;
    if (const auto* found = std::get_if<std::vector<Address>>(&parsed)) {
        for (const auto& address : *found) {
            names.push_back(to_string(address));
        }
    }
    return names;
}

Problem problem(const std::string& text) {
    auto parsed = parsing::parse_listen(text, std::nullopt);
    REQUIRE(std::holds_alternative<Problem>(parsed));
    return std::get<Problem>(parsed);
}

using Names = std::vector<std::string>;

} // namespace

TEST_CASE("a range of ports is one address per port") {
    CHECK(addresses("127.0.0.1:7000-7002") ==
          Names{"127.0.0.1:7000", "127.0.0.1:7001", "127.0.0.1:7002"});
    CHECK(addresses("0.0.0.0:7000") == Names{"0.0.0.0:7000"});
    CHECK(addresses("7000-7000") == Names{"127.0.0.1:7000"});
    CHECK(addresses("65535") == Names{"127.0.0.1:65535"});
}

TEST_CASE("an IPv6 address comes back in its canonical form") {
    CHECK(addresses("[0:0:0:0:0:0:0:1]:7000") == Names{"[::1]:7000"});
    CHECK(addresses("[::]:7000-7001") == Names{"[::]:7000", "[::]:7001"});
}

TEST_CASE("%s stands for the number of the worker") {
    CHECK(addresses("unix:/run/shop/%s.sock", 2) ==
          Names{"unix:/run/shop/0.sock", "unix:/run/shop/1.sock"});
    CHECK(addresses("unix:/run/shop.sock") == Names{"unix:/run/shop.sock"});
}

TEST_CASE("a slot is named by its port or by its socket's file") {
    CHECK(slot_name(TcpAddress{"::1", 7012}) == "7012");
    CHECK(slot_name(UnixAddress{"/run/shop/3.sock"}) == "3.sock");
}

TEST_CASE("where there are spares no slot has their name") {
    const auto app = [](const std::string& capacity) {
        return "[app]\ncommand = [\"/bin/app\"]\nlisten = [\"unix:/run/spare\"]\n" + capacity;
    };
    const Fault fault = only_fault(app("[capacity]\nspares = 1\n"));
    CHECK(fault.key == "app.listen");
    CHECK(fault.reason.starts_with("no slot can be called \"spare\""));
    CHECK(good(app("[capacity]\nspares = 0\n")).capacity.spares == 0);
    CHECK(good(app("")).app.listen.size() == 1);
}

TEST_CASE("what is not an address is refused with what to write instead") {
    CHECK(problem("localhost:7000").suggestion == "write \"127.0.0.1\"");
    CHECK(problem("*:7000").suggestion == "write \"0.0.0.0\" for all addresses");
    CHECK(problem("::1:7000").suggestion == "an IPv6 address stands in brackets: \"[::1]:7000\"");
    CHECK(problem("7019-7000").suggestion == "write \"7000-7019\"");
    CHECK(problem("/run/shop.sock").suggestion == "write \"unix:/run/shop.sock\"");
    CHECK(problem("unix:/run/%s.sock").suggestion == "add workers = 8 to [app]");
    for (const auto* text : {"",
                             ":",
                             "0",
                             "70000",
                             "7000-",
                             "-7000",
                             "7000-7001-7002",
                             "127.0.0.1:",
                             "127.0.0:7000",
                             "[127.0.0.1]:7000",
                             "[::1]",
                             "[::1:7000",
                             "7000 ",
                             "1.2.3.4:7000:",
                             "1-65535",
                             "unix:",
                             "unix:run/a.sock",
                             "unix:/run/",
                             "unix:/run/.hidden",
                             "unix:/run/-a",
                             "unix:/run/a b",
                             "unix:/run/%d.sock",
                             "unix:/run/%s%s",
                             "unix:/run/%"}) {
        CAPTURE(text);
        CHECK(addresses(text, 2).empty());
    }
}

TEST_CASE("a socket's path leaves room for the serial number in the kernel's 107 bytes") {
    const std::string fits = "unix:/" + std::string(95, 'a');
    CHECK(addresses(fits).size() == 1);
    CHECK(addresses(fits + "a").empty());
    CHECK(problem(fits + "a").reason.find("at most 96 bytes long, this one has 97") !=
          std::string::npos);
    const std::string one_digit = "unix:/" + std::string(94, 'a') + "%s";
    CHECK(addresses(one_digit, 10).size() == 10);
    CHECK(addresses(one_digit, 11).empty());
}
