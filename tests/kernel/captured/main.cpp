// SPDX-License-Identifier: MIT
// A controller that has been taken over: recycler-controller, and once it has started, each attempt
// to get out of it; before that, it has the keeper start a worker of root. How each fared goes to
// the file that CAPTURED_REPORT names, a line each, which appears when all are made; a controller
// that finds it is not taken over any more. Then it leaves the policy that stands in the file
// CAPTURED_POLICY to the next controller as the one in force, if there is such a file, and ends.
// With the word --unconfined: the attempts alone, by a process that has given up nothing.
#include "recycler/controller/run.hpp"
#include "tests/kernel/captured/attempts.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string_view>
#include <sys/prctl.h>
#include <unistd.h>

using namespace recycler;

namespace {

std::string report_file() {
    const char* const file = std::getenv("CAPTURED_REPORT");
    return file == nullptr ? "" : file;
}

void try_all(const captured::Scene& scene, const std::string& report) {
    const std::string under_way = report + ".new";
    std::ofstream lines(under_way);
    for (const captured::Attempt& attempt : captured::attempts()) {
        lines << attempt.name << '\t' << attempt.refused << '\t'
              << captured::fate_of(attempt, scene) << '\n'
              << std::flush;
    }
    lines.close();
    (void)std::rename(under_way.c_str(), report.c_str());
}

void act_as_captured() {
    const std::string report = report_file();
    if (report.empty() || std::ifstream(report)) {
        return;
    }
    const captured::Scene scene = captured::scene_of_environment();
    (void)captured::fate_of({"order", 0, captured::order_worker_of_root}, scene);
    try_all(scene, report);
    if (const char* const policy = std::getenv("CAPTURED_POLICY")) {
        ::_exit(captured::leave_policy(scene, policy));
    }
}

} // namespace

int main(int count, char** words) {
    if (count == 2 && std::string_view(words[1]) == "--unconfined") {
        try_all(captured::scene_of_environment(), report_file());
        return 0;
    }
    (void)::prctl(PR_SET_NAME, "recycler-controller"); // by which stories find it
    return controller::run_controller(count, words, act_as_captured);
}
