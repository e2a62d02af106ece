// SPDX-License-Identifier: MIT
#include <cstdio>
#include <doctest/doctest.h>
#include <unistd.h>

int main(int argc, char** argv) {
    if (::geteuid() != 0) {
        std::puts("skipped: opening a gate again needs CAP_NET_RAW; run as root");
        return 77;
    }
    return doctest::Context(argc, argv).run();
}
