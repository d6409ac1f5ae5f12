/* Holds many connections to a server, to see what they cost it. One thread, poll().
 *
 *   hold ADDRESS N             opens N connections, makes a request on each, waits for the answer,
 *                              says so, and holds them until its standard input ends; then makes
 *                              a second request on each
 *   hold -s MS ADDRESS N       instead sends a request that is never complete, a byte to each every
 *                              MS milliseconds; says so when all are connected
 *
 * ADDRESS as 127.0.0.1:8080. The last line counts the connections that the server has closed,
 * and those that answered to the second request. */
#define _GNU_SOURCE 1
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    static const char whole[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
                      slow[] = "GET / HTTP/1.1\r\nX: ";
    struct sockaddr_in to = {0};
    struct rlimit files;
    struct pollfd *p;
    char host[64], data[4096];
    unsigned port;
    int i, n, every_ms = 0, answered = 0, closed = 0;
    size_t sent = 0;
    if (argc > 3 && strcmp(argv[1], "-s") == 0) every_ms = atoi(argv[2]), argv += 2, argc -= 2;
    if (argc != 3 || sscanf(argv[1], "%63[0-9.]:%u", host, &port) != 2 || (n = atoi(argv[2])) < 1 ||
        inet_pton(AF_INET, host, &to.sin_addr) != 1) {
        fprintf(stderr, "usage: hold [-s ms] 127.0.0.1:8080 n\n");
        return 2;
    }
    to.sin_family = AF_INET;
    to.sin_port = htons((unsigned short)port);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    signal(SIGPIPE, SIG_IGN);
    p = (struct pollfd *)calloc((size_t)n + 1, sizeof *p);
    if (!p) return 1;
    for (i = 0; i < n; i++) {
        p[i].fd = socket(AF_INET, SOCK_STREAM, 0);
        p[i].events = POLLIN;
        if (p[i].fd < 0 || connect(p[i].fd, (struct sockaddr *)&to, sizeof to) < 0) {
            fprintf(stderr, "hold: connection %d: %s\n", i + 1, strerror(errno));
            return 1;
        }
        if (!every_ms) (void)send(p[i].fd, whole, sizeof whole - 1, 0);
    }
    for (i = 0; i < n && !every_ms; i++) {
        if (recv(p[i].fd, data, sizeof data, 0) > 0) continue;
        fprintf(stderr, "hold: no answer on connection %d\n", i + 1);
        return 1;
    }
    printf("holding %d connections\n", n);
    fflush(stdout);
    p[n].fd = 0;
    p[n].events = POLLIN;
    for (;;) {
        if (poll(p, (nfds_t)n + 1, every_ms ? every_ms : -1) == 0) {
            char c = slow[sent < sizeof slow - 1 ? sent : sizeof slow - 2];
            sent++;
            for (i = 0; i < n; i++)
                if (p[i].fd >= 0) (void)send(p[i].fd, &c, 1, MSG_DONTWAIT);
        }
        if (p[n].revents) break;
        for (i = 0; i < n; i++) {
            if (p[i].fd < 0 || !p[i].revents) continue;
            if (recv(p[i].fd, data, sizeof data, 0) > 0) continue;
            (void)close(p[i].fd);
            p[i].fd = -1;
            closed++;
        }
    }
    for (i = 0; i < n && !every_ms; i++)
        if (p[i].fd >= 0) (void)send(p[i].fd, whole, sizeof whole - 1, 0);
    for (i = 0; i < n && !every_ms; i++)
        if (p[i].fd >= 0 && recv(p[i].fd, data, sizeof data, 0) > 0) answered++;
    printf("closed by the server: %d, answered again: %d\n", closed, answered);
    return 0;
}
