/* As much of Arduino as the sketch wants, with a clock of its own. */
#include <stdint.h>
enum { LOW, HIGH, OUTPUT = 1, LED_BUILTIN = 13 };
extern "C" unsigned long millis(void);
void pinMode(uint8_t pin, uint8_t mode);
void digitalWrite(uint8_t pin, uint8_t value);
struct Printer {
    void begin(unsigned long baud);
    void print(int number);
    void print(const char *text);
};
extern Printer Serial;
