/* A file that is opened, read and closed in threads, and is closed also after an error.
 *
 * Output:
 *     line 1
 *     line 2
 *     closed 1
 *     line 1
 *     line 2
 *     error Protocol error closed 1
 */
#include "seed.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the threads use has to outlive them: not in a frame. */
static struct reader {
    char name[64], text[100];
    FILE *file;
} reader;

static int open_it(void *arg)
{
    struct reader *r = (struct reader *)arg;
    r->file = fopen(r->name, "r");
    return r->file ? 0 : -errno;
}
static int close_it(void *arg)
{
    struct reader *r = (struct reader *)arg;
    int err = fclose(r->file) ? -errno : 0;
    r->file = NULL;
    return err;
}
static int read_it(void *arg)
{
    struct reader *r = (struct reader *)arg;
    size_t n = fread(r->text, 1, sizeof r->text - 1, r->file);
    r->text[n] = 0;
    return (int)n;
}

ASYNC(void, reader_enter, args(struct reader *r))
{
    ASYNC_BEGIN
    AWAIT(async_to_thread, open_it, self->r);
    ASYNC_END
}
ASYNC(bool, reader_exit, args(struct reader *r, int error))
{
    ASYNC_BEGIN
    AWAIT(async_to_thread, close_it, self->r);
    ASYNC_RETURN(false);
    ASYNC_END
}

ASYNC(void, read_file, args(struct reader *r, bool fail), awaits(reader_enter, reader_exit))
{
    ASYNC_BEGIN
    ASYNC_WITH(reader, self->r) {
        AWAIT(async_to_thread, read_it, self->r);
        printf("%s", self->r->text);
        if (self->fail) ASYNC_RAISE(-EPROTO);
    }
    ASYNC_END
}

ASYNC(void, amain, vars(int err), awaits(read_file))
{
    ASYNC_BEGIN
    AWAIT(read_file, &reader, false);
    printf("closed %d\n", reader.file == NULL);
    AWAIT_ERR(self->err, read_file, &reader, true);
    printf("error %s closed %d\n", async_strerror(self->err), reader.file == NULL);
    ASYNC_END
}

int main(void)
{
    FILE *file;
    int fd, err;
    strcpy(reader.name, "seed_XXXXXX");
    fd = mkstemp(reader.name);
    file = fdopen(fd, "w");
    fputs("line 1\nline 2\n", file);
    fclose(file);
    err = ASYNC_RUN(amain);
    unlink(reader.name);
    return err;
}
