// SPDX-License-Identifier: MIT
// Just enough FastCGI for workers without a library: one request per connection, method and body
// ignored or summed up.
#pragma once

#include <stddef.h>

enum { k_raw_request_max = 65536 };

// A request as it comes in, and what was found in it so far.
struct raw_request {
    unsigned char bytes[k_raw_request_max];
    size_t size;
    int complete; // its last record is here
    unsigned long length;
    unsigned long sum;
    char query[256];
};

// Looks through what has arrived. Whoever sends more than fits is not answered.
void raw_examine(struct raw_request* request);
// The number after `word` in the query; 0 when it is not there.
long raw_number(const struct raw_request* request, const char* word);
// Writes the whole answer into `bytes`, which has room for 1024; returns its size.
size_t raw_answer(const struct raw_request* request, unsigned char* bytes);
