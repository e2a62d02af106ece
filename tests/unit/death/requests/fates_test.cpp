// SPDX-License-Identifier: MIT
// What the sentence says of each request that an end concerned.
#include "recycler/death/explain.hpp"
#include "tests/unit/death/worked_evidence.hpp"

#include <algorithm>
#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::death;
using namespace std::chrono_literals;

namespace {

Concerned one(const char* uri, Fate fate) {
    return {.request = InFlight{.method = "GET", .uri = uri, .running = 4s}, .fate = fate};
}

Evidence with(Evidence e, std::vector<Concerned> requests) {
    e.requests = std::move(requests);
    const auto cut = std::ranges::find(e.requests, Fate::cut_off, &Concerned::fate);
    if (cut != e.requests.end()) {
        e.in_flight = cut->request;
        e.at_end = Activity::busy;
    }
    return e;
}

Evidence hung() {
    return ordered(exited(0), Purpose::hung, StopSent{SIGTERM});
}

bool tells_that(const Evidence& e, const std::string& words) {
    const std::string sentence = explain(e).sentence;
    INFO(sentence);
    return sentence.find(words) != std::string::npos;
}

} // namespace

TEST_CASE("a request that hung is named, whatever became of it") {
    CHECK(tells_that(with(hung(), {one("/slow", Fate::answered_late)}),
                     "GET /slow had run for 4s, longer than recycle.hung"));
    CHECK(tells_that(with(hung(), {one("/slow", Fate::answered_late)}),
                     "It still answered that request, after Recycler had told it to end."));
    CHECK_FALSE(tells_that(with(hung(), {one("/slow", Fate::answered_late)}), "cut off"));
    CHECK(tells_that(with(hung(), {one("/slow", Fate::cut_off)}), "That request was cut off."));
    CHECK(tells_that(with(hung(), {one("/slow", Fate::unknown)}),
                     "Whether that request was answered is not known."));
    CHECK(tells_that(hung(), "Whether that request was answered is not known."));
}

TEST_CASE("all requests that were cut off are named, five at most, and counted") {
    const Evidence three =
        with(killed_by(SIGKILL),
             {one("/a", Fate::cut_off), one("/b", Fate::cut_off), one("/c", Fate::cut_off)});
    CHECK(tells_that(three, "while serving GET /a for 4s"));
    CHECK(tells_that(three, " Cut off with it: GET /b and GET /c."));
    Evidence many = three;
    many.requests.push_back({.request = {}, .fate = Fate::cut_off, .count = 7});
    CHECK(tells_that(many, " Cut off with it: GET /b, GET /c and 7 more."));
    const auto facts = explain(many).evidence;
    const auto listed = std::ranges::find(facts, "requests at its end", &Fact::name);
    REQUIRE(listed != facts.end());
    CHECK(listed->value == "GET /a for 4s: cut-off; GET /b for 4s: cut-off; GET /c for 4s: "
                           "cut-off; 7 requests of unknown name: cut-off");
}

TEST_CASE("one that answers after it was told to end was not idle, and has lost nothing") {
    const Evidence recycled = with(ordered(exited(0), Purpose::recycle, StopSent{SIGTERM}),
                                   {one("/a", Fate::answered_late)});
    CHECK(explain(recycled).verdict == Verdict::recycled);
    CHECK(tells_that(recycled,
                     "It was busy when it was told to end. It answered GET /a after it was "
                     "told to end, so nothing was cut off."));
    const Evidence drained = with(ordered(exited(0), Purpose::drain_cut, StopSent{SIGTERM}),
                                  {one("/a", Fate::answered_late)});
    CHECK(explain(drained).verdict == Verdict::drain_cut);
    CHECK(tells_that(drained, "drain.timeout expired"));
    CHECK(tells_that(drained,
                     "It answered GET /a after it was told to end, so nothing was cut off."));
    CHECK_FALSE(tells_that(drained, "idle"));
}

TEST_CASE("an exit at the end of an answer does not say that the answer was whole") {
    const Evidence e = with(exited(3), {one("/buy/42", Fate::unknown)});
    CHECK(tells_that(e, "ended by itself with status 3 at the end of a request"));
    CHECK(tells_that(
        e, " It exited just as it ended its answer to GET /buy/42, so Recycler cannot tell "
           "whether that answer was complete."));
    CHECK_FALSE(tells_that(e, "between two requests"));
    Evidence empty = with(exited(3), {one("/buy/42", Fate::cut_off)});
    empty.requests.front().was_empty = true;
    CHECK(tells_that(empty, "with status 3 while serving GET /buy/42"));
    CHECK(tells_that(empty, " It ended that request without sending any answer."));
}

TEST_CASE("a death just after an answer names the request that was answered") {
    const Evidence e = with(killed_by(SIGSEGV), {one("/a", Fate::answered)});
    CHECK(tells_that(e, "Just before its end it had answered GET /a, and it had not come back to "
                        "accept the next request."));
    CHECK_FALSE(tells_that(e, "cut off"));
}
