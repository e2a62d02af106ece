// A FastCGI responder that does what its query says; vocabulary.md has the words.
#include <errno.h>
#include <fcgiapp.h>
#include <pthread.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const size_t k_kib = 1024;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t shared_lock = PTHREAD_MUTEX_INITIALIZER;
static int turns;

// The value of `word` in the query, up to '&', cut to the buffer; empty when it is not there.
static void text_of(const char* query, const char* word, char* value, size_t size) {
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

static long number_of(const char* query, const char* word) {
    char value[24];
    text_of(query, word, value, sizeof value);
    return strtol(value, NULL, 10);
}

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

// The kernel kills the process at the entry of that call, which therefore does nothing.
static void forbid_and_call(const char* call) {
    const int number = seccomp_syscall_resolve_name(call);
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (filter != NULL && number >= 0 &&
        seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, number, 0) == 0 &&
        seccomp_load(filter) == 0) {
        syscall(number, 0, 0, 0, 0, 0, 0);
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

static void crash(const char* how) {
    if (strcmp(how, "segv") == 0) {
        raise(SIGSEGV);
    } else if (strcmp(how, "abort") == 0) {
        abort();
    }
}

static void obey(const char* query) {
    char word[24];
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
    text_of(query, "exit", word, sizeof word);
    if (word[0] != '\0') {
        _exit(atoi(word));
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

static void go_deaf(void) {
    signal(SIGTERM, SIG_IGN);
    signal(SIGUSR1, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
}

int main(int argc, char** argv) {
    int threads = 1;
    FCGX_Init();
    for (int i = 1; i < argc; ++i) {
        if (strcmp(argv[i], "--deaf") == 0) {
            go_deaf();
        } else if (strcmp(argv[i], "--turns") == 0) {
            turns = 1;
        } else if (strcmp(argv[i], "--threads") == 0 && i + 1 < argc) {
            threads = atoi(argv[++i]);
        } else {
            fprintf(stderr, "usage: app [--threads N] [--turns] [--deaf]\n");
            return 64;
        }
    }
    for (int i = 1; i < threads; ++i) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, serve, NULL) != 0) {
            return 71;
        }
    }
    serve(NULL);
    return 0;
}
