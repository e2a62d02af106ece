// SPDX-License-Identifier: MIT
// Answers, then overwrites its whole recorder page, found through RECYCLER_PAGE, with rubbish:
// another kind for each request.
#include "raw_fastcgi.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned char* page;
static size_t page_size;

static void map_page(void) {
    const char* number = getenv("RECYCLER_PAGE");
    struct stat status;
    if (number != NULL && fstat(atoi(number), &status) == 0) {
        void* at =
            mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, atoi(number), 0);
        page = at == MAP_FAILED ? NULL : at;
        page_size = (size_t)status.st_size;
    }
}

// The first kinds spare the header, so that the rows themselves must be doubted.
static void scribble(unsigned turn) {
    const size_t first = turn % 4 < 3 ? 512 : 0;
    for (size_t i = first; page != NULL && i < page_size; ++i) {
        const unsigned char kinds[] = {0xff, (unsigned char)rand(), (unsigned char)(i % 8 == 0),
                                       (unsigned char)rand()};
        page[i] = kinds[turn % 4];
    }
}

int main(void) {
    map_page();
    for (unsigned turn = 0;; ++turn) {
        const int fd = accept(0, NULL, NULL);
        static struct raw_request request;
        memset(&request, 0, sizeof request);
        for (ssize_t got = 1; got > 0 && !request.complete; raw_examine(&request)) {
            got = read(fd, request.bytes + request.size, sizeof request.bytes - request.size);
            request.size += got > 0 ? (size_t)got : 0;
        }
        unsigned char bytes[1024];
        const size_t size = raw_answer(&request, bytes);
        if (send(fd, bytes, size, MSG_NOSIGNAL) != (ssize_t)size) {
            return 1;
        }
        scribble(turn);
        close(fd);
    }
}
