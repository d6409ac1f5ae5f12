/* Two coroutines for an Arduino. Its own interrupt counts the milliseconds; loop() runs what is due. */
#define ASYNCC_FREESTANDING 1
#define ASYNCC_CANCEL 0
#define ASYNCC_STATIC 1 /* the whole program is one file */
#define ASYNCC_NOW() millis()
#define ASYNCC_IDLE(deadline) ((void)(deadline)) /* loop() comes back */
#define ASYNCC_IMPLEMENTATION
#include <asyncc.h>

ASYNC(void, blink, args(int pin), awaits(async_sleep))
{
    ASYNC_BEGIN
    pinMode((uint8_t)self->pin, OUTPUT);
    for (;;) {
        digitalWrite((uint8_t)self->pin, HIGH);
        AWAIT(async_sleep, ASYNC_MS(500));
        digitalWrite((uint8_t)self->pin, LOW);
        AWAIT(async_sleep, ASYNC_MS(125));
    }
    ASYNC_END
}
ASYNC(void, count, vars(int n), awaits(async_sleep))
{
    ASYNC_BEGIN
    for (;;) {
        AWAIT(async_sleep, ASYNC_SEC(1));
        Serial.print(++self->n);
        Serial.print("\n");
    }
    ASYNC_END
}
static ASYNC_TASK(blink) blinking;
static ASYNC_TASK(count) counting;

static void tasks_begin(void)
{
    ASYNC_SPAWN(&blinking, blink, LED_BUILTIN);
    ASYNC_SPAWN(&counting, count);
}
static void tasks_run(void)
{
    (void)async_loop_tick(async_get_event_loop());
}
