// SPDX-License-Identifier: MIT
#include "recycler/worker/spawn/program_look.hpp"

#include "recycler/base/unique_fd.hpp"

#include <array>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace recycler::worker {

namespace {

// The kernel follows so many interpreters of interpreters (BINPRM_MAX_RECURSION is 4).
constexpr int k_most_interpreters = 4;

struct Look {
    ProgramFacts facts;
    std::string interpreter; // of a script
};

Privileges privileges_of(int file) {
    struct stat status {};
    const bool set_id = ::fstat(file, &status) == 0 && (status.st_mode & (S_ISUID | S_ISGID)) != 0;
    const bool capable = ::fgetxattr(file, "security.capability", nullptr, 0) > 0;
    return set_id || capable ? Privileges::gained : Privileges::none;
}

Look look_at(const std::string& path) {
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    std::array<std::byte, 4096> beginning{};
    const ssize_t got = file ? ::read(file.get(), beginning.data(), beginning.size()) : -1;
    if (got <= 0) {
        return {};
    }
    const std::span read = std::span(beginning).first(static_cast<std::size_t>(got));
    const std::string_view text(reinterpret_cast<const char*>(read.data()), read.size());
    return {.facts = {.linkage = linkage_in(read), .privileges = privileges_of(file.get())},
            .interpreter = interpreter_in(text)};
}

std::string below(const std::string& directory, const std::string& path) {
    return path.starts_with('/') ? path : directory + "/" + path;
}

// By its mode: access(2) asks for this process, which need not be allowed to execute it.
bool is_executable(const std::string& path) {
    struct stat file {};
    return ::stat(path.c_str(), &file) == 0 && S_ISREG(file.st_mode) &&
           (file.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0;
}

// The program and what interprets it, in this order, with what was seen of the last.
struct Chain {
    std::vector<std::string> files;
    ProgramFacts facts;
};

Chain follow(const std::vector<std::string>& programs, const std::string& directory) {
    Chain chain;
    for (const std::string& program : programs) {
        const std::string path = below(directory, program);
        if (!is_executable(path)) {
            continue;
        }
        chain.files.push_back(path);
        Look look = look_at(path);
        for (int i = 0; i < k_most_interpreters && !look.interpreter.empty(); ++i) {
            chain.files.push_back(below(directory, look.interpreter));
            look = look_at(chain.files.back());
        }
        chain.facts = look.facts;
        break;
    }
    return chain;
}

} // namespace

ProgramFacts look_at_program(const std::vector<std::string>& programs,
                             const std::string& directory) {
    return follow(programs, directory).facts;
}

std::vector<std::string> files_of_program(const std::vector<std::string>& programs,
                                          const std::string& directory) {
    return follow(programs, directory).files;
}

} // namespace recycler::worker
