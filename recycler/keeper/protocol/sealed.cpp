// SPDX-License-Identifier: MIT
#include "recycler/keeper/protocol/sealed.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace recycler::keeper {

std::size_t sealed_size(int memfd, std::size_t most) {
    constexpr int k_seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;
    struct stat file {};
    const int seals = ::fcntl(memfd, F_GET_SEALS);
    if (seals < 0 || (seals & k_seals) != k_seals || ::fstat(memfd, &file) < 0 ||
        file.st_size <= 0 || file.st_size > static_cast<off_t>(most)) {
        return 0;
    }
    return static_cast<std::size_t>(file.st_size);
}

std::span<const std::byte> sealed_bytes(int memfd, std::span<std::byte> space) {
    const std::size_t size = sealed_size(memfd, space.size());
    const ssize_t got = size > 0 ? ::pread(memfd, space.data(), size, 0) : 0;
    return got == static_cast<ssize_t>(size) ? space.first(size) : std::span<std::byte>{};
}

// MAP_PRIVATE: a shared mapping of a memfd with F_SEAL_WRITE is refused (EPERM) before Linux 6.7.
Mapped::Mapped(int memfd, std::size_t size)
    : at_(::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, memfd, 0)), size_(size) {}

Mapped::~Mapped() {
    if (at_ != MAP_FAILED) {
        ::munmap(at_, size_);
    }
}

std::span<const std::byte> Mapped::bytes() const {
    return at_ == MAP_FAILED ? std::span<const std::byte>{}
                             : std::span{static_cast<const std::byte*>(at_), size_};
}

} // namespace recycler::keeper
