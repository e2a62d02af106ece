#include "recycler/ctl/file_text.hpp"

#include "recycler/base/unique_fd.hpp"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace recycler::ctl {

Result<std::string> file_text(const std::string& path, std::size_t longest) {
    const UniqueFd descriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!descriptor) {
        return Error{errno, "open " + path};
    }
    std::string text;
    char chunk[16384];
    while (text.size() <= longest) {
        const ssize_t size = read(descriptor.get(), chunk, sizeof chunk);
        if (size < 0) {
            return Error{errno, "read " + path};
        }
        if (size == 0) {
            break;
        }
        text.append(chunk, static_cast<std::size_t>(size));
    }
    return text;
}

} // namespace recycler::ctl
