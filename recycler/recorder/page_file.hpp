// SPDX-License-Identifier: MIT
// The outside end of a recorder page: makes the memfd, maps it, parks and releases the worker. Owns
// the mapping; must not interpret what the worker wrote, which is request/page.hpp's work.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"

#include <cstddef>
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

  private:
    PageFile(UniqueFd fd, std::byte* bytes, std::size_t size);

    UniqueFd fd_;
    std::byte* bytes_ = nullptr;
    std::size_t size_ = 0;
};

} // namespace recycler::recorder
