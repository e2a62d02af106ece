// SPDX-License-Identifier: MIT
#include "called.h"

#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct call {
    unsigned arch;
    int number;
    unsigned long arguments[6];
};

static struct call read_call(const char* order) {
    struct call call = {.arch = SCMP_ARCH_NATIVE};
    const char* name = order;
    if (strncmp(order, "i386/", 5) == 0) {
        call.arch = SCMP_ARCH_X86;
        name += 5;
    } else if (strncmp(order, "x32/", 4) == 0) {
        call.arch = SCMP_ARCH_X32;
        name += 4;
    }
    char copy[96];
    snprintf(copy, sizeof copy, "%s", name);
    char* rest = NULL;
    const char* word = strtok_r(copy, ":", &rest);
    call.number = word == NULL ? -1 : seccomp_syscall_resolve_name_arch(call.arch, word);
    for (int i = 0; i < 6 && (word = strtok_r(NULL, ":", &rest)) != NULL; ++i) {
        call.arguments[i] = strtoul(word, NULL, 0);
    }
    return call;
}

int call_by_name(const char* order) {
    const struct call call = read_call(order);
    const unsigned long* with = call.arguments;
#ifdef __x86_64__
    if (call.arch == SCMP_ARCH_X86) {
        long answer;
        __asm__ volatile("int $0x80"
                         : "=a"(answer)
                         : "a"((long)call.number), "b"(with[0]), "c"(with[1]), "d"(with[2])
                         : "memory", "r8", "r9", "r10", "r11");
        return answer < 0 ? (int)-answer : 0;
    }
#endif
    return syscall(call.number, with[0], with[1], with[2], with[3], with[4], with[5]) < 0 ? errno
                                                                                          : 0;
}
