// SPDX-License-Identifier: MIT
#include "recycler/death/stack_trace.hpp"

#include <algorithm>
#include <doctest/doctest.h>

using namespace recycler::death;

using Frames = std::vector<std::string>;

namespace {

// As systemd 252 of Debian 12 and 257 of Debian 13 wrote them.
constexpr const char* k_debian_12 =
    "Process 268 (app) of user 33 dumped core.\n"
    "\n"
    "Stack trace of thread 268:\n"
    "#0  0x00007f4754c5aeec n/a (libc.so.6 + 0x8aeec)\n"
    "#1  0x00007f4754c0bfb2 raise (libc.so.6 + 0x3bfb2)\n"
    "#2  0x000055a42debdea4 answer (app + 0x1ea4)\n"
    "#3  0x000055a42debdfea serve (app + 0x1fea)\n"
    "#4  0x000055a42debd454 main (app + 0x1454)\n"
    "#5  0x00007f4754bf724a n/a (libc.so.6 + 0x2724a)\n"
    "#6  0x00007f4754bf7305 __libc_start_main (libc.so.6 + 0x27305)\n"
    "#7  0x000055a42debd481 _start (app + 0x1481)\n"
    "ELF object binary architecture: AMD x86-64\n";
constexpr const char* k_debian_13 =
    "Process 363 (app) of user 33 dumped core.\n"
    "\n"
    "Stack trace of thread 363:\n"
    "#0  0x00007f29550dc69c n/a (libc.so.6 + 0x9469c)\n"
    "#1  0x00007f2955087c42 raise (libc.so.6 + 0x3fc42)\n"
    "#2  0x000056354ada7ea4 answer (/srv/build/bin/tests/app + 0x1ea4)\n"
    "#3  0x000056354ada7fea serve (/srv/build/bin/tests/app + 0x1fea)\n"
    "#4  0x000056354ada7454 main (/srv/build/bin/tests/app + 0x1454)\n"
    "#5  0x00007f2955071ca8 n/a (libc.so.6 + 0x29ca8)\n"
    "#6  0x00007f2955071d65 __libc_start_main (libc.so.6 + 0x29d65)\n"
    "#7  0x000056354ada7481 _start (/srv/build/bin/tests/app + 0x1481)\n"
    "ELF object binary architecture: AMD x86-64\n";

} // namespace

TEST_CASE("the stack of a crash on Debian 12 and 13 reads as its functions, innermost first") {
    CHECK(frames_in(k_debian_12) == Frames{"libc.so.6+0x8aeec", "raise (libc.so.6)", "answer (app)",
                                           "serve (app)", "main (app)", "libc.so.6+0x2724a",
                                           "__libc_start_main (libc.so.6)"});
    CHECK(frames_in(k_debian_13) == Frames{"libc.so.6+0x9469c", "raise (libc.so.6)", "answer (app)",
                                           "serve (app)", "main (app)", "libc.so.6+0x29ca8",
                                           "__libc_start_main (libc.so.6)"});
}

TEST_CASE("a message without a stack tells no frames") {
    CHECK(frames_in("Process 254 (app) of user 33 dumped core.").empty());
    CHECK(frames_in("").empty());
    CHECK(frames_in("#0  0x1 f (m + 0x1)").empty());
    CHECK(frames_in("Stack trace of thread 7:").empty());
    CHECK(frames_in("Stack trace of thread 7:\n\n#0  0x1 f (m + 0x1)").empty());
}

TEST_CASE("only the first thread's frames count, and no more than a person reads") {
    std::string message = "Stack trace of thread 7:\n";
    for (int i = 0; i < 50; ++i) {
        message += "#" + std::to_string(i) + "  0x00007f f" + std::to_string(i) + " (m + 0x1)\n";
    }
    CHECK(frames_in(message).size() == k_most_frames);
    CHECK(frames_in("Stack trace of thread 7:\n#0  0x1 f (m + 0x1)\n\nStack trace of thread 8:\n"
                    "#0  0x1 g (m + 0x1)\n") == Frames{"f (m)"});
}

TEST_CASE("what is not known of a frame is left out of it") {
    const auto frame = [](const std::string& line) {
        const Frames frames = frames_in("Stack trace of thread 7:\n" + line);
        return frames.empty() ? "(none)" : frames.front();
    };
    CHECK(frame("#0  0x00007fab n/a (libc.so.6 + 0x8ae3c)") == "libc.so.6+0x8ae3c");
    CHECK(frame("#0  0x00007fab n/a (n/a + 0x0)") == "0x00007fab");
    CHECK(frame("#0  0x00007fab f (n/a + 0x0)") == "f");
    CHECK(frame("#0  0x00007fab n/a (/srv/my app + 0x7)") == "my app+0x7");
    CHECK(frame("#10 0x00007fab operator() (const char*) (a b + 0x1)") ==
          "operator() (const char*) (a b)");
    CHECK(frame("#0  0x00007fab f") == "(none)");
    CHECK(frame("#0  (a + 0x1)") == "(none)");
    CHECK(frame("ELF object binary architecture: AMD x86-64") == "(none)");
}

TEST_CASE("names that a program chose come out printable and bounded") {
    const Frames frames =
        frames_in("Stack trace of thread 7:\n#0  0x1 \x1b[2J" + std::string(5000, 'x') + " (" +
                  std::string(5000, 'y') + " + 0x1)");
    REQUIRE(frames.size() == 1);
    CHECK(frames[0].size() < 400);
    CHECK(std::ranges::all_of(frames[0], [](char c) { return c >= 0x20 && c < 0x7f; }));
}
