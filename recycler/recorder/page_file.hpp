// SPDX-License-Identifier: MIT
// The outside end of a recorder page: makes the memfd, maps it, parks and releases the worker. Owns
// the mapping; must not interpret what the worker wrote, which is request/page.hpp's work.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace recycler::recorder {

class PageFile {
  public:
    // A new page for one worker incarnation. Its size is sealed, so that a worker cannot shrink it
    // under a reader.
    static Result<PageFile> create();
    // Maps a page that exists already (one that the keeper kept). Refuses a file of another size,
    // or one that is not sealed: reading it could end in SIGBUS.
    static Result<PageFile> attach(UniqueFd fd);

    PageFile(PageFile&& other) noexcept;
    PageFile& operator=(PageFile&& other) noexcept;
    PageFile(const PageFile&) = delete;
    PageFile& operator=(const PageFile&) = delete;
    ~PageFile();

    // Close-on-exec here; the worker inherits it without, numbered in RECYCLER_PAGE.
    [[nodiscard]] int fd() const { return fd_.get(); }
    [[nodiscard]] std::span<const std::byte> bytes() const { return {bytes_, size_}; }

    // From now on each process stops before its next accept(). One that is inside accept() already
    // may still come out with one connection: request::Activity::accepting counts those.
    void park();
    // Lets them go on.
    void release();
    // Parks the worker that is sent its stop signal: nobody sleeps through it, and nobody accepts
    // any more. A recorder of the version before knows nothing of it and is left as it is.
    void end();

    // From now on each connection ends with the request that it carries, whatever the client asked
    // for. One that carries none stays until its client closes it, or asks on it once more.
    void let_go();
    // Connections may be kept again.
    void keep();

    // Each of these writes one word of the page and nothing else. The caller then writes to the
    // worker's eventfd, once for several of them, so that processes that wait in accept() look. A
    // recorder of a version before knows nothing of them: its page is left as it is.
    //
    // A kept connection may rest in the worker between its requests.
    void allow_rest();
    // No further one comes to rest. Those that rest come back, or end, as their clients decide.
    void forbid_rest();
    // What rests, or would, is sent to the channel; what the channel has no room for goes on
    // resting and is tried again.
    void hand_on();
    void hand_on_no_more();
    // What rests, or would, is closed. For a worker that nobody takes connections from.
    void end_kept();
    void end_kept_no_more();
    // What rests was taken out of the processes, which stand still. Nothing takes this back.
    void taken_out();

    // What rests, and was made to the slot with this slot_word(), is sent to the channel,
    // and what comes to rest later; the worker takes nothing from there meanwhile. 0: no more.
    void hand_back(std::uint32_t slot);

    // The numbers that the worker will have these descriptors under, -1: none. Before it begins.
    void name_descriptors(int channel_out, int channel_in, int wake);
    // Likewise, of a worker that is born without a slot: the inode of the listener that it gets,
    // and the number under which it will have its end of the birth channel.
    void name_birth(std::uint64_t listener, int channel);

  private:
    PageFile(UniqueFd fd, std::byte* bytes, std::size_t size);
    void order(std::uint32_t& word, std::uint32_t value);

    UniqueFd fd_;
    std::byte* bytes_ = nullptr;
    std::size_t size_ = 0;
};

} // namespace recycler::recorder
