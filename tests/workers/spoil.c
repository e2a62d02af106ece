// SPDX-License-Identifier: MIT
#include "spoil.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static void or_give_up(int done, const char* what) {
    if (done != 0) {
        fprintf(stderr, "cannot %s the listener: %s\n", what, strerror(errno));
        _exit(71);
    }
}

static void set(int option, int value, const char* what) {
    or_give_up(setsockopt(0, SOL_SOCKET, option, &value, sizeof value), what);
}

// A program that answers `kept` to each packet: so many of its bytes go on.
static void filter(uint32_t kept) {
    struct sock_filter step = {BPF_RET | BPF_K, 0, 0, kept};
    const struct sock_fprog program = {1, &step};
    or_give_up(setsockopt(0, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program), "filter");
}

// Its own name, PATH.SERIAL, and PATH.
static void unlink_names(int own, int path) {
    struct sockaddr_un name;
    socklen_t size = sizeof name;
    memset(&name, 0, sizeof name);
    or_give_up(getsockname(0, (struct sockaddr*)&name, &size), "name");
    if (own) {
        or_give_up(unlink(name.sun_path), "unlink");
    }
    char* serial = strrchr(name.sun_path, '.');
    if (path && serial != NULL) {
        *serial = '\0';
        or_give_up(unlink(name.sun_path), "unlink");
    }
}

static void spoil_names(const char* word) {
    if (strcmp(word, "path") == 0) {
        unlink_names(0, 1);
    } else if (strcmp(word, "own-name") == 0) {
        unlink_names(1, 0);
    } else if (strcmp(word, "names") == 0) {
        unlink_names(1, 1);
    }
}

void spoil_listener(const char* word) {
    if (strcmp(word, "shutdown") == 0) {
        (void)shutdown(0, SHUT_RDWR); // as workers do it in a handler, whatever comes of it
    } else if (strcmp(word, "interface") == 0) {
        set(SO_BINDTOIFINDEX, 12345, "bind");
    } else if (strcmp(word, "filter") == 0) {
        filter(0);
    } else if (strcmp(word, "lock") == 0) {
        set(SO_LOCK_FILTER, 1, "lock");
    } else if (strcmp(word, "pass-lock") == 0) {
        filter(UINT32_MAX);
        set(SO_LOCK_FILTER, 1, "lock");
    } else if (strcmp(word, "filter-lock") == 0) {
        filter(0);
        set(SO_LOCK_FILTER, 1, "lock");
    } else if (strcmp(word, "alone") == 0) {
        set(SO_REUSEPORT, 0, "keep");
    } else if (strcmp(word, "backlog") == 0) {
        or_give_up(listen(0, 0), "shorten");
    } else if (strcmp(word, "nonblock") == 0) {
        or_give_up(fcntl(0, F_SETFL, O_NONBLOCK), "unblock");
    } else if (strcmp(word, "timeout") == 0) {
        const struct timeval soon = {0, 1000};
        or_give_up(setsockopt(0, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon), "time");
    } else {
        spoil_names(word);
    }
}
