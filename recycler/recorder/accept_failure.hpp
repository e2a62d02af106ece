// SPDX-License-Identifier: MIT
// Which failures of accept() a row of the page notes: those after which many programs end, with
// status 0 and without a word.
#pragma once

#include "recycler/request/page_layout.hpp"

#include <atomic>
#include <cerrno>
#include <cstdint>

namespace recycler::recorder {

// Whether a descriptor or memory was missing.
inline bool is_want(int error) {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

// `error`: of accept(); 0: it succeeded. Any other failure says nothing new.
inline void note_accept(request::Row& row, int error) {
    const auto refused = static_cast<std::uint32_t>(error);
    std::atomic_ref noted{row.accept_refused};
    if ((error == 0 || is_want(error)) && noted.load(std::memory_order_relaxed) != refused) {
        noted.store(refused, std::memory_order_relaxed);
    }
}

} // namespace recycler::recorder
