// The fleet's ledger in a memfd that the keeper keeps. Two copies take turns, and one word says
// which is valid, so that a controller killed in the middle of writing leaves the former one whole.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"
#include "recycler/fleet/fleet.hpp"

namespace recycler::controller {

class LedgerFile {
  public:
    static Result<LedgerFile> make();
    // EBADMSG: not a ledger that this version reads. One that was never written to is.
    static Result<LedgerFile> map(UniqueFd fd);
    LedgerFile(LedgerFile&& other) noexcept;
    LedgerFile& operator=(LedgerFile&&) = delete;
    ~LedgerFile();

    [[nodiscard]] int fd() const { return fd_.get(); }
    [[nodiscard]] bool written() const;
    // What was written last.
    [[nodiscard]] const fleet::Ledger& current() const;
    void write(const fleet::Fleet& fleet);

  private:
    struct Layout;
    LedgerFile(UniqueFd fd, Layout* layout) : fd_(std::move(fd)), layout_(layout) {}
    UniqueFd fd_;
    Layout* layout_ = nullptr;
};

} // namespace recycler::controller
