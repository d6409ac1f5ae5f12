/* An ATmega328P at 16 MHz: timer 0 is the clock, its UART takes text. Start-up is avr-libc's. */
#include <avr/interrupt.h>
#include <avr/io.h>

#define LED_ON() (PORTB |= 1 << 5)
#define LED_OFF() (PORTB = (uint8_t)(PORTB & ~(1 << 5)))
#define UART_PUT(c) (UDR0 = (uint8_t)(c))
#define UART_GET() UDR0
#define BUTTON_DOWN() (!(PINB & 1))
#define board_ms() async_ticks
#define BOARD_TICK() async_tick()

#ifndef ONE_SHOT
ISR(TIMER0_COMPA_vect)
{
    board_tick();
}
#else
ISR(TIMER1_COMPA_vect)
{
    board_fired();
}
#endif
/* One interrupt after n cycles, others every so many; the timer begins anew at each. */
#define TIMER_START(n)                                                                             \
    (TCCR1B = 0, TCNT1 = 0, OCR1A = (n), TIFR1 = 1 << OCF1A, TIMSK1 = 1 << OCIE1A,                 \
     TCCR1B = 1 << WGM12 | 1 << CS10)
#define TIMER_AGAIN(n) (OCR1A = (n), TIFR1 = 1 << OCF1A)
#define TIMER_SINCE(n) TCNT1
#define TIMER_STOP() (TCCR1B = 0, TIMSK1 = 0)
#if defined(WORLD) && !TRACE
ISR(PCINT0_vect)
{
    board_button();
}
ISR(USART_RX_vect)
{
    board_receive();
}
#endif
static inline void board_init(void)
{
    BOARD_LOOP();
    DDRB = 1 << 5;
    TCCR0A = 1 << WGM01;
    OCR0A = 249; /* 16 MHz / 64 / 250 */
#ifndef ONE_SHOT
    TIMSK0 = 1 << OCIE0A;
#endif
    TCCR0B = 1 << CS01 | 1 << CS00;
    UCSR0B = 1 << TXEN0;
    SMCR = 1 << SE; /* sleep is idle mode: timers go on */
    sei();
}
static inline void board_text(const char *text)
{
    while (*text) {
        while (!(UCSR0A & 1 << UDRE0)) {}
        UART_PUT(*text++);
    }
}
static inline void board_exit(int status)
{
    (void)status;
    while (!(UCSR0A & 1 << UDRE0)) {}
    cli(); /* to sleep like this ends the emulator */
    __asm volatile("sleep");
}
