// SPDX-License-Identifier: MIT
// What the programs find that a worker's processes start: the worker's own, and those that it runs
// on account of a request.
#include "tests/kernel/recorded_worker.hpp"
#include "tests/support/fastcgi_client.hpp"

#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdlib.h>

using namespace recycler;
using namespace recycler::testing;

namespace {

namespace fs = std::filesystem;

// Runs a program before it accepts, one after that, and at last one that executes the next worker,
// which inherits the listener as its own process would.
constexpr const char* k_worker = R"(
import os, socket, subprocess, sys
folder, worker = sys.argv[1:]
def look(name):
    with open(f"{folder}/{name}.new", "w") as file:
        subprocess.run(["/bin/sh", "-c", "echo SHELL ${RECYCLER_PAGE-none}; env; for fd in /proc/self/fd/*; do readlink $fd; done"],
                       stdin=subprocess.DEVNULL, stdout=file, close_fds=False)
    os.rename(f"{folder}/{name}.new", f"{folder}/{name}")
look("before")
listener = socket.socket(fileno=os.dup(0))
listener.accept()[0].close()
look("after")
subprocess.run([worker], stdin=0, close_fds=False)
)";

std::string text_of(const fs::path& file) {
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

bool has_line(const std::string& text, const std::string& beginning) {
    return ("\n" + text).find("\n" + beginning) != std::string::npos;
}

} // namespace

TEST_CASE("a program that is run for a request finds nothing of ours, and a worker is counted all "
          "the same") {
    std::string pattern = "/tmp/recycler-descent-XXXXXX";
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    const fs::path folder = pattern;
    std::ofstream(folder / "worker.py") << k_worker;
    const WorkerCommand app = c_worker();
    FastCgiRequest request;
    request.params = app.params;
    WorkerCommand command{
        .name = "python",
        .argv = {"python3", (folder / "worker.py").string(), pattern, app.argv[0]},
        .environment = {{"LD_PRELOAD", RECORDER_PATH ":/usr/lib/none.so"}},
        .params = app.params};
    const Listener listener = Listener::open();
    const RecordedWorker worker{listener, command};
    (void)ask_and_check(listener.port, request); // it is not answered
    REQUIRE(worker.eventually([&](const RecordedWorker&) { return fs::exists(folder / "after"); }));
    const std::string before = text_of(folder / "before");
    CHECK(has_line(before, "RECYCLER_PAGE="));
    CHECK(has_line(before, "LD_PRELOAD=" RECORDER_PATH ":/usr/lib/none.so\n"));
    CHECK(has_line(before, "/memfd:recycler-page"));
    const std::string after = text_of(folder / "after");
    CHECK(has_line(after, "SHELL none\n"));
    CHECK_FALSE(has_line(after, "RECYCLER_PAGE="));
    CHECK(has_line(after, "LD_PRELOAD=/usr/lib/none.so\n"));
    CHECK_FALSE(has_line(after, "/memfd:recycler-page"));
    for (int i = 0; i < 3; ++i) {
        CHECK(ask_and_check(listener.port, request));
    }
    CHECK(worker.eventually([](const RecordedWorker& one) { return one.read().served == 3; }));
    fs::remove_all(folder);
}
