// SPDX-License-Identifier: MIT
// A slot as the recorder meets it: a listener, the channel of its workers, an eventfd for each, and
// clients that keep their connections.
#pragma once

#include "tests/kernel/recorded_worker.hpp"
#include "tests/support/fastcgi_client.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace recycler::testing {

enum class Family : std::uint8_t { tcp, local };

// What the workers of a slot share.
struct Slot {
    explicit Slot(Family family);
    ~Slot();
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

    [[nodiscard]] FastCgiClient connect() const;
    // How many messages the channel holds. Takes them out.
    [[nodiscard]] std::size_t empty_channel() const;

    std::string path; // of a unix socket
    Listener listener;
    UniqueFd out; // where connections are sent
    UniqueFd in;  // where they are taken
};

// A worker in which connections may rest.
class RestingWorker : public RecordedWorker {
  public:
    RestingWorker(const Slot& slot, const WorkerCommand& command);
    void wake() const;
    // Orders it, and wakes it.
    void hand_on();
    void end_kept();

    bool becomes_resting(std::uint32_t connections) const;

  private:
    struct Made {
        recorder::PageFile page;
        UniqueFd wake;
    };
    RestingWorker(const Slot& slot, const WorkerCommand& command, Made made);
    static Made make(const Slot& slot);
    UniqueFd wake_;
};

FastCgiRequest kept(const WorkerCommand& command, const std::string& query = "");
// Fails the test unless it is answered.
void ask(FastCgiClient& client, const WorkerCommand& command, const std::string& nonce,
         std::size_t body = 0);
// Whether the other end has closed the connection, within 10 s.
bool ends(const FastCgiClient& client);
bool is_open(const FastCgiClient& client);

} // namespace recycler::testing
