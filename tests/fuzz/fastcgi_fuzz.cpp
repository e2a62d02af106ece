// SPDX-License-Identifier: MIT
// The first byte says how the rest is cut into pieces: what the parser makes of it must not depend
// on that.
#include "recycler/request/fastcgi.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

using namespace recycler::request;

namespace {

template <typename Stream>
std::uint32_t in_pieces(Stream& stream, const std::uint8_t* bytes, std::size_t size,
                        std::size_t piece) {
    std::uint32_t found = 0;
    for (std::size_t at = 0; at < size; at += piece) {
        found += follow(stream, bytes + at, std::min(piece, size - at));
    }
    return found;
}

void must(bool holds) {
    if (!holds) {
        std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::size_t piece = bytes[0] % 32 + 1;
    ++bytes;
    --size;

    RequestStream whole{};
    RequestStream cut{};
    must(follow(whole, bytes, size) == in_pieces(cut, bytes, size, piece));
    must(std::memcmp(whole.method, cut.method, sizeof whole.method) == 0);
    must(std::memcmp(whole.uri, cut.uri, sizeof whole.uri) == 0);
    must(whole.records.lost == cut.records.lost);
    must(whole.asks_to_keep == cut.asks_to_keep && whole.all_sent == cut.all_sent);

    ResponseStream answer{};
    ResponseStream cut_answer{};
    must(follow(answer, bytes, size) == in_pieces(cut_answer, bytes, size, piece));
    must(answer.was_empty == cut_answer.was_empty);
    skip(answer.records, piece);
    (void)follow(answer, bytes, size); // only to see that it ends
    return 0;
}
