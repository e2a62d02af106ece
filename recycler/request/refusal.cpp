// SPDX-License-Identifier: MIT
#include "recycler/request/refusal.hpp"

#include "recycler/base/text/escape.hpp"
#include "recycler/request/page.hpp"

#include <cstring>
#include <string_view>

namespace recycler::request {

namespace {

// FastCGI 1.0, section 8.
constexpr std::uint8_t k_fastcgi_1 = 1;
constexpr std::uint8_t k_type_end = 3;
constexpr std::uint8_t k_type_output = 6;
constexpr std::string_view k_cut = "...";
constexpr std::size_t k_end_size = 8; // application status 0, request complete

// A balancer may cache what has no word against it. Some clients come back at once without
// Retry-After.
constexpr std::string_view k_page = "Status: 503 Service Unavailable\r\n"
                                    "Content-Type: text/plain\r\n"
                                    "Cache-Control: no-store\r\n"
                                    "Retry-After: 10\r\n"
                                    "\r\n"
                                    "No worker can be started for this request at present.\n";

void add(std::vector<std::uint8_t>& to, std::uint8_t type, std::uint16_t request,
         std::string_view content) {
    const std::size_t size = content.size();
    for (const std::size_t byte :
         {std::size_t{k_fastcgi_1}, std::size_t{type}, std::size_t{request} >> 8,
          std::size_t{request} & 0xff, size >> 8, size & 0xff, std::size_t{0}, std::size_t{0}}) {
        to.push_back(static_cast<std::uint8_t>(byte));
    }
    to.insert(to.end(), content.begin(), content.end());
}

} // namespace

bool wants_an_answer(const RequestStream& seen) {
    const std::string_view method(seen.method, ::strnlen(seen.method, sizeof seen.method));
    return seen.request_id != 0 && !seen.records.lost && method != "GET" && method != "HEAD";
}

std::string in_words(const RequestStream& seen) {
    if (!seen.asked || seen.records.lost) {
        return {};
    }
    const std::string method = text::percent_escaped({seen.method, sizeof seen.method});
    std::string uri = text::percent_escaped({seen.uri, sizeof seen.uri});
    if (uri.size() > k_longest_told_uri) {
        uri = uri.substr(0, k_longest_told_uri - k_cut.size()) + std::string(k_cut);
    }
    return method.empty() || uri.empty() ? std::string() : method + " " + uri;
}

std::vector<std::uint8_t> unavailable(const RequestStream& seen) {
    std::vector<std::uint8_t> answer;
    add(answer, k_type_output, seen.request_id, k_page);
    add(answer, k_type_output, seen.request_id, {});
    add(answer, k_type_end, seen.request_id, std::string_view("\0\0\0\0\0\0\0\0", k_end_size));
    return answer;
}

} // namespace recycler::request
