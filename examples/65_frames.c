/* A game's loop drives the tasks: one tick a frame, at a fixed rate, then the picture is drawn. So
 * it goes with SDL or any other library that wants to be the main loop.
 *
 *     cc -I.. 65_frames.c -o frames && ./frames
 *
 * Output:
 *     door opens
 *     music starts
 *     door closes
 *     over
 */
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>

ASYNC(void, door)
{
    ASYNC_BEGIN
    printf("door opens\n");
    AWAIT(async_sleep, ASYNC_MS(300));
    printf("door closes\n");
    ASYNC_END
}
ASYNC(void, music)
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(100));
    printf("music starts\n");
    ASYNC_END
}
ASYNC(void, game, tasks(door d, music m))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->d, door);
    ASYNC_SPAWN(&self->m, music);
    AWAIT(async_gather, ASYNC_TASKS(&self->d, &self->m));
    ASYNC_END
}

static void draw(int frame)
{
    (void)frame;
}

int main(void)
{
    static ASYNC_TASK(game) main_task;
    async_loop loop;
    async_options options = {.virtual_clock = false};
    int frame = 0, err = async_loop_init(&loop, &options);
    if (!err) err = ASYNC_SPAWN_ON(&loop, &main_task, game);
    while (!err && !async_task_done(&main_task.task)) {
        struct timespec left = {0, 0};
        async_time next = async_loop_time(&loop) + 10000000; /* 100 frames a second */
        err = async_loop_tick(&loop);
        draw(frame++);
        next -= async_loop_time(&loop);
        if (next > 0) left.tv_nsec = (long)next, nanosleep(&left, NULL);
    }
    printf("over\n");
    (void)async_loop_shutdown(&loop); /* here it may block: cancels what is left */
    return async_loop_close(&loop) || err;
}
