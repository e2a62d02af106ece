// cgroups/ against the kernel it runs on: v1 or v2, the same tests. Needs root and a cgroup in
// which a subtree may be made.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "tests/kernel/cgroups/site.hpp"

#include <cstdio>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char** words) {
    if (::geteuid() != 0) {
        std::puts("skipped: needs root");
        return 77;
    }
    // Orphans of the storm come to us and are reaped with the rest.
    (void)::prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (auto tree = open_tree(); !tree) {
        std::printf("skipped: %s\n", tree.error().message().c_str());
        return 77;
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
