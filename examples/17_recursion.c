/* A coroutine that calls itself: its frame cannot hold its own, so each takes one from the loop.
 *
 *     cc -I.. 17_recursion.c -o recursion && ./recursion
 *
 * Output:
 *     disk
 *       home
 *         notes (3)
 *         photos (1200)
 *       tmp (40)
 *     together: 1243
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>

struct entry {
    const char *name;
    int size, children; /* those follow it in the table */
    int next;           /* where its next sibling is */
};
static const struct entry disk[] = {
    {"disk", 0, 2, 5},      {"home", 0, 2, 4}, {"notes", 3, 0, 3},
    {"photos", 1200, 0, 4}, {"tmp", 40, 0, 5},
};

ASYNC(int, total, args(int at, int depth),
      vars(int i; int child; int sum; ASYNC_TASK(total) * task))
{
    const struct entry *const entry = &disk[self->at];
    ASYNC_BEGIN
    printf("%*s%s", 2 * self->depth, "", entry->name);
    AWAIT(async_sleep, ASYNC_MS(1)); /* as if it came from far away */
    if (entry->size) printf(" (%d)", entry->size);
    printf("\n");
    self->sum = entry->size;
    self->child = self->at + 1;
    for (self->i = 0; self->i < entry->children; self->i++) {
        self->task = ASYNC_SPAWN_NEW(total, self->child, self->depth + 1);
        if (!self->task) ASYNC_RAISE(-ENOMEM);
        AWAIT(async_join, &self->task->task);
        self->sum += ASYNC_RESULT(self->task); /* its memory is freed at our next AWAIT */
        self->child = disk[self->child].next;
    }
    ASYNC_RETURN(self->sum);
    ASYNC_END
}

int main(void)
{
    int sum = 0, err = ASYNC_RUN_TO(sum, total, 0, 0);
    if (!err) printf("together: %d\n", sum);
    return err != 0;
}
