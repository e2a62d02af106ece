// SPDX-License-Identifier: MIT
#include "recycler/worker/signals/signal_watch.hpp"

#include "recycler/base/own_process.hpp"
#include "recycler/base/text/numbers.hpp"
#include "recycler/worker/signals/tracefs.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace recycler::worker {

namespace {

// What a process sends to another (SI_USER, SI_QUEUE, SI_TKILL), is delivered, and ends a process
// by default: not what children and terminals send. Nor what programs use among themselves by the
// thousand, SIGVTALRM (Ruby's threads) and the real-time signals: each record costs the sender some
// 15 us. is_watched() says the same. And SIGSYS from seccomp (SYS_SECCOMP), whose sample tells
// which call it was.
constexpr char k_filter[] =
    "((code == 0 || code == -1 || code == -6) && result == 0 && sig < 32 && "
    "(sig < 17 || sig > 23) && sig != 26 && sig != 28) || (sig == 31 && code == 1)";

// A thousand signals and more, as many as are sent between two looks: signal_pace.hpp.
constexpr std::size_t k_ring_pages = 32;

std::string beginning_of(const std::string& path, int folder = AT_FDCWD) {
    const UniqueFd file(::openat(folder, path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string text(4096, '\0');
    const ssize_t got = file ? ::read(file.get(), text.data(), text.size()) : 0;
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return text;
}

std::size_t page_size() {
    return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}
std::size_t ring_size() {
    return page_size() * k_ring_pages;
}

// The records speak of pids as the first pid namespace numbers them; elsewhere somebody else would
// be blamed. Its inode is fixed (PROC_PID_INIT_INO in linux/proc_ns.h).
bool is_in_first_pid_namespace() {
    struct stat space {};
    return ::stat(own_process("ns/pid").c_str(), &space) == 0 && space.st_ino == 0xEFFFFFFCU;
}

struct Tracepoint {
    int id = 0;
    SignalFormat format;
};

Result<Tracepoint> find_tracepoint() {
    const std::string folder = "events/signal/signal_generate/";
    int error = 0;
    for (const TracefsPlace place : k_tracefs_places) {
        const UniqueFd tracefs = open_tracefs(place);
        const std::string number =
            tracefs ? beginning_of(folder + "id", tracefs.get()) : std::string();
        error = errno;
        const auto id = text::number_at_front<int>(number);
        if (!id) {
            continue;
        }
        const auto format = signal_format_in(beginning_of(folder + "format", tracefs.get()));
        if (!format) {
            return Error{0, "the kernel's tracepoint signal_generate has an unknown form"};
        }
        Tracepoint found{.id = *id, .format = *format};
        found.format.keeps_cx = beginning_of("/proc/cpuinfo").find(" fred") !=
                                std::string::npos; // of the first processor
        return found;
    }
    return no_tracefs(error);
}

} // namespace

void SignalWatch::Unmap::operator()(void* ring) const noexcept {
    ::munmap(ring, page_size() + ring_size());
}

bool is_watched(int signal) {
    return signal > 0 && signal < 32 && (signal < SIGCHLD || signal > SIGURG) &&
           signal != SIGVTALRM && signal != SIGWINCH;
}

Result<SignalWatch> SignalWatch::open() {
    if (!is_in_first_pid_namespace()) {
        return Error{0, "the daemon runs in a pid namespace of its own"};
    }
    const auto tracepoint = find_tracepoint();
    if (!tracepoint) {
        return tracepoint.error();
    }
    SignalWatch watch;
    watch.format_ = tracepoint->format;
    watch.epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
    if (!watch.epoll_) {
        return Error{errno, "watch signals"};
    }
    const long cpus = ::sysconf(_SC_NPROCESSORS_CONF);
    for (int cpu = 0; cpu < cpus; ++cpu) {
        if (auto watched = watch.watch(cpu, tracepoint->id); !watched) {
            return watched.error();
        }
    }
    return watch;
}

Result<void> SignalWatch::watch(int cpu, int tracepoint) {
    perf_event_attr wanted{};
    wanted.type = PERF_TYPE_TRACEPOINT;
    wanted.size = sizeof wanted;
    wanted.config = static_cast<std::uint64_t>(tracepoint);
    wanted.sample_period = 1;
    wanted.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_RAW;
    wanted.sample_regs_user = wanted_registers();
    wanted.sample_type |= wanted.sample_regs_user != 0 ? PERF_SAMPLE_REGS_USER : 0;
    wanted.wakeup_events = 1;
    wanted.disabled = 1; // until the filter stands
    UniqueFd event(static_cast<int>(
        ::syscall(SYS_perf_event_open, &wanted, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC)));
    if (!event && (errno == ENODEV || errno == EINVAL) && cpu > 0) {
        return {}; // not online
    }
    if (!event) {
        return Error{errno, "perf_event_open(2) of the tracepoint signal_generate"};
    }
    if (::ioctl(event.get(), PERF_EVENT_IOC_SET_FILTER, k_filter) < 0) {
        return Error{errno, "filter the tracepoint signal_generate"};
    }
    void* ring = ::mmap(nullptr, page_size() + ring_size(), PROT_READ | PROT_WRITE, MAP_SHARED,
                        event.get(), 0);
    if (ring == MAP_FAILED) {
        return Error{errno, "map the records of the tracepoint signal_generate"};
    }
    Cpu watched{.event = std::move(event), .ring = std::unique_ptr<void, Unmap>(ring)};
    epoll_event readable{};
    readable.events = EPOLLIN;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, watched.event.get(), &readable) < 0 ||
        ::ioctl(watched.event.get(), PERF_EVENT_IOC_ENABLE, 0) < 0) {
        return Error{errno, "watch signals"};
    }
    cpus_.push_back(std::move(watched));
    return {};
}

SignalsSeen SignalWatch::read() {
    SignalsSeen seen;
    std::array<epoll_event, 16> ready; // emptied too, so that fd() is not readable for what was
    while (::epoll_wait(epoll_.get(), ready.data(), ready.size(), 0) ==
           static_cast<int>(ready.size())) {
    }
    for (Cpu& cpu : cpus_) {
        read(cpu, seen);
    }
    return seen;
}

// The records stand between data_tail and data_head, which the kernel moves on (linux/perf_event.h
// tells the order of the loads and stores).
void SignalWatch::read(Cpu& cpu, SignalsSeen& seen) {
    auto* page = static_cast<perf_event_mmap_page*>(cpu.ring.get());
    const auto* records = static_cast<const std::byte*>(cpu.ring.get()) + page_size();
    const std::uint64_t head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE);
    const std::uint64_t tail = page->data_tail;
    const std::size_t size = std::min<std::uint64_t>(head - tail, ring_size());
    if (size == 0) {
        return;
    }
    records_.resize(size);
    const std::size_t at = tail % ring_size();
    const std::size_t first = std::min(size, ring_size() - at);
    std::memcpy(records_.data(), records + at, first);
    std::memcpy(records_.data() + first, records, size - first);
    __atomic_store_n(&page->data_tail, head, __ATOMIC_RELEASE);
    SignalsSeen more = signals_in(records_, format_);
    seen.lost += more.lost;
    seen.signals.insert(seen.signals.end(), more.signals.begin(), more.signals.end());
}

SenderLook look_at_sender(pid_t sender) {
    const std::string folder = "/proc/" + std::to_string(sender);
    SenderLook look{.comm = beginning_of(folder + "/comm"),
                    .unit = unit_in(beginning_of(folder + "/cgroup"))};
    if (look.comm.ends_with('\n')) {
        look.comm.pop_back();
    }
    struct stat status {};
    if (!look.comm.empty() && ::stat(folder.c_str(), &status) == 0) {
        look.uid = status.st_uid;
    }
    return look;
}

} // namespace recycler::worker
