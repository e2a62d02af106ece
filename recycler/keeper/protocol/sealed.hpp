// SPDX-License-Identifier: MIT
// Files of memory that nobody can change any more, as plans and policies come to the keeper.
#pragma once

#include <cstddef>
#include <span>

namespace recycler::keeper {

// The size of a memfd that is sealed against writing, shrinking and growing; 0 for all else, for an
// empty one, and for one that is larger than `most`.
[[nodiscard]] std::size_t sealed_size(int memfd, std::size_t most);

// What is in a sealed memfd, read into `space`; empty for all else, and if it does not fit. A
// mapping of some pages costs fifty times as much as reading them.
[[nodiscard]] std::span<const std::byte> sealed_bytes(int memfd, std::span<std::byte> space);

// The bytes of a sealed memfd while they are read.
class Mapped {
  public:
    Mapped(int memfd, std::size_t size);
    Mapped(const Mapped&) = delete;
    Mapped& operator=(const Mapped&) = delete;
    ~Mapped();

    // Empty when it could not be mapped.
    [[nodiscard]] std::span<const std::byte> bytes() const;

  private:
    void* at_;
    std::size_t size_;
};

} // namespace recycler::keeper
