// SPDX-License-Identifier: MIT
// Where a configuration of Apache sends requests over FastCGI, and what it says about each place.
// Names of directives, parameters and hosts count in upper and lower case alike.
#pragma once

#include "recycler/lint/pool.hpp"
#include "recycler/lint/syntax.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace recycler::lint {

// What speaks about one balancer:// or one fcgi:// address, in the order of the text.
struct Member {
    Word url;
    const Directive* directive;
};
struct Target {
    Place place;
    std::vector<Member> members;
    std::vector<const Directive*> settings; // ProxySet, ProxyPass: key=value words
    std::optional<Limit> of_all;            // the shortest of where it is used
};

struct ApacheConfiguration {
    std::map<std::string, Target> targets;
    // What <Proxy> says about workers outside of a balancer, by scheme and host: the path of a
    // socket does not tell them apart.
    std::map<std::string, std::vector<const Directive*>> workers;
    std::string chroot; // ChrootDir; empty: none
};

bool is_balancer(std::string_view url);
// "fcgi://host" of "unix:/run/shop.sock|fcgi://host/path".
std::string worker_of(std::string_view url);

// With what Define gives the variables in it.
std::vector<Tree> with_defined(const std::vector<Tree>& trees);

ApacheConfiguration apache_configuration(const std::vector<Tree>& trees);

} // namespace recycler::lint
