#include "recycler/controller/ledger_file.hpp"

#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

namespace recycler::controller {

struct LedgerFile::Layout {
    std::uint32_t valid;
    std::uint32_t reserved;
    fleet::Ledger copies[2];
};

Result<LedgerFile> LedgerFile::make() {
    UniqueFd fd(::memfd_create("recycler-ledger", MFD_CLOEXEC));
    if (!fd || ::ftruncate(fd.get(), sizeof(Layout)) != 0) {
        return Error{errno, "make the ledger"};
    }
    void* start = ::mmap(nullptr, sizeof(Layout), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    if (start == MAP_FAILED) {
        return Error{errno, "map the ledger"};
    }
    return LedgerFile(std::move(fd), static_cast<Layout*>(start));
}

Result<LedgerFile> LedgerFile::map(UniqueFd fd) {
    struct stat file {};
    if (::fstat(fd.get(), &file) != 0 || file.st_size != static_cast<off_t>(sizeof(Layout))) {
        return Error{EBADMSG, "read the ledger of the controller before"};
    }
    void* start = ::mmap(nullptr, sizeof(Layout), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    if (start == MAP_FAILED) {
        return Error{errno, "map the ledger"};
    }
    LedgerFile ledger(std::move(fd), static_cast<Layout*>(start));
    if (ledger.layout_->valid > 1 || (ledger.written() && !fleet::readable(ledger.current()))) {
        return Error{EBADMSG, "read the ledger of the controller before"};
    }
    return ledger;
}

LedgerFile::LedgerFile(LedgerFile&& other) noexcept
    : fd_(std::move(other.fd_)), layout_(std::exchange(other.layout_, nullptr)) {}

LedgerFile::~LedgerFile() {
    if (layout_ != nullptr) {
        (void)::munmap(layout_, sizeof(Layout)); // cannot fail for a mapping of ours
    }
}

bool LedgerFile::written() const {
    return current().magic != 0;
}

const fleet::Ledger& LedgerFile::current() const {
    return layout_->copies[layout_->valid];
}

void LedgerFile::write(const fleet::Fleet& fleet) {
    std::atomic_ref valid(layout_->valid);
    const std::uint32_t next = 1 - valid.load(std::memory_order_relaxed);
    fleet.write(layout_->copies[next]);
    valid.store(next, std::memory_order_release);
}

} // namespace recycler::controller
