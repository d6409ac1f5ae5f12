/* Runs the tests that are linked with it on a Cortex-M or RISC-V that an emulator provides, and
 * prints TAP by semihosting or UART. See bare.h and tests/bare.sh. */
#define ASYNCC_IMPLEMENTATION
#include "test.h"

static void board_tick(void) {}
#define BOARD_LOOP() ((void)0)
#ifdef __riscv
#include "../examples/baremetal/riscv.h"
#else
#include "../examples/baremetal/cortex_m.h"
#endif

uint64_t bare_clock = 1000000;
char bare_printed[BARE_TEXT], test_text_[BARE_TEXT];
size_t test_text_size_;
void *bare_jump[5], *bare_panic_jump[5];
bool bare_panic_wanted;
static uint64_t heap[BARE_HEAP / 8];
static size_t heap_used;

void bare_leave(int how)
{
    if (how == BARE_PANIC && bare_panic_wanted) __builtin_longjmp(bare_panic_jump, 1);
    if (how == BARE_SKIPPED) bare_panic_wanted = true;
    __builtin_longjmp(bare_jump, 1);
}
/* Time does not pass but here. */
void bare_idle(uint64_t deadline)
{
    if (!deadline) {
        (void)printf("nothing is left that could wake anybody\n");
        bare_leave(BARE_FAILED);
    }
    if (bare_clock < deadline) bare_clock = deadline;
    ASYNCC_IRQ_ENABLE();
}
/* As realloc, of zeros; size 0 frees. A block knows its size; only the last one's memory is used
 * again. */
void *bare_alloc(void *context, void *old, size_t size)
{
    size_t words = (size + 7) / 8 + 1, before = old ? (size_t)((uint64_t *)old)[-1] : 0;
    uint64_t *block = heap + heap_used;
    (void)context;
    if (!size) {
        if (old && (uint64_t *)old - 1 + before == block) heap_used -= before;
        return NULL;
    }
    if (heap_used + words > sizeof heap / sizeof heap[0]) return NULL;
    block = heap + heap_used;
    heap_used += words;
    memset(block, 0, words * 8);
    block[0] = words;
    if (old) memcpy(block + 1, old, (before < words ? before - 1 : words - 1) * 8);
    return block + 1;
}

/* --- libc --- */

size_t strlen(const char *s)
{
    const char *p = s;
    while (*p) p++;
    return (size_t)(p - s);
}
int strncmp(const char *a, const char *b, size_t n)
{
    for (; n; n--, a++, b++)
        if (*a != *b || !*a) return (unsigned char)*a - (unsigned char)*b;
    return 0;
}
int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}
char *strchr(const char *s, int c)
{
    for (;; s++) {
        if (*s == (char)c) return (char *)(uintptr_t)s;
        if (!*s) return NULL;
    }
}
char *strstr(const char *s, const char *part)
{
    size_t n = strlen(part);
    for (;; s++) {
        if (!strncmp(s, part, n)) return (char *)(uintptr_t)s;
        if (!*s) return NULL;
    }
}
int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *p = (const unsigned char *)a, *q = (const unsigned char *)b;
    for (; n; n--, p++, q++)
        if (*p != *q) return *p - *q;
    return 0;
}
char *strcpy(char *to, const char *from)
{
    return (char *)memcpy(to, from, strlen(from) + 1);
}
char *strcat(char *to, const char *more)
{
    (void)strcpy(to + strlen(to), more);
    return to;
}
int atoi(const char *s)
{
    int n = 0;
    while (*s >= '0' && *s <= '9') n = n * 10 + *s++ - '0';
    return n;
}
struct text {
    char *to;
    size_t size, n; /* n: of all, also of what was cut */
};
static void put(struct text *t, const char *s, size_t n)
{
    for (; n; n--, t->n++)
        if (t->n + 1 < t->size) t->to[t->n] = *s++;
}
int vsnprintf(char *to, size_t size, const char *format, va_list args)
{
    struct text t = {to, size, 0};
    for (; *format; format++) {
        char digits[24], *p = digits + sizeof digits, fill = ' ';
        const char *s;
        int longs = 0;
        size_t width = 0, most = SIZE_MAX, n;
        unsigned long long u;
        bool minus = false, left = false;
        if (*format != '%') {
            put(&t, format, 1);
            continue;
        }
        for (format++; *format == '-' || *format == '0'; format++)
            if (*format == '-') left = true;
            else fill = '0';
        for (; *format >= '0' && *format <= '9'; format++)
            width = width * 10 + (size_t)(*format - '0');
        if (*format == '.') {
            if (*++format == '*') most = (size_t)va_arg(args, int), format++;
            else
                for (most = 0; *format >= '0' && *format <= '9'; format++)
                    most = most * 10 + (size_t)(*format - '0');
        }
        for (; *format == 'l'; format++) longs++;
        if (*format == 'z') longs = 1, format++;
        switch (*format) {
        case 'c':
            *--p = (char)va_arg(args, int);
            s = p, n = 1;
            break;
        case 's':
            s = va_arg(args, const char *);
            if (!s) s = "(null)";
            for (n = 0; n < most && s[n];) n++;
            break;
        case 'd':
        case 'i':
        case 'u':
        case 'x':
        case 'p':
            if (*format == 'p') u = (uintptr_t)va_arg(args, void *);
            else if (longs == 2) u = va_arg(args, unsigned long long);
            else if (longs == 1) u = (unsigned long long)va_arg(args, long);
            else u = (unsigned long long)va_arg(args, int);
            if (*format == 'd' || *format == 'i') {
                if ((long long)u < 0) minus = true, u = 0 - u;
            } else if (longs < 2) {
                u = (uint32_t)u;
            }
            do {
                unsigned base = *format == 'x' || *format == 'p' ? 16 : 10;
                *--p = "0123456789abcdef"[u % base];
                u /= base;
            } while (u);
            if (minus) *--p = '-';
            s = p, n = (size_t)(digits + sizeof digits - p);
            break;
        default: s = format, n = 1; break;
        }
        if (!left)
            for (; width > n; width--) put(&t, &fill, 1);
        put(&t, s, n);
        for (; width > n; width--) put(&t, " ", 1);
    }
    if (size) to[t.n < size ? t.n : size - 1] = 0;
    return (int)t.n;
}
int snprintf(char *to, size_t size, const char *format, ...)
{
    va_list args;
    int n;
    va_start(args, format);
    n = vsnprintf(to, size, format, args);
    va_end(args);
    return n;
}
int printf(const char *format, ...)
{
    va_list args;
    size_t used = strlen(bare_printed);
    int n;
    va_start(args, format);
    n = vsnprintf(bare_printed + used, BARE_TEXT - used, format, args);
    va_end(args);
    return n;
}
int puts(const char *text)
{
    return printf("%s\n", text);
}

/* --- the runner --- */

extern const struct test_case_ *const __start_test_cases[], *const __stop_test_cases[];

/* 0 passed, 1 failed, 2 skipped. */
static int run_test(const struct test_case_ *test)
{
    /* As the start-up does: what static variables start with. */
    uint32_t *to = ram_begin, *from = data_load;
    while (to < data_end) *to++ = *from++;
    while (to < bss_end) *to++ = 0;
    if (__builtin_setjmp(bare_jump)) return bare_panic_wanted ? 2 : 1;
    test->body();
    return 0;
}
static int main(void)
{
    int count[3] = {0, 0, 0}, number = 0, result;
    const struct test_case_ *const *test;
    char line[160];
    for (test = __start_test_cases; test < __stop_test_cases; test++) {
        const char *name = (*test)->file, *slash;
        while ((slash = strchr(name, '/')) != NULL) name = slash + 1;
        result = run_test(*test);
        count[result]++;
        (void)snprintf(line, sizeof line, "%s %d - %.*s: %s%s", result == 1 ? "not ok" : "ok",
                       ++number, (int)strlen(name) - 2, name, (*test)->name,
                       result == 2 ? " " : "\n");
        board_text(line);
        if (result) board_text(bare_printed);
        if (result) board_text("\n");
    }
    (void)snprintf(line, sizeof line, "1..%d\n%d passed, %d failed, %d skipped\n", number, count[0],
                   count[1], count[2]);
    board_text(line);
    board_exit(count[1] != 0);
    return 0;
}
