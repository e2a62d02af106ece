// SPDX-License-Identifier: MIT
#include "recycler/keeper/last_sight.hpp"

#include "recycler/base/text/characters.hpp"
#include "recycler/base/text/split.hpp"
#include "recycler/base/unique_fd.hpp"

#include <algorithm>
#include <cstdio>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

namespace recycler::keeper {
namespace {

constexpr int k_frames_shown = 4;

// The beginning of one file of /proc/PID; empty when it cannot be read.
struct ProcText {
    ProcText(pid_t process, const char* file) {
        std::array<char, 64> path{};
        (void)std::snprintf(path.data(), path.size(), "/proc/%d/%s", process, file);
        const UniqueFd fd{::open(path.data(), O_RDONLY | O_CLOEXEC)};
        const ssize_t got = fd ? ::read(fd.get(), bytes.data(), bytes.size()) : 0;
        text = std::string_view{bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
    }
    ProcText(const ProcText&) = delete;
    ProcText& operator=(const ProcText&) = delete;

    // The rest of the line that begins so; of the first line with "".
    [[nodiscard]] std::string_view line(std::string_view beginning) const {
        std::size_t at = 0;
        while (text.substr(at, beginning.size()) != beginning) {
            const std::size_t newline = text.find('\n', at);
            if (newline == std::string_view::npos) {
                return {};
            }
            at = newline + 1;
        }
        const std::string_view rest = text.substr(at + beginning.size());
        return text::first_line(rest);
    }

    std::array<char, 2048> bytes;
    std::string_view text;
};

// By hand into a place of fixed size: the keeper allocates nothing.
class Line {
  public:
    void add(const char* before, std::string_view words) {
        if (!words.empty()) {
            put(size_ > 0 ? before : "");
            put(words);
        }
    }
    [[nodiscard]] const Sight& text() const { return text_; }

  private:
    void put(std::string_view words) {
        for (const char c : words.substr(0, text_.size() - 1 - size_)) {
            text_[size_++] = text::shown(c);
        }
    }

    Sight text_{};
    std::size_t size_ = 0;
};

// "[<0>] do_select+0x67/0x90": without its beginning, which is the same everywhere.
std::string_view function_in(std::string_view frame) {
    const std::size_t space = frame.find(' ');
    return frame.substr(space == std::string_view::npos ? 0 : space + 1);
}

} // namespace

Sight look_at(pid_t process) {
    Line line;
    line.add("", ProcText{process, "status"}.line("State:\t"));
    line.add(", waits in ", ProcText{process, "wchan"}.line(""));
    const ProcText call{process, "syscall"};
    line.add(", system call ", call.line("").substr(0, call.text.find(' ')));
    const ProcText stack{process, "stack"};
    std::string_view rest = stack.text;
    for (int i = 0; i < k_frames_shown && !rest.empty(); ++i) {
        line.add(i == 0 ? ", kernel stack " : " < ", function_in(text::take_line(rest)));
    }
    return line.text();
}

bool is_dumping_core(pid_t process) {
    return ProcText{process, "status"}.line("CoreDumping:\t") == "1";
}

} // namespace recycler::keeper
