// SPDX-License-Identifier: MIT
// The words of a query: "nonce=7&leak=1024".
#pragma once

#include <stddef.h>

// The value of `word` in the query, up to '&', cut to the buffer; empty when it is not there.
void text_of(const char* query, const char* word, char* value, size_t size);
// Its value as a number; 0 when it is not there.
long number_of(const char* query, const char* word);
