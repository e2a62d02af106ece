// SPDX-License-Identifier: MIT
#include "tests/balancer/load/lost_list.hpp"

#include <cerrno>

namespace recycler::load {
namespace {

// A URL may hold anything that the command line could.
std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        char escape[8];
        if (c == '"' || c == '\\') {
            out += {'\\', c};
        } else if (static_cast<unsigned char>(c) < 0x20) {
            std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
            out += escape;
        } else {
            out += c;
        }
    }
    return out + "\"";
}

} // namespace

std::string json(const LostAnswer& lost) {
    char times[96];
    std::snprintf(times, sizeof times, R"("at":%.3f,"seconds":%.3f)", lost.at_unix_time,
                  std::chrono::duration<double>(lost.waited).count());
    return R"({"uri":)" + quoted(lost.request.target) + R"(,"fault":)" + quoted(lost.fault) + "," +
           times + "}";
}

Result<LostList> LostList::open(const std::string& path) {
    LostList list;
    if (!path.empty()) {
        list.file_.reset(std::fopen(path.c_str(), "we"));
        if (!list.file_) {
            return Error{errno, path};
        }
    }
    return list;
}

void LostList::add(const LostAnswer& lost) {
    if (file_) {
        std::fprintf(file_.get(), "%s\n", json(lost).c_str());
        std::fflush(file_.get());
    }
}

} // namespace recycler::load
