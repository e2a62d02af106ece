// An event loop: one thread serves many connections, and its listener does not block. vocabulary.md
// has the words.
#include "raw_fastcgi.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
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
    const int64_t left = until - now_ms();
    return until == -1 ? -1 : left < 0 ? 0 : (int)left;
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK);
    for (int i = 0; i < k_connections; ++i) {
        connections[i].fd = -1;
    }
    for (;;) {
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
