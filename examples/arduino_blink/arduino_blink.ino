/* A LED that blinks and a counter that is printed, each a coroutine: see tasks.h, which is a file of
 * its own because Arduino puts prototypes of what looks like a function in front of a sketch. */
#include <Arduino.h>
#include "tasks.h"

void setup()
{
    Serial.begin(9600);
    tasks_begin();
}

void loop()
{
    tasks_run();
}
