// SPDX-License-Identifier: MIT
#include <cstdio>
#include <doctest/doctest.h>
#include <unistd.h>

int main(int argc, char** argv) {
    if (::geteuid() != 0) {
        std::puts("skipped: workers are started as other users; run as root");
        return 77;
    }
    return doctest::Context(argc, argv).run();
}
