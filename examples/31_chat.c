/* A chat server: a line goes to everybody else; who reads too slowly is dropped, not waited for.
 *
 *     cc -I.. 31_chat.c -o chat && ./chat
 *
 * Try it:   nc 127.0.0.1 7001      in two terminals or more; /nick ada, /who, /quit
 * Options:  ./chat [address]
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <ctype.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    LINE_BYTES = 512,     /* the longest line a member may send */
    OUT_BYTES = 32768,    /* what may wait here for a member who does not read ... */
    KERNEL_BYTES = 65536, /* ... and in the system, which else would take megabytes */
    NICK_BYTES = 16
};

/* One who is connected. Lines for a member are put into `out`, which never waits; the member's
 * writer sends them on. */
struct member {
    struct member *next, **link;
    int fd;
    char nick[NICK_BYTES + 1];
    char *out;
    size_t out_size;
    async_future more; /* what an idle writer waits for */
    bool leaving;      /* the writer ends when all is sent */
};

struct room {
    struct member *first;
    int listener;
    int guests; /* how many names were given out */
    bool stopping;
};

/* Both directions end, so the member's tasks see the end of the stream and an error. */
static void drop(struct member *m)
{
    m->out_size = 0;
    m->leaving = true;
    (void)async_shutdown(m->fd, SHUT_RDWR);
}

#define PRINTF(n) __attribute__((format(printf, n, n + 1)))

PRINTF(2) static void tell(struct member *m, const char *format, ...)
{
    va_list args;
    size_t room = OUT_BYTES - m->out_size;
    int n;
    if (m->leaving) return;
    va_start(args, format);
    n = vsnprintf(m->out + m->out_size, room, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= room) {
        printf("%s does not read and is dropped\n", m->nick);
        drop(m);
    } else {
        m->out_size += (size_t)n;
    }
    (void)async_future_set(&m->more);
}

PRINTF(3)
static void tell_others(struct room *room, const struct member *from, const char *format, ...)
{
    char text[LINE_BYTES + 64];
    struct member *m;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (m = room->first; m; m = m->next)
        if (m != from) tell(m, "%s", text);
}

static bool nick_is_free(const struct room *room, const char *nick)
{
    const struct member *m;
    size_t i, n = strlen(nick);
    if (n == 0 || n > NICK_BYTES) return false;
    for (i = 0; i < n; i++)
        if (!isalnum((unsigned char)nick[i]) && !strchr("_-", nick[i])) return false;
    for (m = room->first; m; m = m->next)
        if (strcmp(m->nick, nick) == 0) return false;
    return true;
}

/* A line without its end. False: the member wants to leave. */
static bool handle_line(struct room *room, struct member *from, const char *line)
{
    if (strncmp(line, "/nick ", 6) == 0) {
        if (!nick_is_free(room, line + 6)) {
            tell(from, "* this name is taken, too long, or not of letters, digits, - and _\n");
            return true;
        }
        tell_others(room, NULL, "* %s is now %s\n", from->nick, line + 6);
        (void)snprintf(from->nick, sizeof from->nick, "%s", line + 6);
    } else if (strcmp(line, "/who") == 0) {
        const struct member *m;
        for (m = room->first; m; m = m->next) tell(from, "* %s\n", m->nick);
    } else if (strcmp(line, "/quit") == 0) {
        tell(from, "* bye\n");
        return false;
    } else if (line[0] == '/') {
        tell(from, "* there are /nick NAME, /who and /quit\n");
    } else if (line[0]) {
        tell_others(room, from, "%s: %s\n", from->nick, line);
    }
    return true;
}

/* Handles the whole lines at the start of `in` and moves the rest there. How much that is. */
static size_t handle_lines(struct room *room, struct member *m, char *in, size_t size)
{
    char *line = in, *end, *p;
    while (!m->leaving && (end = (char *)memchr(line, '\n', size - (size_t)(line - in)))) {
        *end = 0;
        if (end > line && end[-1] == '\r') end[-1] = 0;
        for (p = line; *p; p++) /* nobody is to write into other people's terminals */
            if (iscntrl((unsigned char)*p)) *p = '?';
        if (!handle_line(room, m, line)) m->leaving = true;
        line = end + 1;
    }
    size -= (size_t)(line - in);
    memmove(in, line, size);
    if (size == LINE_BYTES && !m->leaving) {
        tell(m, "* a line may have %d bytes\n", LINE_BYTES - 1);
        m->leaving = true;
    }
    return size;
}

/* Sends what collects in `out`. It ends when the member leaves or cannot be reached. */
ASYNC(void, writer, args(struct member *m), vars(ptrdiff_t n; int error))
{
    struct member *const m = self->m; /* this line runs at every resume */
    ASYNC_BEGIN
    for (;;) {
        while (m->out_size == 0) {
            if (m->leaving) ASYNC_RETURN();
            memset(&m->more, 0, sizeof m->more); /* pending again */
            AWAIT(async_future_wait, &m->more);
        }
        AWAIT_TO_ERR(self->n, self->error, async_write, m->fd, m->out, m->out_size);
        if (self->error) {
            drop(m);
            ASYNC_RETURN();
        }
        if (m->out_size) { /* not dropped meanwhile */
            m->out_size -= (size_t)self->n;
            memmove(m->out, m->out + self->n, m->out_size);
        }
    }
    ASYNC_END
}

/* One member: joins, reads lines, leaves. Errors stay in here: in a group of equals a failing task
 * would have all others cancelled. */
ASYNC(void, chat, args(struct room *room, int fd),
      vars(struct member m; ptrdiff_t n; size_t in_size; int error), tasks(writer out),
      raw(char in[LINE_BYTES]; char out_buffer[OUT_BYTES]))
{
    struct member *const m = &self->m;
    int kernel_bytes = KERNEL_BYTES;
    ASYNC_BEGIN
    m->fd = self->fd;
    (void)setsockopt(m->fd, SOL_SOCKET, SO_SNDBUF, &kernel_bytes, sizeof kernel_bytes);
    m->out = self->out_buffer;
    (void)snprintf(m->nick, sizeof m->nick, "guest%d", ++self->room->guests);
    m->link = &self->room->first;
    m->next = self->room->first;
    if (m->next) m->next->link = &m->next;
    self->room->first = m;
    ASYNC_DO {
        ASYNC_SPAWN(&self->out, writer, m);
        tell(m, "* welcome, %s\n", m->nick);
        tell_others(self->room, m, "* %s is here\n", m->nick);
        while (!m->leaving) {
            AWAIT_TO_ERR(self->n, self->error, async_read, m->fd, self->in + self->in_size,
                         sizeof self->in - self->in_size);
            if (self->error || self->n == 0) break;
            self->in_size += (size_t)self->n;
            self->in_size = handle_lines(self->room, m, self->in, self->in_size);
            AWAIT(async_sleep, ASYNC_MS(0)); /* the writers' turn, before more is read */
        }
        m->leaving = true; /* what is still on its way gets a second */
        (void)async_future_set(&m->more);
        AWAIT_ERR(self->error, async_wait_for, &self->out.task, ASYNC_SEC(1));
    }
    ASYNC_FINALLY {
        (void)async_task_cancel(&self->out.task); /* it uses the descriptor: its end comes first */
        AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->out));
        *m->link = m->next;
        if (m->next) m->next->link = m->link;
        (void)async_close(m->fd);
        tell_others(self->room, m, "* %s has left\n", m->nick);
    }
    ASYNC_END
}

/* Everybody is told and leaves by the usual way; no new members come. */
ASYNC(void, stop_on_signal, args(struct room *room), vars(async_signal stop))
{
    struct member *m;
    ASYNC_BEGIN
    ASYNC_WITH(async_signal, &self->stop, ASYNC_SIGNALS(SIGINT, SIGTERM)) {
        AWAIT(async_signal_wait, &self->stop);
    }
    self->room->stopping = true;
    tell_others(self->room, NULL, "* the server stops\n");
    for (m = self->room->first; m; m = m->next) (void)async_shutdown(m->fd, SHUT_RD);
    (void)async_close(self->room->listener); /* ends the wait in async_accept */
    ASYNC_END
}

ASYNC(void, amain, args(const char *address),
      vars(struct room room; int fd; int error; async_address bound; char text[128];
           async_group members),
      tasks(stop_on_signal stopper))
{
    struct room *const room = &self->room;
    ASYNC_BEGIN
    ASYNC_SPAWN_EAGER(&self->stopper, stop_on_signal, room);
    room->listener = async_listen(self->address, 0);
    if (room->listener < 0) ASYNC_RAISE(room->listener, "cannot listen on that address");
    if (async_local_address(room->listener, &self->bound) == 0)
        printf("listening on %s\n", async_address_format(&self->bound, self->text, 128));
    fflush(stdout);

    ASYNC_WITH(async_group, &self->members) { /* its end waits until the last one has left */
        for (;;) {
            AWAIT_TO_ERR(self->fd, self->error, async_accept, room->listener, NULL);
            if (self->error) break;
            if (!ASYNC_SPAWN_NEW_IN_EAGER(&self->members, chat, room, self->fd))
                (void)async_close(self->fd); /* no memory */
        }
        if (!room->stopping) ASYNC_RAISE(self->error, "accept");
    }
    printf("stopped\n");
    ASYNC_END
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    return ASYNC_RUN(amain, argc > 1 ? argv[1] : "127.0.0.1:7001");
}
