// SPDX-License-Identifier: MIT
// Clients of a control socket: well-behaved ones, raw ones, crowds, and all of them as any user.
// Needs root.
#pragma once

#include "recycler/base/unique_fd.hpp"
#include "recycler/control/model/calls.hpp"
#include "recycler/control/server.hpp"

#include <functional>
#include <string>
#include <sys/types.h>
#include <vector>

constexpr uid_t k_reader = 33001;
constexpr uid_t k_stranger = 33002;
constexpr gid_t k_group = 33044;
inline const recycler::control::Rights k_rights{k_group, k_reader};

// What a call comes to: "reply", or the trouble.
std::string outcome(const std::string& app, const recycler::control::Call& call);

struct User {
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;
};
// Runs `work` in a child as somebody else; its text comes back through a pipe.
std::string as_user(const User& user, const std::function<std::string()>& work);

recycler::UniqueFd raw_client(const std::string& app);
void say(const recycler::UniqueFd& socket, const std::string& bytes);
// Everything until the other end closes or `messages` have come; "?" is added when that takes too
// long.
std::string hear(const recycler::UniqueFd& from, std::size_t messages);
constexpr std::size_t k_until_closed = ~std::size_t{0} >> 1;
bool has(const std::string& text, const std::string& part);

// Two hundred connections of one user, held as long as it lives.
class Crowd {
  public:
    Crowd(const std::string& app, const User& user);
    ~Crowd();
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;

  private:
    recycler::UniqueFd held_;
    pid_t pid_ = -1;
};
