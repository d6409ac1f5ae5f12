/* Files: opened, written, synced and read in threads, line by line, while the loop goes on.
 *
 *     cc -I.. -pthread 45_files.c -o files && ./files
 *
 * Output:
 *     a clock ticks meanwhile
 *     the file has 38 bytes
 *     1: first line
 *     2: second line
 *     3: no newline here
 *     in the folder: notes.txt
 *     notes.bak: No such file or directory
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char text[] = "first line\nsecond line\nno newline here";

ASYNC(void, clock_, vars(int i))
{
    ASYNC_BEGIN
    for (self->i = 0;; self->i++) {
        if (self->i == 0) printf("a clock ticks meanwhile\n");
        AWAIT(async_sleep, ASYNC_MS(1));
    }
    ASYNC_END
}

ASYNC(void, write_notes, vars(async_file f; ptrdiff_t n; struct stat s))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_file, &self->f, "notes.txt", O_WRONLY | O_CREAT | O_TRUNC, 0600) {
        AWAIT_TO(self->n, async_file_write, &self->f, text, sizeof text - 1);
        AWAIT(async_file_sync, &self->f); /* it is on the disk */
        AWAIT(async_file_stat, &self->f, &self->s);
        printf("the file has %d bytes\n", (int)self->s.st_size);
    }
    ASYNC_END
}

ASYNC(void, read_notes, vars(async_file f; struct async_lines lines; async_bytes line; int number),
      raw(char buffer[256]))
{
    ASYNC_BEGIN
    ASYNC_WITH(async_file, &self->f, "notes.txt", O_RDONLY, 0) {
        ASYNC_FOR(self->line, &self->lines, async_lines, &self->f, self->buffer,
                  sizeof self->buffer) {
            printf("%d: %s%s", ++self->number, self->line.data,
                   self->line.data[self->line.size - 1] == '\n' ? "" : "\n");
        }
    }
    ASYNC_END
}

ASYNC(void, amain, vars(struct async_directory folder; const char *name; struct stat s; int error),
      tasks(clock_ ticker), awaits(write_notes, read_notes))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->ticker, clock_);
    AWAIT(write_notes);
    AWAIT(read_notes);
    ASYNC_FOR(self->name, &self->folder, async_directory, ".") {
        printf("in the folder: %s\n", self->name);
    }
    AWAIT_ERR(self->error, async_stat, "notes.bak", &self->s);
    printf("notes.bak: %s\n", async_strerror(self->error));
    ASYNC_END
}

int main(void)
{
    char folder[] = "/tmp/asyncc-files-XXXXXX";
    int status;
    if (!mkdtemp(folder) || chdir(folder) < 0) return 1;
    status = ASYNC_RUN(amain);
    (void)unlink("notes.txt");
    (void)rmdir(folder);
    return status;
}
