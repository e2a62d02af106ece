// SPDX-License-Identifier: MIT
// The answer to a question to the journal, as it goes through a pipe from the child that read it.
// The child is our own program, but what it passes on anybody may have written: every length is
// checked.
#pragma once

#include "systemd/journal_reader.hpp"

#include <string>
#include <string_view>

namespace systemd {

[[nodiscard]] std::string to_bytes(const recycler::Result<JournalEntries>& answer);
// EBADMSG: not the whole of what to_bytes() makes: the child died before it had said all.
[[nodiscard]] recycler::Result<JournalEntries> answer_from(std::string_view bytes);

} // namespace systemd
