// SPDX-License-Identifier: MIT
#include "raw_fastcgi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { k_end = 3, k_params = 4, k_stdin = 5, k_stdout = 6 };

// The value of `word` in the query, in place; its length goes to `length`.
static const char* find(const struct raw_request* request, const char* word, size_t* length) {
    const size_t word_length = strlen(word);
    for (const char* at = request->query; at != NULL && *at != '\0'; at = strchr(at, '&')) {
        at += *at == '&' ? 1 : 0;
        if (strncmp(at, word, word_length) == 0 && at[word_length] == '=') {
            *length = strcspn(at + word_length + 1, "&");
            return at + word_length + 1;
        }
    }
    *length = 0;
    return "";
}

static size_t pair_length(const unsigned char* bytes, size_t size, size_t* at) {
    size_t length = *at < size ? bytes[(*at)++] : 0;
    if (length >= 0x80) {
        length &= 0x7f;
        for (int i = 0; i < 3 && *at < size; ++i) {
            length = length << 8 | bytes[(*at)++];
        }
    }
    return length;
}

// Pairs that span records are not put together: the clients of these workers send none.
static void read_params(struct raw_request* request, const unsigned char* bytes, size_t size) {
    for (size_t at = 0; at < size;) {
        const size_t name = pair_length(bytes, size, &at);
        const size_t value = pair_length(bytes, size, &at);
        if (name > size - at || value > size - at - name) {
            return;
        }
        if (name == 12 && memcmp(bytes + at, "QUERY_STRING", 12) == 0 &&
            value < sizeof request->query) {
            memcpy(request->query, bytes + at + name, value);
            request->query[value] = '\0';
        }
        at += name + value;
    }
}

void raw_examine(struct raw_request* request) {
    request->length = 0;
    request->sum = 0;
    for (size_t at = 0; at + 8 <= request->size;) {
        const unsigned char* header = request->bytes + at;
        const size_t length = (size_t)header[4] << 8 | header[5];
        if (at + 8 + length + header[6] > request->size) {
            return;
        }
        if (header[1] == k_params) {
            read_params(request, header + 8, length);
        } else if (header[1] == k_stdin) {
            request->complete = length == 0;
            request->length += length;
            for (size_t i = 0; i < length; ++i) {
                request->sum += header[8 + i];
            }
        }
        at += 8 + length + header[6];
    }
}

long raw_number(const struct raw_request* request, const char* word) {
    size_t length = 0;
    return strtol(find(request, word, &length), NULL, 10);
}

static size_t put_record(unsigned char* bytes, int type, const void* body, size_t length) {
    const unsigned char header[8] = {
        1, (unsigned char)type, 0, 1, (unsigned char)(length >> 8), (unsigned char)length, 0, 0};
    memcpy(bytes, header, sizeof header);
    memcpy(bytes + sizeof header, body, length);
    return sizeof header + length;
}

size_t raw_answer(const struct raw_request* request, unsigned char* bytes) {
    size_t length = 0;
    const char* nonce = find(request, "nonce", &length);
    const int shown = length < 100 ? (int)length : 100;
    char text[512];
    const int size =
        snprintf(text, sizeof text,
                 "Content-Type: text/plain\r\n\r\n"
                 "nonce=%.*s length=%lu sum=%lu pid=%d end=%.*s\n",
                 shown, nonce, request->length, request->sum, (int)getpid(), shown, nonce);
    const unsigned char end[8] = {0};
    size_t at = put_record(bytes, k_stdout, text, (size_t)size);
    at += put_record(bytes + at, k_stdout, text, 0);
    return at + put_record(bytes + at, k_end, end, sizeof end);
}
