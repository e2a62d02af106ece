#include "recycler/ctl/check.hpp"

#include "policies/parse.hpp"
#include "recycler/control/json.hpp"
#include "recycler/ctl/exit_codes.hpp"
#include "recycler/ctl/file_text.hpp"
#include "recycler/ctl/text.hpp"

#include <filesystem>
#include <sys/sysinfo.h>

namespace recycler::ctl {

namespace {

std::vector<control::PolicyFault> listed(const std::vector<policies::Fault>& faults) {
    std::vector<control::PolicyFault> list;
    list.reserve(faults.size());
    for (const policies::Fault& fault : faults) {
        list.push_back({fault.line, fault.column, fault.key, fault.reason, fault.suggestion});
    }
    return list;
}

} // namespace

policies::Host this_host() {
    struct sysinfo info {};
    if (sysinfo(&info) != 0) {
        return {}; // the parser says where it would have to know
    }
    return {Bytes{std::uint64_t{info.totalram} * info.mem_unit}};
}

int check_policy(const std::string& file, const Job& job) {
    const bool is_json = job.invocation.output == Output::json;
    const Result<std::string> text = file_text(file, policies::k_longest_policy);
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
