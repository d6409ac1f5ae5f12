/* Child processes: their output, errors and deadlines, and a pipeline of three.
 *
 *     cc -I.. 44_subprocess.c -o subprocess && ./subprocess
 *
 * Options:  ./subprocess [MB to send through the pipeline; 100 unless said]
 * It prints, with 100:
 *
 *     hello from a child, which ended with 3
 *     wc counted 12
 *     no-such-program: No such file or directory
 *     sleep took too long: ended by signal 9
 *     104857600 bytes through cat, gzip and gunzip: all there, codes 0 0 0
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const hello[] = {"sh", "-c", "echo hello from a child; exit 3", NULL};
static const char *const wc[] = {"wc", "-c", NULL};
static const char *const missing[] = {"no-such-program", NULL};
static const char *const sleeper[] = {"sleep", "3600", NULL};
static const char *const cat[] = {"cat", NULL};
static const char *const gzip[] = {"gzip", "-c1", NULL};
static const char *const gunzip[] = {"gzip", "-dc", NULL};
static const async_process_options piped = {ASYNC_PIPE, ASYNC_PIPE, 0, NULL, NULL, false, false};

/* Input and output at the same time: no pipe that is full holds up the other. */
ASYNC(void, talk, args(const char *const *argv, const char *input, async_output *output),
      vars(async_process p), awaits(async_process_communicate))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_process, &self->p, self->argv, &piped) {
        AWAIT(async_process_communicate, &self->p, self->input, strlen(self->input), self->output,
              NULL);
    }
    if (self->p.returncode)
        printf("%.*s, which ended with %d\n", (int)self->output->size - 1, self->output->data,
               self->p.returncode);
    ASYNC_END
}

/* The block's end waits for the child; left by an error or a cancel it kills it first. */
ASYNC(void, too_long, vars(async_process p; async_timeout limit; int error))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        ASYNC_WITH(async_timeout, &self->limit, ASYNC_MS(50)) {
            ASYNC_WITH(async_process, &self->p, sleeper, NULL) {
                AWAIT(async_process_wait, &self->p);
            }
        }
    }
    ASYNC_CATCH(self->error) {
        printf("sleep took too long: ended by signal %d\n", -self->p.returncode);
    }
    ASYNC_END
}

/* ---- the pipeline ---- */

struct sum {
    unsigned long long bytes, hash;
};
static void add(struct sum *sum, const char *data, size_t size)
{
    size_t i;
    for (i = 0; i < size; i++) sum->hash = sum->hash * 31 + (unsigned char)data[i];
    sum->bytes += size;
}

/* Something that is neither trivial nor random. */
ASYNC(void, produce, args(int *to, long mb, struct sum *sum), vars(long i; size_t k),
      raw(char data[65536]))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < self->mb * 16; self->i++) {
        for (self->k = 0; self->k < sizeof self->data; self->k++)
            self->data[self->k] = (char)((unsigned long)self->i + self->k / 7);
        add(self->sum, self->data, sizeof self->data);
        AWAIT(async_write_all, *self->to, self->data, sizeof self->data);
    }
    async_close_pipe(self->to);
    ASYNC_END
}
ASYNC(void, copy, args(const int *from, int *to), vars(ptrdiff_t n), raw(char data[65536]))
{
    ASYNC_BEGIN
    for (;;) {
        AWAIT_TO(self->n, async_read, *self->from, self->data, sizeof self->data);
        if (self->n == 0) break;
        AWAIT(async_write_all, *self->to, self->data, (size_t)self->n);
    }
    async_close_pipe(self->to); /* the next one sees the end */
    ASYNC_END
}
ASYNC(void, consume, args(const int *from, struct sum *sum), vars(ptrdiff_t n),
      raw(char data[65536]))
{
    ASYNC_BEGIN
    do {
        AWAIT_TO(self->n, async_read, *self->from, self->data, sizeof self->data);
        add(self->sum, self->data, (size_t)self->n);
    } while (self->n);
    ASYNC_END
}
ASYNC(void, pipeline, args(long mb),
      vars(async_process a; async_process b; async_process c; struct sum sent; struct sum got),
      tasks(produce first, copy second, copy third, consume last))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_process, &self->a, cat, &piped) {
        ASYNC_WITH(async_process, &self->b, gzip, &piped) {
            ASYNC_WITH(async_process, &self->c, gunzip, &piped) {
                ASYNC_SPAWN(&self->first, produce, &self->a.in, self->mb, &self->sent);
                ASYNC_SPAWN(&self->second, copy, &self->a.out, &self->b.in);
                ASYNC_SPAWN(&self->third, copy, &self->b.out, &self->c.in);
                ASYNC_SPAWN(&self->last, consume, &self->c.out, &self->got);
                AWAIT(async_gather,
                      ASYNC_TASKS(&self->first, &self->second, &self->third, &self->last));
            }
        }
    }
    printf("%llu bytes through cat, gzip and gunzip: %s, codes %d %d %d\n", self->got.bytes,
           self->sent.hash == self->got.hash && self->sent.bytes == self->got.bytes ? "all there"
                                                                                    : "damaged",
           self->a.returncode, self->b.returncode, self->c.returncode);
    ASYNC_END
}

ASYNC(void, amain, args(long mb), vars(async_output output; int error; async_process p),
      raw(char text[100]), awaits(talk, too_long, pipeline))
{
    ASYNC_BEGIN
    self->output.data = self->text;
    self->output.room = sizeof self->text;
    AWAIT(talk, hello, "", &self->output);
    AWAIT(talk, wc, "twelve bytes", &self->output);
    printf("wc counted %d\n", atoi(self->text));

    self->error = async_process_spawn(&self->p, missing, NULL); /* exec's own error */
    printf("%s: %s\n", missing[0], async_strerror(self->error));

    AWAIT(too_long);
    AWAIT(pipeline, self->mb);
    ASYNC_END
}

int main(int argc, char **argv)
{
    return ASYNC_RUN(amain, argc > 1 ? atol(argv[1]) : 100);
}
