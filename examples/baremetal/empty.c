/* empty.c - nothing but the board: what the others are measured against. */
#include <stdbool.h>
#include <stdint.h>
static volatile uint32_t async_ticks;
#define async_tick() (async_ticks++)
#define WORLD
static volatile char seen;
static void button_isr(bool down)
{
    seen = (char)down;
}
static void uart_isr(char byte)
{
    seen = byte;
}
#include "board.h"

int main(void)
{
    board_init();
    while (seen != 1) {}
    return 0;
}
