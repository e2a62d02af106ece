// SPDX-License-Identifier: MIT
#include "recycler/controller/start/reserved_names.hpp"

#include "recycler/control/socket.hpp"

#include <filesystem>

namespace recycler::controller {

namespace {

namespace fs = std::filesystem;

bool is_reserved(const std::string& name) {
    return name == "control" || name == "lock" || name.starts_with("recycler-recorder-");
}

// As far as it exists, so that a link to the folder names the folder.
fs::path real(const fs::path& path) {
    std::error_code error;
    const fs::path found = fs::weakly_canonical(path, error);
    return error ? path.lexically_normal() : found;
}

} // namespace

Result<void> check_listen(const policies::App& app) {
    const fs::path runtime = real(control::runtime_folder());
    for (const policies::Address& address : app.listen) {
        const auto* unix_address = std::get_if<policies::UnixAddress>(&address);
        if (unix_address == nullptr) {
            continue;
        }
        const fs::path path = unix_address->path;
        if (is_reserved(path.filename()) && real(path.parent_path()).parent_path() == runtime) {
            return Error{0, "app.listen names " + unix_address->path +
                                ", and Recycler itself uses that name: call the socket " +
                                (path.parent_path() / (app.name + ".sock")).string()};
        }
    }
    return {};
}

} // namespace recycler::controller
