// SPDX-License-Identifier: MIT
// cgroups/ against the kernel it runs on: v1 or v2, the same tests. Needs root and a cgroup in
// which a subtree may be made.
#include <doctest/doctest.h>

#include "tests/kernel/cgroups/site.hpp"

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

// Found without the code under test: where this holds, a tree that cannot be opened is its fault.
bool memory_is_controlled_here() {
    std::ifstream controllers("/sys/fs/cgroup/cgroup.controllers");
    const std::string words{std::istreambuf_iterator<char>(controllers), {}};
    const bool v2 = words.find("memory") != std::string::npos &&
                    ::access("/sys/fs/cgroup/cgroup.procs", W_OK) == 0;
    return v2 || ::access("/sys/fs/cgroup/memory/tasks", W_OK) == 0;
}

} // namespace

int main(int count, char** words) {
    if (::geteuid() != 0) {
        std::puts("skipped: needs root");
        return 77;
    }
    // Orphans of the storm come to us and are reaped with the rest.
    (void)::prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (auto tree = open_tree(); !tree) {
        const bool ours = memory_is_controlled_here();
        std::printf("%s: %s\n", ours ? "FAILED" : "skipped", tree.error().message().c_str());
        return ours ? 1 : 77;
    } else {
        std::printf("cgroup v%d at %s\n", static_cast<int>(tree->version()), tree->path().c_str());
        for (const std::string& limitation : tree->limitations()) {
            std::printf("limitation: %s\n", limitation.c_str());
        }
    }
    doctest::Context context(count, words);
    const int failed = context.run();
    while (::waitpid(-1, nullptr, 0) > 0) {
    }
    return failed;
}
