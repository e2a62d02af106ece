// SPDX-License-Identifier: MIT
// A line of a log with what it says, as one step of reading hands it to the next.
#pragma once

#include "recycler/explain/entry.hpp"

#include <string>
#include <string_view>

namespace recycler::explain {

// The texts of the entry point into `text`, or live as long.
struct ReadLine {
    std::string_view text;
    Entry entry;
};

// One that outlives the call: its texts are its own.
class HeldLine {
  public:
    explicit HeldLine(const ReadLine& line)
        : entry(line.entry), text_(line.text), address_(entry.address), server_(entry.server),
          method_(entry.method), uri_(entry.uri) {}

    [[nodiscard]] ReadLine line() const {
        ReadLine line{text_, entry};
        line.entry.address = address_;
        line.entry.server = server_;
        line.entry.method = method_;
        line.entry.uri = uri_;
        return line;
    }
    [[nodiscard]] const std::string& address() const { return address_; }
    void set_uri(std::string_view uri) { uri_ = uri; }

    Entry entry; // without its texts

  private:
    std::string text_, address_, server_, method_, uri_;
};

} // namespace recycler::explain
