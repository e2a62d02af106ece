// SPDX-License-Identifier: MIT
// The birth channel of a spare, a worker that is born without a slot: the message that gives it
// one, and how that takes the place of what the worker was born with. A message is one byte and the
// slot's listener, with the two ends of the slot's channel where connections are kept. Each process
// of the worker reads the same message, also one that is born later, so none takes it out.
#pragma once

#include <cstdint>
#include <sys/stat.h>

namespace recycler::recorder {

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
