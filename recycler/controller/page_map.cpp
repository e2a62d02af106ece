#include "recycler/controller/page_map.hpp"

#include "recycler/request/page_layout.hpp"

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <utility>

namespace recycler::controller {

namespace {

constexpr std::size_t k_size = sizeof(request::Page);

std::atomic_ref<std::uint32_t> park_word(std::byte* start) {
    return std::atomic_ref(
        *reinterpret_cast<std::uint32_t*>(start + offsetof(request::PageHeader, park)));
}

} // namespace

Result<PageMap> PageMap::make() {
    UniqueFd fd(::memfd_create("recycler-page", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!fd || ::ftruncate(fd.get(), static_cast<off_t>(k_size)) != 0) {
        return Error{errno, "make a recorder page"};
    }
    // The worker can write it and must not be able to shrink it: reading past its end would be our
    // SIGBUS.
    if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        return Error{errno, "seal the size of a recorder page"};
    }
    auto page = map(std::move(fd));
    if (page) {
        request::format_page(std::span(page->start_, k_size));
    }
    return page;
}

Result<PageMap> PageMap::map(UniqueFd fd) {
    struct stat file {};
    if (::fstat(fd.get(), &file) != 0) {
        return Error{errno, "look at a recorder page"};
    }
    const int seals = ::fcntl(fd.get(), F_GET_SEALS);
    if (file.st_size != static_cast<off_t>(k_size) || seals < 0 || (seals & F_SEAL_SHRINK) == 0) {
        return Error{EBADMSG, "map a recorder page"};
    }
    void* start = ::mmap(nullptr, k_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    if (start == MAP_FAILED) {
        return Error{errno, "map a recorder page"};
    }
    return PageMap(std::move(fd), static_cast<std::byte*>(start));
}

PageMap::PageMap(PageMap&& other) noexcept
    : fd_(std::move(other.fd_)), start_(std::exchange(other.start_, nullptr)) {}

PageMap& PageMap::operator=(PageMap&& other) noexcept {
    if (this != &other) {
        unmap();
        fd_ = std::move(other.fd_);
        start_ = std::exchange(other.start_, nullptr);
    }
    return *this;
}

PageMap::~PageMap() {
    unmap();
}

void PageMap::unmap() {
    if (start_ != nullptr) {
        (void)::munmap(start_, k_size); // cannot fail for a mapping of ours
    }
}

std::optional<request::PageReading> PageMap::read() const {
    return request::read_page(std::span<const std::byte>(start_, k_size));
}

void PageMap::park() {
    park_word(start_).store(1);
}

void PageMap::unpark() {
    park_word(start_).store(0);
    // Shared, not private: the waiters are other processes. Nobody waiting is no error.
    (void)::syscall(SYS_futex, start_ + offsetof(request::PageHeader, park), FUTEX_WAKE, INT_MAX,
                    nullptr, nullptr, 0);
}

} // namespace recycler::controller
