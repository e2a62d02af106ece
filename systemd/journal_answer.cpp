// SPDX-License-Identifier: MIT
#include "systemd/journal_answer.hpp"

#include <cerrno>
#include <cstring>

namespace systemd {

using recycler::Error;
using recycler::Result;

namespace {

// Numbers in this machine's order: both ends are the same program. An answer is its error code (0:
// none) and the error's words, then the number of entries; of each, the number of fields; of each,
// name and value. A text is its length and its bytes.
void put(std::string& out, std::uint64_t number) {
    out.append(reinterpret_cast<const char*>(&number), sizeof number);
}
void put(std::string& out, std::string_view text) {
    put(out, std::uint64_t{text.size()});
    out += text;
}

class Taker {
  public:
    explicit Taker(std::string_view bytes) : rest_(bytes) {}

    [[nodiscard]] bool failed() const { return failed_; }
    [[nodiscard]] bool at_end() const { return rest_.empty(); }

    std::uint64_t number() {
        std::uint64_t number = 0;
        const std::string_view bytes = take(sizeof number);
        if (!failed_) {
            std::memcpy(&number, bytes.data(), sizeof number);
        }
        return number;
    }
    std::string text() { return std::string(take(number())); }

  private:
    std::string_view take(std::uint64_t size) {
        failed_ = failed_ || size > rest_.size();
        if (failed_) {
            return {};
        }
        const std::string_view taken = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return taken;
    }

    std::string_view rest_;
    bool failed_ = false;
};

} // namespace

std::string to_bytes(const Result<JournalEntries>& answer) {
    std::string out;
    put(out, answer ? 0 : static_cast<std::uint64_t>(answer.error().code));
    put(out, std::string_view(answer ? "" : answer.error().context));
    put(out, std::uint64_t{answer ? answer->size() : 0});
    for (const JournalEntry& entry : answer ? *answer : JournalEntries()) {
        put(out, std::uint64_t{entry.size()});
        for (const auto& [name, value] : entry) {
            put(out, std::string_view(name));
            put(out, std::string_view(value));
        }
    }
    return out;
}

Result<JournalEntries> answer_from(std::string_view bytes) {
    Taker taker(bytes);
    const std::uint64_t code = taker.number();
    std::string context = taker.text();
    JournalEntries entries;
    const std::uint64_t count = taker.number();
    for (std::uint64_t i = 0; i < count && !taker.failed(); ++i) {
        JournalEntry entry;
        const std::uint64_t fields = taker.number();
        for (std::uint64_t field = 0; field < fields && !taker.failed(); ++field) {
            std::string name = taker.text();
            entry.insert_or_assign(std::move(name), taker.text());
        }
        entries.push_back(std::move(entry));
    }
    if (taker.failed() || !taker.at_end()) {
        return Error{EBADMSG, "read the journal"};
    }
    if (code != 0) {
        return Error{static_cast<int>(code), std::move(context)};
    }
    return entries;
}

} // namespace systemd
