// SPDX-License-Identifier: MIT
// How a call that the recorder stands in front of is defined.
#pragma once

#define RECORDER_HOOK extern "C" __attribute__((visibility("default")))
