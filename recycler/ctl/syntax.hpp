// SPDX-License-Identifier: MIT
// How a verb is typed: it declares its words and options here, and makes its command of them when
// they were read. The argument parser stays behind this header. Nothing is looked up: slots and
// apps stay the words that were typed.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace CLI {
class App;
} // namespace CLI

namespace recycler::ctl {

enum class Output { text, json };

// Nothing to be done but to print: help or version (exit 0, to stdout), or what is wrong with the
// command line (exit 2, to stderr).
struct Told {
    int exit_code = 0;
    std::string text;
};
Told usage(const std::string& text);

// Makes a command of the words that were typed, once they are there.
template <typename Command>
using Typed = std::function<std::variant<Command, Told>(Output)>;

// What was typed; filled in later. Empty, or false: it was not given.
using Word = std::shared_ptr<const std::string>;
using Words = std::shared_ptr<const std::vector<std::string>>;
using Truth = std::shared_ptr<const bool>;

enum class Need { may, must };

class Syntax {
  public:
    explicit Syntax(CLI::App& verb) : verb_(verb) {}

    Words slots(Need need);
    Word slot();
    Word word(const char* name, const char* help, Need need);
    Words words(const char* name, const char* help, Need need);
    Word option(const char* name, const char* help);
    Word choice(const char* name, const char* help, const std::vector<std::string>& among);
    // May be given several times, with one word each time.
    Words repeated(const char* name, const char* help);
    Truth flag(const char* name, const char* help);

  private:
    // The parser writes into what a verb may have dropped.
    template <typename T>
    std::shared_ptr<T> kept();

    CLI::App& verb_;
    std::vector<std::shared_ptr<void>> kept_;
};

} // namespace recycler::ctl
