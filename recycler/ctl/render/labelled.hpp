// SPDX-License-Identifier: MIT
// Text below a title: paragraphs, and labels with their text beside them, wrapped to the width of
// the terminal. Pure. Texts come in printable.
#pragma once

#include "recycler/ctl/render/render.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace recycler::ctl {

// What is left of a line after so many characters; never less than can be read.
std::size_t room_after(std::size_t indent, const Style& style);

// Wrapped, each line indented.
std::string paragraph(const std::string& text, const Style& style);

// "  label      text", the text wrapped under itself.
std::string labelled(const std::string& label, const std::string& text, const Style& style);

// Several texts under one label, each on a line of its own; none: nothing.
std::string labelled(const std::string& label, const std::vector<std::string>& texts,
                     const Style& style);

} // namespace recycler::ctl
