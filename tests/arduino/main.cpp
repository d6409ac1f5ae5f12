// Runs the sketch on the host for three seconds of its clock.
#include "Arduino.h"
#include <stdio.h>
void setup(), loop();
static unsigned long clock_ms = 0xfffffc18; // it wraps after one second
static const unsigned long begin = clock_ms;
Printer Serial;
unsigned long millis(void)
{
    return clock_ms;
}
void pinMode(uint8_t pin, uint8_t mode)
{
    printf("pin %d mode %d\n", pin, mode);
}
void digitalWrite(uint8_t pin, uint8_t value)
{
    printf("%lu pin %d: %d\n", clock_ms - begin, pin, value);
}
void Printer::begin(unsigned long baud)
{
    printf("%lu baud\n", baud);
}
void Printer::print(int number)
{
    printf("%d", number);
}
void Printer::print(const char *text)
{
    fputs(text, stdout);
}
int main()
{
    setup();
    for (; clock_ms - begin < 3000; clock_ms++) loop();
}
