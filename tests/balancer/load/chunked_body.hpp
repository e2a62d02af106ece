// SPDX-License-Identifier: MIT
// The body of an HTTP answer that comes in chunks, each behind its length in hexadecimal digits,
// the last one empty. Pure; knows nothing of what the body says.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace recycler::load {

class ChunkedBody {
  public:
    enum class Progress { more, complete, malformed };

    // Takes the next bytes behind the header. Bytes behind the end of the body are `malformed`.
    Progress take(std::string_view bytes);

    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    enum class Expects { length, content, end_of_content, trailer, nothing };

    // One step with what is in `pending_`; false: more bytes must come first.
    bool advance();
    bool take_line();

    std::string text_;
    std::string pending_;
    std::uint64_t left_ = 0; // of the present chunk
    Expects expects_ = Expects::length;
    bool malformed_ = false;
};

} // namespace recycler::load
