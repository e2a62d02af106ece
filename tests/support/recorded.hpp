// SPDX-License-Identifier: MIT
// Bytes that a version has written once and that every later one must be able to read: the files of
// tests/recorded. Each line is a name and bytes in hexadecimal.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace recycler::testing {

// The lines of tests/recorded/NAME. A file that is not there, or not of this form, ends the test
// program.
std::map<std::string, std::vector<std::byte>> recorded_lines(const std::string& name);

// A file whose lines are named by where their bytes stand, and by "size" for the size of the whole;
// what no line speaks of is zero.
std::vector<std::byte> recorded_file(const std::string& name);

// Bytes in the form of recorded_file(), to compare them and to record those of a new version.
std::string as_recorded(std::span<const std::byte> bytes);

// "52434b50...", as behind the name of a line.
std::string in_hexadecimal(std::span<const std::byte> bytes);

} // namespace recycler::testing
