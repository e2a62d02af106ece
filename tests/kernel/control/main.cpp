// SPDX-License-Identifier: MIT
// The control socket with real clients. All of it happens in a runtime folder of its own.
#include <cstdio>
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char** argv) {
    if (geteuid() != 0) {
        std::puts("skipped: needs root, to be several users");
        return 77;
    }
    std::string folder = std::filesystem::temp_directory_path() / "recycler-control-XXXXXX";
    if (mkdtemp(folder.data()) == nullptr || chmod(folder.c_str(), 0755) != 0 ||
        setenv("RECYCLER_RUNTIME_DIR", folder.c_str(), 1) != 0) {
        std::perror("make a runtime folder");
        return 1;
    }
    const int result = doctest::Context(argc, argv).run();
    std::filesystem::remove_all(folder);
    return result;
}
