// SPDX-License-Identifier: MIT
// Workers that end with status 0 between two requests: in good order, or because they had run out
// of something.
#include "recycler/death/explain.hpp"

#include "tests/unit/death/worked_evidence.hpp"

#include <algorithm>
#include <cerrno>
#include <doctest/doctest.h>

using namespace recycler;
using namespace recycler::death;
using namespace std::chrono_literals;

namespace {

bool tells(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

Evidence starved(int error) {
    Evidence e = exited(0);
    e.circumstances.open_files = Filled{.count = 37, .limit = 40, .before_end = 270ms};
    e.circumstances.accept_refused = error;
    return e;
}

bool is_left(const Evidence& e) {
    return explain(e).verdict == Verdict::left;
}

} // namespace

TEST_CASE("a worker that has answered as many requests as php-cgi lets it is told why it left") {
    Evidence e = exited(0);
    e.circumstances.own_count = OwnCount{12};
    const Explanation told = explain(e);
    CHECK(told.verdict == Verdict::left);
    CHECK(told.sentence == "7012.3 ended by itself with status 0 between two requests after 12 "
                           "requests. Nothing was lost. php-cgi does this after "
                           "PHP_FCGI_MAX_REQUESTS requests (12).");
    CHECK(tells(*told.next, "PHP_FCGI_MAX_REQUESTS = \"0\""));
}

TEST_CASE("nobody else is told of PHP_FCGI_MAX_REQUESTS") {
    Evidence e = exited(0);
    e.why_not.sender = "no tracefs can be read";
    CHECK(
        explain(e).sentence ==
        "7012.3 ended by itself with status 0 between two requests after 12 requests. Nothing was "
        "lost. Recycler saw no signal to the worker (no tracefs can be read), and the worker "
        "had reached no limit.");
    CHECK(tells(*explain(e).next, "SIGTERM"));
    CHECK_FALSE(tells(*explain(e).next, "PHP"));
    e.circumstances.own_count = OwnCount{13}; // it had not come so far
    CHECK(is_left(e));
    CHECK_FALSE(tells(explain(e).sentence, "PHP"));
}

TEST_CASE("one whose accept() failed for want of a descriptor has not left, and counts as exited") {
    const Explanation told = explain(starved(EMFILE));
    CHECK(told.verdict == Verdict::exited);
    CHECK(is_warning(told.verdict));
    CHECK(told.cause == "status 0 after EMFILE in accept()");
    CHECK(told.sentence == "7012.3 ended by itself with status 0 between two requests after 12 "
                           "requests. Its last accept() failed with EMFILE (Too many open files), "
                           "because it had as many files open as it may: 40 (limits.nofile). The "
                           "record has no output on stderr.");
    CHECK(*told.next ==
          "Find out which files or connections it never closes, or raise limits.nofile.");
    Evidence php = starved(EMFILE);
    php.circumstances.own_count = OwnCount{12};
    CHECK(explain(php).verdict == Verdict::exited);
}

TEST_CASE("where the process has another limit than the policy wants, the words name both") {
    Evidence e = starved(EMFILE);
    e.circumstances.open_files =
        Filled{.count = 500, .limit = 512, .before_end = 270ms, .wanted = 65536};
    CHECK(tells(explain(e).sentence, "as it may: 512, although limits.nofile is 65536."));
    CHECK(tells(*explain(e).next, "LimitNOFILE= in the unit"));
    e.circumstances.accept_refused = 0;
    CHECK(tells(explain(e).sentence,
                "Its open files were 500 of 512, although limits.nofile is 65536, 0.27s before."));
}

TEST_CASE("accept() that fails for want of anything else names that") {
    CHECK(tells(explain(starved(ENFILE)).sentence, "all processes of the machine together"));
    CHECK(tells(*explain(starved(ENFILE)).next, "fs.file-max"));
    CHECK(tells(explain(starved(ENOMEM)).sentence, "no memory for the connection"));
}

TEST_CASE("few descriptors left are none left where a request opens several between two looks") {
    Evidence e = starved(0);
    CHECK(explain(e).verdict == Verdict::exited);
    CHECK(tells(explain(e).sentence, "Its open files were 37 of 40 (limits.nofile) 0.27s before."));
    e.circumstances.open_files = Filled{.count = 36, .limit = 40};
    CHECK(is_left(e));
    e.circumstances.open_files = Filled{.count = 6, .limit = 10};
    CHECK(is_left(e));
}

TEST_CASE("threads and address space that had run out count unless it left for its own reason") {
    Evidence e = exited(0);
    e.circumstances.tasks_refused = std::uint64_t{1};
    CHECK(explain(e).verdict == Verdict::exited);
    e.circumstances.own_count = OwnCount{12};
    CHECK(is_left(e));
    CHECK(tells(explain(e).sentence, "refused it a thread or process 1 time"));
    e = exited(0);
    e.circumstances.address_space = Room{.used = 990_MiB, .limit = 1_GiB, .before_end = 1s};
    CHECK(explain(e).verdict == Verdict::exited);
    CHECK(tells(explain(e).sentence,
                "It used 990 MiB of address space of 1 GiB (RLIMIT_AS) 1s before."));
    e.circumstances.address_space = Room{.used = 500_MiB, .limit = 1_GiB, .before_end = 1s};
    CHECK(is_left(e));
}

TEST_CASE("processor time that had run out is named, and is no verdict") {
    Evidence e = exited(0);
    e.circumstances.cpu_time = Filled{.count = 59, .limit = 60, .before_end = 1s};
    CHECK(is_left(e));
    CHECK(tells(explain(e).sentence,
                "It had used 59 of 60 seconds of processor time (RLIMIT_CPU) 1s before."));
}

TEST_CASE("one that another program had sent SIGTERM has not ended by itself") {
    Evidence e = exited(0);
    e.sender = Sender{.pid = 4711, .comm = "bash", .signal = SIGTERM};
    CHECK(tells(explain(e).sentence, "7012.3 ended with status 0 between two requests after 12 "
                                     "requests. bash (pid 4711) had sent it SIGTERM."));
    e.sender->relation = Relation::itself;
    CHECK(tells(explain(e).sentence, "7012.3 ended by itself with status 0"));
    e.sender = Sender{.pid = 4711, .comm = "bash", .signal = SIGUSR2};
    CHECK(tells(explain(e).sentence, "7012.3 ended by itself with status 0"));
}
