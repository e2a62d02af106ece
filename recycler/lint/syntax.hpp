// SPDX-License-Identifier: MIT
// The configuration of a balancer as written: directives of words, each with its place, and blocks
// of them. One shape for four syntaxes; what a directive means is not known here. Variables and
// conditions stay the words they are, included files are not followed.
//
//   nginx     server 127.0.0.1:7000 max_fails=0;   words, and a block for { }
//   haproxy   backend shop                         a section: its head's words, a block of lines
//   apache    <Proxy balancer://shop>              "<Proxy", "balancer://shop", and a block
//   lighttpd  "port" => 7000, server.port = 80     key and value; a list is a block, its items
//                                                  without a key have the word "", a variable is
//                                                  "${name}"
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace recycler::lint {

// Lines and columns count from 1, columns in characters. `file` counts the files of one run from 0.
struct Place {
    std::size_t file = 0;
    int line = 1;
    int column = 1;
    auto operator<=>(const Place&) const = default;
};

// Without its quotes and escapes.
struct Word {
    std::string text;
    Place place;
};

struct Directive {
    std::vector<Word> words; // at least one
    std::vector<Directive> block;
};
using Tree = std::vector<Directive>;

// Why a text is no configuration of its kind, and where.
struct SyntaxFault {
    Place place;
    std::string reason;
};
using Parsed = std::variant<Tree, SyntaxFault>;

struct Text {
    std::size_t file = 0;
    std::string_view bytes;
};

// Longer files and deeper nesting are refused: they bound what a stray file can cost.
constexpr std::size_t k_longest_file = std::size_t{4} << 20;
constexpr int k_deepest_nesting = 64;

// Any bytes will do: nothing throws. The first fault ends the reading.
Parsed parse_nginx(const Text& text);
Parsed parse_haproxy(const Text& text);
Parsed parse_apache(const Text& text);
Parsed parse_lighttpd(const Text& text);

// "$HTTP", "else", "global" and others of lighttpd that a block follows.
bool opens_lighttpd_condition(std::string_view word);

} // namespace recycler::lint
