// SPDX-License-Identifier: MIT
#include "policies/policy.hpp"

#include <utility>

namespace policies {

std::string to_string(const Address& address) {
    if (const auto* unix_socket = std::get_if<UnixAddress>(&address)) {
        return "unix:" + unix_socket->path;
    }
    const auto& tcp = std::get<TcpAddress>(address);
    const bool is_v6 = tcp.host.find(':') != std::string::npos;
    const std::string host = is_v6 ? "[" + tcp.host + "]" : tcp.host;
    return host + ":" + std::to_string(tcp.port);
}

std::string slot_name(const Address& address) {
    if (const auto* unix_socket = std::get_if<UnixAddress>(&address)) {
        // npos + 1 is 0: a path without a folder is its own file name.
        return unix_socket->path.substr(unix_socket->path.rfind('/') + 1);
    }
    return std::to_string(std::get<TcpAddress>(address).port);
}

const SeccompProfile* profile_of(const Seccomp& seccomp) {
    if (const auto* log = std::get_if<SeccompLog>(&seccomp)) {
        return log->profile ? &*log->profile : nullptr;
    }
    return std::get_if<SeccompProfile>(&seccomp);
}

SeccompProfile* profile_of(Seccomp& seccomp) {
    return const_cast<SeccompProfile*>(profile_of(std::as_const(seccomp)));
}

} // namespace policies
