// SPDX-License-Identifier: MIT
// An event loop: one thread serves many connections, and its listener does not block. vocabulary.md
// has the words.
#include "raw_fastcgi.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { k_connections = 64 };

struct connection {
    int fd; // -1: free
    int64_t answer_at;
    struct raw_request request;
};

static struct connection connections[k_connections];
static int64_t flush_until; // 0: nobody has told it to end

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void finish(struct connection* connection) {
    close(connection->fd);
    connection->fd = -1;
}

static void take_one(void) {
    const int fd = accept(0, NULL, NULL);
    if (fd < 0) {
        return;
    }
    for (int i = 0; i < k_connections; ++i) {
        if (connections[i].fd == -1) {
            connections[i] = (struct connection){.fd = fd};
            return;
        }
    }
    close(fd);
}

static void receive(struct connection* connection) {
    struct raw_request* request = &connection->request;
    const ssize_t got = recv(connection->fd, request->bytes + request->size,
                             sizeof request->bytes - request->size, 0);
    if (got <= 0) {
        finish(connection);
        return;
    }
    request->size += (size_t)got;
    raw_examine(request);
    connection->answer_at = now_ms() + raw_number(request, "sleep");
}

static void answer_due(struct connection* connection) {
    unsigned char bytes[1024];
    if (connection->request.complete && connection->answer_at <= now_ms()) {
        const size_t size = raw_answer(&connection->request, bytes);
        if (send(connection->fd, bytes, size, MSG_NOSIGNAL) != (ssize_t)size) {
            abort(); // an answer this small fits into any socket
        }
        finish(connection);
    }
}

// Until the next answer is due; -1: none is.
static int patience(void) {
    int64_t until = -1;
    for (int i = 0; i < k_connections; ++i) {
        const struct connection* one = &connections[i];
        if (one->fd != -1 && one->request.complete && (until == -1 || one->answer_at < until)) {
            until = one->answer_at;
        }
    }
    if (flush_until != 0 && (until == -1 || flush_until < until)) {
        until = flush_until;
    }
    const int64_t left = until - now_ms();
    return until == -1 ? -1 : left < 0 ? 0 : (int)left;
}

static void hear_nothing(int signal_number) {
    (void)signal_number;
}

static void begin_to_flush(int signal_number) {
    (void)signal_number;
    if (flush_until == 0) {
        flush_until = now_ms() + 1500;
    }
}

// --deaf: ignores SIGTERM; --numb: its handler does nothing; --flushes: it ends 1.5 s after it, and
// takes connections until then.
static void take_signals_as(const char* how) {
    struct sigaction action = {.sa_handler = SIG_DFL};
    if (strcmp(how, "--deaf") == 0) {
        action.sa_handler = SIG_IGN;
    } else if (strcmp(how, "--numb") == 0) {
        action.sa_handler = hear_nothing;
    } else if (strcmp(how, "--flushes") == 0) {
        action.sa_handler = begin_to_flush;
    }
    sigaction(SIGTERM, &action, NULL);
}

int main(int argc, char** argv) {
    signal(SIGPIPE, SIG_IGN);
    if (argc > 1) {
        take_signals_as(argv[1]);
    }
    fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK);
    for (int i = 0; i < k_connections; ++i) {
        connections[i].fd = -1;
    }
    while (flush_until == 0 || now_ms() < flush_until) {
        struct pollfd ready[k_connections + 1];
        for (int i = 0; i < k_connections; ++i) {
            const int waits = connections[i].fd != -1 && !connections[i].request.complete;
            ready[i] = (struct pollfd){.fd = waits ? connections[i].fd : -1, .events = POLLIN};
        }
        ready[k_connections] = (struct pollfd){.fd = 0, .events = POLLIN};
        if (poll(ready, k_connections + 1, patience()) < 0) {
            continue;
        }
        for (int i = 0; i < k_connections; ++i) {
            if (ready[i].revents != 0) {
                receive(&connections[i]);
            }
            if (connections[i].fd != -1) {
                answer_due(&connections[i]);
            }
        }
        if (ready[k_connections].revents != 0) {
            take_one();
        }
    }
}
