// SPDX-License-Identifier: MIT
// All methods of io.recycler.
#pragma once

#include "recycler/control/contract/orders.hpp"
#include "recycler/control/contract/questions.hpp"
