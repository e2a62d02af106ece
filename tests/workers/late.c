// SPDX-License-Identifier: MIT
// Accepts from its first moment on and answers nobody before LATE_MS milliseconds have passed: an
// application that loads its code behind a listening server. vocabulary.md has the words.
#include "raw_fastcgi.h"

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { k_get_values = 9, k_get_values_result = 10, k_header = 8 };

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void wait_until(int64_t ready_at) {
    for (int64_t left = ready_at - now_ms(); left > 0; left = ready_at - now_ms()) {
        const struct timespec span = {.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000};
        nanosleep(&span, NULL);
    }
}

// The record that comes first is FCGI_GET_VALUES: it is taken and answered. Else nothing happens.
static int answer_probe(int fd) {
    unsigned char header[k_header];
    if (recv(fd, header, sizeof header, MSG_PEEK | MSG_WAITALL) != sizeof header ||
        header[1] != k_get_values) {
        return 0;
    }
    unsigned char record[k_header + 65535 + 255];
    const size_t size = k_header + ((size_t)header[4] << 8 | header[5]) + header[6];
    const unsigned char result[k_header] = {1, k_get_values_result};
    return recv(fd, record, size, MSG_WAITALL) == (ssize_t)size &&
           send(fd, result, sizeof result, MSG_NOSIGNAL) == sizeof result;
}

static void serve(int fd) {
    static struct raw_request request;
    request = (struct raw_request){0};
    while (!request.complete) {
        const ssize_t got =
            recv(fd, request.bytes + request.size, sizeof request.bytes - request.size, 0);
        if (got <= 0) {
            return;
        }
        request.size += (size_t)got;
        raw_examine(&request);
    }
    unsigned char bytes[1024];
    const size_t size = raw_answer(&request, bytes);
    if (send(fd, bytes, size, MSG_NOSIGNAL) != (ssize_t)size) {
        abort(); // an answer this small fits into any socket
    }
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    const char* late = getenv("LATE_MS");
    const int64_t ready_at = now_ms() + (late == NULL ? 0 : strtol(late, NULL, 10));
    for (;;) {
        const int fd = accept(0, NULL, NULL);
        if (fd < 0) {
            continue;
        }
        wait_until(ready_at);
        while (answer_probe(fd)) {
        }
        serve(fd);
        close(fd);
    }
}
