// SPDX-License-Identifier: MIT
#include "pry.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static int error_of(long answer) {
    return answer < 0 ? errno : 0;
}

// Opens /proc/PID/NAME and reads a byte of it.
static int read_byte(pid_t at, const char* name, off_t offset) {
    char path[64];
    char byte;
    snprintf(path, sizeof path, "/proc/%d/%s", (int)at, name);
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return errno;
    }
    const int error = error_of(pread(file, &byte, 1, offset));
    close(file);
    return error;
}

// An address at which the process has something; where it does not say, one of our own: it is
// refused before that matters.
static uintptr_t address_in(pid_t at) {
    char path[64];
    unsigned long long address = (uintptr_t)&address_in;
    snprintf(path, sizeof path, "/proc/%d/maps", (int)at);
    FILE* maps = fopen(path, "re");
    if (maps != NULL) {
        if (fscanf(maps, "%llx", &address) != 1) {
            address = 0;
        }
        fclose(maps);
    }
    return (uintptr_t)address;
}

static int read_memory(pid_t at) {
    char byte;
    const struct iovec into = {.iov_base = &byte, .iov_len = 1};
    const struct iovec from = {.iov_base = (void*)address_in(at), .iov_len = 1};
    return error_of(process_vm_readv(at, &into, 1, &from, 1, 0));
}

// Its listener.
static int take_descriptor(pid_t at) {
    const int process = (int)syscall(SYS_pidfd_open, at, 0);
    if (process < 0) {
        return errno;
    }
    const int error = error_of(syscall(SYS_pidfd_getfd, process, 0, 0));
    close(process);
    return error;
}

// Of our own number: it stands at the same in each worker of an app.
static int open_page(pid_t at) {
    char path[64];
    const char* number = getenv("RECYCLER_PAGE");
    snprintf(path, sizeof path, "/proc/%d/fd/%s", (int)at, number == NULL ? "-" : number);
    const int page = open(path, O_RDWR | O_CLOEXEC);
    if (page < 0) {
        return errno;
    }
    close(page);
    return 0;
}

static int trace(pid_t at) {
    if (ptrace(PTRACE_ATTACH, at, NULL, NULL) < 0) {
        return errno;
    }
    waitpid(at, NULL, __WALL);
    return error_of(ptrace(PTRACE_DETACH, at, NULL, NULL));
}

// A child of its own, which must obey.
static int end_child(void) {
    const pid_t child = fork();
    if (child == 0) {
        for (;;) {
            pause();
        }
    }
    if (kill(child, SIGKILL) < 0) {
        return errno;
    }
    return error_of(waitpid(child, NULL, 0));
}

// A file from one new folder to another: by its name, and by a second one.
static int move_file(const char* above) {
    char from[300];
    char to[300];
    char file[310];
    char moved[310];
    char linked[310];
    snprintf(from, sizeof from, "%s/from.XXXXXX", above);
    snprintf(to, sizeof to, "%s/to.XXXXXX", above);
    if (mkdtemp(from) == NULL || mkdtemp(to) == NULL) {
        return errno;
    }
    snprintf(file, sizeof file, "%s/file", from);
    snprintf(moved, sizeof moved, "%s/moved", to);
    snprintf(linked, sizeof linked, "%s/linked", from);
    close(open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    int error = error_of(rename(file, moved));
    if (error == 0) {
        error = error_of(link(moved, linked));
    }
    unlink(file);
    unlink(moved);
    unlink(linked);
    rmdir(from);
    rmdir(to);
    return error;
}

static int find(const char* file) {
    return error_of(access(file, F_OK));
}

int pry(const char* word, pid_t at, const char* file) {
    if (strcmp(word, "memory") == 0) {
        return read_byte(at, "mem", (off_t)address_in(at));
    }
    if (strcmp(word, "environ") == 0 || strcmp(word, "maps") == 0) {
        return read_byte(at, word, 0);
    }
    return strcmp(word, "readv") == 0        ? read_memory(at)
           : strcmp(word, "descriptor") == 0 ? take_descriptor(at)
           : strcmp(word, "page") == 0       ? open_page(at)
           : strcmp(word, "trace") == 0      ? trace(at)
           : strcmp(word, "signal") == 0     ? error_of(kill(at, 0))
           : strcmp(word, "kill") == 0       ? error_of(kill(at, SIGKILL))
           : strcmp(word, "own-child") == 0  ? end_child()
           : strcmp(word, "move") == 0       ? move_file(file)
           : strcmp(word, "find") == 0       ? find(file)
                                             : ENOSYS;
}

int keep_in_shm(const char* file, long kib) {
    char path[300];
    char block[1024];
    snprintf(path, sizeof path, "/dev/shm/%s", file);
    memset(block, 'm', sizeof block);
    const int kept = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (kept < 0) {
        return errno;
    }
    int error = 0;
    for (long i = 0; i < kib && error == 0; ++i) {
        error = error_of(write(kept, block, sizeof block));
    }
    close(kept);
    return error;
}
