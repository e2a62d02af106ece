// SPDX-License-Identifier: MIT
#include "recycler/events/log.hpp"

#include "recycler/base/unique_fd.hpp"

#include <array>
#include <doctest/doctest.h>
#include <regex>
#include <string>
#include <unistd.h>

using namespace recycler;
namespace log = recycler::events::log;

namespace {

// What a call writes to stderr.
template <typename Call>
std::string said(const Call& call) {
    std::array<int, 2> pipe{};
    REQUIRE(::pipe(pipe.data()) == 0);
    const UniqueFd before(::dup(STDERR_FILENO));
    ::dup2(pipe[1], STDERR_FILENO);
    ::close(pipe[1]);
    call();
    ::dup2(before.get(), STDERR_FILENO);
    std::array<char, 512> text{};
    const ssize_t got = ::read(pipe[0], text.data(), text.size());
    ::close(pipe[0]);
    return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
}

} // namespace

TEST_CASE("a person reads the zone of the time and the app in each line, and the app once") {
    log::open(log::Reader::person);
    log::name_app("shop");
    const std::string front = R"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [+-]\d\d:\d\d )";
    const auto is = [&front](const std::string& line, const std::string& rest) {
        return std::regex_match(line, std::regex(front + rest));
    };
    const std::string record = said([] { log::say(log::Level::warning, "7012.3 left"); });
    CHECK_MESSAGE(is(record, "warning shop: 7012\\.3 left\n"), record);
    const std::string own = said([] { log::say(log::Level::info, "shop starts: 2 workers"); });
    CHECK_MESSAGE(is(own, "info shop starts: 2 workers\n"), own);
    log::open(log::Reader::journal);
    CHECK(said([] { log::say(log::Level::info, "7012.3 left"); }) == "<6>7012.3 left\n");
    log::name_app("");
}
