/* Names, looked up in a thread: nothing is cut, nothing blocks the loop, nothing is left behind. */
#include "sockets.h"

#include <netdb.h>
#include <semaphore.h>

/* --- a resolver of the test's own --- */

static sem_t begun, go_on;
static char asked[400];
static int no_such_name(const char *name, const char *service, const struct addrinfo *hints,
                        struct addrinfo **list)
{
    (void)service, (void)hints, (void)list;
    snprintf(asked, sizeof asked, "%s", name);
    return EAI_NONAME;
}
/* Takes until it is told to go on. */
static int slow(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **list)
{
    (void)name;
    sem_post(&begun);
    while (sem_wait(&go_on) < 0) {}
    return getaddrinfo("127.0.0.1", service, hints, list);
}
/* Two addresses, at the first of which nobody is. */
static int two(const char *name, const char *service, const struct addrinfo *hints,
               struct addrinfo **list)
{
    int err = getaddrinfo("127.0.0.99", service, hints, list);
    CHECK_STR(name, "two.test");
    return err ? err : getaddrinfo("127.0.0.1", service, hints, &(*list)->ai_next);
}

ASYNC(void, looks_up, args(const char *name), vars(struct addrinfo *list))
{
    ASYNC_BEGIN
    AWAIT_TO(self->list, async_getaddrinfo, self->name, "80", NULL);
    seam_freeaddrinfo(self->list);
    trace("found\n");
    ASYNC_END
}

ASYNC(void, finds,
      vars(struct addrinfo *list; struct addrinfo hints; async_address a; char text[128]))
{
    ASYNC_BEGIN
    self->hints.ai_family = AF_INET;
    self->hints.ai_socktype = SOCK_STREAM;
    self->hints.ai_flags = AI_NUMERICHOST;
    AWAIT_TO(self->list, async_getaddrinfo, "127.0.0.1", "81", &self->hints);
    CHECK(self->list && !self->list->ai_next);
    self->a.length = self->list->ai_addrlen;
    memcpy(&self->a.storage, self->list->ai_addr, self->a.length);
    seam_freeaddrinfo(self->list);
    CHECK_STR(async_address_format(&self->a, self->text, sizeof self->text), "127.0.0.1:81");
    ASYNC_END
}
TEST(getaddrinfo_by_the_rules_of_its_manual)
{
    note_what_is_open();
    CHECK_INT(run_real(finds), 0);
    check_nothing_left();
}

/* Names as long as they come: the resolver sees all of them, or nothing. */
ASYNC(void, long_names, vars(async_stream s; int err; struct addrinfo * list; char name[320]))
{
    ASYNC_BEGIN
    seam_names = no_such_name;
    memset(self->name, 'n', 300);
    AWAIT_TO_ERR(self->list, self->err, async_getaddrinfo, self->name, NULL, NULL);
    CHECK_INT(self->err, -ENAMETOOLONG);
    memcpy(self->name + 300, ":80", 4);
    AWAIT_ERR(self->err, async_open_connection, &self->s, self->name);
    CHECK_INT(self->err, -ENAMETOOLONG);
    CHECK_STR(asked, "");
    self->name[255] = 0;
    AWAIT_TO_ERR(self->list, self->err, async_getaddrinfo, self->name, NULL, NULL);
    CHECK_INT(self->err, ASYNC_EAI(EAI_NONAME));
    CHECK_STR(asked, self->name);
    memcpy(self->name + 255, ":80", 4);
    AWAIT_ERR(self->err, async_open_connection, &self->s, self->name);
    CHECK_INT(self->err, ASYNC_EAI(EAI_NONAME));
    CHECK_INT(strlen(asked), 255);
    CHECK_STR(async_strerror(self->err), gai_strerror(EAI_NONAME));
    ASYNC_END
}
TEST(F44_a_long_name_is_an_error_and_never_cut)
{
    note_what_is_open();
    CHECK_INT(run_real(long_names), 0);
    check_nothing_left();
}

/* A cancel does not wait for the resolver; one that is still in the queue never asks it. */
ASYNC(void, gives_up, args(async_pool *pool), tasks(looks_up a, looks_up b))
{
    ASYNC_BEGIN
    seam_names = slow;
    CHECK_INT(async_loop_set_default_executor(async_get_running_loop(), self->pool), 0);
    ASYNC_SPAWN(&self->a, looks_up, "a.test");
    ASYNC_SPAWN(&self->b, looks_up, "b.test");
    AWAIT(async_sleep, ASYNC_MS(1)); /* the loop goes on */
    while (sem_wait(&begun) < 0) {}
    async_task_cancel(&self->a.task);
    async_task_cancel(&self->b.task);
    AWAIT(async_gather_return_exceptions, ASYNC_TASKS(&self->a, &self->b));
    CHECK(async_task_cancelled(&self->a.task) && async_task_cancelled(&self->b.task));
    ASYNC_END
}
TEST(F44_a_cancelled_lookup_ends_at_once)
{
    static async_pool pool;
    async_pool_options one;
    memset(&one, 0, sizeof one);
    one.size = 1;
    sem_init(&begun, 0, 0);
    sem_init(&go_on, 0, 0);
    note_what_is_open();
    CHECK_INT(async_pool_init(&pool, &one), 0);
    CHECK_INT(run_real(gives_up, &pool), 0);
    CHECK(seam_blocks > 0); /* the thread still has it */
    sem_post(&go_on);
    async_pool_close(&pool);
    check_nothing_left();
    CHECK_INT(seam_of_getaddrinfo.count, 1);
    CHECK_TRACE("");
}

ASYNC(void, names_of, vars(async_address a; char host[64]; char service[16]; int err))
{
    ASYNC_BEGIN
    CHECK_INT(async_address_parse(&self->a, "127.0.0.1:4711"), 0);
    AWAIT(async_getnameinfo, &self->a, self->host, sizeof self->host, self->service,
          sizeof self->service, NI_NUMERICHOST | NI_NUMERICSERV);
    CHECK_STR(self->host, "127.0.0.1");
    CHECK_STR(self->service, "4711");
    memcpy(self->host, "as before", 10);
    AWAIT_ERR(self->err, async_getnameinfo, &self->a, self->host, 9, self->service, 5,
              NI_NUMERICHOST | NI_NUMERICSERV); /* one byte short */
    CHECK_INT(self->err, ASYNC_EAI(EAI_OVERFLOW));
    CHECK_STR(self->host, "as before");
    AWAIT(async_getnameinfo, &self->a, NULL, 0, self->service, 5, NI_NUMERICSERV);
    CHECK_STR(self->service, "4711");
    seam_of_getnameinfo.times = 1;
    seam_of_getnameinfo.error = EMFILE;
    AWAIT_ERR(self->err, async_getnameinfo, &self->a, self->host, 64, NULL, 0, NI_NUMERICHOST);
    CHECK_INT(self->err, -EMFILE);
    ASYNC_END
}
TEST(getnameinfo_gives_names_whole_or_not_at_all)
{
    note_what_is_open();
    CHECK_INT(run_real(names_of), 0);
    check_nothing_left();
}

ASYNC(void, greets, args(async_stream *s))
{
    ASYNC_BEGIN
    CHECK_INT(async_stream_write(self->s, "hello\n", 6), 0);
    ASYNC_END
}
ASYNC(void, by_name,
      vars(async_server server; async_stream s; async_bytes line; async_address a; char at[64];
           int err))
{
    ASYNC_BEGIN
    CHECK_INT(ASYNC_START_SERVER(&self->server, "127.0.0.1:0", greets), 0);
    ASYNC_WITH(async_server, &self->server) {
        CHECK_INT(async_local_address(self->server.fd, &self->a), 0);
        snprintf(self->at, sizeof self->at, "two.test:%d",
                 ntohs(((struct sockaddr_in *)(void *)&self->a.storage)->sin_port));
        seam_names = two;
        AWAIT(async_open_connection, &self->s, self->at);
        ASYNC_WITH(async_stream, &self->s) {
            AWAIT_TO(self->line, async_stream_readline, &self->s);
            CHECK_INT(self->line.size, 6);
        }
    }
    AWAIT_ERR(self->err, async_open_connection, &self->s, self->at);
    CHECK_INT(self->err, -ECONNREFUSED);
    seam_names = NULL;
    AWAIT_ERR(self->err, async_open_connection, &self->s, "localhost:nosuchservice");
    CHECK(self->err == ASYNC_EAI(EAI_SERVICE) || self->err == ASYNC_EAI(EAI_NONAME));
    seam_of_getaddrinfo.count = 0;
    AWAIT_ERR(self->err, async_open_connection, &self->s, "127.0.0.1:99999");
    CHECK_INT(self->err, -EINVAL);
    AWAIT_ERR(self->err, async_open_connection, &self->s, "localhost:65536"); /* not cut to 0 */
    CHECK_INT(self->err, -EINVAL);
    AWAIT_ERR(self->err, async_open_connection, &self->s, "localhost:");
    CHECK_INT(self->err, -EINVAL);
    AWAIT_ERR(self->err, async_open_connection, &self->s, "1.2.3.4.5:80");
    CHECK_INT(self->err, -EINVAL);
    AWAIT_ERR(self->err, async_open_connection, &self->s, NULL);
    CHECK_INT(self->err, -EINVAL);
    CHECK_INT(seam_of_getaddrinfo.count, 0);
    ASYNC_END
}
TEST(ST1_open_connection_by_name_tries_all_addresses)
{
    note_what_is_open();
    CHECK_INT(run_real(by_name), 0);
    check_nothing_left();
}
