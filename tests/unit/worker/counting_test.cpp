// SPDX-License-Identifier: MIT
// Who counts the requests of a worker.
#include "recycler/worker/count/counting.hpp"

#include <array>
#include <cstring>
#include <doctest/doctest.h>
#include <elf.h>
#include <vector>

using namespace recycler::worker;

namespace {

using Facts = CountingFacts;

std::vector<std::byte> program(std::vector<std::uint32_t> segments) {
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_phoff = sizeof header;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = static_cast<std::uint16_t>(segments.size());
    std::vector<std::byte> bytes(sizeof header + segments.size() * sizeof(Elf64_Phdr));
    std::memcpy(bytes.data(), &header, sizeof header);
    for (std::size_t i = 0; i < segments.size(); ++i) {
        Elf64_Phdr segment{};
        segment.p_type = segments[i];
        std::memcpy(bytes.data() + sizeof header + i * sizeof segment, &segment, sizeof segment);
    }
    return bytes;
}

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

Facts relied_upon(Linkage linkage, Privileges privileges = Privileges::none) {
    return {.need = Facts::Need::relied_upon,
            .program = {.linkage = linkage, .privileges = privileges}};
}

} // namespace

TEST_CASE("a program with an interpreter is dynamic, one without is not, also as PIE") {
    CHECK(linkage_in(program({PT_PHDR, PT_LOAD, PT_INTERP})) == Linkage::dynamic);
    CHECK(linkage_in(program({PT_LOAD, PT_TLS})) == Linkage::fixed);
    CHECK(linkage_in(program({PT_LOAD, PT_DYNAMIC})) == Linkage::fixed);
}

TEST_CASE("a program that is not seen whole is not judged") {
    auto bytes = program({PT_LOAD, PT_LOAD, PT_INTERP});
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        CHECK(linkage_in(std::span(bytes).first(size)) == Linkage::unknown);
    }
    CHECK(linkage_in(program({})) == Linkage::unknown);
    CHECK(linkage_in(bytes_of("MZ")) == Linkage::unknown);
}

TEST_CASE("a program of another word size is foreign") {
    auto bytes = program({PT_INTERP});
    bytes[EI_CLASS] = std::byte{ELFCLASS32};
    CHECK(linkage_in(bytes) == Linkage::foreign);
}

TEST_CASE("a script names who runs it") {
    CHECK(linkage_in(bytes_of("#!/bin/sh\n")) == Linkage::script);
    CHECK(interpreter_in("#! /usr/bin/env ruby\nputs 1\n") == "/usr/bin/env");
    CHECK(interpreter_in("#!/bin/sh") == "/bin/sh");
    CHECK(interpreter_in("#!").empty());
    CHECK(interpreter_in("#!   \n").empty());
    CHECK(interpreter_in("/bin/sh\n").empty());
}

TEST_CASE("the recorder counts wherever the loader lets it in, or nobody knows better") {
    for (const Linkage linkage : {Linkage::dynamic, Linkage::script, Linkage::unknown}) {
        CHECK(choose_counter(relied_upon(linkage)) == Counter::recorder);
    }
}

TEST_CASE("the kernel counts what the recorder cannot enter") {
    CHECK(choose_counter(relied_upon(Linkage::fixed)) == Counter::kernel);
    CHECK(choose_counter(relied_upon(Linkage::foreign)) == Counter::kernel);
    CHECK(choose_counter(relied_upon(Linkage::dynamic, Privileges::gained)) == Counter::kernel);
    Facts facts = relied_upon(Linkage::dynamic);
    facts.recorder = Facts::Recorder::missing;
    CHECK(choose_counter(facts) == Counter::kernel);
}

TEST_CASE("the kernel counts nothing that no trigger relies on") {
    Facts facts = relied_upon(Linkage::fixed);
    facts.need = Facts::Need::shown;
    CHECK(choose_counter(facts) == Counter::recorder);
    CHECK(choose_counter(SilenceFacts{.worker = SilenceFacts::Worker::waits}) == Counter::recorder);
}

TEST_CASE("the kernel counts for a worker that waits for connections and has no recorder that "
          "speaks") {
    SilenceFacts facts{.need = Facts::Need::relied_upon, .worker = SilenceFacts::Worker::waits};
    CHECK(choose_counter(facts) == Counter::kernel);
    facts.worker = SilenceFacts::Worker::boots;
    CHECK(choose_counter(facts) == Counter::recorder);
    facts = {.need = Facts::Need::relied_upon,
             .recorder = SilenceFacts::Recorder::speaks,
             .worker = SilenceFacts::Worker::waits};
    CHECK(choose_counter(facts) == Counter::recorder);
}
