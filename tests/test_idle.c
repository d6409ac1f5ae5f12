/* Many connections that do nothing: what they cost, and that each still works afterwards. One
 * process holds all of one side. IDLE=19000 in the environment for more than a thousand, as
 * `make soak` does. */
#include "sockets.h"

static int i_count; /* connections */
static int i_held, i_served, i_echoed;
static int i_pipe[2]; /* server to client: its port; "all are here" */

/* Resident memory of this process in bytes. */
static double i_memory(void)
{
    long size = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file && fscanf(file, "%ld %ld", &size, &resident) != 2) resident = 0;
    if (file) fclose(file);
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

ASYNC(void, i_echo, args(int fd), vars(ptrdiff_t n), raw(char data[16]))
{
    ASYNC_BEGIN
    i_held++;
    for (;;) {
        AWAIT_TO(self->n, async_read, self->fd, self->data, sizeof self->data);
        if (self->n == 0) break;
        AWAIT(async_write_all, self->fd, self->data, (size_t)self->n);
        i_served++;
    }
    CHECK_INT(async_close(self->fd), 0);
    i_held--;
    ASYNC_END
}
ASYNC(void, i_server,
      vars(int listener; int i; int fd; double before; async_address at; long polls))
{
    ASYNC_BEGIN
    self->listener = async_listen("*:0", 0);
    CHECK_INT(async_local_address(self->listener, &self->at), 0);
    CHECK(write(i_pipe[1], &((struct sockaddr_in *)&self->at.storage)->sin_port, 2) == 2);
    self->before = i_memory();
    for (self->i = 0; self->i < i_count; self->i++) {
        AWAIT_TO(self->fd, async_accept, self->listener, NULL);
        CHECK(ASYNC_SPAWN_NEW_EAGER(i_echo, self->fd) != NULL);
    }
    CHECK_INT(i_held, i_count);
    printf("server: %d connections, %.0f bytes of memory each, %d of them the task\n", i_held,
           (i_memory() - self->before) / i_count, (int)sizeof(ASYNC_TASK(i_echo)));
    fflush(stdout);
    AWAIT(async_sleep, ASYNC_MS(100)); /* what each has to say when it is new has been heard */
    self->polls = seam_polls();
    AWAIT(async_sleep, ASYNC_MS(100));
    CHECK(seam_polls() - self->polls <= 3); /* idle is idle */
    CHECK(write(i_pipe[1], "!", 1) == 1);
    while (i_held) AWAIT(async_sleep, ASYNC_MS(1));
    CHECK_INT(i_served, i_count);
    CHECK_INT(async_close(self->listener), 0);
    ASYNC_END
}

static async_future i_gate;
ASYNC(void, i_client, args(int fd), vars(ptrdiff_t n; char c))
{
    ASYNC_BEGIN
    AWAIT(async_future_wait, &i_gate);
    AWAIT(async_write_all, self->fd, "x", 1);
    AWAIT_TO(self->n, async_read, self->fd, &self->c, 1);
    CHECK(self->n == 1 && self->c == 'x');
    CHECK_INT(async_close(self->fd), 0);
    i_echoed++;
    ASYNC_END
}
/* Several addresses of loopback's: more connections than one has ports for. */
ASYNC(void, i_clients, args(int port), vars(int i; int fd; char c; char text[32]))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < i_count; self->i++) {
        snprintf(self->text, sizeof self->text, "127.0.0.%d:%d", 1 + self->i / 10000, self->port);
        AWAIT_TO(self->fd, async_connect, self->text);
        CHECK(ASYNC_SPAWN_NEW_EAGER(i_client, self->fd) != NULL);
    }
    AWAIT(async_wait_readable, i_pipe[0]);
    CHECK(read(i_pipe[0], &self->c, 1) == 1);
    CHECK_INT(async_future_set(&i_gate), 0);
    while (i_echoed < i_count) AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_END
}

TEST(idle_connections)
{
    struct rlimit limit;
    uint16_t port;
    pid_t server;
    int status;
    test_time_limit(120);
    i_count = getenv("IDLE") ? atoi(getenv("IDLE")) : 1000;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = limit.rlim_max;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    if (limit.rlim_cur < (rlim_t)i_count + 50) SKIP("RLIMIT_NOFILE is too low");
    CHECK(pipe(i_pipe) == 0);
    server = fork();
    if (server == 0) {
        note_what_is_open();
        CHECK_INT(run_real(i_server), 0);
        check_nothing_left();
        _exit(0);
    }
    CHECK(read(i_pipe[0], &port, 2) == 2);
    note_what_is_open();
    CHECK_INT(run_real(i_clients, ntohs(port)), 0);
    check_nothing_left();
    CHECK(waitpid(server, &status, 0) == server && status == 0);
    printf("client: each of %d echoed after that\n", i_echoed);
}
