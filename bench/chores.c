/* The same chores as a blocking program does them, one after the other, and as asyncc does, all at
 * once; for `make bench-commands`.
 *
 *   chores make N FOLDER                      writes N files to copy, 256 kB each
 *   chores files blocking|jobs|blocks N FOLDER
 *       copies each file and hashes what it copies. jobs: the blocking function, a thread's job for
 *       each file. blocks: async_file, which gives threads a block at a time.
 *   chores children blocking|asyncc N COMMAND...
 *       runs the command N times
 *
 * They print what they found: the same, whoever did it. */
#define _GNU_SOURCE 1
#define ASYNCC_IMPLEMENTATION
#include "../asyncc.h"
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIZE = 256 * 1024, BLOCK = 64 * 1024, MOST = 1000 };
extern char **environ;

static const char *folder;
static int count;

static uint64_t hash(uint64_t h, const char *data, size_t n)
{
    size_t i;
    for (i = 0; i < n; i++) h = (h ^ (unsigned char)data[i]) * 1099511628211u;
    return h;
}
static void names(char *from, char *to, size_t size, int i)
{
    (void)snprintf(from, size, "%s/%d.from", folder, i);
    (void)snprintf(to, size, "%s/%d.to", folder, i);
}

/* --- files --- */

struct copy {
    int number;
    uint64_t hash;
};
static int copy_file(void *arg)
{
    struct copy *c = (struct copy *)arg;
    char from[512], to[512], data[BLOCK];
    int in, out;
    ssize_t n;
    names(from, to, sizeof from, c->number);
    in = open(from, O_RDONLY | O_CLOEXEC);
    out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (in < 0 || out < 0) return -errno;
    while ((n = read(in, data, sizeof data)) > 0) {
        c->hash = hash(c->hash, data, (size_t)n);
        if (write(out, data, (size_t)n) != n) return -EIO;
    }
    (void)close(in);
    (void)close(out);
    return n < 0 ? -errno : 0;
}
static struct copy copies[MOST];

ASYNC(void, copy_by_job, args(struct copy *c), vars(int done))
{
    ASYNC_BEGIN
    AWAIT_TO(self->done, async_to_thread, copy_file, self->c);
    ASYNC_END
}
ASYNC(void, copy_by_blocks, args(struct copy *c),
      vars(async_file in; async_file out; ptrdiff_t n; ptrdiff_t written),
      raw(char from[512]; char to[512]; char data[BLOCK]))
{
    ASYNC_BEGIN
    names(self->from, self->to, sizeof self->from, self->c->number);
    ASYNC_WITH(async_file, &self->in, self->from, O_RDONLY, 0) {
        ASYNC_WITH(async_file, &self->out, self->to, O_WRONLY | O_CREAT | O_TRUNC, 0600) {
            for (;;) {
                AWAIT_TO(self->n, async_file_read, &self->in, self->data, sizeof self->data);
                if (self->n == 0) break;
                self->c->hash = hash(self->c->hash, self->data, (size_t)self->n);
                AWAIT_TO(self->written, async_file_write, &self->out, self->data, (size_t)self->n);
                if (self->written != self->n) ASYNC_RAISE(-EIO);
            }
        }
    }
    ASYNC_END
}
static ASYNC_TASK(copy_by_job) by_job[MOST];
static ASYNC_TASK(copy_by_blocks) by_blocks[MOST];
ASYNC(void, copy_all, args(bool blocks), vars(int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < count; self->i++)
        if (self->blocks) ASYNC_SPAWN(&by_blocks[self->i], copy_by_blocks, &copies[self->i]);
        else ASYNC_SPAWN(&by_job[self->i], copy_by_job, &copies[self->i]);
    if (self->blocks) AWAIT(async_gather, ASYNC_TASK_SLICE(by_blocks, (size_t)count));
    else AWAIT(async_gather, ASYNC_TASK_SLICE(by_job, (size_t)count));
    ASYNC_END
}
static int copy_files(const char *how)
{
    uint64_t all = 0;
    int i, err = 0;
    for (i = 0; i < count; i++) copies[i].number = i;
    if (strcmp(how, "blocking") != 0) err = ASYNC_RUN(copy_all, strcmp(how, "blocks") == 0);
    else
        for (i = 0; i < count && !err; i++) err = copy_file(&copies[i]);
    for (i = 0; i < count; i++) all = all * 31 + copies[i].hash;
    printf("%d files, hash %016llx\n", count, (unsigned long long)all);
    return err;
}
static int make_files(void)
{
    static char data[SIZE];
    char from[512], to[512];
    uint64_t seed = 1;
    int i, out;
    size_t k;
    for (i = 0; i < count; i++) {
        for (k = 0; k < sizeof data; k++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            data[k] = (char)(seed >> 56);
        }
        names(from, to, sizeof from, i);
        out = open(from, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (out < 0 || write(out, data, sizeof data) != (ssize_t)sizeof data || close(out) < 0)
            return -errno;
    }
    return 0;
}

/* --- children --- */

static char **command;
static int ended_well;

ASYNC(void, child, vars(async_process p; int code))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_process, &self->p, (const char *const *)command, NULL) {
        AWAIT_TO(self->code, async_process_wait, &self->p);
    }
    ended_well += self->code == 0;
    ASYNC_END
}
static ASYNC_TASK(child) children[MOST];
ASYNC(void, run_all, vars(int i))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < count; self->i++) ASYNC_SPAWN(&children[self->i], child);
    AWAIT(async_gather, ASYNC_TASK_SLICE(children, (size_t)count));
    ASYNC_END
}
static int run_children(const char *how)
{
    int i, err = 0;
    if (strcmp(how, "blocking") != 0) err = ASYNC_RUN(run_all);
    else
        for (i = 0; i < count && !err; i++) {
            pid_t pid;
            int status = 0;
            err = -posix_spawnp(&pid, command[0], NULL, NULL, command, environ);
            if (!err && waitpid(pid, &status, 0) == pid) ended_well += status == 0;
        }
    printf("%d children, %d ended well\n", count, ended_well);
    return err || ended_well != count;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "make") == 0) {
        count = atoi(argv[2]);
        folder = argv[3];
        return count <= MOST ? make_files() != 0 : 2;
    }
    if (argc < 5 || (count = atoi(argv[3])) < 1 || count > MOST) return 2;
    folder = argv[4];
    command = argv + 4;
    return (strcmp(argv[1], "files") == 0 ? copy_files(argv[2]) : run_children(argv[2])) != 0;
}
