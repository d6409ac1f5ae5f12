/* What a request costs an echo server in CPU time: echo_load CONNECTIONS ROUNDS LIMIT OTHER...
 * LIMIT and the others are programs that print `listening on 127.0.0.1:PORT` and stop at SIGTERM;
 * "program argument" is split at the blank. They take turns. In one turn every connection sends
 * 64 bytes and waits until it has them back, over and over; what the server's process has used,
 * from its start to its end, is divided by the number of requests. */
#define _GNU_SOURCE 1
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TURNS = 9, MOST = 8, BYTES = 64 };

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void load(int port, int connections, long rounds)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    struct epoll_event e = {.events = EPOLLIN}, events[256];
    int poll = epoll_create1(0), i, n, on = 1;
    long left = rounds * connections, sent = connections;
    char data[BYTES] = "x";
    int *fds = malloc((size_t)connections * sizeof *fds);
    to.sin_port = htons((unsigned short)port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (i = 0; i < connections; i++) {
        fds[i] = e.data.fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(e.data.fd, (struct sockaddr *)&to, sizeof to) < 0) die("connect");
        (void)setsockopt(e.data.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (epoll_ctl(poll, EPOLL_CTL_ADD, e.data.fd, &e) < 0) die("epoll_ctl");
    }
    for (i = 0; i < connections; i++)
        if (send(fds[i], data, BYTES, 0) != BYTES) die("send");
    while (left) {
        n = epoll_wait(poll, events, 256, 5000);
        if (n <= 0) die("no answer");
        for (i = 0; i < n; i++) {
            if (recv(events[i].data.fd, data, BYTES, MSG_WAITALL) != BYTES) die("recv");
            left--;
            if (sent < rounds * connections) {
                sent++;
                if (send(events[i].data.fd, data, BYTES, 0) != BYTES) die("send");
            }
        }
    }
    for (i = 0; i < connections; i++) (void)close(fds[i]);
    (void)close(poll);
    free(fds);
}

/* CPU nanoseconds a request. */
static double turn(const char *program, int connections, long rounds)
{
    char text[256], *argument;
    struct rusage used;
    int out[2], port = 0, status;
    FILE *in;
    pid_t pid;
    (void)snprintf(text, sizeof text, "%s", program);
    if ((argument = strchr(text, ' '))) *argument++ = 0;
    if (pipe(out) < 0) die("pipe");
    pid = fork();
    if (pid == 0) {
        (void)dup2(out[1], 1);
        execl(text, text, argument, (char *)NULL);
        _exit(127);
    }
    (void)close(out[1]);
    in = fdopen(out[0], "r");
    if (!in || fscanf(in, "listening on 127.0.0.1:%d", &port) != 1) die(program);
    load(port, connections, rounds);
    (void)kill(pid, SIGTERM);
    if (wait4(pid, &status, 0, &used) != pid) die("wait4");
    fclose(in);
    return ((double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e9 +
            (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e3) /
           (double)(rounds * connections);
}

int main(int argc, char **argv)
{
    static double ns[MOST][TURNS], ratio[MOST][TURNS];
    int i, j, connections = argc > 3 ? atoi(argv[1]) : 0;
    long rounds = argc > 3 ? atol(argv[2]) : 0;
    if (connections < 1 || rounds < 1 || argc - 3 > MOST) {
        fprintf(stderr, "usage: echo_load connections rounds limit other...\n");
        return 2;
    }
    for (j = 0; j < TURNS; j++)
        for (i = 0; i < argc - 3; i++) {
            ns[i][j] = turn(argv[3 + i], connections, rounds);
            ratio[i][j] = ns[i][j] / ns[0][j];
        }
    printf("server CPU (user + system) a request, %d connections, medians of %d turns\n",
           connections, TURNS);
    for (i = 0; i < argc - 3; i++) {
        qsort(ns[i], TURNS, sizeof ns[i][0], by_value);
        qsort(ratio[i], TURNS, sizeof ratio[i][0], by_value);
        printf("  %-40s %6.0f ns  x %.3f\n", argv[3 + i], ns[i][TURNS / 2], ratio[i][TURNS / 2]);
    }
    return 0;
}
