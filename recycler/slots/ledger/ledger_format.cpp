// SPDX-License-Identifier: MIT
#include "recycler/slots/ledger/ledger_format.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>

namespace recycler::slots {

// Where the fields stand: what another version relies on.
static_assert(sizeof(LedgerHeader) == 64 && offsetof(LedgerHeader, valid) == 36);
static_assert(sizeof(LedgerWorker) == 40 && offsetof(LedgerWorker, phase) == 32 &&
              offsetof(LedgerWorker, spare) == 36);
static_assert(sizeof(LedgerSpare) == 24 && sizeof(LedgerSpares) == 800 &&
              offsetof(LedgerSpares, spares) == 32);
static_assert(sizeof(LedgerSlot) == 360 && offsetof(LedgerSlot, shut_at_stop) == 5 &&
              offsetof(LedgerSlot, recorded) == 20 && offsetof(LedgerSlot, brake_until) == 32 &&
              offsetof(LedgerSlot, settle_until) == 48 && offsetof(LedgerSlot, well_since) == 56 &&
              offsetof(LedgerSlot, turned_away) == 80 && offsetof(LedgerSlot, start_failed) == 88 &&
              offsetof(LedgerSlot, successor_opening) == 90 &&
              offsetof(LedgerSlot, successor_spare) == 92 &&
              offsetof(LedgerSlot, successor_generation) == 96 &&
              offsetof(LedgerSlot, successor_launched_at) == 104 &&
              offsetof(LedgerSlot, lost_unattended) == 112 && offsetof(LedgerSlot, front) == 120);
static_assert(offsetof(Ledger, totals) == 8 && sizeof(Totals) == 776 &&
              offsetof(Ledger, learned) == 784 && sizeof(Learned) == 272 &&
              offsetof(Ledger, holding) == 1056 && offsetof(Ledger, turned_away) == 1072 &&
              offsetof(Ledger, spares) == 1088 && offsetof(Ledger, slots) == 1888);

namespace {

// The head of version 3, which stood in each copy with the magic number in front.
struct HeadOf3 {
    std::uint32_t magic;
    std::uint32_t version;
    std::uint32_t slot_count;
    std::uint32_t stopping;
    std::uint64_t requests;
    std::array<std::uint64_t, 6> recycles;
    std::array<std::uint64_t, 16> ends;
    Learned learned;
    LedgerHolding holding;
};
static_assert(sizeof(HeadOf3) == 488);
constexpr LedgerHeader k_sizes_of_3{
    .head_size = 488, .slot_size = 48, .worker_size = 40, .workers = 6, .slots = 1024};
// The first version that says in the file how large its parts are: no later one has smaller parts.
constexpr LedgerHeader k_sizes_of_4{
    .size = 64, .head_size = 1072, .slot_size = 56, .worker_size = 40, .workers = 6, .slots = 1024};

// Its file began with the number of the valid copy, 0 or 1.
struct StartOf3 {
    std::uint32_t valid;
    std::uint32_t reserved;
};

Error not_readable(const std::string& why) {
    return {EBADMSG, "read the ledger of the controller before: " + why};
}

template <typename T>
T read_at(std::span<const std::byte> bytes, std::size_t offset) {
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

// What stands there of a T, of which `size` bytes were written: of another version's T the part
// that both know, and the rest as it is in a new one.
template <typename T>
void take(T& into, std::span<const std::byte> from, std::size_t size) {
    std::memcpy(static_cast<void*>(&into), from.data(), std::min(size, sizeof into));
}

std::size_t size_of_slot(const LedgerHeader& sizes) {
    return sizes.slot_size + std::size_t{sizes.workers} * sizes.worker_size;
}
std::size_t size_of_copy(const LedgerHeader& sizes) {
    return sizes.head_size + sizes.slots * size_of_slot(sizes);
}

// The slots of one copy, whatever their size is.
class Rows {
  public:
    Rows(std::span<const std::byte> bytes, const LedgerHeader& sizes)
        : bytes_(bytes), sizes_(sizes) {}

    [[nodiscard]] LedgerSlot at(std::size_t index) const {
        const std::span<const std::byte> row = bytes_.subspan(index * size_of_slot(sizes_));
        LedgerSlot slot;
        std::memcpy(static_cast<void*>(&slot), row.data(),
                    std::min<std::size_t>(sizes_.slot_size, offsetof(LedgerSlot, front)));
        take(slot.front, worker(row, 0), sizes_.worker_size);
        take(slot.retiring, worker(row, 1), sizes_.worker_size);
        for (std::size_t i = 0; i < slot.dead.size(); ++i) {
            take(slot.dead[i], worker(row, 2 + i), sizes_.worker_size);
        }
        return slot;
    }

  private:
    [[nodiscard]] std::span<const std::byte> worker(std::span<const std::byte> row,
                                                    std::size_t number) const {
        return row.subspan(sizes_.slot_size + number * sizes_.worker_size);
    }

    std::span<const std::byte> bytes_;
    const LedgerHeader& sizes_;
};

bool is_known(const LedgerWorker& worker) {
    return worker.phase <= Phase::leaving && worker.order <= Order::start_timeout;
}

bool is_known(const LedgerSpare& spare) {
    return spare.phase <= Phase::leaving && spare.order <= Order::start_timeout;
}

bool is_known(const LedgerSlot& slot) {
    return slot.index < k_most_slots && slot.wanted <= Wanted::gone && slot.gate <= Gate::closed &&
           slot.successor_opening <= static_cast<std::uint8_t>(Opening::apart) &&
           is_known(slot.front) && is_known(slot.retiring) &&
           std::ranges::all_of(slot.dead, [](const LedgerWorker& dead) { return is_known(dead); });
}

Result<std::unique_ptr<Ledger>> with_slots(std::unique_ptr<Ledger> ledger, const Rows& rows) {
    if (!std::ranges::all_of(ledger->spares.spares,
                             [](const LedgerSpare& spare) { return is_known(spare); })) {
        return not_readable("a spare is in a state that this version does not know");
    }
    for (std::size_t i = 0; i < ledger->slot_count; ++i) {
        ledger->slots[i] = rows.at(i);
        if (!is_known(ledger->slots[i])) {
            return not_readable("slot " + std::to_string(i) +
                                " is in a state that this version does not know");
        }
    }
    return ledger;
}

Result<std::unique_ptr<Ledger>> read_3(std::span<const std::byte> file) {
    const std::size_t copy_size = size_of_copy(k_sizes_of_3);
    const auto start = read_at<StartOf3>(file, 0);
    if (file.size() != sizeof(StartOf3) + 2 * copy_size || start.valid > 1) {
        return not_readable("it is not a ledger");
    }
    const auto copy = file.subspan(sizeof(StartOf3) + start.valid * copy_size, copy_size);
    const auto head = read_at<HeadOf3>(copy, 0);
    if (head.magic == 0) {
        return std::unique_ptr<Ledger>();
    }
    if (head.magic != k_ledger_magic || head.version != 3 || head.slot_count > k_sizes_of_3.slots) {
        return not_readable("it is not a ledger, or its version is below 3");
    }
    auto ledger = std::make_unique<Ledger>();
    ledger->slot_count = head.slot_count;
    ledger->stopping = head.stopping;
    ledger->totals.requests = head.requests;
    std::ranges::copy(head.recycles, ledger->totals.recycles.begin());
    std::ranges::copy(head.ends, ledger->totals.ends.begin());
    ledger->learned = head.learned;
    ledger->holding = head.holding;
    return with_slots(std::move(ledger), Rows(copy.subspan(k_sizes_of_3.head_size), k_sizes_of_3));
}

// Whether the parts that the header speaks of lie inside the file, and none is smaller than in the
// first version that had a header.
bool fits(const LedgerHeader& header, std::size_t file_size) {
    constexpr LedgerHeader least = k_sizes_of_4;
    constexpr std::uint32_t most = 1U << 20; // keeps the products within 64 bits
    const bool whole = header.size >= least.size && header.head_size >= least.head_size &&
                       header.slot_size >= least.slot_size &&
                       header.worker_size >= least.worker_size && header.workers >= least.workers &&
                       header.valid <= 2;
    const bool bounded = header.size <= most && header.head_size <= most &&
                         header.slot_size <= most && header.worker_size <= most &&
                         header.workers <= most && header.slots <= most;
    return whole && bounded && header.size + 2 * size_of_copy(header) == file_size;
}

Error too_new(const LedgerHeader& header) {
    return not_readable("it has version " + std::to_string(header.version) +
                        ", which only controllers of version " +
                        std::to_string(header.oldest_reader) +
                        " and later understand; this one understands version " +
                        std::to_string(k_ledger_version) + ": install the later Recycler again");
}

std::optional<LedgerHeader> header_of(std::span<const std::byte> file) {
    if (file.size() < sizeof(LedgerHeader)) {
        return std::nullopt;
    }
    const auto header = read_at<LedgerHeader>(file, 0);
    return header.magic == k_ledger_magic ? std::optional(header) : std::nullopt;
}

} // namespace

bool is_of_this_layout(std::span<const std::byte> file) {
    const auto header = header_of(file);
    LedgerHeader ours;
    ours.valid = header ? header->valid : 0;
    return header && file.size() == sizeof(LedgerLayout) &&
           std::memcmp(&*header, &ours, sizeof ours) == 0;
}

Result<std::unique_ptr<Ledger>> read_ledger(std::span<const std::byte> file) {
    const auto header = header_of(file);
    if (!header) {
        return file.size() < sizeof(StartOf3) ? not_readable("it is not a ledger") : read_3(file);
    }
    if (header->oldest_reader > k_ledger_version) {
        return too_new(*header);
    }
    if (!fits(*header, file.size())) {
        return not_readable("it is damaged");
    }
    if (header->valid == 0) {
        return std::unique_ptr<Ledger>();
    }
    const auto copy = file.subspan(header->size + (header->valid - 1) * size_of_copy(*header));
    auto ledger = std::make_unique<Ledger>();
    std::memcpy(static_cast<void*>(ledger.get()), copy.data(),
                std::min<std::size_t>(header->head_size, offsetof(Ledger, slots)));
    if (ledger->slot_count > std::min<std::size_t>(header->slots, k_most_slots)) {
        return not_readable("it has more slots than this version keeps");
    }
    return with_slots(std::move(ledger), Rows(copy.subspan(header->head_size), *header));
}

} // namespace recycler::slots
