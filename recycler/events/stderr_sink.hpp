// SPDX-License-Identifier: MIT
// The log's way to stderr that never waits: what nobody takes (a pipe whose reader sleeps, a
// stopped terminal) is dropped and counted, for a controller that waits serves nobody.
#pragma once

#include "recycler/events/log.hpp"

#include <cstdint>
#include <mutex>
#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>

namespace recycler::events::log {

class StderrSink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
  public:
    explicit StderrSink(Reader reader) : reader_(reader) {}

  protected:
    void sink_it_(const spdlog::details::log_msg& message) override;
    void flush_() override {}

  private:
    Reader reader_;
    std::uint64_t dropped_ = 0; // since the last line that was taken
};

} // namespace recycler::events::log
