// SPDX-License-Identifier: MIT
// A FastCGI responder on libfcgi's C++ streams (fcgio.h); vocabulary.md has the words.
#include <chrono>
#include <fcgio.h>
#include <istream>
#include <ostream>
#include <sstream>
#include <string>
#include <thread>
#include <unistd.h>

namespace {

std::string word(const std::string& query, const std::string& name) {
    std::istringstream words(query);
    for (std::string one; std::getline(words, one, '&');) {
        if (one.starts_with(name + "=")) {
            return one.substr(name.size() + 1);
        }
    }
    return {};
}

void answer(FCGX_Request& request) {
    fcgi_streambuf input(request.in);
    fcgi_streambuf output(request.out);
    std::istream body(&input);
    std::ostream out(&output);
    unsigned long length = 0;
    unsigned long sum = 0;
    for (int byte = body.get(); byte != std::istream::traits_type::eof(); byte = body.get()) {
        ++length;
        sum += static_cast<unsigned char>(byte);
    }
    const char* const given = FCGX_GetParam("QUERY_STRING", request.envp);
    const std::string query = given == nullptr ? "" : given;
    const std::string sleep = word(query, "sleep");
    std::this_thread::sleep_for(std::chrono::milliseconds(sleep.empty() ? 0 : std::stol(sleep)));
    std::ostringstream text;
    text << "nonce=" << word(query, "nonce") << " length=" << length << " sum=" << sum
         << " pid=" << getpid() << " end=" << word(query, "nonce") << "\n";
    out << "Content-Type: text/plain\r\nContent-Length: " << text.str().size() << "\r\n\r\n"
        << text.str() << std::flush;
}

} // namespace

int main() {
    FCGX_Init();
    FCGX_Request request;
    FCGX_InitRequest(&request, 0, 0);
    while (FCGX_Accept_r(&request) == 0) {
        answer(request);
        FCGX_Finish_r(&request);
    }
}
