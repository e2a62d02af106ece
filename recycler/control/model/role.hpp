// SPDX-License-Identifier: MIT
// Who calls: somebody who may change things, who may only ask, or who may do neither.
#pragma once

namespace recycler::control {

enum class Role { changer, reader, stranger };

} // namespace recycler::control
