/* A resource of your own whose opening and closing wait; it is closed on an error too.
 *
 *     cc -I.. 09_async_with.c -o async_with && ./async_with
 *
 * Output:
 *     open notes.txt
 *     read from 3
 *     close notes.txt
 *     open broken.txt
 *     close broken.txt, because of: Input/output error
 *     caught: Input/output error
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>

struct reader {
    const char *name;
    int handle;
};

/* `reader` is a pair of coroutines: reader_enter opens ... */
ASYNC(void, reader_enter, args(struct reader *r, const char *name))
{
    ASYNC_BEGIN
    printf("open %s\n", self->name);
    AWAIT(async_sleep, ASYNC_MS(10));
    self->r->name = self->name;
    self->r->handle = 3;
    ASYNC_END
}

/* ... and reader_exit closes. `error` is what ended the block, 0 if nothing did. */
ASYNC(bool, reader_exit, args(struct reader *r, int error))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(10));
    printf("close %s%s%s\n", self->r->name, self->error ? ", because of: " : "",
           self->error ? async_strerror(self->error) : "");
    self->r->handle = -1;
    ASYNC_RETURN(false); /* true would swallow the error */
    ASYNC_END
}

ASYNC(void, amain, vars(struct reader file; int error), awaits(reader_enter, reader_exit))
{
    ASYNC_BEGIN
    ASYNC_WITH(reader, &self->file, "notes.txt") { /* async with reader("notes.txt") as file: */
        printf("read from %d\n", self->file.handle);
    }
    ASYNC_TRY {
        ASYNC_WITH(reader, &self->file, "broken.txt") {
            ASYNC_RAISE(-EIO);
        }
    }
    ASYNC_CATCH(self->error) {
        printf("caught: %s\n", async_strerror(self->error));
    }
    ASYNC_END
}

int main(void)
{
    return ASYNC_RUN(amain);
}
