#include "recycler/controller/policy_file.hpp"

#include "policies/parse.hpp"
#include "recycler/base/unique_fd.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace recycler::controller {

Result<std::string> read_policy_file(const std::string& path) {
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string text;
    std::array<char, 16384> block;
    while (file && text.size() <= policies::k_longest_policy) {
        const ssize_t got = ::read(file.get(), block.data(), block.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return Error{errno, "read the policy " + path};
        }
        if (got == 0) {
            return text;
        }
        text.append(block.data(), static_cast<std::size_t>(got));
    }
    return file ? Result<std::string>(std::move(text))
                : Result<std::string>(Error{errno, "read the policy " + path});
}

} // namespace recycler::controller
