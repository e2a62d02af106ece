// SPDX-License-Identifier: MIT
#include "recycler/recorder/page_file.hpp"

#include "recycler/request/page.hpp"
#include "recycler/request/page_layout.hpp"
#include "recycler/request/page_size.hpp"

#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <utility>

namespace recycler::recorder {
namespace {

using request::Page;

constexpr int k_seals = F_SEAL_SHRINK | F_SEAL_GROW;

request::PageHeader& header(std::byte* page) {
    return reinterpret_cast<Page*>(page)->header;
}

Result<std::byte*> map(int fd, std::size_t size) {
    void* at = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) {
        return Error{errno, "map the recorder page"};
    }
    (void)madvise(at, size, MADV_DONTFORK); // no child of ours has anything to do with it
    return static_cast<std::byte*>(at);
}

void set_and_wake(std::uint32_t& word, std::uint32_t value) {
    __atomic_store_n(&word, value, __ATOMIC_SEQ_CST);
    // Fails only for a bad address. Not FUTEX_PRIVATE: the sleepers are other processes.
    (void)syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

} // namespace

Result<PageFile> PageFile::create() {
    UniqueFd fd{memfd_create("recycler-page", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (!fd) {
        return Error{errno, "create a recorder page"};
    }
    if (ftruncate(fd.get(), sizeof(Page)) != 0) {
        return Error{errno, "size the recorder page"};
    }
    if (fcntl(fd.get(), F_ADD_SEALS, k_seals | F_SEAL_SEAL) != 0) {
        return Error{errno, "seal the size of the recorder page"};
    }
    Result<std::byte*> at = map(fd.get(), sizeof(Page));
    if (!at) {
        return std::move(at).error();
    }
    // The rows of a new file are zero already, and take no memory until a process claims them.
    request::format_page({*at, sizeof(request::PageHeader)});
    return PageFile{std::move(fd), *at, sizeof(Page)};
}

Result<PageFile> PageFile::attach(UniqueFd fd) {
    struct stat status {};
    if (fstat(fd.get(), &status) != 0) {
        return Error{errno, "look at the recorder page"};
    }
    const int seals = fcntl(fd.get(), F_GET_SEALS);
    const auto size = static_cast<std::size_t>(status.st_size);
    if (!request::is_page_size(size) || seals == -1 || (seals & k_seals) != k_seals) {
        return Error{EINVAL, "use a file as recorder page that is none"};
    }
    Result<std::byte*> at = map(fd.get(), size);
    if (!at) {
        return std::move(at).error();
    }
    return PageFile{std::move(fd), *at, size};
}

PageFile::PageFile(UniqueFd fd, std::byte* bytes, std::size_t size)
    : fd_(std::move(fd)), bytes_(bytes), size_(size) {}

PageFile::PageFile(PageFile&& other) noexcept
    : fd_(std::move(other.fd_)), bytes_(std::exchange(other.bytes_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

PageFile& PageFile::operator=(PageFile&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
    return *this;
}

PageFile::~PageFile() {
    if (bytes_ != nullptr) {
        (void)munmap(bytes_, size_); // cannot fail: exactly what was mapped
    }
}

void PageFile::park() {
    __atomic_store_n(&header(bytes_).park, request::k_parked, __ATOMIC_SEQ_CST);
    // Against the recorder, which counts itself in and then looks at the word: either it sees the
    // park, or whoever reads the page after this sees it inside accept().
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void PageFile::release() {
    set_and_wake(header(bytes_).park, 0);
}

void PageFile::end() {
    if (header(bytes_).version >= request::k_page_version_with_ring) {
        set_and_wake(header(bytes_).park, request::k_ending);
    }
}

void PageFile::let_go() {
    __atomic_store_n(&header(bytes_).let_go, request::k_letting_go, __ATOMIC_SEQ_CST);
}

void PageFile::keep() {
    __atomic_store_n(&header(bytes_).let_go, 0U, __ATOMIC_SEQ_CST);
}

void PageFile::order(std::uint32_t& word, std::uint32_t value) {
    if (header(bytes_).version >= request::k_page_version_with_rest) {
        __atomic_store_n(&word, value, __ATOMIC_SEQ_CST);
    }
}

void PageFile::allow_rest() {
    order(header(bytes_).rest, request::k_resting);
}

void PageFile::forbid_rest() {
    order(header(bytes_).rest, 0);
}

void PageFile::hand_on() {
    order(header(bytes_).hand_on, request::k_handing_on);
}

void PageFile::hand_on_no_more() {
    order(header(bytes_).hand_on, 0);
}

void PageFile::end_kept() {
    order(header(bytes_).end_kept, request::k_ending_kept);
}

void PageFile::end_kept_no_more() {
    order(header(bytes_).end_kept, 0);
}

void PageFile::taken_out() {
    order(header(bytes_).end_kept, request::k_taken_out);
}

void PageFile::hand_back(std::uint32_t slot) {
    order(header(bytes_).hand_back, slot);
}

void PageFile::name_descriptors(int channel_out, int channel_in, int wake) {
    order(header(bytes_).channel_out, static_cast<std::uint32_t>(channel_out + 1));
    order(header(bytes_).channel_in, static_cast<std::uint32_t>(channel_in + 1));
    order(header(bytes_).wake, static_cast<std::uint32_t>(wake + 1));
}

void PageFile::name_birth(std::uint64_t listener, int channel) {
    if (header(bytes_).version >= request::k_page_version_with_rest) {
        __atomic_store_n(&header(bytes_).birth_listener, listener, __ATOMIC_SEQ_CST);
        __atomic_store_n(&header(bytes_).birth, static_cast<std::uint32_t>(channel + 1),
                         __ATOMIC_SEQ_CST);
    }
}

} // namespace recycler::recorder
