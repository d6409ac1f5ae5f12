/* One level of interp.c's coroutines, included once for each: block_N runs a block, and awaits
 * block_N-1 for the blocks inside it. Defined before: LEVEL.
 */
#if LEVEL == 0
#define ROOM awaits(async_wait, async_wait_for, async_condition_wait, async_queue_put)
#define MORE int none
#else
#if LEVEL == 1
#define BELOW block_0
#elif LEVEL == 2
#define BELOW block_1
#elif LEVEL == 3
#define BELOW block_2
#else
#define BELOW block_3
#endif
#define MANAGER_ENTER CAT(CAT(manager_, LEVEL), _enter)
#define MANAGER_EXIT CAT(CAT(manager_, LEVEL), _exit)
#define GENERATOR CAT(generator_, LEVEL)
#define MANAGER CAT(manager_, LEVEL)
#define MORE struct GENERATOR generator
#define ROOM awaits(BELOW, MANAGER_ENTER, MANAGER_EXIT)

ASYNC(void, MANAGER_ENTER, args(const struct op *op), vars(int ignored), awaits(BELOW))
{
    ASYNC_BEGIN
    AWAIT_TO(self->ignored, BELOW, self->op->blocks[0]);
    ASYNC_END
}
ASYNC(bool, MANAGER_EXIT, args(const struct op *op, int error), vars(int ignored), awaits(BELOW))
{
    char text[32];
    ASYNC_BEGIN
    snprintf(text, sizeof text, "exit %s", self->error ? error_name(self->error) : "ok");
    emit(self->op, text);
    AWAIT_TO(self->ignored, BELOW, self->op->blocks[2]);
    ASYNC_RETURN(self->op->a[0]);
    ASYNC_END
}
ASYNC_GENERATOR(int, GENERATOR, args(const struct op *op), vars(int i; int ret), awaits(BELOW))
{
    ASYNC_BEGIN
    ASYNC_DO {
        for (self->i = 1; self->i < 4; self->i++) {
            AWAIT_TO(self->ret, BELOW, self->op->blocks[0]);
            if (self->ret) ASYNC_RETURN();
            ASYNC_YIELD(self->i);
        }
    }
    ASYNC_FINALLY {
        emit(self->op, "closing");
        AWAIT_TO(self->ret, BELOW, self->op->blocks[2]);
    }
    ASYNC_END
}
#endif

/* Await a nested block; what it returns is returned. */
#define NESTED(n)                                                                                  \
    do {                                                                                           \
        AWAIT_TO(self->ret, BELOW, self->op->blocks[n]);                                           \
        if (self->ret) ASYNC_RETURN(self->ret);                                                    \
    } while (0)
#define A self->op->a
#define KIND self->op->kind

/* The result: what the body is to return, or 0 if the block came to its end. */
ASYNC(int, CAT(block_, LEVEL), args(const struct op *op),
      vars(int err; int caught; int ret; int i; int value; async_task * task; async_task * tasks[8];
           int n; future_of_int * future; async_timeout timeout; async_group group;
           struct async_as_completed each; MORE),
      ROOM)
{
    ASYNC_BEGIN
    for (; self->op; self->op = self->op->next) {
        self->err = 0;
        ASYNC_TRY {
            if (KIND == K_sleep) AWAIT(async_sleep, ASYNC_MS(A[0]));
            else if (KIND == K_return) ASYNC_RETURN(A[0]);
            else if (KIND == K_await) {
                self->task = task_in(A[0]);
                if (can_wait(self->task, true)) {
                    AWAIT(async_join, self->task);
                    say("%d", value_of(self->task));
                }
            } else if (KIND == K_wait_for) {
                self->task = task_in(A[0]);
                if (can_wait(self->task, false)) {
                    AWAIT(async_wait_for, self->task, ASYNC_MS(A[1]));
                    say("%d", value_of(self->task));
                }
            } else if (KIND == K_gather) {
                self->n = some_tasks(self->op, 1, self->tasks);
                if (A[0] & 2 && any_done(self->tasks, self->n)) {
                    say("done");
                } else if (ring(self->tasks, self->n)) {
                    say("ring");
                } else {
                    if (A[0] & 1) AWAIT(async_gather_return_exceptions, view(self->tasks, self->n));
                    else AWAIT(async_gather, view(self->tasks, self->n));
                    say_all(self->tasks, self->n);
                }
            } else if (KIND == K_shield) {
                self->task = task_in(A[0]);
                if (!self->task) say("none");
                else if (self->task == async_current_task()) say("ring");
                else {
                    AWAIT(async_shield, self->task);
                    say("%d", value_of(self->task));
                }
            } else if (KIND == K_wait_tasks) {
                self->n = some_tasks(self->op, 2, self->tasks);
                AWAIT_TO(self->value, async_wait, view(self->tasks, self->n), A[0],
                         A[1] >= 0 ? ASYNC_MS(A[1]) : ASYNC_FOREVER);
                say_all(self->tasks, self->n);
                say_more(" %d", self->value);
            } else if (KIND == K_await_future) {
                self->future = p.future_slot[A[0]];
                AWAIT(async_future_wait, &self->future->future);
                say("%d", self->future->result);
            } else if (KIND == K_lock) AWAIT(async_lock_acquire, &p.lock[A[0]]);
            else if (KIND == K_event_wait) {
                AWAIT(async_event_wait, &p.event[A[0]]);
                say("%d", async_event_is_set(&p.event[A[0]]));
            } else if (KIND == K_acquire) AWAIT(async_semaphore_acquire, &p.semaphore[A[0]]);
            else if (KIND == K_wait) AWAIT(async_condition_wait, &p.condition[A[0]]);
            else if (KIND == K_wait_until)
                AWAIT(async_condition_wait_for, &p.condition[A[0]], event_is_set, &p.event[A[1]]);
            else if (KIND == K_barrier) {
                AWAIT_TO(self->i, async_barrier_wait, &p.barrier[A[0]]);
                say("%d", self->i);
            } else if (KIND == K_put) {
                self->value = A[1];
                if (A[0] == 0) AWAIT(async_queue_put, &p.q0, &self->value);
                else if (A[0] == 1) AWAIT(async_queue_put, &p.q1, &self->value);
                else if (A[0] == 2) AWAIT(async_queue_put, &p.q2, &self->value);
                else AWAIT(async_queue_put, &p.q3, &self->value);
            } else if (KIND == K_get) {
                if (A[0] == 0) AWAIT(async_queue_get, &p.q0, &self->value);
                else if (A[0] == 1) AWAIT(async_queue_get, &p.q1, &self->value);
                else if (A[0] == 2) AWAIT(async_queue_get, &p.q2, &self->value);
                else AWAIT(async_queue_get, &p.q3, &self->value);
                say("%d", self->value);
            } else if (KIND == K_join) {
                if (A[0] == 0) AWAIT(async_queue_join, &p.q0.queue);
                else if (A[0] == 1) AWAIT(async_queue_join, &p.q1.queue);
                else if (A[0] == 2) AWAIT(async_queue_join, &p.q2.queue);
                else AWAIT(async_queue_join, &p.q3.queue);
            }
#if LEVEL > 0
            else if (KIND == K_call)
                NESTED(0);
            else if (KIND == K_repeat) {
                for (self->i = 0; self->i < A[0]; self->i++) NESTED(0);
            } else if (KIND == K_try) {
                ASYNC_TRY
                    NESTED(0);
                ASYNC_CATCH(self->caught) {
                    say("caught %s", error_name(self->caught));
                    emit_outcome(self->op, 0);
                    NESTED(1);
                }
            } else if (KIND == K_try_all) {
                ASYNC_TRY
                    NESTED(0);
                ASYNC_CATCH_ALL(self->caught) {
                    say("caught %s", error_name(self->caught));
                    emit_outcome(self->op, 0);
                    NESTED(1);
                }
            } else if (KIND == K_finally) {
                ASYNC_DO
                    NESTED(0);
                ASYNC_FINALLY
                    NESTED(1);
            } else if (KIND == K_timeout) {
                ASYNC_DO {
                    ASYNC_WITH(async_timeout, &self->timeout,
                               A[1] >= 0 ? ASYNC_MS(A[1]) : ASYNC_FOREVER) {
                        p.timeout[A[0]] = &self->timeout;
                        NESTED(0);
                    }
                }
                ASYNC_FINALLY {
                    emit(self->op, self->timeout.expired ? "expired" : "in time");
                    if (p.timeout[A[0]] == &self->timeout) p.timeout[A[0]] = NULL;
                }
            } else if (KIND == K_group) {
                ASYNC_DO {
                    ASYNC_TRY {
                        ASYNC_WITH(async_group, &self->group) {
                            p.group[A[0]] = &self->group;
                            NESTED(0);
                        }
                    }
                    ASYNC_CATCH(self->caught) {
                        say_failed(&self->group);
                        emit_outcome(self->op, 0);
                        ASYNC_RAISE(self->caught);
                    }
                }
                ASYNC_FINALLY {
                    if (p.group[A[0]] == &self->group) p.group[A[0]] = NULL;
                }
            } else if (KIND == K_with) {
                ASYNC_WITH(MANAGER, self->op) NESTED(1);
            } else if (KIND == K_for) {
                ASYNC_FOR(self->value, &self->generator, GENERATOR, self->op) {
                    say("value %d", self->value);
                    emit_outcome(self->op, 0);
                    NESTED(1);
                }
            } else if (KIND == K_each) {
                self->n = some_tasks(self->op, 1, self->tasks);
                ASYNC_FOR(self->task, &self->each, async_as_completed, view(self->tasks, self->n),
                          A[0] >= 0 ? ASYNC_MS(A[0]) : ASYNC_FOREVER) {
                    say("%d", id_of(self->task));
                    say_more(" %s", state_of(self->task));
                    emit_outcome(self->op, 0);
                    NESTED(0);
                }
            } else if (KIND == K_with_lock) {
                ASYNC_WITH(async_lock, &p.lock[A[0]]) {
                    emit(self->op, "has it");
                    NESTED(0);
                }
            } else if (KIND == K_with_semaphore) {
                ASYNC_WITH(async_semaphore, &p.semaphore[A[0]]) {
                    emit(self->op, "has it");
                    NESTED(0);
                }
            } else if (KIND == K_with_condition) {
                ASYNC_WITH(async_condition, &p.condition[A[0]]) {
                    emit(self->op, "has it");
                    NESTED(0);
                }
            }
#endif
            else {
                self->err = simple(self->op);
                if (self->err) ASYNC_RAISE(self->err);
            }
        }
        ASYNC_CATCH_ALL(self->err) {}
        if (awaits_tasks(self->op)) stop_waiting();
        emit_outcome(self->op, self->err);
        if (self->err) ASYNC_RAISE(self->err);
    }
    ASYNC_RETURN(0);
    ASYNC_END
}
#undef ROOM
#undef MORE
#undef BELOW
#undef MANAGER
#undef MANAGER_ENTER
#undef MANAGER_EXIT
#undef GENERATOR
#undef NESTED
#undef A
#undef KIND
#undef LEVEL
