// SPDX-License-Identifier: MIT
#include "recycler/recorder/own_page.hpp"

#include "recycler/request/page_size.hpp"

#include <cstdint>
#include <cstdlib>
#include <sys/mman.h>
#include <sys/stat.h>

namespace recycler::recorder {

using request::Page;

int page_number(const char* number) {
    char* end = nullptr;
    const long fd = number == nullptr ? -1 : std::strtol(number, &end, 10);
    const bool is_one = fd >= 0 && fd <= INT32_MAX && end != number && *end == '\0';
    return is_one ? static_cast<int>(fd) : -1;
}

Page* map_page(int fd) {
    struct stat status {};
    if (fd < 0 || fstat(fd, &status) != 0) {
        return nullptr;
    }
    const auto size = static_cast<std::size_t>(status.st_size);
    if (!request::is_page_size(size)) {
        return nullptr;
    }
    void* at = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) {
        return nullptr;
    }
    Page* page = static_cast<Page*>(at);
    const request::PageHeader& header = page->header;
    if (header.magic == request::k_page_magic && header.size == size &&
        request::is_page_size(header.version, size) && header.row_count == request::k_page_rows &&
        header.row_size == sizeof(request::Row)) {
        return page;
    }
    (void)munmap(at, size); // cannot fail: exactly what was mapped
    return nullptr;
}

} // namespace recycler::recorder
