/* run_avr PROGRAM: what a program for an ATmega328P at 16 MHz sends, with simavr's library, without
 * waiting for real time. With CYCLES=1 in the environment also the cycles in which the processor did
 * not sleep, and all. */
#include <simavr/avr_uart.h>
#include <simavr/sim_avr.h>
#include <simavr/sim_elf.h>
#include <stdio.h>
#include <stdlib.h>

static avr_cycle_count_t slept;
static void sleeps(avr_t *avr, avr_cycle_count_t cycles)
{
    (void)avr;
    slept += cycles + 1; /* the emulator adds them to avr->cycle */
}
static void sent(avr_irq_t *irq, uint32_t byte, void *none)
{
    (void)irq, (void)none;
    putchar((int)byte);
}
static void quiet(avr_t *avr, const int level, const char *format, va_list arguments)
{
    (void)avr, (void)level, (void)format, (void)arguments;
}

int main(int count, char **arguments)
{
    elf_firmware_t firmware = {0};
    avr_t *avr = avr_make_mcu_by_name("atmega328p");
    uint32_t flags = 0;
    int state;
    avr_global_logger_set(quiet);
    if (!avr || count != 2 || elf_read_firmware(arguments[1], &firmware)) return 2;
    avr_init(avr);
    firmware.frequency = 16000000;
    avr_load_firmware(avr, &firmware);
    avr->sleep = sleeps;
    avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &flags); /* no text on stdout of its own */
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT), sent,
                            NULL);
    do state = avr_run(avr);
    while (state != cpu_Done && state != cpu_Crashed);
    if (getenv("CYCLES"))
        printf("%llu\n%llu\n", (unsigned long long)(avr->cycle - slept),
               (unsigned long long)avr->cycle);
    return state == cpu_Crashed;
}
