// SPDX-License-Identifier: MIT
// For tests that ask nothing of the machine; others have a main() of their own, which then is the
// one that is linked.
#include <doctest/doctest.h>

int main(int argc, char** argv) {
    return doctest::Context(argc, argv).run();
}
