// SPDX-License-Identifier: MIT
// Who holds our listeners though they are none of ours: processes that a worker has passed them to
// (SCM_RIGHTS), and that may accept from them. The kernel answers no question about the holders of
// a socket: its counts of references are of sockets and not of descriptors, sock_diag(7) names
// none, and a connection that somebody else has accepted looks as if its client had gone. So the
// descriptors of all processes are read, 2 us each and some 10 us for each process. Others decide
// how many there are, so the search goes on in slices, between which the loop sees to its workers.
// It needs no process of its own: it reads nothing that the looks at a worker do not read as well.
//
// What descends from `above` is ours: the keeper, which all that is left of a worker comes to
// (PR_SET_CHILD_SUBREAPER), the controller, the workers. What has no descriptor is not found: a
// socket that is on its way in a message, or registered with io_uring(7).
#pragma once

#include "recycler/base/units.hpp"
#include "recycler/worker/listen/socket_diag.hpp"

#include <dirent.h>
#include <map>
#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

namespace recycler::worker {

// By socket: one who holds it and is none of ours, in words for people: "python3 (pid 5544, uid
// 33)". What could not be read, or not in time, holds nothing.
using Outsiders = std::map<SocketInode, std::string>;

class OutsiderSearch {
  public:
    // `above` and the process that searches are ours, so that their descriptors are not read.
    OutsiderSearch(std::vector<SocketInode> sockets, pid_t above);

    // Goes on for that much processor time, or a little longer. False: all processes are seen.
    [[nodiscard]] bool go_on(Duration slice);
    [[nodiscard]] const Outsiders& found() const { return found_; }

  private:
    struct Close {
        void operator()(DIR* folder) const { (void)::closedir(folder); }
    };
    using Folder = std::unique_ptr<DIR, Close>;
    [[nodiscard]] bool next_process();
    void next_folder();
    void read_some();
    void note(SocketInode socket);

    std::vector<SocketInode> sockets_;
    pid_t above_;
    Outsiders found_;
    Folder processes_;
    pid_t pid_ = 0;              // whose descriptors are being read; 0: nobody's
    int slices_ = 0;             // that began with it
    Folder descriptors_;         // of pid_, or of one of its threads
    bool any_ = false;           // descriptor was in there
    bool is_leader_ = false;     // descriptors_ is the main thread's
    std::vector<pid_t> threads_; // of pid_, whose folders may be read after this one
};

} // namespace recycler::worker
