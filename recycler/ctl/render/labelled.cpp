// SPDX-License-Identifier: MIT
#include "recycler/ctl/render/labelled.hpp"

#include "recycler/ctl/render/text.hpp"

namespace recycler::ctl {

namespace {

constexpr std::size_t k_label_indent = 2;
constexpr std::size_t k_label = 11;
constexpr std::size_t k_narrowest_text = 20; // a terminal narrower than this is not wrapped for

} // namespace

std::size_t room_after(std::size_t indent, const Style& style) {
    return style.width > indent + k_narrowest_text ? style.width - indent : k_narrowest_text;
}

std::string paragraph(const std::string& text, const Style& style) {
    std::string out;
    for (const std::string& line : wrapped(text, room_after(k_label_indent, style))) {
        out += std::string(k_label_indent, ' ') + line + "\n";
    }
    return out;
}

std::string labelled(const std::string& label, const std::string& text, const Style& style) {
    const std::size_t indent = k_label_indent + k_label;
    std::string out;
    std::string lead = std::string(k_label_indent, ' ') +
                       paint(padded(label, k_label, Align::left), Paint::dim, style);
    for (const std::string& line : wrapped(text, room_after(indent, style))) {
        out += lead + line + "\n";
        lead = std::string(indent, ' ');
    }
    return out;
}

std::string labelled(const std::string& label, const std::vector<std::string>& texts,
                     const Style& style) {
    std::string out;
    for (const std::string& text : texts) {
        out += labelled(out.empty() ? label : "", text, style);
    }
    return out;
}

} // namespace recycler::ctl
