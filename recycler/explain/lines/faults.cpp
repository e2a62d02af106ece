// SPDX-License-Identifier: MIT
#include "recycler/explain/lines/faults.hpp"

#include "recycler/base/text/split.hpp"

#include <array>

namespace recycler::explain {

namespace {

struct SystemError {
    Fault fault;
    int number; // 0: of another system only
    std::string_view words;
};

constexpr std::array k_system_errors{
    SystemError{Fault::not_permitted, 1, "Operation not permitted"},
    SystemError{Fault::no_file, 2, "No such file or directory"},
    SystemError{Fault::queue_full, 11, "Resource temporarily unavailable"},
    SystemError{Fault::no_resource, 12, "Cannot allocate memory"},
    SystemError{Fault::no_resource, 12, "Out of memory"},
    SystemError{Fault::not_permitted, 13, "Permission denied"},
    SystemError{Fault::no_file, 20, "Not a directory"},
    SystemError{Fault::no_resource, 23, "Too many open files in system"},
    SystemError{Fault::no_resource, 24, "Too many open files"},
    SystemError{Fault::no_resource, 24, "No file descriptors available"},
    SystemError{Fault::broken_pipe, 32, "Broken pipe"},
    SystemError{Fault::no_local_port, 98, "Address already in use"},
    SystemError{Fault::no_local_port, 98, "Address in use"},
    SystemError{Fault::no_local_port, 99, "Cannot assign requested address"},
    SystemError{Fault::no_local_port, 99, "Can't assign requested address"},
    SystemError{Fault::no_local_port, 99, "Address not available"},
    SystemError{Fault::unreachable, 100, "Network is down"},
    SystemError{Fault::unreachable, 101, "Network is unreachable"},
    SystemError{Fault::unreachable, 101, "Network unreachable"},
    SystemError{Fault::reset, 104, "Connection reset"},
    SystemError{Fault::no_resource, 105, "No buffer space available"},
    SystemError{Fault::timed_out, 110, "Connection timed out"},
    SystemError{Fault::timed_out, 110, "Operation timed out"},
    SystemError{Fault::refused, 111, "Connection refused"},
    SystemError{Fault::unreachable, 112, "Host is down"},
    SystemError{Fault::unreachable, 113, "No route to host"},
    SystemError{Fault::unreachable, 113, "Host is unreachable"},
    SystemError{Fault::timed_out, 70007, "The timeout specified has expired"}, // Apache's own
    SystemError{Fault::reset, 70014, "End of file found"},
};

} // namespace

Fault fault_of(std::optional<int> number, std::string_view words) {
    for (const SystemError& each : k_system_errors) {
        if (words.starts_with(each.words)) {
            return each.fault;
        }
    }
    for (const SystemError& each : k_system_errors) {
        if (number && each.number == *number) {
            return each.fault;
        }
    }
    return number || !words.empty() ? Fault::other : Fault::none;
}

Fault fault_in(std::string_view text) {
    Fault found = Fault::none;
    std::size_t first = std::string_view::npos;
    for (const SystemError& each : k_system_errors) {
        if (const std::size_t at = text.find(each.words); at < first) {
            first = at;
            found = each.fault;
        }
    }
    return found;
}

} // namespace recycler::explain
