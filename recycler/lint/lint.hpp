// SPDX-License-Identifier: MIT
// What in a balancer's configuration defeats recycling without loss, with its place and what to
// write instead: recyclerctl lint. Reads no file: the texts come in, and so does the policy.
#pragma once

#include "recycler/lint/kind.hpp"
#include "recycler/lint/pool.hpp"

#include <optional>
#include <string>
#include <vector>

namespace recycler::lint {

struct Source {
    std::string name; // as it was typed
    std::string text;
    std::string path = {}; // absolute; empty: that is not known, and the name stands for it
};

struct Asked {
    std::vector<Source> sources;
    std::optional<Kind> kind;               // of all; nullopt: recognised, each for itself
    std::optional<policies::Policy> policy; // the app that is looked for
};

// What was read: a configuration in which nothing is found is not one that was not understood.
struct Seen {
    Kind kind = Kind::nginx;
    std::size_t pools = 0;
    std::size_t backends = 0;
};

// A file that is not of its kind.
struct Unread {
    Kind kind = Kind::nginx;
    SyntaxFault fault;
};

struct Report {
    std::vector<Finding> findings; // in the order of the files and lines
    std::vector<Unread> unread;
    std::vector<std::size_t> unclear; // files whose kind cannot be told
    std::vector<Seen> seen;           // one for each kind
};

// Files of the same kind are read as one configuration.
Report lint(const Asked& asked);

// Whether this finding loses requests or executes one twice.
bool is_grave(Severity severity);

} // namespace recycler::lint
