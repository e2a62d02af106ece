// SPDX-License-Identifier: MIT
// A record of the kernel's log: whatever it holds, what is read of it stays within it.
#include "recycler/worker/signals/filter_kill.hpp"
#include "recycler/worker/signals/memory_kill.hpp"

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view record(reinterpret_cast<const char*>(bytes), size);
    if (recycler::worker::filter_kill_in(record) &&
        record.find("type=1326") == std::string_view::npos) {
        __builtin_trap();
    }
    if (const auto kill = recycler::worker::memory_kill_in(record)) {
        if (kill->group.size() + kill->name.size() > size) {
            __builtin_trap();
        }
    }
    return 0;
}
