/* Five at once, one at a time: what a lock is for.
 *
 * Output:
 *     Resource before modification: 0
 *     Resource after modification: 1
 *     Resource before modification: 1
 *     Resource after modification: 2
 *     Resource before modification: 2
 *     Resource after modification: 3
 *     Resource before modification: 3
 *     Resource after modification: 4
 *     Resource before modification: 4
 *     Resource after modification: 5
 */
#include "seed.h"

static async_lock lock;
static int shared_resource;

ASYNC(void, modify_shared_resource)
{
    ASYNC_BEGIN
    ASYNC_WITH(async_lock, &lock) {
        printf("Resource before modification: %d\n", shared_resource);
        shared_resource++;
        printf("Resource after modification: %d\n", shared_resource);
    }
    ASYNC_END
}

ASYNC(void, amain, tasks(modify_shared_resource t[5]))
{
    int i;
    ASYNC_BEGIN
    for (i = 0; i < 5; i++) ASYNC_SPAWN(&self->t[i], modify_shared_resource);
    AWAIT(async_gather, ASYNC_TASK_ARRAY(self->t));
    ASYNC_END
}

int main(void)
{
    return ASYNC_RUN(amain);
}
