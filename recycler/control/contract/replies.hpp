// SPDX-License-Identifier: MIT
// All that is answered.
#pragma once

#include "recycler/control/contract/answers.hpp"
#include "recycler/control/contract/blame.hpp"
#include "recycler/control/contract/snapshot.hpp"
