/* A group waits for all its tasks; when one fails the others are cancelled, and all errors kept.
 *
 *     cc -I.. 06_task_group.c -o task_group && ./task_group
 *
 * Output:
 *     a: copied
 *     b: copied
 *     first group: all copied
 *     d: disk is full
 *     c: cancelled, removing the half-written copy
 *     second group: No space left on device
 *       copy: No space left on device, disk is full
 *       copy: Input/output error, the copy cannot be removed
 *     e was cancelled: yes
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>

ASYNC(void, copy, args(char name, int ms), vars(int error))
{
    ASYNC_BEGIN
    ASYNC_TRY {
        AWAIT(async_sleep, ASYNC_MS(self->ms));
    }
    ASYNC_CATCH_ALL(self->error) {
        if (self->name != 'c') ASYNC_RAISE(self->error);
        printf("c: cancelled, removing the half-written copy\n");
        ASYNC_RAISE(-EIO, "the copy cannot be removed");
    }
    if (self->name == 'd') {
        printf("d: disk is full\n");
        ASYNC_RAISE(-ENOSPC, "disk is full");
    }
    printf("%c: copied\n", self->name);
    ASYNC_END
}

ASYNC(void, amain, vars(async_group group; int error),
      tasks(copy a, copy b, copy c, copy d, copy e))
{
    async_task *failed;
    ASYNC_BEGIN
    ASYNC_WITH(async_group, &self->group) {
        ASYNC_SPAWN_IN(&self->group, &self->a, copy, 'a', 10);
        ASYNC_SPAWN_IN(&self->group, &self->b, copy, 'b', 20);
    }
    printf("first group: all copied\n");

    ASYNC_TRY {
        ASYNC_WITH(async_group, &self->group) {
            ASYNC_SPAWN_IN(&self->group, &self->c, copy, 'c', 60);
            ASYNC_SPAWN_IN(&self->group, &self->d, copy, 'd', 20);
            ASYNC_SPAWN_IN(&self->group, &self->e, copy, 'e', 60);
        }
    }
    ASYNC_CATCH(self->error) { /* the first error; the list has all of them */
        printf("second group: %s\n", async_strerror(self->error));
        for (failed = async_group_failed(&self->group); failed;
             failed = async_group_next_failed(failed))
            printf("  %s: %s, %s\n", async_task_name(failed),
                   async_strerror(async_task_error(failed)), async_task_error_text(failed));
    }
    printf("e was cancelled: %s\n", async_task_cancelled(&self->e.task) ? "yes" : "no");
    ASYNC_END
}

int main(void)
{
    return ASYNC_RUN(amain);
}
