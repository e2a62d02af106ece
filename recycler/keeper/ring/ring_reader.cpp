// SPDX-License-Identifier: MIT
#include "recycler/keeper/ring/ring_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace recycler::keeper {
namespace {

// A worker that floods its output overwrites what is being read. Every further attempt reads half
// as much from the end, and so leaves it the more to overwrite first: at last 2 KiB, which it
// cannot reach before it has written 62.
constexpr int k_attempts = 6;

Result<RingHeader> read_header(int fd) {
    RingHeader header;
    const ssize_t got = ::pread(fd, &header, sizeof header, 0);
    if (got < 0) {
        return Error{errno, "read the output of a worker"};
    }
    if (got != static_cast<ssize_t>(sizeof header) || header.magic != k_ring_magic ||
        header.version != k_ring_version || header.capacity != k_ring_capacity) {
        return Error{EBADMSG, "read the output of a worker"};
    }
    return header;
}

// The bytes from counter `from` to counter `to`, oldest first.
Result<std::vector<char>> read_between(int fd, std::uint64_t from, std::uint64_t to) {
    std::vector<char> bytes(to - from);
    for (std::size_t done = 0; done < bytes.size();) {
        const std::uint64_t at = (from + done) % k_ring_capacity;
        const std::size_t piece = std::min<std::size_t>(bytes.size() - done, k_ring_capacity - at);
        const ssize_t got =
            ::pread(fd, bytes.data() + done, piece, static_cast<off_t>(sizeof(RingHeader) + at));
        if (got <= 0) {
            return Error{got < 0 ? errno : EBADMSG, "read the output of a worker"};
        }
        done += static_cast<std::size_t>(got);
    }
    return bytes;
}

std::uint64_t oldest_kept(std::uint64_t end) {
    return end > k_ring_capacity ? end - k_ring_capacity : 0;
}

} // namespace

Result<UniqueFd> make_ring() {
    UniqueFd ring{::memfd_create("recycler-output", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    const RingHeader header{.capacity = k_ring_capacity};
    if (!ring || ::ftruncate(ring.get(), static_cast<off_t>(k_ring_size)) < 0 ||
        ::pwrite(ring.get(), &header, sizeof header, 0) != static_cast<ssize_t>(sizeof header) ||
        ::fcntl(ring.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
        return Error{errno, "create the ring for the output of a worker"};
    }
    return ring;
}

Result<Untold> read_untold(int fd) {
    const Result<RingHeader> before = read_header(fd);
    if (!before) {
        return Error{before.error()};
    }
    const std::uint64_t end = before->written;
    const std::uint64_t told = std::min(before->told, end);
    const std::uint64_t from = std::max(told, oldest_kept(end));
    Result<std::vector<char>> bytes = read_between(fd, from, end);
    if (!bytes) {
        return Error{bytes.error()};
    }
    const Result<RingHeader> after = read_header(fd);
    if (!after) {
        return Error{after.error()};
    }
    // What was claimed meanwhile may be new already under an old number.
    const std::uint64_t sound = std::clamp(oldest_kept(after->claimed), from, end);
    bytes->erase(bytes->begin(), bytes->begin() + static_cast<std::ptrdiff_t>(sound - from));
    return Untold{.bytes = std::move(*bytes), .begin = sound, .lost = sound - told};
}

Result<void> mark_told(int fd, std::uint64_t counter) {
    if (::pwrite(fd, &counter, sizeof counter, offsetof(RingHeader, told)) !=
        static_cast<ssize_t>(sizeof counter)) {
        return Error{errno, "mark the output of a worker as handed on"};
    }
    return {};
}

Result<RingTail> read_ring_tail(int fd, TailBounds bounds) {
    RingTail tail;
    for (int attempt = 0; attempt < k_attempts; ++attempt) {
        const Result<RingHeader> before = read_header(fd);
        if (!before) {
            return Error{before.error()};
        }
        const std::uint64_t end = before->written;
        const std::uint64_t most = k_ring_capacity >> attempt;
        const std::uint64_t from = end > most ? end - most : 0;
        const Result<std::vector<char>> bytes = read_between(fd, from, end);
        if (!bytes) {
            return Error{bytes.error()};
        }
        const Result<RingHeader> after = read_header(fd);
        if (!after) {
            return Error{after.error()};
        }
        // What was claimed meanwhile may be new already under an old number.
        const std::uint64_t lost = std::min(oldest_kept(after->claimed), end);
        const std::uint64_t sound = std::max(from, lost);
        tail = {.lines = last_lines(std::span{*bytes}.subspan(sound - from), sound, bounds),
                .written = end,
                .lost = lost};
        if (end - sound >= (end - from) / 2) {
            return tail;
        }
    }
    return tail;
}

} // namespace recycler::keeper
