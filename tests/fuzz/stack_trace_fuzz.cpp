// SPDX-License-Identifier: MIT
// What a crashed program or the kernel's tables make of text that others read: a stack in a journal
// entry, a table of connections, a runtime's report of its own end. Whatever it holds, what comes
// out is bounded and printable.
#include "recycler/base/text/split.hpp"
#include "recycler/death/report.hpp"
#include "recycler/death/stack_trace.hpp"
#include "recycler/worker/listen/tcp_ends.hpp"

#include <cstdint>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    const auto frames = recycler::death::frames_in(text);
    if (frames.size() > recycler::death::k_most_frames) {
        __builtin_trap();
    }
    for (const std::string& frame : frames) {
        if (frame.empty() || frame.size() > 1000) {
            __builtin_trap();
        }
        for (const char c : frame) {
            if (c < 0x20 || c >= 0x7f) {
                __builtin_trap();
            }
        }
    }
    std::vector<std::string> lines;
    for (std::string_view rest = text; !rest.empty();) {
        lines.emplace_back(recycler::text::take_line(rest));
    }
    if (const auto report = recycler::death::find_report(lines)) {
        if (report->line.empty() || report->frames.size() > 3) {
            __builtin_trap();
        }
    }
    if (const auto ends = recycler::worker::tcp_ends_in(text, 5)) {
        if (ends->local.empty() || ends->local.size() > 64 || ends->remote.size() > 64) {
            __builtin_trap();
        }
    }
    return 0;
}
