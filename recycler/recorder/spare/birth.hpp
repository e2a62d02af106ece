// SPDX-License-Identifier: MIT
// The birth channel of a spare, a worker that is born without a slot: the message that gives it
// one, and how that takes the place of what the worker was born with. A message is one byte and the
// slot's listener, with the two ends of the slot's channel where connections are kept. Each process
// of the worker reads the same message, also one that is born later, so none takes it out.
#pragma once

#include "recycler/recorder/rest/channel.hpp"
#include "recycler/request/page_layout.hpp"

#include <cstdint>
#include <sys/stat.h>

namespace recycler::recorder {

// What a process that was born without a slot waits with; not there if it was born with one.
struct Birth {
    ino_t listener = 0; // inode; 0: it was no spare
    Inherited channel{};

    // `at_zero` stands on descriptor 0.
    void find(const struct stat& at_zero, const request::PageHeader& header);
};

// An event loop does not wait in accept(), so it hears of no slot; a program that has closed what
// it does not know hears of none, either. Both go on as they would without us, and meet nobody.
[[nodiscard]] bool can_await_slot(const Birth& birth, int listener);

// How its threads share the waiting.
struct BirthWatch {
    std::uint32_t lock;
    int descriptor; // 1 + what they poll; 0: none
};

// What came, close-on-exec; -1: it did not come.
struct SlotFiles {
    int listener = -1;
    int channel_out = -1;
    int channel_in = -1;
};

enum class Told : std::uint8_t {
    nothing, // yet
    slot,    // the files are the caller's
    misfit,  // it cannot be used now: no descriptor was free, or it is no message of ours
    end,     // nobody will send any more
};

// Reads the message and leaves it where it is. Does not block.
[[nodiscard]] Told read_slot(int channel, SlotFiles& files);
void close_files(const SlotFiles& files);

// `file` takes the place of each descriptor of this process that stands for the socket `born`, and
// each stays close-on-exec if it was.
void replace_all(const struct stat& born, int file);
// `file` takes the place of the one descriptor `number`, close-on-exec; -1: that is closed.
void replace_one(int number, int file);

} // namespace recycler::recorder
