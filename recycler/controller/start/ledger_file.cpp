// SPDX-License-Identifier: MIT
#include "recycler/controller/start/ledger_file.hpp"

#include "recycler/controller/start/deposits.hpp"

#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace recycler::controller {

namespace {

// No ledger of any version comes near it.
constexpr off_t k_largest_file = off_t{64} << 20;

Result<std::vector<std::byte>> bytes_of(int fd) {
    struct stat file {};
    if (::fstat(fd, &file) != 0 || file.st_size > k_largest_file) {
        return Error{EBADMSG, "read the ledger of the controller before"};
    }
    std::vector<std::byte> bytes(static_cast<std::size_t>(file.st_size));
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t got =
            ::pread(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return Error{got < 0 ? errno : EBADMSG, "read the ledger of the controller before"};
        }
        done += static_cast<std::size_t>(got);
    }
    return bytes;
}

} // namespace

Result<LedgerFile> LedgerFile::make() {
    UniqueFd fd(::memfd_create("recycler-ledger", MFD_CLOEXEC));
    if (!fd || ::ftruncate(fd.get(), sizeof(slots::LedgerLayout)) != 0) {
        return Error{errno, "make the ledger"};
    }
    auto ledger = map_in_place(std::move(fd));
    if (ledger) {
        ledger->layout_->header = {};
    }
    return ledger;
}

Result<LedgerFile> LedgerFile::map(UniqueFd fd) {
    const auto bytes = bytes_of(fd.get());
    if (!bytes) {
        return Error{bytes.error()};
    }
    auto read = slots::read_ledger(*bytes);
    if (!read) {
        return std::move(read).error();
    }
    if (slots::is_of_this_layout(*bytes)) {
        return map_in_place(std::move(fd));
    }
    auto copy = make();
    if (copy) {
        copy->is_a_copy_ = true;
    }
    if (copy && *read) {
        copy->begin_writing() = **read;
        copy->finish_writing();
    }
    return copy;
}

Result<LedgerFile> LedgerFile::map_in_place(UniqueFd fd) {
    void* start = ::mmap(nullptr, sizeof(slots::LedgerLayout), PROT_READ | PROT_WRITE, MAP_SHARED,
                         fd.get(), 0);
    if (start == MAP_FAILED) {
        return Error{errno, "map the ledger"};
    }
    // A child that has been taken over must not write what the decider intends.
    (void)::madvise(start, sizeof(slots::LedgerLayout), MADV_DONTFORK);
    return LedgerFile(std::move(fd), static_cast<slots::LedgerLayout*>(start));
}

LedgerFile::LedgerFile(LedgerFile&& other) noexcept
    : fd_(std::move(other.fd_)), layout_(std::exchange(other.layout_, nullptr)),
      is_a_copy_(other.is_a_copy_) {}

LedgerFile::~LedgerFile() {
    if (layout_ != nullptr) {
        (void)::munmap(layout_, sizeof(slots::LedgerLayout)); // cannot fail for a mapping of ours
    }
}

Result<void> LedgerFile::give_to(keeper::Link& link, WallTime begun_at) const {
    const auto since = static_cast<std::uint64_t>(begun_at.time_since_epoch().count());
    return link.deposit(k_ledger, fd(), with_number(since));
}

bool LedgerFile::written() const {
    return layout_->header.valid != 0;
}

const slots::Ledger& LedgerFile::current() const {
    return layout_->copies[layout_->header.valid == 2 ? 1 : 0];
}

void LedgerFile::write(const slots::Decider& decider) {
    decider.write(begin_writing());
    finish_writing();
}

// The copy that is not valid.
slots::Ledger& LedgerFile::begin_writing() {
    return layout_->copies[layout_->header.valid == 1 ? 1 : 0];
}

void LedgerFile::finish_writing() {
    std::atomic_ref valid(layout_->header.valid);
    const bool first = valid.load(std::memory_order_relaxed) == 1;
    valid.store(first ? 2 : 1, std::memory_order_release);
}

} // namespace recycler::controller
