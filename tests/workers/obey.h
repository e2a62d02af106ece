// SPDX-License-Identifier: MIT
// What app does for a query before it answers; vocabulary.md has the words.
#pragma once

void obey(const char* query);
// For that many ms, signals or not.
void stand_still(long ms);
