// SPDX-License-Identifier: MIT
// Which policy file a person means by a word.
#pragma once

#include <string>

namespace recycler::ctl {

// As recyclerd(8) finds it: a slash or ".toml" makes it a file, anything else is an app's name.
[[nodiscard]] inline std::string policy_path(const std::string& word) {
    const bool is_file = word.find('/') != std::string::npos || word.ends_with(".toml");
    return is_file ? word : "/etc/recycler/" + word + ".toml";
}

} // namespace recycler::ctl
