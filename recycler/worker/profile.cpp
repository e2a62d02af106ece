#include "recycler/worker/profile.hpp"

#include "policies/capabilities.hpp"
#include "policies/seccomp/built_in.hpp"
#include "policies/seccomp/trial.hpp"
#include "recycler/base/unique_fd.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace recycler::worker {

namespace {

// O_NONBLOCK: nobody writes into the FIFO that somebody named.
Result<std::string> text_of(const std::string& path) {
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    const std::string what = "read the seccomp profile " + path;
    struct stat kind {};
    if (!file || ::fstat(file.get(), &kind) != 0) {
        return Error{errno, what};
    }
    if (!S_ISREG(kind.st_mode)) {
        return Error{0, what + ": it is no file"};
    }
    std::string text;
    std::array<char, 16384> block;
    while (text.size() <= policies::seccomp::k_longest_profile) {
        const ssize_t got = ::read(file.get(), block.data(), block.size());
        if (got < 0) {
            return Error{errno, what};
        }
        if (got == 0) {
            break;
        }
        text.append(block.data(), static_cast<std::size_t>(got));
    }
    return text;
}

} // namespace

Result<void> read_profile_file(policies::Policy& policy) {
    policies::SeccompProfile* const named = policies::profile_of(policy.sandbox.seccomp);
    if (named == nullptr) {
        return {};
    }
    auto text = text_of(named->path);
    if (!text) {
        return text.error();
    }
    named->text = std::move(*text);
    return {};
}

std::variant<std::optional<MadeProfile>, ProfileFaults>
make_profile(const policies::Policy& policy) {
    const policies::Seccomp& seccomp = policy.sandbox.seccomp;
    if (std::holds_alternative<policies::SeccompOff>(seccomp)) {
        return std::optional<MadeProfile>();
    }
    const policies::SeccompProfile* const named = policies::profile_of(seccomp);
    const std::string file = named == nullptr ? "the default profile" : named->path;
    const std::string text =
        named == nullptr ? std::string(policies::seccomp::built_in_profile()) : named->text;
    auto read =
        policies::seccomp::read_profile(text, this_machine(policies::capabilities_of(policy)));
    if (auto* faults = std::get_if<std::vector<policies::Fault>>(&read)) {
        return ProfileFaults{file, text, std::move(*faults)};
    }
    auto& profile = std::get<policies::seccomp::Profile>(read);
    if (std::holds_alternative<policies::SeccompLog>(seccomp)) {
        profile = policies::seccomp::on_trial(std::move(profile));
    }
    auto made = make_filter(profile);
    if (auto* faults = std::get_if<std::vector<policies::Fault>>(&made)) {
        return ProfileFaults{file, text, std::move(*faults)};
    }
    return std::optional(MadeProfile{std::move(profile), std::get<Filter>(std::move(made))});
}

} // namespace recycler::worker
