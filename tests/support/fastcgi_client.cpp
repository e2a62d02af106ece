// SPDX-License-Identifier: MIT
#include "tests/support/fastcgi_client.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <numeric>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace recycler::testing {
namespace {

// FastCGI 1.0, section 8.
constexpr std::uint8_t k_begin_request = 1;
constexpr std::uint8_t k_end_request = 3;
constexpr std::uint8_t k_params = 4;
constexpr std::uint8_t k_stdin = 5;
constexpr std::uint8_t k_stdout = 6;
constexpr std::uint8_t k_stderr = 7;
constexpr std::size_t k_header_size = 8;

using Steady = std::chrono::steady_clock;

char byte_of(std::size_t value, int shift) {
    return static_cast<char>(static_cast<unsigned char>(value >> shift));
}

void put_record(std::string& out, std::uint8_t type, std::uint16_t id, std::string_view body) {
    const std::size_t padding = (8 - body.size() % 8) % 8;
    out += {1, static_cast<char>(type), byte_of(id, 8), byte_of(id, 0)};
    out += {byte_of(body.size(), 8), byte_of(body.size(), 0), byte_of(padding, 0), 0};
    out += body;
    out.append(padding, '\0');
}

struct Stream {
    std::uint8_t type;
    std::uint16_t id;
};

// An empty record ends it.
void put_stream(std::string& out, Stream stream, std::string_view body, std::size_t largest) {
    for (; !body.empty(); body.remove_prefix(std::min(body.size(), largest))) {
        put_record(out, stream.type, stream.id, body.substr(0, largest));
    }
    put_record(out, stream.type, stream.id, {});
}

void put_length(std::string& out, std::size_t length) {
    if (length < 0x80) {
        out += byte_of(length, 0);
    } else {
        out += {static_cast<char>(byte_of(length, 24) | '\x80'), byte_of(length, 16),
                byte_of(length, 8), byte_of(length, 0)};
    }
}

std::string encode_params(const FastCgiRequest& request) {
    std::map<std::string, std::string> params{
        {"GATEWAY_INTERFACE", "CGI/1.1"},
        {"SERVER_PROTOCOL", "HTTP/1.1"},
        {"REQUEST_METHOD", request.method},
        {"SCRIPT_NAME", request.path},
        {"REQUEST_URI", request.path + (request.query.empty() ? "" : "?" + request.query)},
        {"QUERY_STRING", request.query},
        {"CONTENT_LENGTH", std::to_string(request.body.size())}};
    for (const auto& [name, value] : request.params) {
        params[name] = value;
    }
    std::string out;
    for (const auto& [name, value] : params) {
        put_length(out, name.size());
        put_length(out, value.size());
        out += name + value;
    }
    return out;
}

Result<UniqueFd> connect_to(const sockaddr* address, socklen_t length, const std::string& name) {
    UniqueFd socket{::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (!socket || ::connect(socket.get(), address, length) != 0) {
        return Error{errno, "connect to " + name};
    }
    return socket;
}

std::uint8_t at(const std::string& bytes, std::size_t position) {
    return static_cast<std::uint8_t>(bytes[position]);
}

// Takes one record off `arrived` and into `answer`; the answer is whole when it returns
// END_REQUEST.
std::optional<std::uint8_t> take_record(std::string& arrived, FastCgiAnswer& answer) {
    if (arrived.size() < k_header_size) {
        return std::nullopt;
    }
    const std::size_t length = static_cast<std::size_t>(at(arrived, 4)) << 8 | at(arrived, 5);
    const std::size_t whole = k_header_size + length + at(arrived, 6);
    if (arrived.size() < whole) {
        return std::nullopt;
    }
    const std::uint8_t type = at(arrived, 1);
    const std::string body = arrived.substr(k_header_size, length);
    arrived.erase(0, whole);
    if (type == k_stdout) {
        answer.out += body;
    } else if (type == k_stderr) {
        answer.err += body;
    } else if (type == k_end_request && length >= 5) {
        for (std::size_t i = 0; i < 4; ++i) {
            answer.app_status = answer.app_status << 8 | at(body, i);
        }
        answer.protocol_status = at(body, 4);
    }
    return type;
}

std::optional<std::string> fault_of(const FastCgiAnswer& answer, const FastCgiRequest& request,
                                    std::string_view nonce) {
    const auto sum = std::accumulate(
        request.body.begin(), request.body.end(), std::uint64_t{0},
        [](std::uint64_t so_far, char byte) { return so_far + static_cast<unsigned char>(byte); });
    if (!answer.out.ends_with(" end=" + std::string{nonce} + "\n")) {
        return "no end marker";
    }
    if (answer.word("nonce") != nonce) {
        return "nonce of another request";
    }
    if (answer.word("length") != std::to_string(request.body.size()) ||
        answer.word("sum") != std::to_string(sum)) {
        return "wrong body";
    }
    return std::nullopt;
}

} // namespace

std::string FastCgiAnswer::word(std::string_view name) const {
    const std::string_view text = out;
    const std::string key = std::string{name} + "=";
    for (std::size_t found = text.find(key); found != std::string_view::npos;
         found = text.find(key, found + 1)) {
        if (found == 0 || text[found - 1] == ' ' || text[found - 1] == '\n') {
            const std::string_view value = text.substr(found + key.size());
            return std::string{value.substr(0, value.find_first_of(" \n"))};
        }
    }
    return {};
}

std::string encode(const FastCgiRequest& request, std::size_t largest_record) {
    const char keep = request.after == AfterAnswer::keep ? 1 : 0;
    std::string out;
    put_record(out, k_begin_request, request.id, std::string{0, 1, keep, 0, 0, 0, 0, 0});
    put_stream(out, {k_params, request.id}, encode_params(request), largest_record);
    put_stream(out, {k_stdin, request.id}, request.body, largest_record);
    return out;
}

Result<FastCgiClient> FastCgiClient::connect_tcp(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    Result<UniqueFd> socket = connect_to(reinterpret_cast<const sockaddr*>(&address),
                                         sizeof address, "port " + std::to_string(port));
    if (!socket) {
        return std::move(socket).error();
    }
    return FastCgiClient{*std::move(socket)};
}

Result<FastCgiClient> FastCgiClient::connect_unix(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return Error{ENAMETOOLONG, "connect to " + path};
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    Result<UniqueFd> socket =
        connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof address, path);
    if (!socket) {
        return std::move(socket).error();
    }
    return FastCgiClient{*std::move(socket)};
}

Result<void> FastCgiClient::send(const FastCgiRequest& request) {
    return send_bytes(encode(request));
}

Result<void> FastCgiClient::send_bytes(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0) {
            return Error{errno, "send a request"};
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return {};
}

Result<FastCgiAnswer> FastCgiClient::receive(Duration deadline) {
    const Steady::time_point until = Steady::now() + deadline;
    FastCgiAnswer answer;
    for (;;) {
        while (const auto type = take_record(arrived_, answer)) {
            if (type == k_end_request) {
                return answer;
            }
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Steady::now());
        pollfd ready{.fd = socket_.get(), .events = POLLIN, .revents = 0};
        if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) == 0) {
            return Error{ETIMEDOUT, "wait for an answer"};
        }
        std::array<char, 65536> bytes;
        const ssize_t got = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
        if (got < 0) {
            return Error{errno, "receive an answer"};
        }
        if (got == 0) {
            return Error{0, "closed before END_REQUEST"};
        }
        arrived_.append(bytes.data(), static_cast<std::size_t>(got));
    }
}

Result<FastCgiAnswer> FastCgiClient::ask(const FastCgiRequest& request) {
    if (Result<void> sent = send(request); !sent) {
        return std::move(sent).error();
    }
    return receive();
}

Result<FastCgiAnswer> ask_and_check(FastCgiClient& client, FastCgiRequest request,
                                    std::string_view nonce) {
    request.query += (request.query.empty() ? "nonce=" : "&nonce=") + std::string{nonce};
    Result<FastCgiAnswer> answer = client.ask(request);
    if (!answer) {
        return answer;
    }
    if (const auto fault = fault_of(*answer, request, nonce)) {
        return Error{0, *fault};
    }
    return answer;
}

Result<FastCgiAnswer> ask_and_check(std::uint16_t port, FastCgiRequest request) {
    static std::atomic<std::uint64_t> asked{0};
    Result<FastCgiClient> client = FastCgiClient::connect_tcp(port);
    if (!client) {
        return std::move(client).error();
    }
    return ask_and_check(*client, std::move(request), "n" + std::to_string(++asked));
}

} // namespace recycler::testing
