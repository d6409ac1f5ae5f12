/* Cortex-M under QEMU: a BBC micro:bit (nRF51, M0), or an MPS2 board with an M3. SysTick is the
 * clock; text goes to the emulator by semihosting. Start-up and vectors are at the end. */
#define main board_main /* which the start-up may take in */
static int main(void);

struct systick {
    uint32_t control, reload, value;
};
#define SYSTICK ((volatile struct systick *)0xE000E010)

#if __ARM_ARCH == 6 /* nRF51: set and clear by mask; pin 4 is the first column of the display */
struct gpio {
    uint32_t out, set, clear, in, direction, output, input;
};
#define GPIO ((volatile struct gpio *)0x50000504)
enum { CYCLES_PER_MS = 16000, LED = 1 << 4 };
#define LED_INIT() (GPIO->output = LED)
#define LED_ON() (GPIO->set = LED)
#define LED_OFF() (GPIO->clear = LED)
#define UART_PUT(c) (*(volatile uint32_t *)0x4000251C = (uint8_t)(c))
#define UART_GET() (*(volatile uint32_t *)0x40002518)
#define BUTTON_DOWN() (!(*(volatile uint32_t *)0x50000510 & 1 << 17))
enum { BUTTON_IRQ = 6, UART_IRQ = 2 };
#else /* the FPGA's register of LEDs */
#define LEDS (*(volatile uint32_t *)0x40028000)
enum { CYCLES_PER_MS = 25000 };
#define LED_INIT() ((void)0)
#define LED_ON() (LEDS = 1)
#define LED_OFF() (LEDS = 0)
#define UART_PUT(c) (*(volatile uint32_t *)0x40004000 = (uint8_t)(c))
#define UART_GET() (*(volatile uint32_t *)0x40004000)
#define BUTTON_DOWN() (!(*(volatile uint32_t *)0x40010000 & 1))
enum { BUTTON_IRQ = 6, UART_IRQ = 0 };
#endif
#define board_ms() async_ticks
#define BOARD_TICK() async_tick()

static inline void board_init(void)
{
    BOARD_LOOP();
    LED_INIT();
#ifndef ONE_SHOT
    SYSTICK->reload = CYCLES_PER_MS - 1;
    SYSTICK->value = CYCLES_PER_MS - 1; /* any value clears it */
    SYSTICK->control = 7;
#endif
}
/* One interrupt after n cycles, others every so many. */
#define TIMER_START(n)                                                                             \
    (SYSTICK->control = 0, SYSTICK->reload = (n), SYSTICK->value = 0, SYSTICK->control = 7)
#define TIMER_AGAIN(n)                                                                             \
    (SYSTICK->control = 0, SYSTICK->reload = (n), SYSTICK->value = 0,                              \
     *(volatile uint32_t *)0xE000ED04 = 1 << 25, SYSTICK->control = 7)
#define TIMER_SINCE(n) (uint16_t)((n)-SYSTICK->value)
#define TIMER_STOP() (SYSTICK->control = 0)

static inline int semihosting(int call, const void *argument)
{
    register int r0 __asm("r0") = call;
    register const void *r1 __asm("r1") = argument;
    __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}
static inline void board_text(const char *text)
{
    (void)semihosting(4, text);
}
static inline void board_exit(int status)
{
    uint32_t block[2];
    block[0] = 0x20026;
    block[1] = (uint32_t)status;
    (void)semihosting(0x20, block);
    for (;;) {}
}

#ifdef __cplusplus
extern "C" {
#endif
/* gcc wants these of every machine. */
__attribute__((__used__, __optimize__("no-tree-loop-distribute-patterns"))) void *
memset(void *to, int with, unsigned n);
void *memset(void *to, int with, unsigned n)
{
    char *p = (char *)to;
    while (n--) *p++ = (char)with;
    return to;
}
__attribute__((__used__, __optimize__("no-tree-loop-distribute-patterns"))) void *
memcpy(void *to, const void *from, unsigned n);
void *memcpy(void *to, const void *from, unsigned n)
{
    char *p = (char *)to;
    const char *q = (const char *)from;
    while (n--) *p++ = *q++;
    return to;
}

extern uint32_t ram_begin[], data_end[], data_load[], bss_end[], stack_top[];
static void stuck(void)
{
    for (;;) {}
}
__attribute__((__noreturn__, __externally_visible__)) void reset(void);
void reset(void)
{
    uint32_t *to = ram_begin, *from = data_load;
    while (to < data_end) *to++ = *from++;
    while (to < bss_end) *to++ = 0;
    (void)main();
    __builtin_unreachable();
}
#ifdef __cplusplus
}
#endif
#ifdef ONE_SHOT
#define BOARD_CLOCK board_fired
#else
#define BOARD_CLOCK board_tick
#endif
#ifndef PENDSV
#define PENDSV stuck
#endif
typedef void handler(void);
static const struct {
    uint32_t *stack;
    handler *handlers[15];
#if defined(WORLD) && !TRACE
    handler *irq[7];
#endif
} vectors __attribute__((__section__(".vectors"), __used__)) = {
    stack_top,
    {reset, stuck, stuck, 0, 0, 0, 0, 0, 0, 0, stuck, 0, 0, PENDSV, BOARD_CLOCK},
#if defined(WORLD) && !TRACE
    {[BUTTON_IRQ] = board_button, [UART_IRQ] = board_receive},
#endif
};
