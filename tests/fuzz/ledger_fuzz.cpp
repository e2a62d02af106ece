// SPDX-License-Identifier: MIT
// The input is the beginning of a ledger's file. Without the header of version 4 it is one of
// version 3, which has one size.
#include "recycler/slots/ledger/ledger_format.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <vector>

using namespace recycler::slots;

namespace {

constexpr std::size_t k_size_of_3 = 8 + 2 * (488 + 1024 * 288);

bool has_header(const std::vector<std::byte>& file) {
    return file.size() >= sizeof k_ledger_magic &&
           std::memcmp(file.data(), &k_ledger_magic, sizeof k_ledger_magic) == 0;
}

bool is_known(const LedgerWorker& worker) {
    return worker.phase <= Phase::leaving && worker.order <= Order::start_timeout;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    std::vector<std::byte> file(size);
    std::transform(bytes, bytes + size, file.begin(),
                   [](std::uint8_t byte) { return std::byte{byte}; });
    if (!has_header(file)) {
        file.resize(k_size_of_3);
    }
    const auto read = read_ledger(file);
    if (!read || !*read) {
        return 0;
    }
    const Ledger& ledger = **read;
    if (ledger.slot_count > k_most_slots) {
        std::abort();
    }
    for (std::size_t i = 0; i < ledger.slot_count; ++i) {
        const LedgerSlot& slot = ledger.slots[i];
        if (slot.index >= k_most_slots || !is_known(slot.front) || !is_known(slot.retiring) ||
            !std::ranges::all_of(slot.dead, is_known)) {
            std::abort();
        }
    }
    return 0;
}
