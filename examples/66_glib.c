/* GLib's main loop drives the tasks: a source of its own that watches one descriptor and the next
 * deadline. GTK programs run this way.
 *
 * Needs: glib-2.0
 *
 *     cc -I.. 66_glib.c $(pkg-config --cflags --libs glib-2.0) -o glib && ./glib
 *
 * Output:
 *     a byte comes: x
 *     glib's own timer
 *     slept
 *     over
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <glib.h>
#include <stdio.h>

/* --- the bridge --- */

struct source {
    GSource source;
    async_loop *loop;
};

/* How long glib may wait: until the next deadline, in milliseconds rounded up; -1: for ever. */
static gboolean prepare(GSource *source, gint *timeout)
{
    async_loop *loop = ((struct source *)source)->loop;
    async_time at = async_loop_next_deadline(loop), left = at - async_loop_time(loop);
    *timeout = at == INT64_MAX ? -1 : left <= 0 ? 0 : (gint)((left + 999999) / 1000000);
    return *timeout == 0;
}
static gboolean dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
    int err = async_loop_tick(((struct source *)source)->loop);
    (void)callback, (void)data;
    return err == 0 || err == -EBUSY; /* a task that runs glib's loop gets no tick of its own */
}
/* The descriptor wakes glib; then, as after the timeout, there is something to do. */
static gboolean check(GSource *source)
{
    gint timeout;
    async_loop *loop = ((struct source *)source)->loop;
    GPollFD ask = {async_loop_fd(loop), G_IO_IN, 0};
    return prepare(source, &timeout) || g_poll(&ask, 1, 0) > 0;
}
static GSource *attach(async_loop *loop)
{
    static GSourceFuncs functions = {prepare, check, dispatch, NULL, NULL, NULL};
    GSource *source = g_source_new(&functions, sizeof(struct source));
    ((struct source *)source)->loop = loop;
    g_source_add_unix_fd(source, async_loop_fd(loop), G_IO_IN);
    g_source_attach(source, NULL);
    return source;
}

/* --- a program --- */

static GMainLoop *gtk;
static int ends[2];

ASYNC(void, reads, vars(char c; ptrdiff_t n))
{
    ASYNC_BEGIN
    AWAIT_TO(self->n, async_read, ends[0], &self->c, 1);
    printf("a byte comes: %c\n", self->c);
    ASYNC_END
}
ASYNC(void, amain, tasks(reads r))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->r, reads);
    AWAIT(async_sleep, ASYNC_MS(20));
    if (write(ends[1], "x", 1) != 1) ASYNC_RAISE(-EIO);
    AWAIT_TASK(&self->r);
    AWAIT(async_sleep, ASYNC_MS(60));
    printf("slept\n");
    g_main_loop_quit(gtk);
    ASYNC_END
}
static gboolean on_timer(gpointer data)
{
    (void)data;
    printf("glib's own timer\n");
    return G_SOURCE_REMOVE;
}

int main(void)
{
    static ASYNC_TASK(amain) main_task;
    async_loop loop;
    async_options options = {.virtual_clock = false};
    GSource *source;
    if (async_loop_init(&loop, &options) || pipe(ends) || async_adopt(ends[0])) return 1;
    ASYNC_SPAWN_ON(&loop, &main_task, amain);
    gtk = g_main_loop_new(NULL, FALSE);
    source = attach(&loop);
    g_timeout_add(50, on_timer, NULL);
    g_main_loop_run(gtk);

    g_source_destroy(source);
    g_source_unref(source);
    g_main_loop_unref(gtk);
    (void)async_loop_shutdown(&loop);
    printf("over\n");
    (void)async_close(ends[0]);
    return async_loop_close(&loop);
}
