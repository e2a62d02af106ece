// SPDX-License-Identifier: MIT
// What a worker can do to another process, and what it must still be able to do for itself;
// vocabulary.md has the words.
#pragma once

#include <sys/types.h>

// Does `word`, to the process `at` or with the file `file`. 0, or the errno that stopped it; ENOSYS
// for no such word.
int pry(const char* word, pid_t at, const char* file);

// Puts so many KiB into /dev/shm/FILE.
int keep_in_shm(const char* file, long kib);
