// SPDX-License-Identifier: MIT
#include "query.h"

#include <stdlib.h>
#include <string.h>

void text_of(const char* query, const char* word, char* value, size_t size) {
    const size_t length = strlen(word);
    value[0] = '\0';
    for (const char* at = query; at != NULL && *at != '\0'; at = strchr(at, '&')) {
        at += *at == '&' ? 1 : 0;
        if (strncmp(at, word, length) == 0 && at[length] == '=') {
            const size_t whole = strcspn(at + length + 1, "&");
            const size_t kept = whole < size - 1 ? whole : size - 1;
            memcpy(value, at + length + 1, kept);
            value[kept] = '\0';
            return;
        }
    }
}

long number_of(const char* query, const char* word) {
    char value[24];
    text_of(query, word, value, sizeof value);
    return strtol(value, NULL, 10);
}
