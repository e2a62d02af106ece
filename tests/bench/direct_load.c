// SPDX-License-Identifier: MIT
// direct_load PORT MILLISECONDS SCRIPT: asks the FastCGI worker on 127.0.0.1:PORT one request after
// another, each on a connection of its own and with a number that the answer must repeat. Prints
// {"requests":N,"wrong":N,"seconds":S,"p50_us":N}.
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { k_begin = 1, k_params = 4, k_stdin = 5, k_most = 1 << 20 };

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static size_t put_record(unsigned char* at, int type, const void* body, size_t length) {
    const unsigned char header[8] = {
        1, (unsigned char)type, 0, 1, (unsigned char)(length >> 8), (unsigned char)length, 0, 0};
    memcpy(at, header, sizeof header);
    memcpy(at + sizeof header, body, length);
    return sizeof header + length;
}

static size_t put_pair(unsigned char* at, const char* name, const char* value) {
    const size_t name_length = strlen(name), value_length = strlen(value);
    if (name_length > 127 || value_length > 127) {
        abort();
    }
    at[0] = (unsigned char)name_length;
    at[1] = (unsigned char)value_length;
    memcpy(at + 2, name, name_length);
    memcpy(at + 2 + name_length, value, value_length);
    return 2 + name_length + value_length;
}

static size_t make_request(unsigned char* bytes, const char* script, const char* nonce) {
    unsigned char params[1024];
    char query[64], uri[256];
    snprintf(query, sizeof query, "nonce=%s", nonce);
    snprintf(uri, sizeof uri, "/app?%s", query);
    const char* const pairs[][2] = {
        {"REQUEST_METHOD", "GET"},   {"QUERY_STRING", query},          {"REQUEST_URI", uri},
        {"SCRIPT_NAME", "/app"},     {"SERVER_PROTOCOL", "HTTP/1.1"},  {"CONTENT_LENGTH", "0"},
        {"SCRIPT_FILENAME", script}, {"GATEWAY_INTERFACE", "CGI/1.1"}, {"REDIRECT_STATUS", "200"}};
    size_t size = 0;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; ++i) {
        size += put_pair(params + size, pairs[i][0], pairs[i][1]);
    }
    const unsigned char begin[8] = {0, 1};
    size_t at = put_record(bytes, k_begin, begin, sizeof begin);
    at += put_record(bytes + at, k_params, params, size);
    at += put_record(bytes + at, k_params, "", 0);
    return at + put_record(bytes + at, k_stdin, "", 0);
}

// Whether the answer came and repeats the nonce.
static int ask(uint16_t port, const char* script, const char* nonce) {
    unsigned char bytes[2048];
    char answer[65536], wanted[64];
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons(port),
                                        .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const size_t size = make_request(bytes, script, nonce);
    size_t got = 0;
    if (connect(fd, (const struct sockaddr*)&address, sizeof address) == 0 &&
        send(fd, bytes, size, MSG_NOSIGNAL) == (ssize_t)size) {
        ssize_t piece = 0;
        while (got < sizeof answer - 1 &&
               (piece = recv(fd, answer + got, sizeof answer - 1 - got, 0)) > 0) {
            got += (size_t)piece;
        }
    }
    close(fd);
    snprintf(wanted, sizeof wanted, "end=%s\n", nonce);
    return memmem(answer, got, wanted, strlen(wanted)) != NULL;
}

static int by_value(const void* left, const void* right) {
    const uint32_t a = *(const uint32_t*)left, b = *(const uint32_t*)right;
    return a < b ? -1 : a > b;
}

int main(int argc, char** argv) {
    static uint32_t times[k_most]; // nanoseconds
    if (argc != 4) {
        return 64;
    }
    const uint16_t port = (uint16_t)strtoul(argv[1], NULL, 10);
    const int64_t begun = now_ns(), until = begun + strtol(argv[2], NULL, 10) * 1000000;
    size_t asked = 0, wrong = 0;
    int64_t at = begun;
    while (at < until && asked < k_most) {
        char nonce[32];
        snprintf(nonce, sizeof nonce, "%zu.%d", asked, (int)getpid());
        wrong += ask(port, argv[3], nonce) ? 0 : 1;
        const int64_t after = now_ns();
        times[asked++] = (uint32_t)(after - at);
        at = after;
    }
    qsort(times, asked, sizeof *times, by_value);
    printf("{\"requests\":%zu,\"wrong\":%zu,\"seconds\":%.6f,\"p50_us\":%.1f}\n", asked, wrong,
           (double)(at - begun) / 1e9, times[asked / 2] / 1e3);
    return 0;
}
