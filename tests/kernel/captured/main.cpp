// SPDX-License-Identifier: MIT
// A controller that has been taken over: recycler-controller, and once it has started, each attempt
// to get out of it. How each fared goes to the file that CAPTURED_REPORT names, a line each, which
// appears when all are made; a controller that finds it is not taken over any more. Then it leaves
// the policy that stands in the file CAPTURED_POLICY to the next controller as the one in force, if
// there is such a file, and ends. With the word --unconfined: the attempts alone, by a process that has
// given up nothing.
#include "recycler/controller/run.hpp"
#include "recycler/controller/start/deposit_keys.hpp"
#include "recycler/keeper/protocol/link.hpp"
#include "tests/kernel/captured/attempts.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string_view>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

using namespace recycler;

namespace {

void try_all(const std::string& report) {
    const captured::Scene scene = captured::scene_of_environment();
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

// By the highest descriptor, which is that of the link.
void leave_policy(const char* path) {
    const auto open = captured::open_descriptors(::getpid());
    keeper::Link link{UniqueFd(*std::ranges::max_element(open))};
    std::ifstream file(path);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    const UniqueFd memfd(::memfd_create("policy", MFD_CLOEXEC));
    const bool left = ::write(memfd.get(), bytes.data(), bytes.size()) > 0 &&
                      link.deposit(controller::k_policy, memfd.get(), {});
    ::_exit(left ? 0 : 1);
}

void act_as_captured() {
    const char* const report = std::getenv("CAPTURED_REPORT");
    if (report == nullptr || std::ifstream(report)) {
        return;
    }
    try_all(report);
    if (const char* const policy = std::getenv("CAPTURED_POLICY")) {
        leave_policy(policy);
    }
}

} // namespace

int main(int count, char** words) {
    if (count == 2 && std::string_view(words[1]) == "--unconfined") {
        act_as_captured();
        return 0;
    }
    (void)::prctl(PR_SET_NAME, "recycler-controller"); // by which stories find it
    return controller::run_controller(count, words, act_as_captured);
}
