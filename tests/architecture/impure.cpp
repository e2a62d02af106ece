// SPDX-License-Identifier: MIT
// Everything that pure code must not do, a line for each category that pure_symbols_test.py denies.
// Compiled, never run.
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <poll.h>
#include <random>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace recycler::architecture {

long everything_that_is_forbidden() {
    std::ofstream("file") << std::getenv("HOME");
    std::thread([] { std::cout << "thread"; }).join();
    long sum = std::chrono::steady_clock::now().time_since_epoch().count();
    sum += static_cast<long>(std::random_device{}());
    sum += ::socket(AF_UNIX, SOCK_STREAM, 0) + ::fork() + ::poll(nullptr, 0, 0);
    return sum + ::write(1, "", 0);
}

} // namespace recycler::architecture
