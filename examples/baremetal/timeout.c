/* timeout.c - eight bytes from a serial line, or as many as come in 50 ms. The bytes are put into
 * the reader's buffer by hardware (here: by the interrupt, as a DMA channel would). A future stands
 * for the channel's work. When the read is cancelled, here by its timeout, the future's on_cancel
 * stops the channel at once: what it has written is not lost, and it writes no more; what the line
 * brings before the next read waits in its own short queue. */
#define ASYNCC_IMPLEMENTATION
#ifndef ASYNCC_CANCEL
#define ASYNCC_CANCEL 1
#endif
#include "config.h"
#include "asyncc.h"
#define INTERRUPT interrupt
#define TRACE_END 900
#include "board.h"

/* The channel: while it has room it takes bytes; else they stay in the line's own short queue. */
static struct {
    char *volatile to;
    volatile uint8_t room, count;
    char queue[4];
    volatile uint8_t queued, lost;
    async_future full;
} dma;

static void dma_take(char c)
{
    if (dma.to && dma.count < dma.room) {
        dma.to[dma.count++] = c;
        if (dma.count == dma.room) (void)async_future_set(&dma.full);
    } else if (dma.queued < sizeof dma.queue) {
        dma.queue[dma.queued++] = c;
    } else {
        dma.lost++;
    }
}
/* Letters come in bursts: five, eleven, ten. */
static void interrupt(uint32_t now)
{
    static uint8_t sent;
    static const uint16_t begins[] = {0, 20, 200, 553}, first[] = {0, 0, 5, 16, 26};
    uint8_t burst;
    for (burst = 1; burst < 4; burst++)
        if (now >= begins[burst] && sent >= first[burst] && sent < first[burst + 1] && now % 4 == 1)
            dma_take((char)('a' + sent++));
}
static void dma_stop(async_future *full)
{
    (void)full;
    dma.to = NULL;
}
static void dma_start(char *to, uint8_t n)
{
    uint8_t i, queued = dma.queued;
    dma.count = dma.queued = 0;
    dma.room = n;
    __builtin_memset(&dma.full, 0, sizeof dma.full);
    dma.full.on_cancel = dma_stop;
    dma.to = to;
    for (i = 0; i < queued; i++)
        dma_take(dma.queue[i]); /* the clock is slow: none comes meanwhile */
}

ASYNC(void, uart_read, args(char *to, uint8_t n), awaits(async_future_wait))
{
    ASYNC_BEGIN
    dma_start(self->to, self->n);
    AWAIT(async_future_wait, &dma.full);
    ASYNC_END
}

ASYNC(void, reader, vars(int err; async_timeout t), raw(char line[8]),
      awaits(uart_read, async_sleep))
{
    ASYNC_BEGIN
    for (;;) {
        ASYNC_TRY {
            ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(50)) {
                AWAIT(uart_read, self->line, 8);
            }
            board_say("full", self->line, dma.count);
        }
        ASYNC_CATCH(self->err) {
            AWAIT(async_sleep, ASYNC_MS(10)); /* the line goes on meanwhile */
            board_say(self->err == -ETIMEDOUT ? "timeout" : "error", self->line, dma.count);
        }
        if (dma.lost) board_say("lost", "!", 1);
    }
    ASYNC_END
}
static ASYNC_TASK(reader) task;

int main(void)
{
    board_init();
    ASYNC_SPAWN(&task, reader);
    return async_loop_run_forever(async_get_event_loop());
}
