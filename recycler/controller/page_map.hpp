// The recorder page of one worker, mapped: made before its launch, or found again from the keeper's
// descriptor. What stands in it is the worker's word; request/page.hpp says what of it may be
// believed.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"
#include "recycler/request/page.hpp"

#include <cstddef>
#include <span>

namespace recycler::controller {

class PageMap {
  public:
    // A fresh page in a memfd, formatted for a worker that has done nothing.
    static Result<PageMap> make();
    // The page of a worker that runs already. EBADMSG: its size is not that of a page.
    static Result<PageMap> map(UniqueFd fd);

    PageMap(PageMap&& other) noexcept;
    PageMap& operator=(PageMap&& other) noexcept;
    ~PageMap();

    [[nodiscard]] int fd() const { return fd_.get(); }
    // nullopt: no recorder wrote here, or the worker has scribbled on it.
    [[nodiscard]] std::optional<request::PageReading> read() const;

    // Stops every process of the worker before its next accept(), or lets them go on.
    void park();
    void unpark();

  private:
    PageMap(UniqueFd fd, std::byte* start) : fd_(std::move(fd)), start_(start) {}
    void unmap();
    UniqueFd fd_;
    std::byte* start_ = nullptr;
};

} // namespace recycler::controller
