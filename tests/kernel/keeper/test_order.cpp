// SPDX-License-Identifier: MIT
#include "tests/kernel/keeper/test_order.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <netinet/in.h>
#include <sstream>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace recycler;
using namespace recycler::keeper;

void give_up(const std::string& why) {
    std::fprintf(stderr, "test controller: %s\n", why.c_str());
    std::_Exit(1);
}

void spin(const std::string& folder) {
    if (::chdir(folder.c_str()) < 0) {
        give_up("cannot change to " + folder);
    }
    volatile int turns = 0;
    for (;;) {
        const int before = turns;
        turns = before ^ 1;
    }
}

recycler::UniqueFd connect_to_stage() {
    const char* path = std::getenv("RECYCLER_STAGE");
    UniqueFd stage{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::snprintf(address.sun_path, sizeof address.sun_path, "%s", path != nullptr ? path : "");
    if (::connect(stage.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) {
        give_up("no stage");
    }
    return stage;
}

std::pair<std::string, Order> parse_order(const std::string& text) {
    std::istringstream lines{text};
    std::string verb;
    std::getline(lines, verb);
    Order order;
    for (std::string line; std::getline(lines, line);) {
        const std::size_t space = std::min(line.find(' '), line.size());
        order.emplace(line.substr(0, space), line.substr(std::min(space + 1, line.size())));
    }
    return {verb, order};
}

std::string field(const Order& order, const std::string& name, const std::string& fallback) {
    const auto found = order.find(name);
    return found == order.end() ? fallback : found->second;
}

WorkerId id_of(const Order& order) {
    std::istringstream text{field(order, "id", "1 1")};
    WorkerId id;
    text >> id.slot.index >> id.generation;
    return id;
}

namespace {

// Some of "domain signals shm".
worker::Isolation isolation_of(const Order& order) {
    const std::string words = field(order, "isolate", "");
    const auto has = [&](const char* word) { return words.find(word) != std::string::npos; };
    return {.own_domain = has("domain"), .scopes_signals = has("signals"), .own_shm = has("shm")};
}

} // namespace

worker::SpawnPlan plan_of(const Order& order) {
    worker::SpawnPlan plan;
    const auto [first, last] = order.equal_range("arg");
    std::for_each(first, last, [&](const auto& entry) { plan.arguments.push_back(entry.second); });
    const worker::Account account{.name = "tester", .home = "/tmp", .groups = {}};
    std::map<std::string, std::string> own{{"COLOUR", "blue"}};
    if (order.contains("preload")) {
        own.emplace("LD_PRELOAD", field(order, "preload", ""));
    }
    const std::uint64_t nofile = std::stoull(field(order, "nofile", "256"));
    plan.page_fd = worker::page_fd_below(nofile);
    const auto environment = worker::environment_for(
        {.policy = own, .account = account, .recorder = "", .page_fd = plan.page_fd});
    plan.environment = worker::as_strings(environment);
    plan.programs = worker::programs_for(plan.arguments.at(0), environment.at("PATH"));
    plan.directory = field(order, "dir", "/tmp");
    plan.rlimits = {{.soft = nofile, .hard = nofile, .resource = RLIMIT_NOFILE},
                    {.soft = RLIM_INFINITY, .hard = RLIM_INFINITY, .resource = RLIMIT_CORE}};
    if (order.contains("uid")) {
        const auto uid = static_cast<std::uint32_t>(std::stoul(field(order, "uid", "0")));
        const auto gid =
            static_cast<std::uint32_t>(std::stoul(field(order, "gid", std::to_string(uid))));
        const auto group =
            static_cast<std::uint32_t>(std::stoul(field(order, "group", std::to_string(uid))));
        plan.identity = worker::Identity{.uid = uid, .gid = gid, .groups = {group}};
    }
    if (order.contains("capabilities")) {
        plan.capabilities = std::stoull(field(order, "capabilities", "0"));
    }
    plan.no_new_privs = !order.contains("privileges");
    plan.isolation = isolation_of(order);
    if (order.contains("forbid")) { // one system call by number: SIGSYS
        const auto forbidden = static_cast<std::uint32_t>(std::stoul(field(order, "forbid", "0")));
        plan.filter = {{.code = 0x20, .k = 0}, // load the number
                       {.code = 0x15, .jf = 1, .k = forbidden},
                       {.code = 0x06, .k = 0x80000000U},  // kill the process
                       {.code = 0x06, .k = 0x7fff0000U}}; // allow
    }
    return plan;
}

UniqueFd right_plan(const Order& order) {
    return must(worker::seal_into_memfd(must(worker::serialise(plan_of(order)))));
}

UniqueFd wrong_plan(const Order& order) {
    std::vector<std::byte> bytes = must(worker::serialise(plan_of(order)));
    if (field(order, "fault", "") == "unsealed") {
        UniqueFd open{::memfd_create("open", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
        (void)!::write(open.get(), bytes.data(), bytes.size());
        return open;
    }
    constexpr std::size_t k_count =
        offsetof(worker::PlanHeader, programs) + offsetof(worker::PlanSection, count);
    std::fill_n(bytes.begin() + k_count, sizeof(std::uint32_t), std::byte{0xff});
    return must(worker::seal_into_memfd(bytes));
}

std::vector<std::byte> bytes_of(const Order& order) {
    const std::string hex = field(order, "hex", "");
    std::vector<std::byte> bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        bytes.push_back(static_cast<std::byte>(std::stoul(hex.substr(i, 2), nullptr, 16)));
    }
    bytes.resize(std::max<std::size_t>(bytes.size(), std::stoul(field(order, "size", "0"))));
    return bytes;
}

std::pair<UniqueFd, int> listening_socket() {
    UniqueFd listener{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size) < 0 ||
        ::listen(listener.get(), 8) < 0 ||
        ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) < 0) {
        give_up("cannot listen");
    }
    return {std::move(listener), ntohs(address.sin_port)};
}

std::string name_of(WorkerId id) {
    return std::to_string(id.slot.index) + "." + std::to_string(id.generation);
}

std::string describe(const Exit& exit) {
    return std::to_string(exit.code) + " " + std::to_string(exit.status);
}

std::string describe(const HeldWorker& worker) {
    std::string line = name_of(worker.id) + " " + std::to_string(worker.pid);
    if (std::holds_alternative<Starting>(worker.state)) {
        line += " starting";
    } else if (std::holds_alternative<Running>(worker.state)) {
        line += " running";
    } else if (const auto* failed = std::get_if<Failed>(&worker.state)) {
        line += std::string{" failed "} + recycler::worker::to_string(failed->step) + " " +
                std::to_string(failed->error);
    } else if (const auto* ended = std::get_if<Ended>(&worker.state)) {
        line += " exited " + describe(ended->exit);
    }
    return line;
}

std::string describe(const RingTail& tail) {
    std::string text = "tail " + std::to_string(tail.written) + " " + std::to_string(tail.lost);
    for (const std::string& line : tail.lines) {
        text += "\n" + line;
    }
    return text;
}

// A stack is read with our own rights: whoever opened it had those that count.
std::string Counted::take(ThreadFilesArrived& arrived) {
    if (arrived.which == ThreadFile::stack) {
        std::string stacks = "stacks " + name_of(arrived.id) + " " + std::to_string(arrived.error);
        for (const UniqueFd& file : arrived.files) {
            std::array<char, 2048> text{};
            const ssize_t got = ::pread(file.get(), text.data(), text.size(), 0);
            stacks += "\n" +
                      std::string(text.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        }
        return stacks;
    }
    std::string text = "counted " + name_of(arrived.id) + " " +
                       std::to_string(arrived.files.size()) + " " + std::to_string(arrived.error);
    std::ranges::move(arrived.files, std::back_inserter(counters_));
    return text;
}

std::uint64_t Counted::sum() const {
    std::uint64_t sum = 0;
    for (const UniqueFd& counter : counters_) {
        std::uint64_t one = 0;
        sum += ::read(counter.get(), &one, sizeof one) == sizeof one ? one : 0;
    }
    return sum;
}

std::vector<pid_t> threads_in(const Order& order) {
    std::vector<pid_t> threads;
    const auto [first, last] = order.equal_range("thread");
    std::transform(first, last, std::back_inserter(threads),
                   [](const auto& entry) { return std::stoi(entry.second); });
    return threads;
}
