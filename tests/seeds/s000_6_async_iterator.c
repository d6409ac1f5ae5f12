/* An iterator by hand, whose next value is what a sleep gives.
 *
 * Output:
 *     Hello 1
 *     World 2
 *     Async 3
 *     Python 4
 *     elapsed 4.0
 */
#include "seed.h"

struct message_reader {
    const char *const *messages;
};

ASYNC(const char *, message_reader_next, args(struct message_reader *reader), vars(intptr_t value))
{
    ASYNC_BEGIN
    if (!*self->reader->messages) ASYNC_RAISE(ASYNC_ESTOP);
    AWAIT_TO(self->value, async_sleep_value, ASYNC_SEC(1), (intptr_t)*self->reader->messages++);
    ASYNC_RETURN((const char *)self->value);
    ASYNC_END
}

ASYNC(void, process_messages, vars(struct message_reader reader; const char *message),
      awaits(message_reader_next))
{
    static const char *const messages[] = {"Hello", "World", "Async", "Python", NULL};
    ASYNC_BEGIN
    seconds();
    self->reader.messages = messages;
    ASYNC_FOR_NEXT(self->message, message_reader_next, &self->reader) {
        printf("%s %.0f\n", self->message, seconds());
    }
    ASYNC_END
}

int main(void)
{
    int status = ASYNC_RUN(process_messages);
    printf("elapsed %.1f\n", seconds());
    return status;
}
