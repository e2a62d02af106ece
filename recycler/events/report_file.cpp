// SPDX-License-Identifier: MIT
#include "recycler/events/report_file.hpp"

#include "recycler/base/text/escape.hpp"
#include "recycler/worker/listen/folder.hpp"

#include <cerrno>
#include <fcntl.h>
#include <map>
#include <sys/stat.h>
#include <unistd.h>

namespace recycler::events {
namespace {

// How a record's line begins. Slots and keepers have tame names; a socket's file name may hold
// anything. No other line can contain it: inside a JSON string the quotes would
// be escaped.
constexpr std::string_view k_record_prefix = R"({"record":")";
std::string keeper_prefix(const RecordId& id) {
    return std::string(k_record_prefix) + text::json_escaped(id.keeper) + "/";
}
std::string record_prefix(const RecordId& id) {
    return keeper_prefix(id) + text::json_escaped(id.slot) + "/" + std::to_string(id.generation) +
           "\"";
}

bool looks_whole(std::string_view line) {
    return line.size() >= 2 && line.front() == '{' && line.back() == '}';
}

std::string file_name(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

bool same_file(const struct stat& a, const struct stat& b) {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

// "\n" when the file ends in the middle of a line, torn by a crash or a full disk; else nothing.
Result<std::string_view> missing_newline(int fd, off_t size) {
    char last = '\n';
    const ssize_t n = size > 0 ? ::pread(fd, &last, 1, size - 1) : 1;
    if (n != 1) {
        return Error{n < 0 ? errno : EIO, "read its last byte"};
    }
    return std::string_view(last == '\n' ? "" : "\n");
}

} // namespace

Report::Report(std::string path, ReportLimits limits) : path_(std::move(path)), limits_(limits) {}

Result<void> Report::append(std::string_view object) {
    if (!looks_whole(object) || object.find('\n') != std::string_view::npos) {
        return Error{EINVAL, "keep a line in " + path_ + ": it is no JSON object on one line"};
    }
    if (object.size() > limits_.line.count) {
        return Error{EMSGSIZE,
                     "keep a line of " + std::to_string(object.size()) + " bytes in " + path_};
    }
    const std::string line = std::string(object) + "\n";
    auto size = open_if_needed();
    if (size && is_full(*size, line.size())) {
        size = rotate();
    }
    auto kept = size ? write_line(line, *size) : Result<void>(size.error());
    if (!kept) {
        return std::move(kept).error().within("keep a line in " + path_);
    }
    return {};
}

Result<void> Report::append(const RecordId& id, std::string_view object) {
    if (!looks_whole(object)) {
        return append(object); // which refuses it
    }
    const std::string_view members = object.substr(1);
    auto kept = append(record_prefix(id) + (members == "}" ? "" : ",") + std::string(members));
    if (!kept) {
        return std::move(kept).error().within("keep the record of " + id.slot + "." +
                                              std::to_string(id.generation));
    }
    return {};
}

Result<std::vector<std::optional<std::string>>>
Report::find(const std::vector<RecordId>& ids) const {
    std::vector<std::optional<std::string>> found(ids.size());
    std::map<std::string, std::size_t, std::less<>> wanted;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        wanted.emplace(record_prefix(ids[i]), i);
    }
    if (wanted.empty()) {
        return found;
    }
    const std::string ours = keeper_prefix(ids.front());
    auto walked = walk_files([&](std::string_view line) {
        if (!line.starts_with(k_record_prefix)) {
            return Walk::on;
        }
        const auto hit = wanted.find(line.substr(0, line.find('"', k_record_prefix.size()) + 1));
        if (hit != wanted.end()) {
            found[hit->second] = line;
            wanted.erase(hit);
        }
        return wanted.empty() || !line.starts_with(ours) ? Walk::enough : Walk::on;
    });
    if (!walked) {
        return std::move(walked).error();
    }
    return found;
}

Result<std::vector<std::string>>
Report::read_back(const std::function<Take(std::string_view)>& judge, std::size_t limit) const {
    std::vector<std::string> lines;
    auto walked = walk_files([&](std::string_view line) {
        const Take take = lines.size() < limit ? judge(line) : Take::enough;
        if (take == Take::yes) {
            lines.emplace_back(line);
        }
        return take == Take::enough || lines.size() == limit ? Walk::enough : Walk::on;
    });
    if (!walked) {
        return std::move(walked).error();
    }
    return lines;
}

Result<std::vector<std::string>> Report::tail(Bytes amount) const {
    std::vector<std::string> lines;
    Bytes taken;
    auto walked = walk_files([&](std::string_view line) {
        taken = taken + Bytes{line.size() + 1};
        if (taken > amount) {
            return Walk::enough;
        }
        lines.emplace_back(line);
        return Walk::on;
    });
    if (!walked) {
        return std::move(walked).error();
    }
    return lines;
}

Result<Report::OldFiles> Report::open_all() const {
    OldFiles files;
    const auto place = worker::entry_of(path_, worker::Missing::refused);
    if (!place) {
        return place.error().code == ENOENT ? Result<OldFiles>(std::move(files)) : place.error();
    }
    for (unsigned age = 0; age <= limits_.kept; ++age) {
        UniqueFd fd(::openat(place->folder.get(), file_name(rotated(age)).c_str(),
                             O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
        const int error = fd ? 0 : errno;
        if (error != ENOENT) {
            files.push_back({rotated(age), std::move(fd), error});
        }
    }
    return files;
}

Result<void> Report::walk_files(const std::function<Walk(std::string_view)>& visit) const {
    const auto visit_whole = [&](std::string_view line) {
        return looks_whole(line) ? visit(line) : Walk::on;
    };
    const auto opened = held_ ? Result<OldFiles>(OldFiles()) : open_all();
    const Result<OldFiles>& files = held_ ? *held_ : opened;
    if (!files) {
        return files.error();
    }
    for (const OldFile& file : *files) {
        if (!file.fd) {
            return Error{file.error, "open " + file.path};
        }
        auto walked = walk_back(file.fd.get(), limits_.line, visit_whole);
        if (!walked) {
            return std::move(walked).error().within(file.path);
        }
        if (*walked == Walk::enough) {
            return {};
        }
    }
    return {};
}

Result<off_t> Report::open_if_needed() {
    struct stat named {};
    struct stat open {};
    const bool there = ::stat(path_.c_str(), &named) == 0;
    if (fd_ && there && ::fstat(fd_.get(), &open) == 0 && same_file(named, open)) {
        return open.st_size;
    }
    fd_.reset();
    whole_.reset();
    auto place = worker::entry_of(path_, worker::Missing::made);
    if (!place) {
        return std::move(place).error();
    }
    // Also readable, to see whether the last line is whole. Not through a link: we may be root.
    UniqueFd fd(::openat(place->folder.get(), place->name.c_str(),
                         O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640));
    if (!fd || ::fstat(fd.get(), &open) != 0) {
        return Error{errno, "open it"};
    }
    if (!S_ISREG(open.st_mode)) {
        return Error{0, "it is not a regular file"};
    }
    if (open.st_nlink > 1) {
        return Error{
            0, "it has a second hard link, which may belong to somebody else: remove one of them"};
    }
    folder_ = std::move(place->folder);
    fd_ = std::move(fd);
    return open.st_size;
}

bool Report::is_full(off_t size, std::size_t more) const {
    return size > 0 && static_cast<std::uint64_t>(size) + more > limits_.rotate_at.count;
}

Result<off_t> Report::rotate() {
    for (unsigned age = limits_.kept; age > 0; --age) {
        const std::string to = rotated(age);
        if (::renameat(folder_.get(), file_name(rotated(age - 1)).c_str(), folder_.get(),
                       file_name(to).c_str()) != 0 &&
            errno != ENOENT) {
            return Error{errno, "rotate it to " + to};
        }
    }
    return open_if_needed();
}

Result<void> Report::write_line(const std::string& line, off_t size) {
    auto start = whole_ == size ? Result<std::string_view>(std::string_view())
                                : missing_newline(fd_.get(), size);
    if (!start) {
        return std::move(start).error();
    }
    const std::string text = std::string(*start) + line;
    const ssize_t written = ::write(fd_.get(), text.data(), text.size());
    if (written == static_cast<ssize_t>(text.size())) {
        whole_ = size + written;
        return {};
    }
    whole_.reset();
    const int error = written < 0 ? errno : ENOSPC; // a short write to a file means just that
    // Takes the torn piece back. Should that fail, the next line begins with a newline, and readers
    // skip the piece.
    if (written > 0 && ::ftruncate(fd_.get(), size) != 0) {
        return Error{error, "write it, and take back the piece that was written"};
    }
    return Error{error, "write it"};
}

std::string Report::rotated(unsigned age) const {
    return age == 0 ? path_ : path_ + "." + std::to_string(age);
}

} // namespace recycler::events
