/* Results of tasks: gathered from an array, then one by one.
 *
 * Output:
 *     Data fetched for Task 1
 *     Data fetched for Task 2
 *     Data fetched for Task 1
 *     Data fetched for Task 1
 *     elapsed 2.0
 */
#include "seed.h"

struct data { /* by value: a frame must not give away pointers into itself */
    char text[40];
};

ASYNC(struct data, fetch_data, args(const char *name), vars(struct data data))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_SEC(1));
    snprintf(self->data.text, sizeof self->data.text, "Data fetched for %s", self->name);
    ASYNC_RETURN(self->data);
    ASYNC_END
}

ASYNC(void, amain, tasks(fetch_data t[2], fetch_data one, fetch_data two), vars(struct data data))
{
    int i;
    ASYNC_BEGIN
    seconds();
    ASYNC_SPAWN(&self->t[0], fetch_data, "Task 1");
    ASYNC_SPAWN(&self->t[1], fetch_data, "Task 2");
    AWAIT(async_gather, ASYNC_TASK_ARRAY(self->t));
    for (i = 0; i < 2; i++) {
        self->data = ASYNC_RESULT(&self->t[i]);
        printf("%s\n", self->data.text);
    }
    ASYNC_SPAWN(&self->one, fetch_data, "Task 1");
    ASYNC_SPAWN(&self->two, fetch_data, "Task 1");
    AWAIT(async_join, &self->one.task);
    self->data = ASYNC_RESULT(&self->one);
    printf("%s\n", self->data.text);
    AWAIT(async_join, &self->two.task);
    self->data = ASYNC_RESULT(&self->two);
    printf("%s\n", self->data.text);
    seconds();
    ASYNC_END
}

int main(void)
{
    int status = ASYNC_RUN(amain);
    printf("elapsed %.1f\n", seconds());
    return status;
}
