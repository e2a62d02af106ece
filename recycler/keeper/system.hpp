// SPDX-License-Identifier: MIT
// What the keeper needs of the system beside processes and sockets: the time, and a way to tell the
// operator something that can never block or allocate.
#pragma once

#include "recycler/base/units.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace recycler::keeper {

[[nodiscard]] MonoTime now();
[[nodiscard]] Duration processor_time();           // that this thread has used
[[nodiscard]] std::int64_t as_wire(MonoTime time); // nanoseconds

// A warning: "recyclerd: ..." on stderr, one line, cut at 480 bytes, marked as one where the
// journal reads it (sd-daemon(3)); left out when stderr takes nothing now (a full pipe, a stopped
// terminal), because the workers matter more.
__attribute__((format(printf, 1, 2))) void say(const char* format, ...);

// What no child has anything to do with: shared, it would be copied page by page as we go on
// writing, which costs more than the fork. The whole pages of it: its neighbours stay.
void keep_from_children(void* memory, std::size_t size);

// Where it begins with a page; where pages are larger, less of it is kept from children.
inline constexpr std::size_t k_page = 4096;
// Static, so that only what is used takes memory.
template <std::size_t Size>
struct OwnBytes {
    OwnBytes() { keep_from_children(bytes.data(), Size); } // NOLINT(*-member-init): static
    alignas(k_page) std::array<std::byte, Size> bytes;
};

} // namespace recycler::keeper
