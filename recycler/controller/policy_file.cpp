#include "recycler/controller/policy_file.hpp"

#include "policies/parse.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace recycler::controller {

Result<std::string> read_text(int fd) {
    std::string text;
    std::array<char, 16384> block;
    // One byte more than any policy may have: the parser then says that it is too long.
    while (text.size() <= policies::k_longest_policy) {
        const ssize_t got =
            ::pread(fd, block.data(), block.size(), static_cast<off_t>(text.size()));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return Error{errno, "read"};
        }
        if (got == 0) {
            break;
        }
        text.append(block.data(), static_cast<std::size_t>(got));
    }
    return text;
}

Result<std::string> read_text(const std::string& path) {
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) {
        return Error{errno, "read the policy " + path};
    }
    auto text = read_text(file.get());
    if (!text) {
        return Error{text.error().code, "read the policy " + path};
    }
    return text;
}

Result<UniqueFd> keep_text(const std::string& text) {
    UniqueFd fd(::memfd_create("recycler-policy", MFD_CLOEXEC));
    std::size_t written = 0;
    while (fd && written < text.size()) {
        const ssize_t put = ::write(fd.get(), text.data() + written, text.size() - written);
        if (put <= 0) {
            break;
        }
        written += static_cast<std::size_t>(put);
    }
    if (!fd || written < text.size()) {
        return Error{errno, "keep the text of the policy"};
    }
    return fd;
}

} // namespace recycler::controller
