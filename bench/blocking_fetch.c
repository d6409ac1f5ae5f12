/* The baseline of `make demo`: pages fetched one after the other, as a plain program does it, over
 * one connection that is kept.
 *
 *   blocking_fetch [-n TIMES] [-v] http://127.0.0.1:8080/path      -v: a dot for ten pages */
#define _GNU_SOURCE 1
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int connect_to(const char *host, const char *port)
{
    struct addrinfo hints, *found;
    int fd, on = 1;
    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    if (getaddrinfo(host, port, &hints, &found) != 0) return -1;
    fd = socket(found->ai_family, SOCK_STREAM, 0);
    if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) < 0) {
        (void)close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    if (fd >= 0) (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

/* Sends a request and reads the answer: the bytes of its body, or -1. */
static long fetch(FILE *in, int fd, const char *request)
{
    char line[1024];
    long length = -1, left;
    size_t n = strlen(request);
    int status = 0;
    if (write(fd, request, n) != (ssize_t)n) return -1;
    if (!fgets(line, sizeof line, in) || sscanf(line, "HTTP/1.%*d %d", &status) != 1) return -1;
    while (fgets(line, sizeof line, in) && strcmp(line, "\r\n") != 0)
        if (strncasecmp(line, "Content-Length:", 15) == 0) length = atol(line + 15);
    for (left = length; left > 0; left -= (long)n) {
        n = fread(line, 1, left < (long)sizeof line ? (size_t)left : sizeof line, in);
        if (n == 0) return -1;
    }
    return status == 200 ? length : -1;
}

int main(int argc, char **argv)
{
    char host[256], port[16] = "80", path[1024] = "/", request[2048];
    struct timespec begin, end;
    long i, times = 1, ok = 0, bytes = 0, n, ms;
    bool verbose = false;
    int option, fd;
    FILE *in;
    while ((option = getopt(argc, argv, "n:v")) > 0) {
        if (option == 'n') times = atol(optarg);
        else if (option == 'v') verbose = true;
        else return 2;
    }
    if (optind + 1 != argc ||
        sscanf(argv[optind], "http://%255[^:/]:%15[0-9]%1023s", host, port, path) < 1) {
        fprintf(stderr, "usage: %s [-n times] [-v] http://host:port/path\n", argv[0]);
        return 2;
    }
    clock_gettime(CLOCK_MONOTONIC, &begin);
    fd = connect_to(host, port);
    if (fd < 0 || !(in = fdopen(fd, "r"))) {
        perror(argv[optind]);
        return 1;
    }
    (void)snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s:%s\r\n\r\n", path, host,
                   port);
    for (i = 0; i < times && (n = fetch(in, fd, request)) >= 0; i++) {
        ok++;
        bytes += n;
        if (verbose && ok % 10 == 0) fputc('.', stderr);
    }
    if (verbose) fputc('\n', stderr);
    fclose(in);
    clock_gettime(CLOCK_MONOTONIC, &end);
    ms = (end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000;
    printf("%ld pages, %ld failed, %ld bytes, 1 connections, %ld ms\n", ok, times - ok, bytes, ms);
    return ok == times ? 0 : 1;
}
