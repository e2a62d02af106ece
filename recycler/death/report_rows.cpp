// SPDX-License-Identifier: MIT
#include "recycler/death/report_rows.hpp"

#include "recycler/base/text/characters.hpp"
#include "recycler/base/text/split.hpp"

#include <algorithm>
#include <array>

namespace recycler::death {
namespace {

using Frame = std::optional<std::string_view>;

std::string_view line_at(Lines lines, std::size_t at) {
    return at < lines.size() ? std::string_view(lines[at]) : std::string_view();
}

// Within so many lines behind `at`.
bool follows(Lines lines, std::size_t at, std::size_t within, std::string_view front) {
    const Lines rest = lines.subspan(at + 1, std::min(within, lines.size() - at - 1));
    return std::ranges::any_of(rest, [&](auto& line) { return line.starts_with(front); });
}

// --- frames ---

// "/usr/lib/libfoo.so(foo+0x1f) [0x7fab]" without its folders and addresses.
Frame native_frame(std::string_view line) {
    const std::size_t address = line.find(" [0x");
    if (address == std::string_view::npos || line.front() == ' ') {
        return std::nullopt;
    }
    line = line.substr(0, address);
    const std::size_t slash = line.substr(0, line.find('(')).rfind('/');
    return slash == std::string_view::npos ? line : line.substr(slash + 1);
}

// Without the handler, and the trampoline from which the kernel called it.
Frame uwsgi_frame(std::string_view line) {
    const bool is_handler = text::contains(line, "(uwsgi_backtrace") ||
                            text::contains(line, "(uwsgi_segfault") ||
                            text::contains(line, "(uwsgi_fpe");
    return is_handler ? std::nullopt : native_frame(line);
}

// "-e:1:in `basket'".
Frame ruby_frame(std::string_view line) {
    return !line.empty() && line.front() != ' ' && line.front() != '\t' &&
                   (text::contains(line, ":in `") || text::contains(line, ":in '"))
               ? Frame(line)
               : std::nullopt;
}
Frame ruby_from(std::string_view line) {
    return text::take(line, "\tfrom ") ? Frame(line) : std::nullopt;
}

// "  File "app.py", line 2 in basket": the file and the rest.
Frame python_frame(std::string_view line) {
    line = text::trimmed(line);
    return text::take(line, "File ") ? Frame(line) : std::nullopt;
}

Frame node_frame(std::string_view line) {
    return text::take(line, "    at ") ? Frame(line) : std::nullopt;
}
Frame java_frame(std::string_view line) {
    return text::take(line, "\tat ") ? Frame(line) : std::nullopt;
}

// "#0 /srv/shop.php(12): basket()".
Frame php_frame(std::string_view line) {
    const bool is_frame = text::take(line, '#') && !line.empty() && text::is_digit(line.front());
    text::take_word(line);
    return is_frame && line != "{main}" ? Frame(line) : std::nullopt;
}

// "    #0 0x5649 in main /srv/app.c:3".
Frame sanitizer_frame(std::string_view line) {
    line = text::trimmed(line);
    const std::size_t in = line.find(" in ");
    return line.starts_with('#') && in != std::string_view::npos ? Frame(line.substr(in + 4))
                                                                 : std::nullopt;
}

// "main.basket(...)" above "\t/srv/app.go:12 +0x1f".
Frame go_frame(std::string_view line) {
    return !line.empty() && text::is_letter(line.front()) && line.ends_with(')') &&
                   !line.starts_with("goroutine ") && !line.starts_with("panic(")
               ? Frame(line)
               : std::nullopt;
}

Frame perl_frame(std::string_view line) {
    return line.starts_with('\t') && text::contains(line, " called at ")
               ? Frame(text::trimmed(line))
               : std::nullopt;
}

// "   1: shop::basket", without the functions by which Rust itself panics and starts.
Frame rust_frame(std::string_view line) {
    line = text::trimmed(line);
    const std::string_view number = text::take_until(line, ": ");
    return text::is_all_digits(number) && !line.starts_with("std::") &&
                   !line.starts_with("core::") && !line.starts_with("rust_begin")
               ? Frame(line)
               : std::nullopt;
}

Frame java_problem(std::string_view line) {
    const bool is_frame =
        text::take(line, "# ") && line.size() > 3 && line[1] == ' ' && text::contains(line, "[");
    return is_frame ? Frame(text::trimmed(line.substr(1))) : std::nullopt;
}

// --- what must hold ---

bool is_uncaught_of_ruby(Lines lines, std::size_t at) {
    const std::string_view line = lines[at];
    return line.ends_with(')') && !line.starts_with('\t') && text::contains(line, " (") &&
           !text::contains(line, "[BUG]");
}
bool is_error_of_node(Lines lines, std::size_t at) {
    return line_at(lines, at + 1).starts_with("    at ") &&
           !std::string_view(lines[at]).starts_with(' ');
}
bool is_of_go(Lines lines, std::size_t at) {
    return follows(lines, at, 12, "goroutine ");
}
bool is_die(Lines lines, std::size_t at) {
    const std::string_view line = lines[at];
    const std::string_view number = line.substr(line.rfind(" line ") + 6);
    return !line.starts_with('\t') && (line.ends_with('.') || perl_frame(line_at(lines, at + 1))) &&
           !number.empty() && text::is_digit(number.front());
}
bool is_panic_of_rust(Lines lines, std::size_t at) {
    return text::contains(lines[at], " panicked at ");
}
// Later lines are another process's, which went on.
bool is_end_of_uwsgi(Lines lines, std::size_t at) {
    if (!text::contains(lines[at], " got ")) {
        return false;
    }
    const auto end = std::ranges::find(lines.subspan(at), "*** end of backtrace ***");
    return end == lines.end() || std::all_of(end + 1, lines.end(), [](auto& line) {
               return text::trimmed(line).empty();
           });
}
bool is_failed_assertion(Lines lines, std::size_t at) {
    return text::contains(lines[at], "' failed.");
}

// --- where the cause stands ---

// "terminate called ..." with "  what():  no basket"; "panicked at src/main.rs:2:5:" with the
// words.
std::string with_next(Lines lines, std::size_t at) {
    const std::string_view next = text::trimmed(line_at(lines, at + 1));
    const bool belongs = next.starts_with("what():") || lines[at].ends_with(':');
    return belongs && !next.empty() ? lines[at] + " " + std::string(next) : lines[at];
}
// The first line behind the frames.
std::string behind_traceback(Lines lines, std::size_t at) {
    for (++at; at < lines.size(); ++at) {
        if (!lines[at].starts_with(' ') && !text::trimmed(lines[at]).empty()) {
            return lines[at];
        }
    }
    return "";
}
// "#  SIGSEGV (0xb) at pc=0x7f, pid=1, tid=2" behind an empty "#".
std::string behind_header(Lines lines, std::size_t at) {
    for (const std::string& line :
         lines.subspan(at + 1, std::min<std::size_t>(4, lines.size() - at - 1))) {
        if (line.size() > 3) {
            return std::string(text::without_leading(line, "# "));
        }
    }
    return lines[at];
}

constexpr Place k_front = Place::front;
constexpr Place k_anywhere = Place::anywhere;
constexpr After k_fatal = After::fatal;
constexpr After k_passing = After::passing;

constexpr ReportRow glibc(std::string_view mark) {
    return {"glibc", mark, k_front, k_fatal, nullptr, nullptr, nullptr};
}

constexpr std::array k_reports{
    ReportRow{"Ruby", "[BUG] ", k_anywhere, k_fatal, nullptr, nullptr, ruby_frame, Innermost::last,
              Signal::caught},
    ReportRow{"Ruby", ":in `", k_anywhere, k_passing, is_uncaught_of_ruby, nullptr, ruby_from},
    ReportRow{"Python", "Fatal Python error: ", k_front, k_fatal, nullptr, nullptr, python_frame,
              Innermost::first, Signal::caught},
    ReportRow{"Python", "Traceback (most recent call last):", k_front, k_passing, nullptr,
              behind_traceback, python_frame, Innermost::last},
    ReportRow{"uWSGI", "!!! uWSGI process ", k_front, k_fatal, is_end_of_uwsgi, nullptr,
              uwsgi_frame, Innermost::behind_trampoline, Signal::caught},
    ReportRow{"PHP", "PHP Fatal error:", k_anywhere, k_passing, nullptr, nullptr, php_frame},
    ReportRow{"PHP", "PHP Parse error:", k_anywhere, k_passing, nullptr, nullptr, nullptr},
    ReportRow{"Node.js", "FATAL ERROR: ", k_front, k_fatal, nullptr, nullptr, nullptr},
    ReportRow{"Node.js", "# Fatal error in ", k_front, k_fatal, nullptr, nullptr, nullptr},
    ReportRow{"Node.js", "Error", k_anywhere, k_passing, is_error_of_node, nullptr, node_frame},
    ReportRow{"Perl", "Out of memory", k_front, k_fatal, nullptr, nullptr, nullptr},
    ReportRow{"Perl", " line ", k_anywhere, k_passing, is_die, nullptr, perl_frame},
    ReportRow{"Java", "# A fatal error has been detected by the Java Runtime", k_front, k_fatal,
              nullptr, behind_header, java_problem, Innermost::first, Signal::caught},
    ReportRow{"Java", "Exception in thread ", k_front, k_passing, nullptr, nullptr, java_frame},
    ReportRow{"Go", "panic: ", k_front, k_fatal, is_of_go, nullptr, go_frame, Innermost::first,
              Signal::caught},
    ReportRow{"Go", "fatal error: ", k_front, k_fatal, is_of_go, nullptr, go_frame},
    ReportRow{"Rust", "thread '", k_front, k_passing, is_panic_of_rust, with_next, rust_frame},
    ReportRow{"Rust", "fatal runtime error: ", k_front, k_fatal, nullptr, nullptr, nullptr},
    ReportRow{"C++", "terminate called ", k_front, k_fatal, nullptr, with_next, nullptr},
    ReportRow{"a sanitizer", "ERROR: AddressSanitizer: ", k_anywhere, k_fatal, nullptr, nullptr,
              sanitizer_frame, Innermost::first, Signal::caught},
    ReportRow{"a sanitizer", "ERROR: MemorySanitizer: ", k_anywhere, k_fatal, nullptr, nullptr,
              sanitizer_frame},
    ReportRow{"assert()", ": Assertion `", k_anywhere, k_fatal, is_failed_assertion, nullptr,
              nullptr},
    glibc("double free or corruption"),
    glibc("free(): "),
    glibc("malloc(): "),
    glibc("realloc(): "),
    glibc("munmap_chunk(): "),
    glibc("malloc_consolidate(): "),
    glibc("corrupted size vs. prev_size"),
    glibc("corrupted double-linked list"),
    glibc("*** stack smashing detected ***"),
    glibc("*** buffer overflow detected ***"),
    glibc("Fatal glibc error: "),
};

} // namespace

std::span<const ReportRow> report_rows() {
    return k_reports;
}

} // namespace recycler::death
