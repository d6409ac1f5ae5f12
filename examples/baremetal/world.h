/* What happens to the board, and when: a button that bounces, and two lines of text. */
static const struct event {
    uint16_t ms;
    char what; /* 'D' the button goes down, 'U' up; else a byte that is received */
} events[] = {
    {1003, 'D'}, {1004, 'U'}, {1006, 'D'},  {1311, 'U'}, {1312, 'D'},  {1314, 'U'},
    {1501, 'h'}, {1502, 'i'}, {1503, '\n'}, {2203, 'D'}, {2409, 'U'},  {2731, 'D'},
    {2738, 'U'}, {3301, 'o'}, {3302, 'k'},  {3303, '!'}, {3304, '\n'}, {3607, 'D'},
};
static uint8_t event_next;

static void world(uint32_t now)
{
    for (; event_next < sizeof events / sizeof *events && events[event_next].ms <= now;
         event_next++) {
        char what = events[event_next].what;
        if (what == 'D' || what == 'U') button_isr(what == 'D');
        else uart_isr(what);
    }
}
