/* RISC-V under QEMU's `virt`: the machine timer is the clock, the UART takes text. */
#define main board_main
static int main(void);
#define MTIME (*(volatile uint64_t *)0x200BFF8)
#define MTIMECMP (*(volatile uint64_t *)0x2004000)
#define UART (*(volatile uint8_t *)0x10000000)
static volatile uint8_t led;
#define LED_ON() (led = 1)
#define LED_OFF() (led = 0)
#define UART_PUT(c) (UART = (uint8_t)(c))
#define UART_GET() UART
#define BUTTON_DOWN() (*(volatile uint8_t *)0x10000006)
#ifndef ONE_SHOT
#define board_ms() async_ticks
#define BOARD_CLOCK board_tick
#else
#define board_ms() 0
#define BOARD_CLOCK board_fired
#endif
enum { CYCLES_PER_MS = 10000 };
/* Only this moves the compare register, so it needs no care about its two halves. */
#define BOARD_TICK() (async_tick(), (void)(MTIMECMP += CYCLES_PER_MS))

__attribute__((__interrupt__("machine"), __aligned__(4))) static void trap(void)
{
#if defined(WORLD) && !TRACE
    uint32_t cause;
    __asm volatile("csrr %0, mcause" : "=r"(cause));
    if (cause == 0x8000000bu) board_receive(), board_button();
    else
#endif
        BOARD_CLOCK();
}
static inline void board_init(void)
{
    BOARD_LOOP();
#ifdef ONE_SHOT
    MTIMECMP = UINT64_MAX;
#else
    MTIMECMP = MTIME + CYCLES_PER_MS;
#endif
    __asm volatile("csrw mtvec, %0" ::"r"(&trap));
    __asm volatile("csrs mie, %0" ::"r"(1 << 7));
}
static inline void board_text(const char *text)
{
    while (*text) UART_PUT(*text++);
}
static inline void board_exit(int status)
{
    *(volatile uint32_t *)0x100000 = status ? 0x3333 | (uint32_t)status << 16 : 0x5555;
    for (;;) {}
}

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

extern uint32_t ram_begin[], data_end[], data_load[], bss_end[];
__attribute__((__noreturn__, __used__)) static void start(void);
static void start(void)
{
    uint32_t *to = ram_begin, *from = data_load;
    while (to < data_end) *to++ = *from++;
    while (to < bss_end) *to++ = 0;
    (void)main();
    for (;;) {}
}
__attribute__((__naked__, __section__(".vectors"), __used__)) void reset(void);
void reset(void)
{
    __asm volatile("la sp, stack_top\n\tj start");
}
