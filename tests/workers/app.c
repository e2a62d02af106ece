// SPDX-License-Identifier: MIT
// A FastCGI responder that does what its query says; vocabulary.md has the words.
#include "called.h"
#include "obey.h"
#include "pry.h"
#include "query.h"

#include <fcgiapp.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static int turns;
static long requests_left = -1; // -1: any number
static const char* on_term;

// The errno of what the query has it try; -1: nothing.
static int tried(const char* query) {
    char word[96];
    char file[256];
    text_of(query, "call", word, sizeof word);
    if (word[0] != '\0') {
        return call_by_name(word);
    }
    text_of(query, "file", file, sizeof file);
    const long kib = number_of(query, "shm");
    if (kib > 0) {
        return keep_in_shm(file, kib);
    }
    text_of(query, "pry", word, sizeof word);
    return word[0] == '\0' ? -1 : pry(word, (pid_t)number_of(query, "at"), file);
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
    const int begun = snprintf(start, sizeof start, "nonce=%s length=%lu sum=%lu pid=%d", nonce,
                               length, sum, (int)getpid());
    const int error = tried(query);
    if (error >= 0) {
        snprintf(start + begun, sizeof start - (size_t)begun, " errno=%d", error);
    }
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

// As many files as it may have, for good.
static void hoard(void) {
    while (open("/dev/null", O_RDONLY) >= 0) {
    }
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
        const char* query = FCGX_GetParam("QUERY_STRING", request.envp);
        text_of(query, "leave", leave, sizeof leave);
        const long stand = number_of(query, "stand");
        const long hoards = number_of(query, "hoard");
        FCGX_Finish_r(&request);
        if (requests_left > 0 && --requests_left == 0) {
            _exit(0);
        }
        stand_still(stand);
        if (hoards > 0) {
            hoard();
        }
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

// As if the first came in the window that libfcgi leaves between its look at what has come and its
// accept(): the call goes on, and only the next one is heard.
static void miss_the_first(int number) {
    static volatile sig_atomic_t missed;
    (void)number;
    if (missed) {
        FCGX_ShutdownPending();
    }
    missed = 1;
}

static void obey_on_term(int number) {
    (void)number;
    obey(on_term);
}

static int usage(void) {
    fprintf(stderr, "usage: app [--threads N] [--turns] [--deaf | --mortal | --misses | "
                    "--on-term QUERY] [--at-start QUERY] [--leaves-after N]\n"
                    "       app --call C:A:B\n");
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
    if (argc == 3 && strcmp(argv[1], "--call") == 0) {
        return call_by_name(argv[2]);
    }
    FCGX_Init();
    for (int i = 1; i < argc; ++i) {
        const char* next = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--deaf") == 0) {
            set_signals(SIG_IGN);
        } else if (strcmp(argv[i], "--mortal") == 0) {
            set_signals(SIG_DFL);
        } else if (strcmp(argv[i], "--misses") == 0) {
            const struct sigaction action = {.sa_handler = miss_the_first};
            sigaction(SIGTERM, &action, NULL);
        } else if (strcmp(argv[i], "--turns") == 0) {
            turns = 1;
        } else if (strcmp(argv[i], "--threads") == 0 && next != NULL) {
            threads = atoi(argv[++i]);
        } else if (strcmp(argv[i], "--leaves-after") == 0 && next != NULL) {
            requests_left = atol(argv[++i]);
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
