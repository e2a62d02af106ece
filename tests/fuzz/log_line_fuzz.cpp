// SPDX-License-Identifier: MIT
// A balancer's log, which whoever sends requests has a hand in: whatever its lines hold, each is
// counted once, and what is told of it stays bounded.
#include "recycler/explain/account.hpp"
#include "recycler/explain/history_builder.hpp"

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace recycler;
    using namespace recycler::explain;
    std::string_view text(reinterpret_cast<const char*>(bytes), size);
    HistoryBuilder builder;
    control::Record death{.verdict = "crashed"};
    death.at = WallTime(std::chrono::hours(499'000)); // in 2026
    death.slot = "7001";
    builder.take("shop", death);
    const History history = std::move(builder).build();
    Account account(history, LogClock({}, death.at), {});
    std::size_t lines = 0;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        account.take(text.substr(0, end));
        ++lines;
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    account.finish();
    const control::ExplainedLog log = account.sum();
    const control::ExplainedLines& sum = log.lines;
    if (sum.all > lines || sum.of_backends + sum.not_ours + sum.beside + sum.unparsed != sum.all ||
        log.unparsed.size() > k_most_samples) {
        __builtin_trap();
    }
    return 0;
}
