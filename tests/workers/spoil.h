// SPDX-License-Identifier: MIT
// Does something to the listening socket on descriptor 0 that stays when the process has ended;
// vocabulary.md has the words. Nothing for an empty one.
void spoil_listener(const char* word);
