// SPDX-License-Identifier: MIT
#include "recycler/ctl/input/log_input.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace recycler::ctl {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t k_buffer = std::size_t{256} << 10;

struct Packing {
    std::string_view magic;
    const char* program;
};
// RFC 1952, the .xz format 1.1, RFC 8878; bzip2 has "BZh" and a digit.
constexpr std::array k_packings{Packing{"\x1f\x8b"sv, "gzip"}, Packing{"\xfd\x37zXZ\0"sv, "xz"},
                                Packing{"\x28\xb5\x2f\xfd"sv, "zstd"}, Packing{"BZh"sv, "bzip2"}};

const char* packing_of(std::string_view head) {
    for (const Packing& packing : k_packings) {
        if (head.starts_with(packing.magic)) {
            return packing.program;
        }
    }
    return nullptr;
}

// Signals are blocked in this program, which reads them from a descriptor; not so in the child.
Result<pid_t> spawn(const char* program, int from, int to) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    (void)posix_spawn_file_actions_init(&files);
    (void)posix_spawnattr_init(&attributes);
    (void)posix_spawn_file_actions_adddup2(&files, from, STDIN_FILENO);
    (void)posix_spawn_file_actions_adddup2(&files, to, STDOUT_FILENO);
    sigset_t none;
    (void)sigemptyset(&none);
    (void)posix_spawnattr_setsigmask(&attributes, &none);
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    std::string name = program;
    std::string options = "-dc";
    const std::array<char*, 3> argv{name.data(), options.data(), nullptr};
    pid_t child = 0;
    const int error = posix_spawnp(&child, program, &files, &attributes, argv.data(), environ);
    (void)posix_spawn_file_actions_destroy(&files);
    (void)posix_spawnattr_destroy(&attributes);
    if (error != 0) {
        return Error{error, std::string("run ") + program};
    }
    return child;
}

} // namespace

LogInput::LogInput(std::string path, UniqueFd file, int interrupt)
    : path_(std::move(path)), file_(std::move(file)), interrupt_(interrupt), buffer_(k_buffer) {}

LogInput::LogInput(LogInput&& other) noexcept
    : path_(std::move(other.path_)), file_(std::move(other.file_)), interrupt_(other.interrupt_),
      child_(std::exchange(other.child_, 0)), program_(other.program_),
      buffer_(std::move(other.buffer_)), filled_(other.filled_), skipping_(other.skipping_) {}

LogInput::~LogInput() {
    file_.reset();
    if (child_ > 0) {
        (void)::kill(child_, SIGKILL); // ours, and not waited for: it cannot be another's
        (void)::waitpid(child_, nullptr, 0);
    }
}

Result<LogInput> LogInput::open(const std::string& path, int interrupt) {
    const bool standard = path == "-";
    // O_NONBLOCK: whoever writes into a FIFO may never come, and fill() can be interrupted.
    UniqueFd file(standard ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                           : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    const std::string name = standard ? "standard input" : path;
    if (!file) {
        return Error{errno, "open " + name};
    }
    LogInput input(name, std::move(file), interrupt);
    auto head = input.fill();
    if (!head) {
        return std::move(head).error();
    }
    const char* program = packing_of({input.buffer_.data(), input.filled_});
    if (program == nullptr) {
        return input;
    }
    if (auto unpacked = input.unpack(program); !unpacked) {
        return std::move(unpacked).error();
    }
    return input;
}

Result<void> LogInput::unpack(const char* program) {
    if (::lseek(file_.get(), 0, SEEK_SET) != 0) {
        return Error{0, path_ + " is compressed: unpack it first, with " + program + " -dc"};
    }
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return Error{errno, "make a pipe"};
    }
    UniqueFd output(ends[0]);
    const UniqueFd child_end(ends[1]);
    auto child = spawn(program, file_.get(), child_end.get());
    if (!child) {
        return Error{child.error().code, path_ + " is compressed, and " + program +
                                             ", which unpacks it, does not start"};
    }
    child_ = *child;
    program_ = program;
    file_ = std::move(output);
    filled_ = 0;
    return {};
}

// How much was added; 0 at the end.
Result<std::size_t> LogInput::fill() {
    if (filled_ == buffer_.size()) {
        return std::size_t{0};
    }
    for (;;) {
        std::array<pollfd, 2> watched{pollfd{file_.get(), POLLIN, 0},
                                      pollfd{interrupt_, POLLIN, 0}};
        (void)::poll(watched.data(), watched.size(), -1); // a regular file is always ready
        if (interrupt_ >= 0 && (watched[1].revents & POLLIN) != 0) {
            return Error{ECANCELED, "read " + path_};
        }
        const ssize_t got = ::read(file_.get(), buffer_.data() + filled_, buffer_.size() - filled_);
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
            continue;
        }
        if (got < 0) {
            return Error{errno, "read " + path_};
        }
        filled_ += static_cast<std::size_t>(got);
        return static_cast<std::size_t>(got);
    }
}

Result<std::string_view> LogInput::head() {
    while (std::memchr(buffer_.data(), '\n', filled_) == nullptr) {
        auto more = fill();
        if (!more) {
            return std::move(more).error();
        }
        if (*more == 0) {
            break;
        }
    }
    return std::string_view(buffer_.data(), filled_);
}

// The whole lines of `text`; how many bytes they are.
std::size_t LogInput::hand_on(std::string_view text,
                              const std::function<void(std::string_view)>& take) {
    std::size_t done = 0;
    while (done < text.size()) {
        const void* end = std::memchr(text.data() + done, '\n', text.size() - done);
        if (end == nullptr) {
            break;
        }
        const auto length =
            static_cast<std::size_t>(static_cast<const char*>(end) - text.data()) - done;
        if (!std::exchange(skipping_, false)) {
            take(text.substr(done, std::min(length, k_longest_line)));
        }
        done += length + 1;
    }
    return done;
}

Result<void> LogInput::read(const std::function<void(std::string_view)>& take) {
    for (;;) {
        const std::string_view text(buffer_.data(), filled_);
        std::size_t done = hand_on(text, take);
        if (filled_ - done > k_longest_line) {
            if (!std::exchange(skipping_, true)) {
                take(text.substr(done, k_longest_line));
            }
            done = filled_;
        }
        std::memmove(buffer_.data(), buffer_.data() + done, filled_ - done);
        filled_ -= done;
        auto more = fill();
        if (!more) {
            return std::move(more).error();
        }
        if (*more == 0) {
            break;
        }
    }
    if (filled_ > 0 && !skipping_) {
        take({buffer_.data(), filled_}); // the last line has no end
    }
    filled_ = 0;
    return reap();
}

Result<void> LogInput::reap() {
    if (child_ <= 0) {
        return {};
    }
    int status = 0;
    const pid_t child = std::exchange(child_, 0);
    if (::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return {};
    }
    return Error{0, std::string(program_) + " could not unpack all of " + path_};
}

} // namespace recycler::ctl
