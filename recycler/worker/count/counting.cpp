// SPDX-License-Identifier: MIT
#include "recycler/worker/count/counting.hpp"

#include "recycler/base/text/split.hpp"

#include <array>
#include <bit>
#include <cstring>
#include <elf.h>
#include <optional>
#include <type_traits>

namespace recycler::worker {

namespace {

template <typename T>
std::optional<T> at(std::span<const std::byte> bytes, std::size_t offset) {
    if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) {
        return std::nullopt;
    }
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

constexpr unsigned char k_our_class = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
constexpr unsigned char k_our_order =
    std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
using Header = std::conditional_t<sizeof(void*) == 8, Elf64_Ehdr, Elf32_Ehdr>;
using Segment = std::conditional_t<sizeof(void*) == 8, Elf64_Phdr, Elf32_Phdr>;

Linkage linkage_of_segments(std::span<const std::byte> beginning, const Header& header) {
    for (std::size_t i = 0; i < header.e_phnum; ++i) {
        const auto segment = at<Segment>(beginning, header.e_phoff + i * header.e_phentsize);
        if (!segment) {
            return Linkage::unknown;
        }
        if (segment->p_type == PT_INTERP) {
            return Linkage::dynamic;
        }
    }
    return header.e_phnum > 0 ? Linkage::fixed : Linkage::unknown;
}

} // namespace

Linkage linkage_in(std::span<const std::byte> beginning) {
    const auto magic = at<std::array<char, 2>>(beginning, 0);
    if (magic && (*magic)[0] == '#' && (*magic)[1] == '!') {
        return Linkage::script;
    }
    const auto ident = at<std::array<unsigned char, EI_NIDENT>>(beginning, 0);
    if (!ident || std::memcmp(ident->data(), ELFMAG, SELFMAG) != 0) {
        return Linkage::unknown;
    }
    if ((*ident)[EI_CLASS] != k_our_class || (*ident)[EI_DATA] != k_our_order) {
        return Linkage::foreign;
    }
    const auto header = at<Header>(beginning, 0);
    return header ? linkage_of_segments(beginning, *header) : Linkage::unknown;
}

std::string interpreter_in(std::string_view beginning) {
    if (!beginning.starts_with("#!")) {
        return {};
    }
    const std::string_view line =
        text::without_leading(text::first_line(beginning.substr(2)), " \t");
    return std::string(line.substr(0, line.find_first_of(" \t\r")));
}

Counter choose_counter(const CountingFacts& facts) {
    const bool enters = facts.recorder == CountingFacts::Recorder::at_hand &&
                        facts.program.privileges == Privileges::none &&
                        facts.program.linkage != Linkage::fixed &&
                        facts.program.linkage != Linkage::foreign;
    const bool matters = facts.need == CountingFacts::Need::relied_upon;
    return matters && !enters ? Counter::kernel : Counter::recorder;
}

Counter choose_counter(const SilenceFacts& facts) {
    const bool matters = facts.need == CountingFacts::Need::relied_upon;
    const bool silent = facts.recorder == SilenceFacts::Recorder::silent &&
                        facts.worker == SilenceFacts::Worker::waits;
    return matters && silent ? Counter::kernel : Counter::recorder;
}

} // namespace recycler::worker
