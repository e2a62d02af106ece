// SPDX-License-Identifier: MIT
#include "recycler/controller/start/meeting.hpp"

#include "recycler/control/socket.hpp"
#include "recycler/controller/start/app_lock.hpp"

#include <utility>

namespace recycler::controller {

std::variant<Meeting, CannotStart> meet(const Arguments& arguments, keeper::Link& link) {
    const auto greeting = link.greet();
    if (!greeting) {
        return refused(greeting.error());
    }
    Meeting meeting{.keeper_pid = greeting->keeper_pid};
    meeting.permits.read(arguments, *greeting);
    const bool is_first = greeting->starts == 0;
    if (is_first && meeting.permits.fault_of_file()) {
        return *meeting.permits.fault_of_file();
    }
    if (const std::string* const app = meeting.permits.app()) {
        const std::string folder = control::runtime_folder() + "/" + *app;
        if (is_first) { // the recorder may be put into the folder: not into that of another daemon
            auto lock = lock_app(folder, *app);
            if (!lock) {
                return refused(lock.error());
            }
            meeting.lock = std::move(*lock);
        }
        if (const auto told = meeting.permits.tell(link, folder); !told) {
            return refused(told.error());
        }
    }
    auto replay = link.replay();
    if (!replay) {
        return refused(replay.error());
    }
    meeting.replay = std::move(*replay);
    return meeting;
}

} // namespace recycler::controller
