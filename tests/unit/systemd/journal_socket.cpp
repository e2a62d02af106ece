// SPDX-License-Identifier: MIT
#include "tests/unit/systemd/journal_socket.hpp"

#include <array>
#include <cstring>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <vector>

namespace recycler::test {

namespace {

std::map<std::string, std::string> fields_of(const std::string& entry) {
    std::map<std::string, std::string> fields;
    std::size_t at = 0;
    while (at < entry.size()) {
        const std::size_t end = entry.find_first_of("=\n", at);
        REQUIRE(end != std::string::npos);
        const std::string name = entry.substr(at, end - at);
        std::size_t value = end + 1;
        std::size_t size = 0;
        if (entry[end] == '=') {
            size = entry.find('\n', value) - value;
        } else {
            REQUIRE(value + 8 <= entry.size());
            std::uint64_t length = 0;
            std::memcpy(&length, entry.data() + value, sizeof length); // this machine's order: LE
            value += 8;
            size = length;
        }
        REQUIRE(value + size < entry.size());
        CHECK(entry[value + size] == '\n');
        CHECK(fields.emplace(name, entry.substr(value, size)).second);
        at = value + size + 1;
    }
    return fields;
}

std::string content_of(int fd) {
    struct stat file {};
    REQUIRE(::fstat(fd, &file) == 0);
    std::string content(static_cast<std::size_t>(file.st_size), '\0');
    REQUIRE(::pread(fd, content.data(), content.size(), 0) == file.st_size);
    return content;
}

} // namespace

JournalSocket::JournalSocket(std::string path)
    : path_(std::move(path)), fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(path_.size() < sizeof address.sun_path);
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

JournalSocket::~JournalSocket() {
    (void)::unlink(path_.c_str());
}

std::optional<JournalSocket::Entry> JournalSocket::next() {
    std::vector<char> bytes(std::size_t{1} << 20);
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    iovec part{bytes.data(), bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t size = ::recvmsg(fd_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size < 0) {
        REQUIRE(errno == EAGAIN);
        return std::nullopt;
    }
    const cmsghdr* const header = CMSG_FIRSTHDR(&message);
    if (header == nullptr) {
        return Entry{.fields = fields_of({bytes.data(), static_cast<std::size_t>(size)})};
    }
    CHECK(size == 0);
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
    const UniqueFd memory(fd);
    constexpr int all = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
    return Entry{.fields = fields_of(content_of(memory.get())),
                 .came = Entry::Came::as_memfd,
                 .sealed = ::fcntl(memory.get(), F_GET_SEALS) == all};
}

} // namespace recycler::test
