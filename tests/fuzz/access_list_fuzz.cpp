// SPDX-License-Identifier: MIT
// The access list of a file: whatever its bytes, none beside them is read, and nobody is found
// twice for one entry.
#include "recycler/worker/spawn/access_list.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    const auto list = recycler::worker::access_list_in(text);
    if (list && list->writers.size() > size / 8) { // an entry takes 8 bytes
        __builtin_trap();
    }
    return 0;
}
