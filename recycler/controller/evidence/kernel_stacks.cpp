// SPDX-License-Identifier: MIT
#include "recycler/controller/evidence/kernel_stacks.hpp"

#include "recycler/keeper/protocol/thread_files.hpp"

#include <algorithm>

namespace recycler::controller {

KernelStacks::KernelStacks(WorkerId id, std::vector<pid_t> threads, keeper::Link& link)
    : id_(id), threads_(std::move(threads)) {
    if (link.opens_thread_files()) {
        ask_for_next(link);
    }
}

void KernelStacks::ask_for_next(keeper::Link& link) {
    const std::size_t count = std::min(threads_.size(), keeper::k_max_threads_asked);
    const auto asked = count > 0 ? link.open_thread_files(id_, keeper::ThreadFile::stack,
                                                          std::span(threads_).first(count))
                                 : Result<void>();
    // When the keeper is gone its link tells.
    threads_.erase(threads_.begin(),
                   asked ? threads_.begin() + static_cast<std::ptrdiff_t>(count) : threads_.end());
}

void KernelStacks::take(keeper::ThreadFilesArrived arrived, keeper::Link& link) {
    if (arrived.error != 0 || arrived.files.size() != arrived.threads.size()) {
        threads_.clear(); // the next would fare no better
        return;
    }
    for (std::size_t i = 0; i < arrived.threads.size(); ++i) {
        files_.insert_or_assign(arrived.threads[i], std::move(arrived.files[i]));
    }
    ask_for_next(link);
}

} // namespace recycler::controller
