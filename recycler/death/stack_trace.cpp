// SPDX-License-Identifier: MIT
#include "recycler/death/stack_trace.hpp"

#include "recycler/base/text/escape.hpp"
#include "recycler/base/text/split.hpp"
#include "recycler/death/words/words.hpp"

#include <optional>

namespace recycler::death {
namespace {

constexpr std::size_t k_longest_function = 80; // of a function or module: C++ has longer ones

// "#3  0x000055d0a1b2c3d4 crash (app + 0x13d4)": n/a stands for what is not known.
std::optional<std::string> frame_in(std::string_view line) {
    constexpr std::string_view k_unknown = "n/a";
    const std::size_t address = line.find(" 0x");
    const std::size_t name =
        address == std::string_view::npos ? address : line.find(' ', address + 1);
    const std::size_t module = line.rfind(" (");
    if (!line.starts_with('#') || name == std::string_view::npos ||
        module == std::string_view::npos || module <= name) {
        return std::nullopt;
    }
    const std::string_view function = line.substr(name + 1, module - name - 1);
    std::string_view place = line.substr(module + 2);
    place = place.substr(0, place.rfind(')'));
    const std::size_t plus = place.rfind(" + ");
    std::string_view file = place.substr(0, plus);
    if (file != k_unknown) {
        file.remove_prefix(file.rfind('/') + 1); // since systemd 254 it has its folder
    }
    if (function != k_unknown && !function.empty()) {
        return text::in_ascii(function, k_longest_function) +
               (file == k_unknown ? "" : " (" + text::in_ascii(file, k_longest_function) + ")");
    }
    if (file == k_unknown || plus == std::string_view::npos) {
        return text::in_ascii(line.substr(address + 1, name - address - 1), k_longest_function);
    }
    return text::in_ascii(file, k_longest_function) + "+" +
           text::in_ascii(place.substr(plus + 3), k_longest_function);
}

} // namespace

std::vector<std::string> frames_in(std::string_view message) {
    constexpr std::string_view k_head = "Stack trace of thread ";
    std::vector<std::string> frames;
    bool inside = false;
    while (!message.empty() && frames.size() < k_most_frames) {
        const std::string_view line = text::without_leading(text::take_line(message), " ");
        if (!inside) {
            inside = line.starts_with(k_head);
            continue;
        }
        auto frame = frame_in(line);
        if (!frame) {
            break;
        }
        frames.push_back(std::move(*frame));
    }
    return frames;
}

} // namespace recycler::death
