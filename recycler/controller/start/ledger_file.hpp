// SPDX-License-Identifier: MIT
// The decider's ledger in a memfd that the keeper keeps. Two copies take turns, and one word says
// which is valid, so that a controller killed in the middle of writing leaves the former one whole.
// How it stands in the file: recycler/slots/ledger/ledger_format.hpp.
#pragma once

#include "recycler/base/result.hpp"
#include "recycler/base/unique_fd.hpp"
#include "recycler/keeper/protocol/link.hpp"
#include "recycler/slots/decider.hpp"
#include "recycler/slots/ledger/ledger_format.hpp"

namespace recycler::controller {

class LedgerFile {
  public:
    static Result<LedgerFile> make();
    // One that was never written to is a ledger, too. What another version wrote is copied into a
    // new file, and the one that was passed stays as it is: see is_a_copy(). EBADMSG: not a ledger
    // that this version reads.
    static Result<LedgerFile> map(UniqueFd fd);
    LedgerFile(LedgerFile&& other) noexcept;
    LedgerFile& operator=(LedgerFile&&) = delete;
    ~LedgerFile();

    [[nodiscard]] int fd() const { return fd_.get(); }
    // For the keeper to hold, with the time at which the daemon was started.
    [[nodiscard]] Result<void> give_to(keeper::Link& link, WallTime begun_at) const;
    // The keeper still holds the file of the other version, and must be given this one; not before
    // this controller is established, so that until then the former program could still read what
    // there is.
    [[nodiscard]] bool is_a_copy() const { return is_a_copy_; }
    [[nodiscard]] bool written() const;
    // What was written last.
    [[nodiscard]] const slots::Ledger& current() const;
    void write(const slots::Decider& decider);

  private:
    LedgerFile(UniqueFd fd, slots::LedgerLayout* layout) : fd_(std::move(fd)), layout_(layout) {}
    static Result<LedgerFile> map_in_place(UniqueFd fd);
    slots::Ledger& begin_writing();
    void finish_writing();

    UniqueFd fd_;
    slots::LedgerLayout* layout_ = nullptr;
    bool is_a_copy_ = false;
};

} // namespace recycler::controller
