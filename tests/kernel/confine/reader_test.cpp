// SPDX-License-Identifier: MIT
// A reader: what it cannot do any more, each of which it could before; and what it still can.
#include "recycler/confine/reader.hpp"

#include "recycler/confine/readable.hpp"
#include "tests/kernel/confine/scene.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <dirent.h>
#include <dlfcn.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <vector>

using namespace recycler;
using namespace recycler::confine;

namespace {

constexpr int k_has_kept_a_right = 200;

bool has_landlock() {
    return fate_of({}, [] { return open_only_to_read({}) ? 0 : 1; }) == 0;
}

int fate_of_a_reader(const Scene& scene, const std::function<int()>& deed,
                     const std::function<void()>& before = {}) {
    const auto become_reader = reader(scene.readable());
    return fate_of(before, [&] { return become_reader() ? deed() : k_has_kept_a_right; });
}

bool reads(const std::string& path) {
    std::array<char, 6> text{};
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    void* mapped = ::mmap(nullptr, 6, PROT_READ, MAP_SHARED, file.get(), 0);
    return file && ::pread(file.get(), text.data(), 6, 0) == 6 && mapped != MAP_FAILED &&
           std::memcmp(mapped, "secret", 6) == 0 && std::memcmp(text.data(), "secret", 6) == 0;
}

int entries_of(const std::string& path) {
    DIR* folder = ::opendir(path.c_str());
    int count = 0;
    while (folder != nullptr && ::readdir(folder) != nullptr) {
        ++count;
    }
    return count;
}

} // namespace

TEST_CASE("whatever a reader tries beyond reading it could have done before, and is refused") {
    const Scene scene;
    const bool landlock = has_landlock();
    for (const Attempt& each : attempts()) {
        CAPTURE(std::string(each.name));
        CHECK(fate_of(each.before, [&] { return each.deed(scene); }) == 0);
        if (landlock || std::strstr(each.name, "not on the list") == nullptr) {
            CHECK(fate_of_a_reader(
                      scene, [&] { return each.deed(scene); }, each.before) == each.refused);
        } else {
            MESSAGE("this kernel has no Landlock: a reader may read all that is root's own");
        }
    }
}

TEST_CASE("a reader reads its files and folders, takes memory, and waits for what is to come") {
    const Scene scene;
    const auto work = [&] {
        const std::string folder = scene.readable().front();
        const bool sees = reads(scene.ours()) && entries_of(folder) == 4;
        const std::vector<char> memory(std::size_t{64} << 20, 'x');
        const int watch = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        const bool watches = ::inotify_add_watch(watch, folder.c_str(), IN_MODIFY) >= 0;
        const timespec moment{.tv_sec = 0, .tv_nsec = 1000};
        return sees && memory.back() == 'x' && watches && ::nanosleep(&moment, nullptr) == 0 ? 0
                                                                                             : 1;
    };
    CHECK(fate_of_a_reader(scene, work) == 0);
}

// As newer releases of libsystemd load what they unpack entries with.
TEST_CASE("a reader may load a library, if its files are on the list") {
    const Scene scene;
    const auto load = [] { return ::dlopen("libseccomp.so.2", RTLD_NOW) != nullptr ? 0 : 1; };
    const auto readable = [](std::vector<std::string> paths) { return reader(std::move(paths)); };
    const auto may = readable({"/usr/lib", "/lib", "/lib64", "/etc/ld.so.cache"});
    CHECK(fate_of({}, [&] { return may() ? load() : k_has_kept_a_right; }) == 0);
}

TEST_CASE("what was open before stays open, and a reader writes its answer to standard output") {
    const Scene scene;
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    const UniqueFd ours(ends[0]);
    UniqueFd theirs(ends[1]);
    const UniqueFd file(::open(scene.theirs().c_str(), O_RDONLY | O_CLOEXEC));
    const auto answer = [&] {
        std::array<char, 6> text{};
        return ::read(file.get(), text.data(), text.size()) == 6
                   ? error_of(::write(STDOUT_FILENO, text.data(), text.size()))
                   : 1;
    };
    CHECK(fate_of_a_reader(scene, answer, [&] { ::dup2(theirs.get(), STDOUT_FILENO); }) == 0);
    theirs.reset();
    std::array<char, 7> said{};
    CHECK(::read(ours.get(), said.data(), said.size()) == 6);
    CHECK(std::string(said.data()) == "secret");
}

TEST_CASE("every call of the list that decides something is known on this machine") {
    const auto list = CallList::compile(reader_calls(), Outcome::not_permitted);
    REQUIRE(list);
    for (const char* name : {"write", "openat", "mmap", "mprotect", "fcntl", "prlimit64", "execve",
                             "clone", "kill", "socket", "ptrace", "mount", "setuid", "prctl"}) {
        CHECK(std::find(list->unknown().begin(), list->unknown().end(), name) ==
              list->unknown().end());
    }
}
