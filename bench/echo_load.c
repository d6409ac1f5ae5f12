/* What a request costs a server in CPU time. Servers take turns; in a turn one is started, every
 * connection sends a request and waits for the whole answer, over and over, and what the server's
 * process uses meanwhile, all its threads, is divided by the number of requests. Start and
 * connecting are not counted. The first server is the limit: the ratio of another is the median
 * over the turns of its cost by the limit's in that turn.
 *
 *   echo_load [options] NAME[+MS]=COMMAND...      a command prints `listening on 127.0.0.1:PORT`
 *
 *   MS         how long it is warmed up (50): who compiles while it runs needs more
 *   -c N       connections that are at work (50)          -i N   others that say nothing (0)
 *   -t MS      how long a turn measures (150)             -r N   turns (9)
 *   -2         the client gets a core of its own, the servers another; else all share one
 *   -h         requests are HTTP, GET /; else 64 bytes, and the same 64 are the answer
 *   -o FILE    appends rows: workload,cores,connections,idle,server,ratio,ns,p50 us,p99 us
 *   -n N       one turn of N requests for one server, nothing printed: for hyperfine */
#define _GNU_SOURCE 1
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TURNS_MOST = 31, SERVERS_MOST = 16, LATENCIES = 1 << 18 };
static const char hello[] = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

static int connections = 50, idle, turn_ms = 150, turns = 9;
static bool http, two_cores;
static long requests; /* 0: as many as there is time for */

struct turn {
    double ns, p50, p99;
};

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}
static int by_time(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}
static void die(const char *what)
{
    perror(what);
    exit(1);
}
static int64_t now(clockid_t clock)
{
    struct timespec t;
    if (clock_gettime(clock, &t) < 0) die("clock_gettime");
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}
static void pin(int core)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)core, &set);
    if (sched_setaffinity(0, sizeof set, &set) < 0) die("a core is missing");
}

static struct connection {
    int fd;
    size_t got;
    int64_t since;
} * all;
static uint32_t latency[LATENCIES];
static size_t answer_size; /* 0: not known yet */

static void ask(struct connection *c)
{
    static const char data[64] = "x";
    size_t size = http ? sizeof hello - 1 : sizeof data;
    c->since = now(CLOCK_MONOTONIC);
    c->got = 0;
    if (send(c->fd, http ? hello : data, size, MSG_NOSIGNAL) != (ssize_t)size) die("send");
}
/* True: that was the last of the answer. All answers of a server are of one size. */
static bool answered(struct connection *c)
{
    static char data[4096];
    ssize_t n = recv(c->fd, data, sizeof data - 1, 0);
    if (n <= 0) die("the server has closed a connection");
    c->got += (size_t)n;
    if (!answer_size && !http) answer_size = 64;
    if (!answer_size) {
        const char *body, *length;
        data[n] = 0;
        body = strstr(data, "\r\n\r\n");
        length = strcasestr(data, "\r\ncontent-length:");
        if (!body || !length || strncmp(data, "HTTP/1.1 200", 12) != 0) die("not an answer");
        answer_size = (size_t)(body + 4 - data) + (size_t)atol(length + 17);
    }
    if (c->got > answer_size) die("an answer is too long");
    return c->got == answer_size;
}

/* Until `end`, or `count` answers if that is not 0. How many there were. */
static long talk(int poll, int64_t end, long count, size_t *latencies)
{
    struct epoll_event events[256];
    long done = 0;
    *latencies = 0;
    for (;;) {
        int64_t at;
        int i, n = epoll_wait(poll, events, 256, 5000);
        if (n <= 0) die("no answer");
        at = now(CLOCK_MONOTONIC);
        for (i = 0; i < n; i++) {
            struct connection *c = (struct connection *)events[i].data.ptr;
            if (!answered(c)) continue;
            if (*latencies < LATENCIES) latency[(*latencies)++] = (uint32_t)(at - c->since);
            done++;
            ask(c); /* requests are on their way at the end: nobody waits for these answers */
        }
        if (count ? done >= count : at >= end) return done;
    }
}

static pid_t start(const char *command, int *port)
{
    char text[512], *words[16], *save, *word;
    int out[2], n = 0;
    pid_t pid;
    FILE *in;
    (void)snprintf(text, sizeof text, "%s", command);
    for (word = strtok_r(text, " ", &save); word && n < 15; word = strtok_r(NULL, " ", &save))
        words[n++] = word;
    words[n] = NULL;
    if (pipe(out) < 0) die("pipe");
    pid = fork();
    if (pid == 0) {
        (void)dup2(out[1], 1);
        (void)close(out[0]);
        (void)close(out[1]);
        if (two_cores) pin(0);
        execvp(words[0], words);
        _exit(127);
    }
    (void)close(out[1]);
    in = fdopen(out[0], "r");
    if (!in || fscanf(in, "listening on 127.0.0.1:%d", port) != 1) die(command);
    fclose(in);
    return pid;
}

/* Some servers say that they listen a little too early. */
static int connected(const struct sockaddr_in *to, int patience_ms)
{
    int fd;
    for (;; patience_ms -= 10) {
        fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd >= 0 && connect(fd, (const struct sockaddr *)to, sizeof *to) == 0) return fd;
        if (errno != ECONNREFUSED || patience_ms <= 0) die("connect");
        (void)close(fd);
        (void)usleep(10000);
    }
}
static struct turn turn(const char *command, int warm_up_ms)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    struct linger at_once = {1, 0};
    struct turn result = {0};
    int i, on = 1, port = 0, poll = epoll_create1(0);
    pid_t pid = start(command, &port);
    clockid_t clock;
    int64_t used;
    size_t n;
    long done;
    to.sin_port = htons((unsigned short)port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    answer_size = 0;
    for (i = 0; i < connections + idle; i++) {
        struct connection *c = &all[i];
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
        c->fd = connected(&to, i == 0 ? 5000 : 0);
        (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        (void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        if (i < connections && epoll_ctl(poll, EPOLL_CTL_ADD, c->fd, &e) < 0) die("epoll_ctl");
    }
    for (i = 0; i < connections; i++) ask(&all[i]);
    if (!requests) (void)talk(poll, now(CLOCK_MONOTONIC) + (int64_t)warm_up_ms * 1000000, 0, &n);
    if (clock_getcpuclockid(pid, &clock) != 0) die("clock_getcpuclockid");
    used = now(clock);
    done = talk(poll, now(CLOCK_MONOTONIC) + (int64_t)turn_ms * 1000000, requests, &n);
    result.ns = (double)(now(clock) - used) / (double)done;
    qsort(latency, n, sizeof latency[0], by_time);
    result.p50 = latency[n / 2] / 1e3;
    result.p99 = latency[n * 99 / 100] / 1e3;
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
    for (i = 0; i < connections + idle; i++) (void)close(all[i].fd);
    (void)close(poll);
    return result;
}

int main(int argc, char **argv)
{
    static struct turn t[SERVERS_MOST][TURNS_MOST];
    const char *name[SERVERS_MOST], *command[SERVERS_MOST];
    int i, j, option, count = 0, warm_up[SERVERS_MOST];
    struct rlimit files;
    FILE *csv = NULL;
    while ((option = getopt(argc, argv, "c:i:t:r:n:o:2h")) > 0) {
        if (option == 'c') connections = atoi(optarg);
        else if (option == 'i') idle = atoi(optarg);
        else if (option == 't') turn_ms = atoi(optarg);
        else if (option == 'r') turns = atoi(optarg);
        else if (option == 'n') requests = atol(optarg);
        else if (option == '2') two_cores = true;
        else if (option == 'h') http = true;
        else if (option != 'o') return 2;
        else if (!(csv = fopen(optarg, "a"))) die(optarg);
    }
    for (i = optind; i < argc && count < SERVERS_MOST; i++, count++) {
        char *is = strchr(argv[i], '=');
        command[count] = is ? is + 1 : argv[i];
        name[count] = argv[i];
        if (is) *is = 0;
        warm_up[count] = (is = strchr(argv[i], '+')) ? atoi(is + 1) : 50;
        if (is) *is = 0;
    }
    if (count < 1 || connections < 1 || idle < 0 || turns < 1 || turns > TURNS_MOST) {
        fprintf(stderr, "usage: echo_load [options] name=command...\n");
        return 2;
    }
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    all = (struct connection *)calloc((size_t)(connections + idle), sizeof *all);
    if (!all) die("memory");
    pin(two_cores ? 1 : 0); /* servers inherit it, or choose their own */
    if (requests) {
        (void)turn(command[0], 0);
        return 0;
    }
    for (j = 0; j < turns; j++)
        for (i = 0; i < count; i++) t[i][j] = turn(command[i], warm_up[i]);
    printf("%s, %d connections%s, %s: server CPU a request, medians of %d turns\n",
           http ? "HTTP hello" : "echo", connections, idle ? " and others that idle" : "",
           two_cores ? "a core each" : "one core", turns);
    if (csv && fseek(csv, 0, SEEK_END) == 0 && ftell(csv) == 0)
        fputs("workload,cores,connections,idle,server,ratio,ns,p50,p99\n", csv);
    {
        double ratio[SERVERS_MOST], ns[TURNS_MOST], p50[TURNS_MOST], p99[TURNS_MOST];
        for (i = 0; i < count; i++) {
            double r[TURNS_MOST];
            for (j = 0; j < turns; j++) {
                r[j] = t[i][j].ns / t[0][j].ns;
                ns[j] = t[i][j].ns;
                p50[j] = t[i][j].p50;
                p99[j] = t[i][j].p99;
            }
            qsort(r, (size_t)turns, sizeof r[0], by_value);
            qsort(ns, (size_t)turns, sizeof ns[0], by_value);
            qsort(p50, (size_t)turns, sizeof p50[0], by_value);
            qsort(p99, (size_t)turns, sizeof p99[0], by_value);
            ratio[i] = r[turns / 2];
            printf("  %-12s x %6.3f %8.0f ns   p50 %7.0f us  p99 %7.0f us\n", name[i], ratio[i],
                   ns[turns / 2], p50[turns / 2], p99[turns / 2]);
            if (csv)
                fprintf(csv, "%s,%d,%d,%d,%s,%.3f,%.0f,%.1f,%.1f\n", http ? "http" : "echo",
                        two_cores ? 2 : 1, connections, idle, name[i], ratio[i], ns[turns / 2],
                        p50[turns / 2], p99[turns / 2]);
        }
    }
    return 0;
}
