#include "recycler/ctl/check.hpp"

#include "policies/parse.hpp"
#include "recycler/base/unique_fd.hpp"
#include "recycler/control/json.hpp"
#include "recycler/ctl/exit_codes.hpp"
#include "recycler/ctl/text.hpp"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/sysinfo.h>
#include <unistd.h>

namespace recycler::ctl {

namespace {

Result<std::string> read_policy(const std::string& file) {
    const UniqueFd descriptor(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!descriptor) {
        return Error{errno, "open " + file};
    }
    std::string text;
    char chunk[16384];
    // One byte more than a policy may have: the parser says that it is too long.
    while (text.size() <= policies::k_longest_policy) {
        const ssize_t size = read(descriptor.get(), chunk, sizeof chunk);
        if (size < 0) {
            return Error{errno, "read " + file};
        }
        if (size == 0) {
            break;
        }
        text.append(chunk, static_cast<std::size_t>(size));
    }
    return text;
}

policies::Host this_host() {
    struct sysinfo info {};
    if (sysinfo(&info) != 0) {
        return {}; // the parser says where it would have to know
    }
    return {Bytes{std::uint64_t{info.totalram} * info.mem_unit}};
}

std::vector<control::PolicyFault> listed(const std::vector<policies::Fault>& faults) {
    std::vector<control::PolicyFault> list;
    for (const policies::Fault& fault : faults) {
        list.push_back({fault.line, fault.column, fault.key, fault.reason, fault.suggestion});
    }
    return list;
}

} // namespace

int check_policy(const std::string& file, const Job& job) {
    const bool is_json = job.invocation.output == Output::json;
    const Result<std::string> text = read_policy(file);
    if (!text) {
        complain(printable(text.error().message()));
        return k_exit_refused;
    }
    const std::string stem = std::filesystem::path(file).stem().string();
    const auto parsed = policies::parse(*text, stem, this_host());
    const auto* faults = std::get_if<std::vector<policies::Fault>>(&parsed);
    if (is_json) {
        const auto list = faults != nullptr ? listed(*faults) : std::vector<control::PolicyFault>{};
        return print(control::to_json(list) + "\n") && faults == nullptr ? k_exit_done
                                                                         : k_exit_refused;
    }
    if (faults != nullptr) {
        (void)print(policies::render(*faults, file, *text)); // the exit code says it, too
        return k_exit_refused;
    }
    const auto& policy = std::get<policies::Policy>(parsed);
    const std::string slots = std::to_string(policy.app.listen.size());
    return print(printable(file) + ": app \"" + printable(policy.app.name) + "\", " + slots +
                 (slots == "1" ? " slot" : " slots") + ", no fault\n")
               ? k_exit_done
               : k_exit_refused;
}

} // namespace recycler::ctl
