// SPDX-License-Identifier: MIT
#include "obey.h"

#include "doom.h"
#include "query.h"
#include "spoil.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const size_t k_kib = 1024;
static pthread_mutex_t shared_lock = PTHREAD_MUTEX_INITIALIZER;

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void sleep_ms(long ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {
    }
}

void stand_still(long ms) {
    sleep_ms(ms);
}

static void busy_ms(long ms) {
    const int64_t until = now_ms() + ms;
    for (volatile unsigned rounds = 0; now_ms() < until; ++rounds) {
    }
}

// Never given back: the point of it.
static void leak(size_t size) {
    char* memory = size == 0 ? NULL : malloc(size);
    if (memory != NULL) {
        for (size_t i = 0; i < size; i += 4096) {
            *(volatile char*)(memory + i) = 1;
        }
    }
}

static void grow(long kib_per_second, long ms) {
    const int64_t start = now_ms();
    long taken = 0;
    for (int64_t passed = 0; passed < ms; passed = now_ms() - start) {
        const long due = (long)(kib_per_second * passed / 1000);
        leak((size_t)(due - taken) * k_kib);
        taken = due;
        sleep_ms(5);
    }
}

static void spawn(long times) {
    for (long i = 0; i < times; ++i) {
        if (system("exec true") != 0) {
            abort();
        }
    }
}

// Never closed. A program that may open no more often gives up.
static void open_files(long count) {
    for (long i = 0; i < count; ++i) {
        if (dup(0) < 0) {
            _exit(1);
        }
    }
}

// Children that stay. Likewise.
static void start_children(long count) {
    for (long i = 0; i < count; ++i) {
        const pid_t child = fork();
        if (child < 0) {
            _exit(1);
        }
        if (child == 0) {
            for (;;) {
                pause();
            }
        }
    }
}

static void hold_lock(long ms) {
    if (ms > 0) {
        pthread_mutex_lock(&shared_lock);
        sleep_ms(ms);
        pthread_mutex_unlock(&shared_lock);
    }
}

// Waits for an answer that need not come.
static void read_from(long port) {
    if (port > 0) {
        const struct sockaddr_in there = {.sin_family = AF_INET,
                                          .sin_port = htons((uint16_t)port),
                                          .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        const int line = socket(AF_INET, SOCK_STREAM, 0);
        char byte;
        if (connect(line, (const struct sockaddr*)&there, sizeof there) == 0) {
            while (read(line, &byte, 1) > 0) {
            }
        }
        close(line);
    }
}

// A child that lives on when its parent has ended, deaf to all that can be ignored.
static void leave_child(long ms) {
    if (ms > 0 && fork() == 0) {
        setsid();
        for (int number = 1; number < NSIG; ++number) {
            signal(number, SIG_IGN);
        }
        sleep_ms(ms);
        _exit(0);
    }
}

static void complain(long kib) {
    char line[1024];
    memset(line, 'e', sizeof line);
    line[sizeof line - 1] = '\n';
    for (long i = 0; i < kib; ++i) {
        if (write(2, line, sizeof line) < 0) {
            return;
        }
    }
}

// Short numbered lines, as fast as somebody takes them.
static void babble(long ms) {
    const int64_t until = now_ms() + ms;
    long number = 0;
    while (ms > 0 && now_ms() < until && dprintf(2, "line %ld\n", ++number) > 0) {
    }
    if (ms > 0) {
        (void)dprintf(2, "%ld lines\n", number);
    }
}

static void write_to_stderr(const char* query) {
    complain(number_of(query, "complain"));
    babble(number_of(query, "babble"));
}

// What is asked of it, in the order of vocabulary.md.
static void do_all(const char* query) {
    char word[24];
    char file[256];
    open_files(number_of(query, "open"));
    leak((size_t)number_of(query, "leak") * k_kib);
    grow(number_of(query, "grow"), number_of(query, "for"));
    spawn(number_of(query, "spawn"));
    busy_ms(number_of(query, "busy"));
    write_to_stderr(query);
    leave_child(number_of(query, "child"));
    start_children(number_of(query, "fork"));
    hold_lock(number_of(query, "lock"));
    read_from(number_of(query, "read"));
    sleep_ms(number_of(query, "sleep"));
    text_of(query, "close", word, sizeof word);
    if (word[0] != '\0') {
        close(atoi(word));
    }
    text_of(query, "listener", word, sizeof word);
    spoil_listener(word);
    text_of(query, "forbid", word, sizeof word);
    if (word[0] != '\0') {
        forbid_and_call(word);
    }
    text_of(query, "crash", word, sizeof word);
    crash(word);
    text_of(query, "overstep", word, sizeof word);
    overstep(word);
    text_of(query, "wait", word, sizeof word);
    wait_for(word);
    text_of(query, "file", file, sizeof file);
    text_of(query, "exhaust", word, sizeof word);
    exhaust(word, file);
    text_of(query, "kill", word, sizeof word);
    send_signal(word, (int)number_of(query, "signal"));
    text_of(query, "exit", word, sizeof word);
    if (word[0] != '\0') {
        _exit(atoi(word));
    }
}

static void* do_in_thread(void* query) {
    do_all(query);
    free(query);
    return NULL;
}

static pthread_t start_thread(void* (*act)(void*), const char* query) {
    pthread_t thread = 0;
    if (pthread_create(&thread, NULL, act, strdup(query)) != 0) {
        abort();
    }
    return thread;
}

static void do_in_child(const char* query) {
    const pid_t child = fork();
    if (child == 0) {
        do_all(query);
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

static void obey_at_once(const char* query) {
    char who[24];
    text_of(query, "who", who, sizeof who);
    if (strcmp(who, "thread") == 0) {
        pthread_join(start_thread(do_in_thread, query), NULL);
    } else if (strcmp(who, "child") == 0) {
        do_in_child(query);
    } else {
        do_all(query);
    }
}

static void* obey_later(void* query) {
    sleep_ms(number_of(query, "after"));
    obey_at_once(query);
    free(query);
    return NULL;
}

void obey(const char* query) {
    if (number_of(query, "after") > 0) {
        pthread_detach(start_thread(obey_later, query));
    } else {
        obey_at_once(query);
    }
}
