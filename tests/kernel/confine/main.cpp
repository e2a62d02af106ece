// SPDX-License-Identifier: MIT
// What a process of ours gives up, against the kernel it runs on. Needs root, which has something
// to give up.
#include <cstdio>
#include <doctest/doctest.h>
#include <unistd.h>

int main(int argc, char** argv) {
    if (::geteuid() != 0) {
        std::puts("skipped: needs root, to have rights at all");
        return 77;
    }
    return doctest::Context(argc, argv).run();
}
