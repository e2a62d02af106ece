// SPDX-License-Identifier: MIT
// What a container's log or a short form of the journal puts around a line: the JSON of Docker's
// json-file and of `journalctl -o json`, the CRI's "TIME stdout F ", the prefixes of `docker
// compose logs` and `kubectl logs --prefix`, the times of `logs -t`, `journalctl -o short-full` and
// `-o short-unix`. What syslog puts in front is line_reader.hpp's.
#pragma once

#include "recycler/explain/lines/log_time.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace recycler::explain {

struct Framed {
    enum class Form {
        message, // `text` is a line of a log
        origin,  // it begins with " HOST PROGRAM[PID]: ", as in syslog
        nothing, // it is none: a head line of the journal, a part of a line that goes on
    };
    Form form = Form::message;
    std::string_view text{};
    std::optional<WallTime> at{}; // when it was written, if the frame says so
    bool has_zone = false;        // and it says so without a doubt
};

class Frames {
  public:
    // Without what a terminal would have shown in colours; `line` itself if there is none of that.
    std::string_view without_colours(std::string_view line);
    // Nullopt: there is no frame that it knows. Its texts are valid until the next call.
    std::optional<Framed> take(std::string_view line, LogClock& clock);

  private:
    enum Stream { stdout_stream, stderr_stream };
    std::optional<Framed> take_json(std::string_view line, LogClock& clock);
    std::optional<Framed> take_cri(std::string_view line, LogClock& clock);
    Framed joined(std::string_view piece, Stream stream, bool goes_on);

    std::string plain_;
    std::string message_;
    std::array<std::string, 2> begun_; // of each stream: the parts of a line so far
};

} // namespace recycler::explain
