// SPDX-License-Identifier: MIT
// The input is a list of patches to a page on which one process serves: two bytes of offset, one of
// length, the bytes.
#include "recycler/request/page.hpp"
#include "recycler/request/page_layout.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>

using namespace recycler::request;

namespace {

void must(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void patch(std::span<std::byte> page, const std::uint8_t* bytes, std::size_t size) {
    while (size >= 3) {
        const std::size_t offset = static_cast<std::size_t>(bytes[0]) << 8 | bytes[1];
        const std::size_t length =
            std::min({std::size_t{bytes[2]}, size - 3, page.size() - offset});
        std::memcpy(page.data() + offset, bytes + 3, length);
        bytes += 3 + length;
        size -= 3 + length;
    }
}

bool is_printable(const std::string& text) {
    return std::ranges::all_of(text, [](char byte) { return byte > 0x20 && byte < 0x7f; });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto page = std::make_unique<Page>();
    const std::span<std::byte> span{reinterpret_cast<std::byte*>(page.get()), sizeof(Page)};
    format_page(span);
    Row& row = page->rows[0];
    row.pid = 1;
    row.accept_enter = row.accept_exit = row.accepts = row.begins = row.in_flight = row.open = 1;
    row.in_flight_since = 1;
    patch(span, bytes, size);

    const auto reading = read_page(span);
    if (reading) {
        must(reading->served <= reading->begun && reading->processes.size() <= k_page_rows);
        const Activity activity = last_activity(*reading);
        must(activity.parked <= activity.processes);
        if (activity.oldest) {
            must(is_printable(activity.oldest->method) && is_printable(activity.oldest->uri));
            must(activity.oldest->uri.size() <= 3 * k_uri_size);
        }
    }
    return 0;
}
