// SPDX-License-Identifier: MIT
#include "tests/kernel/rest/slot.hpp"

#include <cerrno>
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace recycler::testing {
namespace {

std::string free_path() {
    static int count = 0;
    return "/tmp/recycler-rest-" + std::to_string(getpid()) + "-" + std::to_string(++count);
}

} // namespace

Slot::Slot(Family family) : path(family == Family::local ? free_path() : "") {
    listener = path.empty() ? Listener::open() : Listener::open_unix(path);
    int ends[2] = {-1, -1};
    // The workers inherit them, as they would from the keeper.
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0);
    out = UniqueFd{ends[0]};
    in = UniqueFd{ends[1]};
}

Slot::~Slot() {
    if (!path.empty()) {
        (void)unlink(path.c_str()); // it may have been taken away by the test
    }
}

FastCgiClient Slot::connect() const {
    auto client = path.empty() ? FastCgiClient::connect_tcp(listener.port)
                               : FastCgiClient::connect_unix(path);
    REQUIRE(client);
    return *std::move(client);
}

std::size_t Slot::empty_channel() const {
    std::size_t count = 0;
    char byte = 0;
    while (::recv(in.get(), &byte, 1, MSG_DONTWAIT) > 0) {
        ++count;
    }
    return count;
}

RestingWorker::RestingWorker(const Slot& slot, const WorkerCommand& command)
    : RestingWorker(slot, command, make(slot)) {}

RestingWorker::RestingWorker(const Slot& slot, const WorkerCommand& command, Made made)
    : RecordedWorker(slot.listener, command, std::move(made.page)), wake_(std::move(made.wake)) {}

RestingWorker::Made RestingWorker::make(const Slot& slot) {
    auto page = recorder::PageFile::create();
    REQUIRE(page);
    UniqueFd wake{eventfd(0, EFD_NONBLOCK)};
    REQUIRE(wake);
    page->name_descriptors(slot.out.get(), slot.in.get(), wake.get());
    page->allow_rest();
    return {.page = *std::move(page), .wake = std::move(wake)};
}

void RestingWorker::wake() const {
    REQUIRE(eventfd_write(wake_.get(), 1) == 0);
}

void RestingWorker::hand_on() {
    page().hand_on();
    wake();
}

void RestingWorker::end_kept() {
    page().end_kept();
    wake();
}

bool RestingWorker::becomes_resting(std::uint32_t connections) const {
    return eventually([=](const RecordedWorker& worker) {
        const request::Activity now = worker.activity();
        return now.resting == connections && now.open == 0;
    });
}

FastCgiRequest kept(const WorkerCommand& command, const std::string& query) {
    FastCgiRequest request;
    request.path = "/app";
    request.query = query;
    request.params = command.params;
    request.after = AfterAnswer::keep;
    return request;
}

void ask(FastCgiClient& client, const WorkerCommand& command, const std::string& nonce,
         std::size_t body) {
    FastCgiRequest request = kept(command);
    request.method = body > 0 ? "POST" : "GET";
    request.body = std::string(body, 'b');
    const auto answer = ask_and_check(client, request, nonce);
    REQUIRE_MESSAGE(answer, (answer ? "" : answer.error().message()));
}

bool ends(const FastCgiClient& client) {
    pollfd end{.fd = client.fd(), .events = POLLIN | POLLRDHUP, .revents = 0};
    return ::poll(&end, 1, 10'000) == 1 && !is_open(client);
}

bool is_open(const FastCgiClient& client) {
    char byte = 0;
    const ssize_t size = ::recv(client.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return size > 0 || (size < 0 && errno == EAGAIN);
}

} // namespace recycler::testing
