// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdio>
#include <initializer_list>
#include <unistd.h>

// The workers of these tests need their interpreters.
int main(int argc, char** argv) {
    for (const char* program :
         {"/usr/bin/php-cgi", "/usr/bin/perl", "/usr/bin/ruby", "/usr/bin/node"}) {
        if (access(program, X_OK) != 0) {
            std::printf("skipped: %s is not installed\n", program);
            return 77;
        }
    }
    return doctest::Context(argc, argv).run();
}
