/* Any type as result, argument and variable; sixteen of each; clauses in any order. */
#include "test.h"

struct point {
    int x, y;
};
struct large {
    char text[100];
    struct point p;
};
typedef int (*operation)(int, int);
typedef int grid[2][3];
enum color { RED, GREEN };

static int add(int a, int b)
{
    return a + b;
}

/* Each gives back what it gets, at once and after a suspension. */
#define ECHO(name, T)                                                                              \
    ASYNC(T, name, args(T value, bool late))                                                       \
    {                                                                                              \
        ASYNC_BEGIN                                                                                \
        if (self->late) AWAIT(async_sleep, ASYNC_MS(1));                                           \
        ASYNC_RETURN(self->value);                                                                 \
        ASYNC_END                                                                                  \
    }
ECHO(echo_bool, bool)
ECHO(echo_char, char)
ECHO(echo_u64, uint64_t)
ECHO(echo_double, double)
ECHO(echo_pointer, void *)
ECHO(echo_text, const char *)
ECHO(echo_point, struct point)
ECHO(echo_large, struct large)
ECHO(echo_operation, operation)
ECHO(echo_enum, enum color)
ECHO(echo_llong, unsigned long long)

ASYNC(void *, echo_void_pointer,
      args(const void *const *p)) /* a result of type `void *` is none of void */
{
    ASYNC_BEGIN
    ASYNC_RETURN((void *)(uintptr_t)*self->p);
    ASYNC_END
}

ASYNC(int, everything, args(bool late),
      vars(bool b; char c; uint64_t u; double d; void *p; const char *s; struct point pt;
           struct large lg; operation op; enum color e; unsigned long long ll; grid g; int i;
           struct { int in; } anon; unsigned bits : 3),
      raw(char buffer[128]; int (*fn)(int, int)),
      awaits(echo_bool, echo_char, echo_u64, echo_double, echo_pointer, echo_text, echo_point,
             echo_large, echo_operation, echo_enum, echo_llong, echo_void_pointer))
{
    struct large lg;
    ASYNC_BEGIN
    AWAIT_TO(self->b, echo_bool, true, self->late);
    CHECK(self->b);
    AWAIT_TO(self->c, echo_char, 'x', self->late);
    CHECK_INT(self->c, 'x');
    AWAIT_TO(self->u, echo_u64, UINT64_MAX - 1, self->late);
    CHECK(self->u == UINT64_MAX - 1);
    AWAIT_TO(self->d, echo_double, 0.1, self->late);
    CHECK(self->d > 0.0999 && self->d < 0.1001);
    AWAIT_TO(self->p, echo_pointer, &self->i, self->late);
    CHECK(self->p == &self->i);
    AWAIT_TO(self->p, echo_pointer, NULL, self->late);
    CHECK(self->p == NULL);
    AWAIT_TO(self->s, echo_text, "text", self->late);
    CHECK_STR(self->s, "text");
    self->pt.x = 3;
    AWAIT_TO(self->pt, echo_point, self->pt, self->late);
    CHECK_INT(self->pt.x * 10 + self->pt.y, 30);
    memset(&lg, 'a', sizeof lg);
    AWAIT_TO(self->lg, echo_large, lg, self->late);
    CHECK_INT(self->lg.text[99] + self->lg.p.y, 'a' + 0x61616161);
    AWAIT_TO(self->op, echo_operation, add, self->late);
    CHECK_INT(self->op(2, 3), 5);
    AWAIT_TO(self->e, echo_enum, GREEN, self->late);
    CHECK_INT(self->e, GREEN);
    AWAIT_TO(self->ll, echo_llong, 1ull << 63, self->late);
    CHECK(self->ll >> 63 == 1);
    AWAIT_TO(self->g[1][2], echo_char, (char)7, self->late);
    CHECK_INT(self->g[1][2], 7);
    self->fn = self->op;
    snprintf(self->buffer, sizeof self->buffer, "%d", self->fn(40, 2));
    CHECK_STR(self->buffer, "42");
    self->p = &self->anon;
    AWAIT_TO(self->p, echo_void_pointer, (const void *const *)&self->p);
    CHECK(self->p == &self->anon);
    self->bits = 7;
    self->anon.in = 1;
    ASYNC_RETURN(1);
    ASYNC_END
}

TEST(results_arguments_variables)
{
    int r = 0;
    CHECK_INT(run_virtual_to(r, everything, false), 0);
    CHECK_INT(run_virtual_to(r, everything, true), 0);
    CHECK_INT(r, 1);
}

/* --- an initialiser as argument; conversions as in a call --- */

ASYNC(double, converts, args(double d, long l, unsigned char c, const void *p))
{
    ASYNC_BEGIN
    ASYNC_RETURN(self->d + (double)self->l + self->c + (self->p != NULL));
    ASYNC_END
}
ASYNC(double, calls_converts, vars(double d; short s), awaits(converts))
{
    ASYNC_BEGIN
    self->s = 3;
    AWAIT_TO(self->d, converts, 1, self->s, 'a' - 'a' + 2, "p");
    ASYNC_RETURN(self->d);
    ASYNC_END
}

TEST(conversions_of_arguments)
{
    double d = 0;
    CHECK_INT(run_virtual_to(d, calls_converts), 0);
    CHECK(d > 6.99 && d < 7.01);
}

/* --- sixteen arguments, variables, callees and tasks --- */

ASYNC(int, sum16,
      args(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l,
           int m, int n, int o, int p))
{
    ASYNC_BEGIN
    ASYNC_RETURN(self->a + self->b * 2 + self->c + self->d + self->e + self->f + self->g + self->h +
                 self->i + self->j + self->k + self->l + self->m + self->n + self->o +
                 self->p * 16);
    ASYNC_END
}
#define ADDS(name, n)                                                                              \
    ASYNC(int, name, args(int x))                                                                  \
    {                                                                                              \
        ASYNC_BEGIN                                                                                \
        AWAIT(async_sleep, ASYNC_MS(n));                                                           \
        ASYNC_RETURN(self->x + n);                                                                 \
        ASYNC_END                                                                                  \
    }
/* clang-format off */
ADDS(a1, 1)
ADDS(a2, 2)
ADDS(a3, 3)
ADDS(a4, 4) ADDS(a5, 5) ADDS(a6, 6) ADDS(a7, 7) ADDS(a8, 8) ADDS(a9, 9) ADDS(a10, 10) ADDS(a11, 11)
    ADDS(a12, 12) ADDS(a13, 13) ADDS(a14, 14) ADDS(a15, 15)
    /* clang-format on */
    ASYNC(int, sixteen, vars(int x),
          awaits(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, sum16))
{
    ASYNC_BEGIN
    AWAIT_TO(self->x, a1, 0);
    AWAIT_TO(self->x, a2, self->x);
    AWAIT_TO(self->x, a15, self->x);
    AWAIT_TO(self->x, sum16, self->x, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
    ASYNC_RETURN(self->x);
    ASYNC_END
}
ASYNC(int, sixteen_tasks,
      tasks(a1 t1, a2 t2, a3 t3, a4 t4, a5 t5, a6 t6, a7 t7, a8 t8, a9 t9, a10 t10, a11 t11,
            a12 t12, a13 t13, a14 t14, a15 t15, sum16 t16))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t1, a1, 0);
    ASYNC_SPAWN(&self->t15, a15, 0);
    ASYNC_SPAWN(&self->t16, sum16, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
    AWAIT(async_gather, ASYNC_TASKS(&self->t1, &self->t15, &self->t16));
    ASYNC_RETURN(ASYNC_RESULT(&self->t1) + ASYNC_RESULT(&self->t15) + ASYNC_RESULT(&self->t16));
    ASYNC_END
}

TEST(sixteen_of_each)
{
    int r = 0;
    CHECK_INT(run_virtual_to(r, sixteen), 0);
    CHECK_INT(r, 18 + 2 + 13 + 16);
    CHECK_INT(run_virtual_to(r, sixteen_tasks), 0);
    CHECK_INT(r, 1 + 15 + 32);
}

/* --- clauses in any order --- */

ASYNC(int, order1, vars(int v), args(int a), awaits(a1), raw(int r), tasks(a2 t))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, a2, self->a);
    AWAIT_TO(self->v, a1, self->a);
    self->r = self->v;
    AWAIT(async_join, &self->t.task);
    ASYNC_RETURN(self->r + ASYNC_RESULT(&self->t));
    ASYNC_END
}
ASYNC(int, order2, awaits(order1), tasks(order1 t), raw(int r), vars(int v), args(int a))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->t, order1, self->a);
    AWAIT_TO(self->v, order1, self->a);
    self->r = self->v;
    AWAIT(async_join, &self->t.task);
    ASYNC_RETURN(self->r + ASYNC_RESULT(&self->t));
    ASYNC_END
}

TEST(clauses_in_any_order)
{
    int r = 0;
    CHECK_INT(run_virtual_to(r, order2, 10), 0);
    CHECK_INT(r, 46);
}

/* The words of the clauses, and what they might be called, stay the user's. */
ASYNC(int, words, args(int frame, int result),
      vars(int state; int vars; int tasks; int awaits; int raw; int task; int err))
{
    int args;
    ASYNC_BEGIN
    args = self->frame + self->result;
    self->vars = self->tasks = self->awaits = self->raw = self->task = self->err = 1;
    self->state = args;
    AWAIT(async_sleep, ASYNC_MS(1));
    ASYNC_RETURN(self->state + self->vars);
    ASYNC_END
}

TEST(names_are_the_users)
{
    int r = 0;
    CHECK_INT(run_virtual_to(r, words, 1, 2), 0);
    CHECK_INT(r, 4);
}

/* --- the frame is plain memory of a size known to the compiler --- */

ASYNC(void, bare)
{
    ASYNC_BEGIN
    ASYNC_END
}
ASYNC(void, holds_small, awaits(bare), raw(char bytes[1000]))
{
    ASYNC_BEGIN
    AWAIT(bare);
    ASYNC_END
}
ASYNC(void, holds_both, awaits(bare, holds_small))
{
    ASYNC_BEGIN
    AWAIT(bare);
    AWAIT(holds_small);
    ASYNC_END
}

TEST(frames_share_one_union)
{
    CHECK(sizeof(struct holds_both) >= sizeof(struct holds_small) + sizeof(async_frame));
    CHECK(sizeof(struct holds_both) <=
          sizeof(struct holds_small) + sizeof(async_frame) + sizeof(void *));
}

/* Embedded in a struct of the user's; the argument reaches it. */
struct session {
    int id;
    ASYNC_TASK(order1) task;
};
static struct session sessions[3];
ASYNC(int, runs_sessions, vars(int i; int sum))
{
    ASYNC_BEGIN
    for (self->i = 0; self->i < 3; self->i++) {
        sessions[self->i].id = self->i;
        ASYNC_SPAWN(&sessions[self->i].task, order1, self->i);
    }
    for (self->i = 0; self->i < 3; self->i++) {
        AWAIT(async_join, &sessions[self->i].task.task);
        self->sum += ASYNC_RESULT(&sessions[self->i].task);
    }
    ASYNC_RETURN(self->sum);
    ASYNC_END
}

TEST(embedded_in_a_struct)
{
    int r = 0;
    CHECK_INT(run_virtual_to(r, runs_sessions), 0);
    CHECK_INT(r, 3 * 3 + 2 * (0 + 1 + 2));
}

/* --- ASYNC_RUN and ASYNC_RUN_TO with every kind of result --- */

TEST(run_to_gives_the_value)
{
    struct point p = {1, 2}, q = {0, 0};
    const char *s = NULL;
    double d = 0;
    CHECK_INT(ASYNC_RUN_TO(q, echo_point, p, true), 0);
    CHECK_INT(q.x * 10 + q.y, 12);
    CHECK_INT(ASYNC_RUN_TO(s, echo_text, "run", false), 0);
    CHECK_STR(s, "run");
    CHECK_INT(ASYNC_RUN_TO(d, echo_double, 0.5, false), 0);
    CHECK(d > 0.49 && d < 0.51);
    CHECK_INT(ASYNC_RUN(bare), 0);
    CHECK_INT(ASYNC_RUN(echo_bool, true, true), 0);
}
