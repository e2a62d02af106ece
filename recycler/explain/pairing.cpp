// SPDX-License-Identifier: MIT
#include "recycler/explain/pairing.hpp"

#include <utility>

namespace recycler::explain {

namespace {

// The lines of one failure follow one another at once.
constexpr Duration k_same_failure = std::chrono::seconds(1);

} // namespace

void Pairing::take(ReadLine line) {
    add_address(line.entry);
    if (held_) {
        release(&line.entry);
    }
    const bool first_of_two = line.entry.said == Said::died && line.entry.attempts == 0 &&
                              line.entry.thread == 0 && !line.entry.address.empty();
    if (!first_of_two) {
        next_(line);
        return;
    }
    held_.emplace(line);
}

void Pairing::finish() {
    if (held_) {
        release(nullptr);
    }
}

void Pairing::release(const Entry* following) {
    if (following != nullptr && following->said == Said::died && following->attempts > 0 &&
        following->address == held_->address()) {
        held_->set_uri(following->uri);
    }
    const HeldLine held = *std::exchange(held_, std::nullopt);
    next_(held.line());
}

void Pairing::add_address(Entry& entry) {
    if (entry.thread == 0) {
        return;
    }
    Named& named = threads_[(entry.thread ^ (entry.thread >> 40)) % threads_.size()];
    // Of a socket file it names only the host that stands for it, "(worker-1:8000)".
    if (entry.said == Said::taken_out && named.thread == entry.thread &&
        entry.at - named.at <= k_same_failure) {
        entry.address = named.address;
    } else if (!entry.address.empty()) {
        named = {entry.thread, entry.at, std::string(entry.address)};
    }
}

} // namespace recycler::explain
