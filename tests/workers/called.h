// SPDX-License-Identifier: MIT
// System calls by name, as a query orders them.
#pragma once

// Makes the call that `order` names, "mount" or "ioctl:3:21522", with those arguments and zeros: by
// the numbers of this machine, or, behind "i386/" and "x32/", by those of its other ones. What it
// answers: 0, or the errno.
int call_by_name(const char* order);
