// A FastCGI responder that does what its query says; vocabulary.md has the words.
#include "doom.h"
#include "query.h"

#include <errno.h>
#include <fcgiapp.h>
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
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t shared_lock = PTHREAD_MUTEX_INITIALIZER;
static int turns;
static const char* on_term;

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

// What is asked of it, in the order of vocabulary.md.
static void do_all(const char* query) {
    char word[24];
    char file[256];
    open_files(number_of(query, "open"));
    leak((size_t)number_of(query, "leak") * k_kib);
    grow(number_of(query, "grow"), number_of(query, "for"));
    spawn(number_of(query, "spawn"));
    busy_ms(number_of(query, "busy"));
    complain(number_of(query, "complain"));
    leave_child(number_of(query, "child"));
    start_children(number_of(query, "fork"));
    hold_lock(number_of(query, "lock"));
    sleep_ms(number_of(query, "sleep"));
    text_of(query, "close", word, sizeof word);
    if (word[0] != '\0') {
        close(atoi(word));
    }
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

static void obey(const char* query) {
    if (number_of(query, "after") > 0) {
        pthread_detach(start_thread(obey_later, query));
    } else {
        obey_at_once(query);
    }
}

static void answer(FCGX_Request* request) {
    const char* query = FCGX_GetParam("QUERY_STRING", request->envp);
    query = query == NULL ? "" : query;
    unsigned long length = 0;
    unsigned long sum = 0;
    unsigned char bytes[8192];
    for (int got; (got = FCGX_GetStr((char*)bytes, sizeof bytes, request->in)) > 0;) {
        length += (unsigned long)got;
        for (int i = 0; i < got; ++i) {
            sum += bytes[i];
        }
    }
    obey(query);

    char nonce[128];
    text_of(query, "nonce", nonce, sizeof nonce);
    char start[320];
    snprintf(start, sizeof start, "nonce=%s length=%lu sum=%lu pid=%d", nonce, length, sum,
             (int)getpid());
    const long size = number_of(query, "size");
    const size_t whole = strlen(start) + (size > 0 ? 6 + (size_t)size : 0) + 6 + strlen(nonce);
    FCGX_FPrintF(request->out, "Content-Type: text/plain\r\nContent-Length: %lu\r\n\r\n%s",
                 (unsigned long)whole, start);
    if (size > 0) {
        FCGX_FPrintF(request->out, " fill=");
        for (long i = 0; i < size; ++i) {
            FCGX_PutChar('x', request->out);
        }
    }
    FCGX_FPrintF(request->out, " end=%s\n", nonce);
}

static void* serve(void* unused) {
    FCGX_Request request;
    FCGX_InitRequest(&request, 0, 0);
    for (;;) {
        if (turns) {
            pthread_mutex_lock(&turn);
        }
        const int accepted = FCGX_Accept_r(&request);
        if (turns) {
            pthread_mutex_unlock(&turn);
        }
        if (accepted < 0) {
            return unused;
        }
        answer(&request);
        char leave[24];
        text_of(FCGX_GetParam("QUERY_STRING", request.envp), "leave", leave, sizeof leave);
        FCGX_Finish_r(&request);
        if (leave[0] != '\0') {
            _exit(atoi(leave));
        }
    }
}

static void set_signals(void (*to)(int)) {
    signal(SIGTERM, to);
    signal(SIGUSR1, to);
    signal(SIGINT, to);
    signal(SIGHUP, to);
    signal(SIGPIPE, to);
}

static void obey_on_term(int number) {
    (void)number;
    obey(on_term);
}

static int usage(void) {
    fprintf(stderr, "usage: app [--threads N] [--turns] [--deaf | --mortal | --on-term QUERY] "
                    "[--at-start QUERY]\n");
    return 64;
}

static int serve_with(int threads) {
    for (int i = 1; i < threads; ++i) {
        pthread_t thread;
        const int error = pthread_create(&thread, NULL, serve, NULL);
        if (error != 0) {
            fprintf(stderr, "cannot start a thread: %s\n", strerror(error));
            return 71;
        }
    }
    serve(NULL);
    return 0;
}

int main(int argc, char** argv) {
    int threads = 1;
    FCGX_Init();
    for (int i = 1; i < argc; ++i) {
        const char* next = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--deaf") == 0) {
            set_signals(SIG_IGN);
        } else if (strcmp(argv[i], "--mortal") == 0) {
            set_signals(SIG_DFL);
        } else if (strcmp(argv[i], "--turns") == 0) {
            turns = 1;
        } else if (strcmp(argv[i], "--threads") == 0 && next != NULL) {
            threads = atoi(argv[++i]);
        } else if (strcmp(argv[i], "--at-start") == 0 && next != NULL) {
            obey(argv[++i]);
        } else if (strcmp(argv[i], "--on-term") == 0 && next != NULL) {
            on_term = argv[++i];
            signal(SIGTERM, obey_on_term);
        } else {
            return usage();
        }
    }
    return serve_with(threads);
}
