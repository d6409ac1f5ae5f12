/* A loop for each thread: one accepts, the others serve what it hands them.
 *
 *     cc -I.. -pthread 42_many_loops.c -o many_loops && ./many_loops
 *
 * Output:
 *     loop 0 has served 25
 *     loop 1 has served 25
 *     loop 2 has served 25
 *     loop 3 has served 25
 *     100 clients were content
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOPS = 4, CLIENTS = 100 };

/* A thread with a loop of its own. */
struct worker {
    pthread_t thread;
    async_loop loop;
    async_call stop;
    int served;
};
/* A connection on its way from loop to loop. */
struct parcel {
    async_call call;
    struct worker *to;
    int fd;
};

ASYNC(void, serve, args(struct worker *worker, int fd), vars(char data[64]; ptrdiff_t n))
{
    ASYNC_BEGIN
    ASYNC_DO {
        for (;;) {
            AWAIT_TO(self->n, async_read, self->fd, self->data, sizeof self->data);
            if (self->n == 0) break;
            AWAIT(async_write_all, self->fd, self->data, (size_t)self->n);
        }
        self->worker->served++;
    }
    ASYNC_FINALLY {
        async_close(self->fd);
    }
    ASYNC_END
}

/* Runs in the thread of the worker's loop, which the connection belongs to from now on. */
static int take(void *arg)
{
    struct parcel *p = (struct parcel *)arg;
    int err = async_adopt(p->fd);
    if (!err && !ASYNC_SPAWN_NEW_EAGER(serve, p->to, p->fd)) err = -ENOMEM;
    free(p);
    return err;
}
static int stop(void *loop)
{
    async_loop_stop((async_loop *)loop);
    return 0;
}
static void *work(void *arg)
{
    struct worker *w = (struct worker *)arg;
    async_loop_run_forever(&w->loop);
    async_loop_shutdown(&w->loop);
    async_loop_close(&w->loop);
    return NULL;
}

ASYNC(int, client, args(async_address to), vars(int fd; char data[8]; ptrdiff_t n))
{
    ASYNC_BEGIN
    AWAIT_TO(self->fd, async_connect_to, &self->to);
    AWAIT(async_write_all, self->fd, "hello", 5);
    AWAIT_TO(self->n, async_read, self->fd, self->data, sizeof self->data);
    async_shutdown(self->fd, SHUT_WR);
    AWAIT_TO(self->n, async_read, self->fd, self->data + 5, 3); /* until the server hangs up */
    async_close(self->fd);
    ASYNC_RETURN(!memcmp(self->data, "hello", 5));
    ASYNC_END
}

ASYNC(int, amain, args(struct worker *workers),
      vars(int listener; int fd; int i; int content; async_address at; struct parcel * p),
      tasks(client clients[CLIENTS]))
{
    ASYNC_BEGIN
    self->listener = async_listen("127.0.0.1:0", 0);
    if (self->listener < 0) ASYNC_RAISE(self->listener);
    async_local_address(self->listener, &self->at);
    for (self->i = 0; self->i < CLIENTS; self->i++)
        ASYNC_SPAWN(&self->clients[self->i], client, self->at);
    for (self->i = 0; self->i < CLIENTS; self->i++) {
        AWAIT_TO(self->fd, async_accept, self->listener, NULL);
        self->p = (struct parcel *)calloc(1, sizeof *self->p);
        if (!self->p) ASYNC_RAISE(-ENOMEM);
        self->p->to = &self->workers[self->i % LOOPS];
        self->p->fd = self->fd;
        async_disown(self->fd); /* this loop's no longer */
        async_call_soon_threadsafe(&self->p->to->loop, &self->p->call, take, self->p);
    }
    AWAIT(async_gather, ASYNC_TASK_ARRAY(self->clients));
    async_close(self->listener);
    for (self->i = 0; self->i < CLIENTS; self->i++)
        self->content += ASYNC_RESULT(&self->clients[self->i]);
    ASYNC_RETURN(self->content);
    ASYNC_END
}

int main(void)
{
    static struct worker workers[LOOPS];
    int i, content = 0, err;
    for (i = 0; i < LOOPS; i++) {
        async_loop_init(&workers[i].loop, NULL);
        if (async_loop_keep(&workers[i].loop)) return 1; /* parcels will come */
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0) return 1;
    }
    err = ASYNC_RUN_TO(content, amain, workers);
    for (i = 0; i < LOOPS; i++) {
        async_call_soon_threadsafe(&workers[i].loop, &workers[i].stop, stop, &workers[i].loop);
        pthread_join(workers[i].thread, NULL);
        printf("loop %d has served %d\n", i, workers[i].served);
    }
    printf("%d clients were content\n", content);
    return err != 0;
}
