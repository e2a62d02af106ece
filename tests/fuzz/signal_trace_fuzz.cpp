// SPDX-License-Identifier: MIT
// Records of the tracepoint for signals: whatever they hold, what is read of them stays within
// them, whatever the kernel says about their form.
#include "recycler/worker/signals/signal_trace.hpp"

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace recycler::worker;
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    const SignalFormat format = signal_format_in(text).value_or(SignalFormat{8, 36, 16});
    const SignalsSeen seen = signals_in(std::as_bytes(std::span(text.data(), text.size())), format);
    // A sample takes its header, 12 bytes and 4 of each field at least.
    if (seen.signals.size() > size / 24 || unit_in(text).size() > size) {
        __builtin_trap();
    }
    return 0;
}
