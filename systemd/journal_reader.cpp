// SPDX-License-Identifier: MIT
#include "systemd/journal_reader.hpp"

#include "systemd/journal_answer.hpp"

#include <utility>

namespace systemd {

using recycler::Result;

namespace {

// A cold journal of gigabytes on a disk that turns.
constexpr recycler::Duration k_reading = std::chrono::seconds(5);
// Whoever asks gets an answer, however many ask at once.
constexpr ChildWork::Bounds k_bounds{
    .at_once = 4, .waiting = 4096, .turn = std::chrono::seconds(40)};

} // namespace

JournalReader::JournalReader(EventLoop& loop, ChildWork::Confine confine)
    : children_(loop, k_bounds, std::move(confine)) {}

void JournalReader::ask(JournalQuery query, Answer answer) {
    const recycler::Duration limit = query.patience + k_reading;
    children_.ask({.what = "read the journal",
                   .work = [query = std::move(query)] { return to_bytes(read_journal(query)); },
                   .limit = limit,
                   .answer =
                       [answer = std::move(answer)](const Result<std::string>& bytes) {
                           answer(bytes ? answer_from(*bytes) : bytes.error());
                       }});
}

} // namespace systemd
