// SPDX-License-Identifier: MIT
// The ledger's file is read by controllers of other versions: those that come after, and those that
// come back.
#include "recycler/slots/ledger/ledger_format.hpp"

#include "tests/support/recorded.hpp"
#include "tests/unit/slots/ledger/ledger_sample.hpp"
#include "tests/unit/slots/ledger/ledger_sample_7.hpp"

#include <cerrno>
#include <cstring>
#include <doctest/doctest.h>
#include <vector>

using namespace recycler;
using namespace recycler::slots;
using recycler::testing::as_recorded;
using recycler::testing::recorded_file;

namespace {

using File = std::vector<std::byte>;

template <typename T>
bool is_same(const T& one, const T& other) {
    return std::memcmp(&one, &other, sizeof one) == 0;
}

std::unique_ptr<Ledger> sample_of_4() {
    auto ledger = sample_ledger();
    add_what_is_new_in_4(*ledger);
    return ledger;
}

std::unique_ptr<Ledger> sample_of_5() {
    auto ledger = sample_of_4();
    add_what_is_new_in_5(*ledger);
    return ledger;
}

std::unique_ptr<Ledger> sample_of_6() {
    auto ledger = sample_of_5();
    add_what_is_new_in_6(*ledger);
    return ledger;
}

std::unique_ptr<Ledger> sample_of_7() {
    auto ledger = sample_of_6();
    add_what_is_new_in_7(*ledger);
    return ledger;
}

void check_is(const Result<std::unique_ptr<Ledger>>& read,
              const std::unique_ptr<Ledger>& expected) {
    REQUIRE(read);
    REQUIRE(*read);
    const Ledger& ledger = **read;
    CHECK(ledger.slot_count == expected->slot_count);
    CHECK(ledger.stopping == expected->stopping);
    CHECK(ledger.totals == expected->totals);
    CHECK(is_same(ledger.learned, expected->learned));
    CHECK(is_same(ledger.holding, expected->holding));
    CHECK(is_same(ledger.spares, expected->spares));
    for (std::size_t i = 0; i < expected->slot_count; ++i) {
        CAPTURE(i);
        CHECK(is_same(ledger.slots[i], expected->slots[i]));
    }
}

void put(File& bytes, std::size_t offset, const void* from, std::size_t size) {
    std::memcpy(bytes.data() + offset, from, size);
}
void put_word(File& bytes, std::size_t offset, std::uint32_t word) {
    put(bytes, offset, &word, sizeof word);
}

// A ledger's file with the sample as its second copy, as a version writes it whose parts have these
// sizes. What it has appended is filled with ones.
File file_of(LedgerHeader header) {
    const std::size_t slot_size = header.slot_size + header.workers * header.worker_size;
    const std::size_t copy_size = header.head_size + header.slots * slot_size;
    File file(header.size + 2 * copy_size, std::byte{0xff});
    const auto sample = sample_of_7();
    put(file, 0, &header, sizeof header);
    const std::size_t copy = header.size + copy_size;
    put(file, copy, sample.get(), offsetof(Ledger, slots));
    for (std::size_t i = 0; i < sample->slot_count; ++i) {
        const LedgerSlot& slot = sample->slots[i];
        const std::size_t row = copy + header.head_size + i * slot_size;
        put(file, row, &slot, offsetof(LedgerSlot, front));
        const LedgerWorker* const workers = &slot.front; // retiring and the dead ones behind it
        for (std::size_t worker = 0; worker < 6; ++worker) {
            put(file, row + header.slot_size + worker * header.worker_size, workers + worker,
                sizeof(LedgerWorker));
        }
    }
    return file;
}

LedgerHeader written_second() {
    LedgerHeader header;
    header.valid = 2;
    return header;
}

std::string fault_of(const File& file) {
    const auto read = read_ledger(file);
    return read ? "" : read.error().message();
}

} // namespace

TEST_CASE("the ledger that version 3 has written is read") {
    const File file = recorded_file("ledger-3");
    check_is(read_ledger(file), sample_ledger());
    CHECK_FALSE(is_of_this_layout(file));
}

TEST_CASE("a file of version 3 that was never written to is no ledger yet") {
    File file(recorded_file("ledger-3").size());
    const auto read = read_ledger(file);
    REQUIRE(read);
    CHECK(*read == nullptr);
}

TEST_CASE("the ledger that version 4 has written is read") {
    const File file = recorded_file("ledger-4");
    check_is(read_ledger(file), sample_of_4());
    CHECK_FALSE(is_of_this_layout(file));
}

TEST_CASE("the ledger that version 5 has written is read") {
    const File file = recorded_file("ledger-5");
    check_is(read_ledger(file), sample_of_5());
    CHECK_FALSE(is_of_this_layout(file));
}

TEST_CASE("the ledger that version 6 has written is read") {
    const File file = recorded_file("ledger-6");
    check_is(read_ledger(file), sample_of_6());
    CHECK_FALSE(is_of_this_layout(file));
}

TEST_CASE("the ledger stands in the file as version 7 is recorded") {
    File file = file_of(written_second());
    const std::size_t used =
        sizeof(LedgerHeader) + sizeof(Ledger) + offsetof(Ledger, slots) + 3 * sizeof(LedgerSlot);
    std::fill(file.begin() + sizeof(LedgerHeader),
              file.begin() + sizeof(LedgerHeader) + sizeof(Ledger), std::byte{0});
    std::fill(file.begin() + static_cast<std::ptrdiff_t>(used), file.end(), std::byte{0});
    CHECK(as_recorded(file) == as_recorded(recorded_file("ledger-7")));
    CHECK(is_of_this_layout(file));
    check_is(read_ledger(recorded_file("ledger-7")), sample_of_7());
}

TEST_CASE("of a later version that allows it, what is known is read") {
    LedgerHeader later = written_second();
    later.version = k_ledger_version + 1;
    SUBCASE("with the same parts") {}
    SUBCASE("with a longer header") {
        later.size += 32;
    }
    SUBCASE("with a longer head") {
        later.head_size += 24;
    }
    SUBCASE("with longer slots") {
        later.slot_size += 8;
    }
    SUBCASE("with longer workers") {
        later.worker_size += 16;
    }
    SUBCASE("with more workers in a slot") {
        later.workers += 1;
    }
    SUBCASE("with more slots") {
        later.slots *= 2;
    }
    SUBCASE("with all of it") {
        later.size += 32;
        later.head_size += 24;
        later.slot_size += 8;
        later.worker_size += 16;
        later.workers += 2;
        later.slots += 7;
    }
    const File file = file_of(later);
    check_is(read_ledger(file), sample_of_7());
    CHECK_FALSE(is_of_this_layout(file));
}

TEST_CASE("a later version that would be misread is refused, and the message says what to do") {
    LedgerHeader later = written_second();
    later.version = k_ledger_version + 2;
    later.oldest_reader = k_ledger_version + 1;
    const std::string fault = fault_of(file_of(later));
    CHECK(fault.find("version 9, which only controllers of version 8 and later understand") !=
          std::string::npos);
    CHECK(fault.find("install the later Recycler again") != std::string::npos);
}

TEST_CASE("what a version counts under numbers that another one does not know is kept") {
    File file = file_of(written_second());
    const std::size_t totals = sizeof(LedgerHeader) + sizeof(Ledger) + offsetof(Ledger, totals);
    put_word(file, totals + offsetof(Totals, recycles) + (k_trigger_codes - 1) * 8, 41);
    put_word(file, totals + offsetof(Totals, ends) + (k_verdict_codes - 1) * 8, 42);
    const auto read = read_ledger(file);
    REQUIRE(read);
    CHECK((*read)->totals.recycles.back() == 41);
    CHECK((*read)->totals.ends.back() == 42);
}

TEST_CASE("what is no ledger is refused, wherever it is wrong") {
    const std::size_t copy = sizeof(LedgerHeader) + sizeof(Ledger);
    const std::size_t row = copy + offsetof(Ledger, slots);
    File file = file_of(written_second());
    SUBCASE("empty") {
        file.clear();
    }
    SUBCASE("the header cut") {
        file.resize(sizeof(LedgerHeader) - 1);
    }
    SUBCASE("cut") {
        file.pop_back();
    }
    SUBCASE("too long") {
        file.push_back({});
    }
    SUBCASE("other magic") {
        put_word(file, 0, 0x1234);
    }
    SUBCASE("a copy that is none") {
        put_word(file, offsetof(LedgerHeader, valid), 3);
    }
    SUBCASE("parts that are too small") {
        put_word(file, offsetof(LedgerHeader, worker_size), 8);
    }
    SUBCASE("parts whose product does not fit") {
        put_word(file, offsetof(LedgerHeader, slots), ~0U);
    }
    SUBCASE("more slots than there are") {
        put_word(file, copy, k_most_slots + 1);
    }
    SUBCASE("a gate that is neither open nor closed") {
        file[row + offsetof(LedgerSlot, gate)] = std::byte{7};
    }
    SUBCASE("a listener opened in a way that nobody knows") {
        file[row + offsetof(LedgerSlot, successor_opening)] = std::byte{3};
    }
    SUBCASE("a phase that nobody knows") {
        file[row + offsetof(LedgerSlot, front) + offsetof(LedgerWorker, phase)] = std::byte{99};
    }
    SUBCASE("an order that nobody knows, in the last slot") {
        file[row + 2 * sizeof(LedgerSlot) + offsetof(LedgerSlot, dead) +
             offsetof(LedgerWorker, order)] = std::byte{99};
    }
    const auto read = read_ledger(file);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == EBADMSG);
}

TEST_CASE("a file of version 3 is refused when it is not what that version writes") {
    File file = recorded_file("ledger-3");
    SUBCASE("cut") {
        file.pop_back();
    }
    SUBCASE("a copy that is none") {
        put_word(file, 0, 2);
    }
    const std::size_t copy = 8 + 488 + 1024 * 288;
    SUBCASE("an older version") {
        put_word(file, copy + 4, 2);
    }
    SUBCASE("more slots than there are") {
        put_word(file, copy + 8, 1025);
    }
    SUBCASE("a state that nobody knows") {
        file[copy + 488 + 2] = std::byte{9};
    }
    CHECK_FALSE(read_ledger(file));
}
