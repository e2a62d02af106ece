// SPDX-License-Identifier: MIT
#include "tests/balancer/load/answer.hpp"

#include <charconv>
#include <strings.h>

namespace recycler::load {
namespace {

// A header of ours is a few hundred bytes; more than this is no answer of any balancer's.
constexpr std::size_t k_longest_header = 16384;

std::optional<std::uint64_t> parse_length(std::string_view text) {
    std::uint64_t length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return length;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
    return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

// "length=200" within the words of the body's only line.
std::optional<std::string_view> word_of(std::string_view line, std::string_view name) {
    while (!line.empty()) {
        const auto end = std::min(line.find(' '), line.size());
        const auto word = line.substr(0, end);
        if (word.size() > name.size() && word.starts_with(name) && word[name.size()] == '=') {
            return word.substr(name.size() + 1);
        }
        line.remove_prefix(std::min(end + 1, line.size()));
    }
    return std::nullopt;
}

} // namespace

Answer::Progress Answer::take(std::string_view bytes) {
    bytes_.append(bytes);
    if (header_length_ != 0) {
        return take_body(bytes);
    }
    const auto end = bytes_.find("\r\n\r\n");
    if (end == std::string::npos) {
        return bytes_.size() > k_longest_header ? Progress::malformed : Progress::more;
    }
    header_length_ = end + 4;
    return read_header() ? take_body(std::string_view(bytes_).substr(header_length_))
                         : Progress::malformed;
}

// `fresh`: what has come of the body since it was last called.
Answer::Progress Answer::take_body(std::string_view fresh) {
    if (chunks_) {
        switch (chunks_->take(fresh)) {
        case ChunkedBody::Progress::more:
            return Progress::more;
        case ChunkedBody::Progress::complete:
            return Progress::complete;
        case ChunkedBody::Progress::malformed:
            return Progress::malformed;
        }
    }
    const auto present = bytes_.size() - header_length_;
    if (present == *body_length_) {
        return Progress::complete;
    }
    return present < *body_length_ ? Progress::more : Progress::malformed;
}

bool Answer::read_header() {
    std::string_view header(bytes_.data(), header_length_ - 2);
    bool first = true;
    while (!header.empty()) {
        const auto end = header.find("\r\n");
        const auto line = header.substr(0, end);
        if (first) {
            const auto status = line.size() >= 12 && line.starts_with("HTTP/1.1 ")
                                    ? parse_length(line.substr(9, 3))
                                    : std::nullopt;
            if (!status) {
                return false;
            }
            status_ = static_cast<int>(*status);
        } else if (!read_header_line(line)) {
            return false;
        }
        first = false;
        header.remove_prefix(end + 2);
    }
    return body_length_.has_value() || chunks_.has_value();
}

bool Answer::read_header_line(std::string_view line) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) {
        return false;
    }
    const auto name = line.substr(0, colon);
    auto value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    if (equals_ignoring_case(name, "Content-Length")) {
        body_length_ = parse_length(value);
        return body_length_.has_value();
    }
    if (equals_ignoring_case(name, "Transfer-Encoding")) {
        chunks_.emplace();
        return equals_ignoring_case(value, "chunked");
    }
    if (equals_ignoring_case(name, "Connection")) {
        closes_connection_ = equals_ignoring_case(value, "close");
    }
    return true;
}

std::string_view Answer::body() const {
    return chunks_ ? std::string_view(chunks_->text())
                   : std::string_view(bytes_).substr(header_length_);
}

std::optional<std::string> fault_of(const Answer& answer, const Request& request) {
    if (answer.status() != 200) {
        return "status " + std::to_string(answer.status());
    }
    const auto body = answer.body();
    if (!body.ends_with(" end=" + request.nonce + "\n")) {
        return "no end marker";
    }
    if (word_of(body, "nonce") != request.nonce) {
        return "nonce of another request";
    }
    if (word_of(body, "length") != std::to_string(request.body_length)) {
        return "wrong body length";
    }
    if (word_of(body, "sum") != std::to_string(request.byte_sum)) {
        return "wrong byte sum";
    }
    return std::nullopt;
}

} // namespace recycler::load
