// SPDX-License-Identifier: MIT
#include "cgroups/files.hpp"

#include <array>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>

namespace cgroups::files {

namespace {

struct CloseDirectory {
    void operator()(DIR* directory) const { (void)::closedir(directory); }
};

} // namespace

Error failed(const char* deed, File file, int code) {
    std::string context = std::string(deed) + " " + file.name + " of " + file.owner;
    if (code == ENODEV) {
        context += ", whose cgroup somebody else has removed";
    }
    return Error{code, std::move(context)};
}

Error not_understood(File file) {
    return Error{EBADMSG, std::string("understand ") + file.name + " of " + file.owner};
}

Result<UniqueFd> open(int directory, File file, int flags) {
    UniqueFd fd(::openat(directory, file.name, flags | O_CLOEXEC));
    if (!fd) {
        return failed("open", file, errno);
    }
    return fd;
}

bool exists(int directory, const char* name) {
    return ::faccessat(directory, name, F_OK, 0) == 0;
}

Result<std::string> read(int directory, File file, Lines lines) {
    const auto fd = open(directory, file, O_RDONLY);
    if (!fd) {
        return fd.error();
    }
    std::string text;
    std::array<char, 4096> space{};
    for (;;) {
        const ssize_t count = ::read(fd->get(), space.data(), space.size());
        if (count < 0) {
            return failed("read", file, errno);
        }
        const auto size = static_cast<std::size_t>(count);
        text.append(space.data(), size);
        if (size == 0 || (lines == Lines::short_ones && size < space.size() / 2)) {
            return text;
        }
    }
}

Result<std::string_view> read_again(const UniqueFd& fd, File file, std::span<char> space) {
    const ssize_t count = ::pread(fd.get(), space.data(), space.size(), 0);
    if (count < 0) {
        return failed("read", file, errno);
    }
    const auto size = static_cast<std::size_t>(count);
    if (size == space.size()) {
        return failed("read", file, EOVERFLOW);
    }
    return std::string_view(space.data(), size);
}

Result<void> write(int directory, File file, const std::string& value) {
    const auto fd = open(directory, file, O_WRONLY);
    if (!fd) {
        return fd.error();
    }
    if (::write(fd->get(), value.data(), value.size()) < 0) {
        Error error = failed("set", file, errno);
        error.context += " to " + value;
        return error;
    }
    return {};
}

Result<std::vector<std::string>> subdirectories(int directory, const std::string& owner) {
    // A descriptor of its own, because reading moves the position that a duplicate would share.
    UniqueFd fd(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const std::unique_ptr<DIR, CloseDirectory> entries(fd ? ::fdopendir(fd.get()) : nullptr);
    if (!entries) {
        return Error{errno, "list " + owner};
    }
    (void)fd.release(); // closedir closes it
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(entries.get())) {
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.') {
            names.emplace_back(entry->d_name);
        }
    }
    return names;
}

} // namespace cgroups::files
