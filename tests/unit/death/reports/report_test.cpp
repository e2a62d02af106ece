// SPDX-License-Identifier: MIT
// What runtimes wrote for real when they died, shortened.
#include "recycler/death/report.hpp"

#include "recycler/death/explain.hpp"
#include "tests/unit/death/worked_evidence.hpp"

#include <csignal>
#include <doctest/doctest.h>
#include <fstream>

using namespace recycler::death;

namespace {

std::vector<std::string> written(const std::string& name) {
    std::ifstream file(REPORTS_DIR "/" + name);
    REQUIRE_MESSAGE(file, name);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) {
        lines.push_back(line);
    }
    return lines;
}

struct Expected {
    const char* file;
    const char* runtime;
    const char* line;
    const char* innermost = "";
    int signal = 0;
};

constexpr Expected k_expected[] = {
    {"ruby-segv", "Ruby", "-e:1: [BUG] Segmentation fault at 0x00000000000068fc", "-e:1:in `kill'",
     SIGSEGV},
    {"ruby-exception", "Ruby", "-e:1:in `b': no basket (RuntimeError)", "-e:1:in `<main>'"},
    {"ruby-stack", "Ruby", "-e:1:in `b': stack level too deep (SystemStackError)", "-e:1:in `b'"},
    {"python-faulthandler", "Python", "Fatal Python error: Segmentation fault",
     "\"<string>\", line 2 in basket", SIGSEGV},
    {"python-exception", "Python", "RuntimeError: no basket", "\"<string>\", line 1, in basket"},
    {"uwsgi-segv", "uWSGI", "!!! uWSGI process 27227 got Segmentation Fault !!!",
     "libc.so.6(+0x167ad8)", SIGSEGV},
    {"php-memory", "PHP",
     "PHP Fatal error:  Allowed memory size of 8388608 bytes exhausted (tried to allocate 2097152 "
     "bytes) in /srv/mem.php on line 1"},
    {"php-exception", "PHP",
     "PHP Fatal error:  Uncaught RuntimeException: no basket in /srv/exc.php:2",
     "/srv/exc.php(3): basket()"},
    {"node-memory", "Node.js",
     "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"},
    {"node-exception", "Node.js", "Error: no basket", "basket ([eval]:1:26)"},
    {"perl-memory", "Perl", "Out of memory!"},
    {"perl-die", "Perl", "no basket at /srv/app.pl line 7."},
    {"java-hs-err", "Java",
     "SIGSEGV (0xb) at pc=0x00007f5784361f14 (sent by kill), pid=2565, tid=2565",
     "[libc.so.6+0x85f14]", SIGSEGV},
    {"go-panic", "Go", "panic: runtime error: invalid memory address or nil pointer dereference",
     "main.basket(...)", SIGSEGV},
    {"go-fatal", "Go", "fatal error: all goroutines are asleep - deadlock!", "main.main()"},
    {"rust-panic", "Rust", "thread 'main' (2510) panicked at m.rs:1:14: no basket", "m::basket"},
    {"glibc-double-free", "glibc", "free(): double free detected in tcache 2"},
    {"glibc-smashed", "glibc", "*** stack smashing detected ***: terminated"},
    {"glibc-malloc", "glibc", "malloc(): corrupted top size"},
    {"cpp-terminate", "C++",
     "terminate called after throwing an instance of 'std::runtime_error' what():  no basket"},
    {"asan", "a sanitizer",
     "==27378==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000010 at pc "
     "0x56498074c4e7 bp 0x7ffcbc896ec0 sp 0x7ffcbc896eb8",
     "main /srv/t.c:3"},
    {"ruby-double-free", "glibc", "free(): double free detected in tcache 2", "-e:1:in `kill'"},
};

} // namespace

TEST_CASE("the line with the cause is found in what each runtime writes when it dies") {
    for (const Expected& expected : k_expected) {
        CAPTURE(expected.file);
        const auto report = find_report(written(expected.file));
        REQUIRE(report);
        CHECK(report->runtime == expected.runtime);
        CHECK(report->line == expected.line);
        CHECK((report->frames.empty() ? "" : report->frames.front()) == expected.innermost);
        CHECK(report->frames.size() <= 3);
        CHECK(report->signal.value_or(0) == expected.signal);
    }
}

TEST_CASE("lines of before are no part of a report, and none is found where there is none") {
    CHECK_FALSE(find_report({}));
    CHECK_FALSE(find_report(std::vector<std::string>{"listening", "", "GET /cart 200"}));
    std::vector<std::string> lines = written("uwsgi-segv");
    lines.insert(lines.begin(), {"double-checked", "PHP Warning:  x in /a.php on line 3"});
    CHECK(find_report(lines)->runtime == "uWSGI");
}

TEST_CASE("what a program logs and survives is not its end") {
    for (const char* file : {"php-memory", "php-exception", "python-exception", "ruby-exception",
                             "node-exception", "perl-die", "rust-panic"}) {
        CAPTURE(file);
        std::vector<std::string> lines = written(file);
        lines.push_back("GET /cart 200");
        CHECK_FALSE(find_report(lines));
    }
}

TEST_CASE("uWSGI's report of a child that its master has replaced is not the end of the worker") {
    std::vector<std::string> lines = written("uwsgi-segv");
    lines.push_back("DAMN ! worker 1 (pid: 27227) died :( trying respawn ...");
    CHECK_FALSE(find_report(lines));
}

TEST_CASE("a signal that the program caught is its own word, beside what the kernel says") {
    Evidence evidence;
    evidence.worker = "7012.3";
    evidence.status = Exited{1};
    evidence.readiness = Readiness::ready;
    evidence.report = find_report(written("uwsgi-segv"));
    const Explanation told = explain(evidence);
    CHECK(told.verdict == Verdict::exited);
    CHECK(told.cause == "status 1");
    CHECK(told.sentence ==
          "7012.3 ended by itself with status 1. It reported: \"!!! uWSGI process 27227 got "
          "Segmentation Fault !!!\" (in libc.so.6(+0x167ad8), called by "
          "_ctypes.cpython-311-x86_64-linux-gnu.so(+0xe197), called by libffi.so.8(+0x6f7a)). By "
          "its own word, the program caught SIGSEGV, reported it and ended with status 1.");
    evidence.status = Signalled{SIGABRT};
    evidence.report = find_report(written("ruby-segv"));
    const std::string sentence = explain(evidence).sentence;
    CHECK(sentence.find("crashed with SIGABRT") != std::string::npos);
    CHECK(sentence.ends_with("By its own word, the program caught SIGSEGV, reported it and ended "
                             "by SIGABRT."));
    evidence.status = Signalled{SIGSEGV};
    CHECK(explain(evidence).sentence.find("own word") == std::string::npos);
}

TEST_CASE("a report is evidence, and has no part in an end that was ordered") {
    Evidence evidence;
    evidence.worker = "7012.3";
    evidence.status = Exited{1};
    evidence.report = find_report(written("ruby-segv"));
    std::vector<std::string> names;
    for (const Fact& fact : explain(evidence).evidence) {
        names.push_back(fact.name + ": " + fact.value);
    }
    for (const char* fact :
         {"reported by Ruby: -e:1: [BUG] Segmentation fault at 0x00000000000068fc",
          "frames of its report: -e:1:in `kill' < -e:1:in `basket' < -e:1:in `<main>'",
          "signal of its report: SIGSEGV"}) {
        CHECK(std::ranges::find(names, fact) != names.end());
    }
    evidence.order = Order{Purpose::hung, {}, StopSent{SIGTERM}};
    CHECK(explain(evidence).sentence.find("It reported") == std::string::npos);
}
