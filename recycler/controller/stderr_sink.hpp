// The log's way to stderr that never waits: what nobody takes (a pipe whose reader sleeps, a
// stopped terminal) is dropped and counted, for a controller that waits serves nobody.
#pragma once

#include <cstdint>
#include <mutex>
#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <string>
#include <string_view>

namespace recycler::controller {

// Each line of `text` as the journal reads its priority, '0' to '7', from stderr.
[[nodiscard]] std::string with_priority(std::string_view text, char priority);

class StderrSink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
  public:
    // For people: with the time and the level. For the journal, which knows the time: each line
    // with its priority, "<4>" (sd-daemon(3)).
    enum class Reader { person, journal };
    explicit StderrSink(Reader reader) : reader_(reader) {}

  protected:
    void sink_it_(const spdlog::details::log_msg& message) override;
    void flush_() override {}

  private:
    Reader reader_;
    std::uint64_t dropped_ = 0; // since the last line that was taken
};

} // namespace recycler::controller
