// SPDX-License-Identifier: MIT
// A real worker with the recorder preloaded, its listener and its page: what the recorder's tests
// start, ask and end.
#pragma once

#include "recycler/recorder/page_file.hpp"
#include "recycler/request/page.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <sys/types.h>
#include <vector>

namespace recycler::testing {

// A listening socket on a free port of 127.0.0.1.
struct Listener {
    UniqueFd fd;
    std::uint16_t port = 0;
    static Listener open();
    static Listener open_unix(const std::string& path); // which must not be there
};

struct WorkerCommand {
    std::string name; // for messages
    std::vector<std::string> argv;
    std::map<std::string, std::string> environment;
    // Params that each of its requests needs.
    std::map<std::string, std::string> params;
};

// The programs of tests/workers, ready to run.
WorkerCommand c_worker();
WorkerCommand threaded_worker();
WorkerCommand turn_taking_worker();
WorkerCommand perl_worker();
WorkerCommand ruby_worker();
WorkerCommand node_worker();
WorkerCommand php_worker();
WorkerCommand php_worker_with_children();
WorkerCommand loop_worker();
WorkerCommand worker_program(const std::string& name);

// Each one has a process group of its own, which is killed with it.
class RecordedWorker {
  public:
    RecordedWorker(const Listener& listener, const WorkerCommand& command);
    // On a page that has been prepared.
    RecordedWorker(const Listener& listener, const WorkerCommand& command, recorder::PageFile page);
    RecordedWorker(const RecordedWorker&) = delete;
    RecordedWorker& operator=(const RecordedWorker&) = delete;
    ~RecordedWorker();

    recorder::PageFile& page() { return page_; }
    [[nodiscard]] pid_t pid() const { return pid_; }
    // A page that cannot be read fails the test.
    [[nodiscard]] request::PageReading read() const;
    // What its processes do that are alive.
    [[nodiscard]] request::Activity activity() const;

    // Looks at the page until `holds` does; false after 10 s. A page has no event to wait for.
    bool eventually(const std::function<bool(const RecordedWorker&)>& holds) const;
    // Nothing accepted is open and nothing is in flight.
    bool becomes_idle() const;
    // That many threads are inside accept(), and nothing is open.
    bool becomes_ready(std::uint32_t threads = 1) const;
    bool becomes_parked(std::uint32_t processes = 1) const;

    void signal(int number) const;
    // The status of waitpid(); 10 s at most, then it is killed.
    int wait();
    void kill_all();

  private:
    recorder::PageFile page_;
    pid_t pid_ = -1;
};

} // namespace recycler::testing
