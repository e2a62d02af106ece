// SPDX-License-Identifier: MIT
#include "recycler/events/line_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace recycler::events {
namespace {

constexpr std::size_t k_block = std::size_t{64} << 10;

// The line whose end has been read and whose beginning has not: its rear part, and what is to
// become of it.
class RearPart {
  public:
    explicit RearPart(Bytes longest) : longest_(longest) {}

    void prepend(std::string_view front) {
        if (fate_ == Fate::shown && front.size() + text_.size() > longest_.count) {
            fate_ = Fate::passed_over;
        }
        if (fate_ == Fate::shown) {
            text_.insert(0, front);
        }
    }

    // The beginning of the line has been found. Shows it, unless it was torn or too long; the next
    // one starts empty.
    Walk finish(const std::function<Walk(std::string_view)>& visit) {
        const bool shown = fate_ == Fate::shown && !text_.empty();
        const Walk walk = shown ? visit(text_) : Walk::on;
        text_.clear();
        fate_ = Fate::shown;
        return walk;
    }

  private:
    enum class Fate { passed_over, shown };

    Bytes longest_;
    std::string text_;
    Fate fate_ = Fate::passed_over; // what stands after the last newline was torn
};

Result<void> read_block(int fd, off_t at, std::string& block) {
    std::size_t have = 0;
    while (have < block.size()) {
        const ssize_t n =
            ::pread(fd, block.data() + have, block.size() - have, at + static_cast<off_t>(have));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return Error{n < 0 ? errno : EIO, "read back at byte " + std::to_string(at)};
        }
        have += static_cast<std::size_t>(n);
    }
    return {};
}

} // namespace

Result<Walk> walk_back(int fd, Bytes longest, const std::function<Walk(std::string_view)>& visit) {
    struct stat file {};
    if (::fstat(fd, &file) != 0) {
        return Error{errno, "read the size"};
    }
    RearPart line(longest);
    std::string block;
    for (off_t at = file.st_size; at > 0;) {
        block.resize(std::min(k_block, static_cast<std::size_t>(at)));
        at -= static_cast<off_t>(block.size());
        if (auto read = read_block(fd, at, block); !read) {
            return std::move(read).error();
        }
        std::string_view rest = block;
        for (auto newline = rest.rfind('\n'); newline != std::string_view::npos;
             newline = rest.rfind('\n')) {
            line.prepend(rest.substr(newline + 1));
            if (line.finish(visit) == Walk::enough) {
                return Walk::enough;
            }
            rest = rest.substr(0, newline);
        }
        line.prepend(rest);
    }
    return line.finish(visit);
}

} // namespace recycler::events
