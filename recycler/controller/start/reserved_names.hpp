// SPDX-License-Identifier: MIT
// The names in runtime folders that Recycler itself uses. A worker's socket may lie beside them,
// and takes the place of none.
#pragma once

#include "policies/policy.hpp"
#include "recycler/base/result.hpp"

namespace recycler::controller {

// An error that says what to write instead when app.listen has a socket where the control socket,
// the lock or the recorder of any app here lies. Looks at paths only, and touches no file.
[[nodiscard]] Result<void> check_listen(const policies::App& app);

} // namespace recycler::controller
