/* Coroutines that are declared in a header and defined in another file: awaited, spawned, run and
 * iterated over. tests/two_files.sh also links C with C++, and files of two compilers. */
#include "test.h"

#include "part_two_files.h"

ASYNC(int, near_by, vars(int x; int v; int e; struct pair p; struct remote_count gen),
      tasks(remote_add t), awaits(remote_add, remote_pair, remote_fails))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, remote_add, 20, 22);
    AWAIT_TO(self->x, remote_add, 1, 2);
    trace("%d ", self->x);
    AWAIT_TO(self->p, remote_pair, 3, 4, "text");
    trace("%d %d ", self->p.a, (int)self->p.b);
    AWAIT_ERR(self->e, remote_fails);
    trace("%d ", self->e == -EPROTO);
    ASYNC_FOR(self->v, &self->gen, remote_count, 3) trace("%d ", self->v);
    AWAIT(async_join, &self->t.task);
    ASYNC_RETURN(ASYNC_RESULT(&self->t));
    ASYNC_END
}

TEST(across_files)
{
    int r = 0;
    CHECK_INT(run_virtual_to(r, near_by), 0);
    CHECK_INT(r, 42);
    CHECK_TRACE("3 7 116 1 0 1 2 ");
    CHECK_INT(ASYNC_RUN_TO(r, remote_add, 5, 6), 0);
    CHECK_INT(r, 11);
    CHECK_INT(ASYNC_RUN(remote_fails), 1);
    CHECK_PRINTED("part_two_files.c");
    CHECK_PRINTED("from afar");
}

TEST(frames_look_the_same_from_both)
{
    static const unsigned here[] = {PART_LAYOUTS};
    size_t i;
    for (i = 0; i < sizeof here / sizeof here[0]; i++) CHECK_INT(here[i], remote_layout[i]);
}
