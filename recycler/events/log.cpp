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

// Like the logger, one for the process.
std::string app_named;
bool names_app = false;

} // namespace

void open(Reader reader) {
    auto logger =
        std::make_shared<spdlog::logger>("recyclerd", std::make_shared<StderrSink>(reader));
    logger->set_pattern(reader == Reader::journal ? "%v" : "%Y-%m-%d %H:%M:%S.%e %z %l %v");
    spdlog::set_default_logger(std::move(logger));
    names_app = reader == Reader::person;
}

void name_app(std::string app) {
    app_named = std::move(app);
}

// A sentence about the app as such begins with its name.
void say(Level level, std::string_view text) {
    const bool is_told = !names_app || app_named.empty() || text.starts_with(app_named + " ");
    spdlog::log(level_of(level), "{}{}{}", is_told ? "" : app_named, is_told ? "" : ": ", text);
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
