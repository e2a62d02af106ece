// SPDX-License-Identifier: MIT
#include "recycler/keeper/ring/ring.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace recycler::keeper {

static_assert(sizeof(RingHeader) == 64);

namespace {

int write_at(int fd, std::span<const std::byte> bytes, std::uint64_t offset) {
    while (!bytes.empty()) {
        const ssize_t written =
            ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return written < 0 ? errno : EIO;
        }
        bytes = bytes.subspan(static_cast<std::size_t>(written));
        offset += static_cast<std::uint64_t>(written);
    }
    return 0;
}

int write_counter(int fd, std::size_t offset, std::uint64_t count) {
    return write_at(fd, std::as_bytes(std::span{&count, 1}), offset);
}

} // namespace

std::optional<std::uint64_t> written_to_ring(int fd) {
    RingHeader header;
    struct stat file {};
    const int seals = ::fcntl(fd, F_GET_SEALS);
    if (seals < 0 || (seals & F_SEAL_SHRINK) == 0 || (seals & F_SEAL_WRITE) != 0 ||
        ::fstat(fd, &file) < 0 || file.st_size != static_cast<off_t>(k_ring_size) ||
        ::pread(fd, &header, sizeof header, 0) != static_cast<ssize_t>(sizeof header) ||
        header.magic != k_ring_magic || header.version != k_ring_version ||
        header.capacity != k_ring_capacity) {
        return std::nullopt;
    }
    return header.written;
}

int append_to_ring(int fd, std::uint64_t& written, std::span<const std::byte> bytes) {
    const std::uint64_t at = written % k_ring_capacity;
    const std::size_t first = std::min<std::size_t>(bytes.size(), k_ring_capacity - at);
    written += bytes.size();
    int error = write_counter(fd, offsetof(RingHeader, claimed), written);
    if (error == 0) {
        error = write_at(fd, bytes.first(first), sizeof(RingHeader) + at);
    }
    if (error == 0) {
        error = write_at(fd, bytes.subspan(first), sizeof(RingHeader));
    }
    const int published = write_counter(fd, offsetof(RingHeader, written), written);
    return error != 0 ? error : published;
}

} // namespace recycler::keeper
