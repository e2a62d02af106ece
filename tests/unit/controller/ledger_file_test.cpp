// SPDX-License-Identifier: MIT
// The ledger outlives its writer, whenever that one dies.
#include "recycler/controller/start/ledger_file.hpp"

#include "tests/support/recorded.hpp"
#include "tests/unit/slots/ledger/ledger_sample.hpp"

#include <cerrno>
#include <cstdint>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace recycler;
using recycler::controller::LedgerFile;

namespace {

UniqueFd again(const LedgerFile& file) {
    return UniqueFd(::fcntl(file.fd(), F_DUPFD_CLOEXEC, 3));
}

slots::Decider decider_of(std::uint16_t slots, std::vector<SlotId>& ids) {
    slots::Decider decider(policies::Policy{}, slots::Machine{});
    for (std::uint16_t i = 0; i < slots; ++i) {
        ids.push_back({i});
    }
    (void)decider.begin(MonoTime(std::chrono::seconds(1)), ids);
    return decider;
}

} // namespace

TEST_CASE("a ledger that was never written to is told from one that was") {
    auto made = LedgerFile::make();
    REQUIRE(made);
    auto empty = LedgerFile::map(again(*made));
    REQUIRE(empty);
    CHECK_FALSE(empty->written());
    std::vector<SlotId> ids;
    made->write(decider_of(2, ids));
    CHECK(empty->written());
    CHECK(empty->current().slot_count == 2);
}

TEST_CASE("a write that was cut off leaves the former one whole") {
    auto made = LedgerFile::make();
    REQUIRE(made);
    std::vector<SlotId> ids;
    made->write(decider_of(3, ids));
    // How the next write begins: rubbish over the copy that is not valid, the second one.
    slots::Ledger torn{};
    torn.slot_count = 0x600df00d;
    constexpr off_t k_second_copy = offsetof(slots::LedgerLayout, copies) + sizeof torn;
    REQUIRE(::pwrite(made->fd(), &torn, sizeof torn, k_second_copy) == sizeof torn);
    auto after = LedgerFile::map(again(*made));
    REQUIRE(after);
    CHECK(after->written());
    CHECK(after->current().slot_count == 3);
}

TEST_CASE("the copies take turns") {
    auto made = LedgerFile::make();
    REQUIRE(made);
    for (std::uint16_t slots = 1; slots < 6; ++slots) {
        std::vector<SlotId> ids;
        made->write(decider_of(slots, ids));
        auto again_mapped = LedgerFile::map(again(*made));
        REQUIRE(again_mapped);
        CHECK_FALSE(again_mapped->is_a_copy());
        CHECK(again_mapped->current().slot_count == slots);
    }
}

TEST_CASE("what another version wrote is copied, and its own file stays as it is") {
    const std::vector<std::byte> bytes = testing::recorded_file("ledger-3");
    UniqueFd former(::memfd_create("ledger-3", MFD_CLOEXEC));
    REQUIRE(::write(former.get(), bytes.data(), bytes.size()) ==
            static_cast<ssize_t>(bytes.size()));
    const UniqueFd kept(::fcntl(former.get(), F_DUPFD_CLOEXEC, 3));
    auto copy = LedgerFile::map(std::move(former));
    REQUIRE(copy);
    CHECK(copy->is_a_copy());
    CHECK(copy->written());
    CHECK(copy->current().totals == slots::sample_ledger()->totals);
    auto after = LedgerFile::map(again(*copy));
    REQUIRE(after);
    CHECK_FALSE(after->is_a_copy());
    CHECK(after->current().slot_count == 3);
    std::vector<SlotId> ids;
    copy->write(decider_of(2, ids));
    CHECK(copy->current().slot_count == 2);
    std::vector<std::byte> untouched(bytes.size());
    REQUIRE(::pread(kept.get(), untouched.data(), untouched.size(), 0) ==
            static_cast<ssize_t>(untouched.size()));
    CHECK(untouched == bytes);
}

TEST_CASE("a ledger of another version that was never written to is none yet") {
    UniqueFd former(::memfd_create("ledger-3", MFD_CLOEXEC));
    REQUIRE(::ftruncate(former.get(), 8 + 2 * (488 + 1024 * 288)) == 0);
    auto copy = LedgerFile::map(std::move(former));
    REQUIRE(copy);
    CHECK(copy->is_a_copy());
    CHECK_FALSE(copy->written());
}

TEST_CASE("what is no ledger is refused") {
    auto made = LedgerFile::make();
    REQUIRE(made);
    const std::uint32_t rubbish = 7;
    REQUIRE(::pwrite(made->fd(), &rubbish, sizeof rubbish, 0) == sizeof rubbish);
    CHECK_FALSE(LedgerFile::map(again(*made)));
    REQUIRE(::ftruncate(made->fd(), 100) == 0);
    CHECK_FALSE(LedgerFile::map(again(*made)));
}

// What a child reads, others wrote: if they take it over, the ledger is not theirs to write.
TEST_CASE("no child has the ledger in its memory") {
    const auto made = LedgerFile::make();
    REQUIRE(made);
    const auto address = reinterpret_cast<std::uintptr_t>(&made->current());
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    void* start = reinterpret_cast<void*>(address / page * page); // NOLINT(performance-*)
    unsigned char is_there = 0;
    REQUIRE(::mincore(start, 1, &is_there) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::_exit(::mincore(start, 1, &is_there) < 0 ? errno : 0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK((WIFEXITED(status) && WEXITSTATUS(status) == ENOMEM));
}
