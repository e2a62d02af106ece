// SPDX-License-Identifier: MIT
// PURE. Who counts the requests of a worker: the recorder inside it, where the program lets it in;
// else the kernel, which counts the connections that it accepts; else nobody. Facts come in, the
// choice goes out; reads no file and knows no policy.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace recycler::worker {

// Whether the dynamic loader works on a program, and so preloads what LD_PRELOAD names.
enum class Linkage {
    dynamic,
    fixed,   // static, also as PIE: nobody looks at LD_PRELOAD
    foreign, // of another word size or byte order: its loader refuses the recorder
    script,  // "#!": the interpreter decides
    unknown, // no program, or not seen whole
};

// What the first bytes of a program's file say (elf(5)); 4096 hold the program headers that linkers
// write.
[[nodiscard]] Linkage linkage_in(std::span<const std::byte> beginning);

// The path behind "#!"; empty: it is no script.
[[nodiscard]] std::string interpreter_in(std::string_view beginning);

// Whether an exec of it changes what the process may do: the loader then ignores LD_PRELOAD
// (ld.so(8), secure-execution mode).
enum class Privileges { none, gained };

struct ProgramFacts {
    Linkage linkage = Linkage::unknown; // of what the kernel executes in the end
    Privileges privileges = Privileges::none;
};

struct CountingFacts {
    // Whether something depends on the count: the kernel's costs every system call of the machine
    // 60 ns, so that it is not had for show.
    enum class Need { shown, relied_upon } need = Need::shown;
    enum class Recorder { at_hand, missing } recorder = Recorder::at_hand;
    ProgramFacts program;
};

enum class Counter { recorder, kernel };
[[nodiscard]] Counter choose_counter(const CountingFacts& facts);

// Of a running worker: it waits for connections, or has had some, and no recorder has told of it.
// An event loop is not in accept() yet either, so the kernel counts until the recorder speaks.
struct SilenceFacts {
    CountingFacts::Need need = CountingFacts::Need::shown;
    enum class Recorder { speaks, silent } recorder = Recorder::silent;
    enum class Worker { boots, waits } worker = Worker::boots;
};
[[nodiscard]] Counter choose_counter(const SilenceFacts& facts);

} // namespace recycler::worker
