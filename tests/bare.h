/* What test.h wants of a machine without libc: texts, memory, and a clock that jumps to the next
 * deadline. The program is tests/bare.c. No fork here: every test starts with the memory that the
 * program began with, and one that fails or panics is left by a jump. */
#ifndef BARE_H_
#define BARE_H_
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ASYNCC_NAMES 1
#define ASYNCC_ONE_LOOP 0 /* a test may make its own */
#define ASYNCC_STATE_BITS 16
#define ASYNCC_TICK_BITS 64
#define ASYNCC_TICK_HZ 1000000000
#define ASYNC_ROOM_ (sizeof(struct async_wait) / sizeof(void *)) /* as in hosted builds */
#define ASYNCC_NOW() bare_clock
#define ASYNCC_IDLE(deadline) bare_idle((deadline) ? *(deadline) : 0)
#define ASYNCC_LOG(...) (void)printf(__VA_ARGS__)
#define ASYNCC_PANIC() bare_leave(BARE_PANIC)
#define async_loop_close(loop) ((void)(loop), async_loop_ = NULL, 0)

#ifndef BARE_TEXT
#define BARE_TEXT 0x10000 /* bytes of a trace, and of what a test prints */
#define BARE_HEAP 0x10000
#endif
enum { BARE_FAILED = 1, BARE_SKIPPED, BARE_PANIC };
extern uint64_t bare_clock;
extern char bare_printed[BARE_TEXT], test_text_[BARE_TEXT];
extern size_t test_text_size_;
extern void *bare_jump[5], *bare_panic_jump[5];
extern bool bare_panic_wanted;

#ifdef __cplusplus
extern "C" {
#endif
__attribute__((__noreturn__)) void bare_leave(int how);
void bare_idle(uint64_t deadline); /* 0: never */
void *bare_alloc(void *context, void *old, size_t size);

/* %[-0][width][.precision][l|ll|z]{d,i,u,x,s,c,p,%}. More than fits is cut. */
int vsnprintf(char *to, size_t size, const char *format, va_list);
int snprintf(char *to, size_t size, const char *format, ...)
    __attribute__((__format__(__printf__, 3, 4)));
int printf(const char *format, ...) __attribute__((__format__(__printf__, 1, 2)));
int puts(const char *text);
size_t strlen(const char *);
char *strcpy(char *, const char *);
char *strcat(char *, const char *);
int strcmp(const char *, const char *);
int strncmp(const char *, const char *, size_t);
char *strchr(const char *, int);
char *strstr(const char *, const char *);
int atoi(const char *);
int memcmp(const void *, const void *, size_t);
#if __SIZEOF_SIZE_T__ == __SIZEOF_INT__
void *memset(void *, int, size_t);
void *memcpy(void *, const void *, size_t);
#endif
#ifdef __cplusplus
}
#endif

#define realloc(old, size) bare_alloc(NULL, old, size)
#define malloc(size) bare_alloc(NULL, NULL, size)
#define calloc(n, size) bare_alloc(NULL, NULL, (n) * (size))
#define free(old) (void)bare_alloc(NULL, old, 0)
#define strerror(error) async_strerror(-(error))
/* Is there any? */
#define async_loop_next_deadline(loop) ((loop)->near ? 0 : INT64_MAX)
#define async_loop_advance(loop, d) ((void)(loop), bare_clock += (uint64_t)ASYNC_SPAN_(d), 0)
/* No environment, and no files that it could name. */
typedef struct FILE FILE;
#define getenv(name) ((const char *)NULL)
#define fopen(name, mode) ((FILE *)NULL)
#define fclose(file) ((void)(file), 0)
#define fprintf(file, ...) ((void)(file), (void)printf(__VA_ARGS__))
#define fputs(text, file) (void)printf("%s", text)

/* Those that the header has not. */
#define ENOENT 2
#define EBADF 9
#define EIO 5
#define E2BIG 7
#define ECHILD 10
#define EACCES 13
#define EEXIST 17
#define EPIPE 32
#define ECONNRESET 104
#endif
