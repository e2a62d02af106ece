// SPDX-License-Identifier: MIT
#undef NDEBUG // its assertions hold in a release too
#include "doom.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

static void write_to_null(void) {
    volatile int* volatile nowhere = NULL;
    *nowhere = 1;
}

static int eat_stack(volatile char* above) {
    volatile char here[4096];
    here[0] = above[0];
    return above[0] == 1 ? 0 : eat_stack(here) + here[0];
}

static void overflow_stack(void) {
    volatile char top[1] = {0};
    eat_stack(top);
}

// One page is mapped of a file that has none.
static void read_beyond_file(void) {
    const int file = memfd_create("short", MFD_CLOEXEC);
    volatile char* page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
    (void)page[0];
}

static void divide_by_zero(void) {
    volatile int zero = 0;
    volatile int many = 1000; // of a constant one the compiler makes a comparison
    volatile int result = many / zero;
    (void)result;
}

static void raise_segv(void) {
    raise(SIGSEGV);
}

static void fail_assertion(void) {
    const char* volatile basket = NULL;
    assert(basket != NULL);
}

static void run_into_illegal(void) {
    __asm__ volatile("ud2");
}

static void run_into_breakpoint(void) {
    __asm__ volatile("int3");
}

void crash(const char* how) {
    static const struct {
        const char* name;
        void (*act)(void);
    } ways[] = {
        {"segv", raise_segv},      {"null", write_to_null},
        {"stack", overflow_stack}, {"bus", read_beyond_file},
        {"abort", abort},          {"assert", fail_assertion},
        {"ill", run_into_illegal}, {"trap", run_into_breakpoint},
        {"fpe", divide_by_zero},
    };
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; ++i) {
        if (strcmp(how, ways[i].name) == 0) {
            ways[i].act();
        }
    }
}

static void use_up_processor(void) {
    setrlimit(RLIMIT_CPU, &(struct rlimit){1, 30});
    for (volatile unsigned rounds = 0;; ++rounds) {
    }
}

static void write_large_file(void) {
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){4096, 4096});
    const int file = memfd_create("large", MFD_CLOEXEC);
    (void)!pwrite(file, "x", 1, 8192);
}

static void write_to_nobody(void) {
    int ends[2];
    signal(SIGPIPE, SIG_DFL);
    if (pipe(ends) == 0) {
        close(ends[0]);
        (void)!write(ends[1], "x", 1);
    }
}

static void wait_for_timer(int which, int number) {
    signal(number, SIG_DFL);
    setitimer(which, &(struct itimerval){.it_value = {.tv_usec = 10000}}, NULL);
    for (volatile unsigned rounds = 0;; ++rounds) {
    }
}

void overstep(const char* limit) {
    if (strcmp(limit, "cpu") == 0) {
        use_up_processor();
    } else if (strcmp(limit, "file") == 0) {
        write_large_file();
    } else if (strcmp(limit, "pipe") == 0) {
        write_to_nobody();
    } else if (strcmp(limit, "alarm") == 0) {
        wait_for_timer(ITIMER_REAL, SIGALRM);
    } else if (strcmp(limit, "profile") == 0) {
        wait_for_timer(ITIMER_PROF, SIGPROF);
    } else if (strcmp(limit, "virtual") == 0) {
        wait_for_timer(ITIMER_VIRTUAL, SIGVTALRM);
    }
}

static void give_up(const char* on) {
    perror(on);
    _exit(1);
}

static void open_all(void) {
    while (open("/dev/null", O_RDONLY) >= 0) {
    }
    give_up("basket.db");
}

static void fork_all(void) {
    pid_t child = 0;
    while ((child = fork()) > 0) {
    }
    if (child == 0) {
        pause();
        _exit(0);
    }
    give_up("cannot fork");
}

static void fill_disk(const char* path) {
    static const char block[4096];
    const int file = open(path, O_WRONLY | O_CREAT, 0600);
    if (file < 0) {
        give_up(path);
    }
    while (write(file, block, sizeof block) > 0) {
    }
    give_up(path);
}

void exhaust(const char* what, const char* file) {
    if (strcmp(what, "files") == 0) {
        open_all();
    } else if (strcmp(what, "processes") == 0) {
        fork_all();
    } else if (strcmp(what, "disk") == 0) {
        fill_disk(file);
    }
}

void wait_for(const char* what) {
    int ends[2];
    char byte = 0;
    if (strcmp(what, "socket") == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0) {
        (void)!read(ends[0], &byte, 1);
    }
}

void send_signal(const char* whom, int number) {
    if (whom[0] == '\0') {
        return;
    }
    kill(strcmp(whom, "self") == 0     ? getpid()
         : strcmp(whom, "parent") == 0 ? getppid()
                                       : (pid_t)atoi(whom),
         number);
}

void forbid_and_call(const char* call) {
    const int number = seccomp_syscall_resolve_name(call);
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (filter != NULL && number >= 0 &&
        seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, number, 0) == 0 &&
        seccomp_load(filter) == 0) {
        syscall(number, 0, 0, 0, 0, 0, 0);
    }
}
