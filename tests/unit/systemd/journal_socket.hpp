// SPDX-License-Identifier: MIT
// A journald that only listens: a datagram socket at a path of its own, and what arrived there,
// taken apart as the native protocol says.
#pragma once

#include "recycler/base/unique_fd.hpp"

#include <map>
#include <optional>
#include <string>

namespace recycler::test {

class JournalSocket {
  public:
    explicit JournalSocket(std::string path);
    ~JournalSocket();
    JournalSocket(const JournalSocket&) = delete;
    JournalSocket& operator=(const JournalSocket&) = delete;

    struct Entry {
        std::map<std::string, std::string> fields;
        enum class Came { as_datagram, as_memfd } came = Came::as_datagram;
        bool sealed = false;
    };
    // The next one that has arrived; nullopt: none has. It fails the test when it is no entry.
    std::optional<Entry> next();

  private:
    std::string path_;
    UniqueFd fd_;
};

} // namespace recycler::test
