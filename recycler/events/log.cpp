// SPDX-License-Identifier: MIT
#include "recycler/events/log.hpp"

#include "recycler/base/text/split.hpp"
#include "recycler/events/stderr_sink.hpp"

#include <algorithm>
#include <spdlog/spdlog.h>

namespace recycler::events::log {

namespace {

spdlog::level::level_enum level_of(Level level) {
    switch (level) {
    case Level::critical:
        return spdlog::level::critical;
    case Level::error:
        return spdlog::level::err;
    case Level::warning:
        return spdlog::level::warn;
    case Level::info:
        return spdlog::level::info;
    case Level::debug:
        break;
    }
    return spdlog::level::debug;
}

} // namespace

void open(Reader reader) {
    auto logger =
        std::make_shared<spdlog::logger>("recyclerd", std::make_shared<StderrSink>(reader));
    logger->set_pattern(reader == Reader::journal ? "%v" : "%Y-%m-%d %H:%M:%S.%e %l %v");
    spdlog::set_default_logger(std::move(logger));
}

void say(Level level, std::string_view text) {
    spdlog::log(level_of(level), "{}", text);
}

std::string with_priority(std::string_view text, char priority) {
    std::string out;
    while (!text.empty()) {
        out += {'<', priority, '>'};
        out += text::take_line(text);
        out += '\n';
    }
    return out;
}

} // namespace recycler::events::log
