/* A group: results right after the block; and one that fails has its sibling cancelled.
 *
 * Output:
 *     Received results Data fetched for Task 1
 *     Received results Data fetched for Task 2
 *     group failed 1 sibling cancelled True
 *     elapsed 1.5
 */
#include "seed.h"

struct data {
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

ASYNC(void, fail)
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(500));
    ASYNC_RAISE(-EINVAL, "fail");
    ASYNC_END
}

ASYNC(void, amain, vars(async_group tg; struct data data; int error; int failed),
      tasks(fetch_data t[3], fail fails))
{
    int i;
    async_task *task;
    ASYNC_BEGIN
    seconds();
    ASYNC_WITH(async_group, &self->tg) {
        ASYNC_SPAWN_IN(&self->tg, &self->t[0], fetch_data, "Task 1");
        ASYNC_SPAWN_IN(&self->tg, &self->t[1], fetch_data, "Task 2");
    }
    for (i = 0; i < 2; i++) {
        self->data = ASYNC_RESULT(&self->t[i]);
        printf("Received results %s\n", self->data.text);
    }
    ASYNC_TRY {
        ASYNC_WITH(async_group, &self->tg) {
            ASYNC_SPAWN_IN(&self->tg, &self->t[2], fetch_data, "Task 3");
            ASYNC_SPAWN_IN(&self->tg, &self->fails, fail);
        }
    }
    ASYNC_CATCH(self->error) {
        for (task = async_group_failed(&self->tg); task; task = async_group_next_failed(task))
            self->failed++;
        printf("group failed %d sibling cancelled %s\n", self->failed,
               async_task_cancelled(&self->t[2].task) ? "True" : "False");
    }
    seconds();
    ASYNC_END
}

int main(void)
{
    int status = ASYNC_RUN(amain);
    printf("elapsed %.1f\n", seconds());
    return status;
}
