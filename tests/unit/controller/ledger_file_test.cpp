// The ledger outlives its writer, whenever that one dies.
#include "recycler/controller/ledger_file.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

using namespace recycler;
using recycler::controller::LedgerFile;

namespace {

UniqueFd again(const LedgerFile& file) {
    return UniqueFd(::fcntl(file.fd(), F_DUPFD_CLOEXEC, 3));
}

fleet::Fleet fleet_of(std::uint16_t slots, std::vector<SlotId>& ids) {
    fleet::Fleet fleet(policies::Policy{}, fleet::Machine{});
    for (std::uint16_t i = 0; i < slots; ++i) {
        ids.push_back({i});
    }
    (void)fleet.begin(MonoTime(std::chrono::seconds(1)), ids);
    return fleet;
}

} // namespace

TEST_CASE("a ledger that was never written to is told from one that was") {
    auto made = LedgerFile::make();
    REQUIRE(made);
    auto empty = LedgerFile::map(again(*made));
    REQUIRE(empty);
    CHECK_FALSE(empty->written());
    std::vector<SlotId> ids;
    made->write(fleet_of(2, ids));
    CHECK(empty->written());
    CHECK(empty->current().slot_count == 2);
}

TEST_CASE("a write that was cut off leaves the former one whole") {
    auto made = LedgerFile::make();
    REQUIRE(made);
    std::vector<SlotId> ids;
    made->write(fleet_of(3, ids));
    // How the next write begins: rubbish over the copy that is not valid, the first one.
    fleet::Ledger torn{};
    torn.magic = 0x600df00d;
    constexpr off_t k_first_copy = 8;
    REQUIRE(::pwrite(made->fd(), &torn, sizeof torn, k_first_copy) == sizeof torn);
    auto after = LedgerFile::map(again(*made));
    REQUIRE(after);
    CHECK(after->written());
    CHECK(after->current().slot_count == 3);
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
