/* asyncc.h - asyncio for C, in one header, at the cost of a hand-written state machine.
 *
 * Coroutines, tasks, futures, gather, task groups, timeouts, cancellation and sockets, with the
 * names and the answers of Python's asyncio, compiled to plain `switch` statements. An await
 * allocates nothing. C11 or C++17, gcc or clang; Linux, macOS, BSD, and bare metal. A program:
 *
 *     #define ASYNCC_IMPLEMENTATION            // in one .c file, before any other include
 *     #include "asyncc.h"
 *
 *     ASYNC(int, square, args(int x))                          // async def square(x)
 *     {
 *         ASYNC_BEGIN
 *         AWAIT(async_sleep, ASYNC_MS(1000));                  // await asyncio.sleep(1)
 *         ASYNC_RETURN(self->x * self->x);                     // return x * x
 *         ASYNC_END
 *     }
 *
 *     ASYNC(void, amain, tasks(square a, square b), vars(int c), awaits(square))
 *     {
 *         ASYNC_BEGIN
 *         ASYNC_SPAWN(&self->a, square, 1);                    // a = create_task(square(1))
 *         ASYNC_SPAWN(&self->b, square, 2);
 *         AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->b)); // await gather(a, b)
 *         AWAIT_TO(self->c, square, 3);                        // c = await square(3)
 *         printf("%d %d %d\n", ASYNC_RESULT(&self->a), ASYNC_RESULT(&self->b), self->c);
 *         ASYNC_END
 *     }
 *
 *     int main(void) { return ASYNC_RUN(amain); }              // 1 4 9, after two seconds
 *
 * MIT licence, at the end of the file. Search for these, with their >>:
 *
 *   >>guide           read this first: five rules, and the messages you will meet
 *   >>config          macros to set before the include
 *   >>portability     C, C++, gcc, clang
 *   >>types           errors, durations, frames, tasks, the loop
 *   >>objects         what you declare: async_timeout, async_group, async_options
 *   >>machine         how a coroutine stops and goes on
 *   >>language        ASYNC, AWAIT, TRY, DO, WITH, FOR, SELECT, SPAWN, RUN
 *   >>api             functions: loop, calls, tasks, futures, groups
 *   >>leaves          what can be awaited: sleep, join, gather, wait, shield, timeout, group
 *   >>sync            locks, events, semaphores, conditions, barriers, queues
 *   >>io              sockets and descriptors
 *   >>streams         buffered connections, servers, happy eyeballs, sendfile
 *   >>threads         calls from other threads, and work for them
 *   >>names           getaddrinfo, getnameinfo
 *   >>seeing          what every task waits for, as text; trace events; task-local values
 *   >>foreign         a loop that another loop drives
 *   >>signals         signals
 *   >>processes       child processes
 *   >>files           files, their lines, directories
 *   >>implementation  from here on nothing is for users:
 *   >>seam            system calls, clock and allocator, all replaceable
 *   >>reports         panics and the error handler
 *   >>wake            one way to leave a list, one way to be woken
 *   >>timers          a radix heap
 *   >>calls           call_soon and done-callbacks
 *   >>tasks           a step; a task's end
 *   >>cancel          how a cancel travels
 *   >>waits           sleep, join, future
 *   >>sets            gather, wait, as_completed: one collector for any number of tasks; shield
 *   >>timeout         timeout blocks, wait_for
 *   >>group           TaskGroup
 *   >>select          ASYNC_SELECT
 *   >>lines           locks and their kin
 *   >>queue           queues
 *   >>loop            the tick; run and close
 *   >>descriptors     who waits for what
 *   >>epoll           pollers: Linux,
 *   >>kqueue          macOS and BSD,
 *   >>poll            anything else
 *   >>uring           Linux's io_uring, for those who ask
 *   >>buffers         streams and servers
 *   >>inbox           how another thread or a signal handler reaches a loop
 *   >>pool            the threads behind to_thread
 *   >>lookup          names, in those threads
 *   >>tree            the await tree as text
 *   >>context         task-local values
 *   >>drive           one tick at a time
 *   >>receivers       how a signal reaches all who want it
 *   >>children        how processes are started, watched and reaped
 *   >>disk            what threads do for files
 *   >>licence         MIT
 */
#ifndef ASYNCC_H_
#define ASYNCC_H_

/* ------------------------------------------------------------------------------------------
 * >>guide         A coroutine is a function whose locals live in a struct, its frame. You write
 *
 *       ASYNC(result, name, clauses) { ASYNC_BEGIN ... ASYNC_END }
 *
 *   with these clauses, in any order, left out when empty:
 *
 *       args(int fd, const char *p)    parameters, as in a prototype; read them as self->fd
 *       vars(int n; struct conn c)     locals that live across an AWAIT; they start at zero
 *       raw(char buf[4096])            the same, not zeroed
 *       tasks(square a, fetch p[20])   child tasks that live in this frame; it does not end
 *                                      before they have: at its end they are cancelled, and
 *                                      waited for
 *       awaits(fetch, parse)           coroutines of yours that this body awaits; their frames
 *                                      share one union, so memory is known at compile time
 *       selects(fetch, async_sleep)    what the branches of an ASYNC_SELECT run, leaves too;
 *                                      in the same union
 *
 * The five rules
 *   1. What must survive an AWAIT lives in self->. A plain local does not, nor an array, nor the
 *      address of one: the function returns at every suspension. An alias such as
 *      `struct conn *const c = self->conn;` may stand above ASYNC_BEGIN: that part runs at every
 *      resume.
 *   2. What you await is in `awaits`, and its memory is reused by the next await: copy results,
 *      never return a pointer into your own frame. The same coroutine twice at once, or itself,
 *      needs a task: ASYNC_SPAWN.
 *   3. No AWAIT inside a `switch` of yours. Leave ASYNC_WITH and ASYNC_DO only by their end,
 *      ASYNC_RETURN or ASYNC_RAISE; no goto, continue or break out of them. A break is told; a
 *      continue ends the block, and a goto leaves it open.
 *   4. An error that you don't catch ends you with that error, and so on outwards. CATCH never
 *      sees a cancellation, so cleanup goes into ASYNC_WITH or ASYNC_FINALLY.
 *   5. A spawned task lives where you put it: that memory starts zeroed and outlives the task.
 *
 * Errors are ints: 0, a negative errno, or yours, from ASYNC_EUSER down. A cancellation is
 * ASYNC_CANCELED, which is no errno: a closed socket's -EBADF is never mistaken for it.
 * async_strerror() knows them all. A task that fails while nobody waits for it is reported to the
 * loop's error handler, which prints unless you set one.
 *
 * Memory. Frames and tasks live where you put them: in a parent's clauses, static, in a struct
 * or a pool of yours. ASYNC_SPAWN_NEW takes a task from the loop's allocator and frees it at its
 * end. sizeof(struct name) is the memory of the whole call tree below a coroutine, and
 * ASYNC_RAM_BUDGET(name, bytes) holds a task of it to so many at compile time. A frame without an
 * `awaits` clause has room for any leaf of the library (152 bytes on 64-bit); to count bytes, list
 * what you use: awaits(async_sleep) costs nothing.
 *
 * In C++ what lives in a frame must be trivial (no std::string): frames are not constructed.
 *
 * On bare metal (-ffreestanding) there is no libc, allocator, thread or division at run time; time
 * is counted in ticks, and a frame lists the leaves it awaits too: awaits(async_sleep) costs
 * nothing. >>config says what can be left out, >>seam what a board provides: for Cortex-M, AVR and
 * RISC-V that is a timer interrupt that calls async_tick(). examples/baremetal has whole programs,
 * and stack.py there computes how deep the stack of a firmware can get. gcc wants memset and memcpy
 * of you. Call async_loop_init() first, unless ASYNCC_CANCEL is 0. An interrupt may call
 * async_event_set, async_semaphore_release, ASYNC_QUEUE_PUT_NOWAIT, async_future_set,
 * async_future_set_error, ASYNC_SET_RESULT and async_call_soon, and nothing else; each takes a
 * short time that grows only with the tasks it wakes. ASYNCC_CHECK makes every other call there
 * that does more than look, or clear a flag, a panic, where the board can tell (ASYNCC_IN_ISR).
 * Cancellation stops hardware at once: async_future's on_cancel.
 *
 * Where asyncio's answer is a choice, or C forces another one
 *   - A frame joins the tasks of its `tasks` clause; Python drops them to its garbage collector.
 *   - ASYNC_FOR owns its generator and closes it also on `break`.
 *   - gather of finished tasks, wait_for, uncancel, groups that fail while cancelled from outside:
 *     as in CPython 3.13.
 *   - Equal deadlines fire in the order in which they were set; a group cancels its members in
 *     order of creation, and run() those of the newest frame or group first. asyncio leaves both
 *     open.
 *   - as_completed gives tasks that have ended before in the order of the arguments. wait answers
 *     how many have ended; async_task_done() says which. Neither takes coroutines, only tasks.
 *   - run_until_complete() with nothing left that could wake anybody gives -EDEADLK. Whoever lets
 *     other threads call says async_loop_keep() first.
 *   - A cancelled to_thread leaves its job behind, argument and all, which Python's garbage
 *     collector then keeps alive. async_run_job waits for it, so that arg may live in the frame.
 *   - Signal handlers of a number add up, also those of other loops; asyncio's replace each other.
 *     A process in a block does not outlive it: an error or a cancel kills it. communicate drops
 *     what there is no room for; asyncio's buffers grow.
 *   - A stream must live until it has been closed: wait for that, use ASYNC_WITH, or abort it. A
 *     handler's is closed after the handler's end. What came before a connection broke can still
 *     be read; asyncio drops it. A write is refused when too much is unsent; asyncio's buffer grows.
 *   - Context values belong to a block, not to the rest of the task; callbacks and threads see none.
 *   - A task of ASYNC_SPAWN_NEW is gone after its end: async_task_hold() it to look at it later.
 *
 * Messages you will meet (gcc's words; the other compilers say the same in theirs)
 *
 *   'union add_it_to_awaits_of_f' has no member named 'g'
 *       f awaits g: write awaits(g) in f's clauses.
 *   'union add_it_to_awaits_of_f' has no member named 'list_them_in_selects_'
 *       f has an ASYNC_SELECT: write what its branches run in selects(...) of f's clauses.
 *   field 'g' has incomplete type
 *       awaits(g) or tasks(g x) before g is defined, or of a coroutine in itself. Define callees
 *       first; recursion needs a task: ASYNC_SPAWN_NEW, or memory that the caller hands down.
 *   too few arguments to function 'g'
 *       as after any call; the prototype is the one you wrote in args(...).
 *   call to 'g' declared with attribute error: coroutine called without AWAIT
 *       g(1) runs nothing. AWAIT(g, 1), AWAIT_TO(self->x, g, 1) or ASYNC_SPAWN(&self->t, g, 1).
 *   ... is unavailable: AWAIT and its kin stand between ASYNC_BEGIN and ASYNC_END
 *       AWAIT in a plain function, or above ASYNC_BEGIN.
 *   switch jumps over variable initialization
 *       `int n = 3;` or `for (int i...)` and an AWAIT within its reach: n would be lost. Put it in
 *       vars(int n). A local that an AWAIT does not see is fine in braces of its own. clang needs
 *       -DASYNCC_LINT=1 to say so in C.
 *   'struct f' has no member named 'async_result_', or 'async_value_', 'async_pending_'
 *       AWAIT_TO of a coroutine that returns nothing: AWAIT. ASYNC_YIELD in what is no
 *       ASYNC_GENERATOR, or ASYNC_FOR over it.
 *   pasting "ASYNC_LEAF_" and "&", and much more
 *       AWAIT(&self->t): what is awaited is a coroutine. A task: AWAIT_TASK(&self->t).
 *   invalid storage class for function 'async_head_of_g', and much more
 *       ASYNC_END is missing in the coroutine before g.
 *   unknown type name 'ASYNC_EACH_f1'
 *       a clause holds up to 16: put what is more into a struct.
 *   assignment of read-only member 'async_args_'
 *       a const parameter or member: frames are assigned, so leave it out.
 *   'n' may be used uninitialized (with -O2 -Wall -DASYNCC_LINT=1)
 *       a local was set before an AWAIT and is read after it: vars(...). gcc and clang each miss
 *       what the other sees: use both now and then.
 *   incompatible types when returning ... 'use_ASYNC_RETURN_in_a_coroutine'
 *       `return x;` in a coroutine: ASYNC_RETURN(x).
 *   overflow in conversion from 'long long unsigned int'
 *       AWAIT inside a `switch` of yours: use if, or await before or after it.
 *   incompatible type for argument 1 of 'async_sleep'
 *       a bare number is no duration: ASYNC_MS(100). Fractions: a smaller unit.
 *   pasting ")" and "_IS_A_CALL__give_the_name_then_a_comma_then_the_arguments", and much more
 *       AWAIT(g(1)) instead of AWAIT(g, 1).
 *   warnings from inside a system header (gcc)
 *       it comes behind a coroutine, and gcc does not take back what a body asks for: include it
 *       before the first one.
 *   undefined reference to '..._of_files_with_ASYNCC_NAMES_0_and_ASYNCC_IO_1_and ...'
 *       two files were compiled with different settings: see >>config.
 *
 * ------------------------------------------------------------------------------------------ */

/* ------------------------------------------------------------------------------------------
 * >>config        What can be set before the include. Every file of a program must agree; the
 *                 ones that change a layout are part of a symbol's name, so a mix fails to link.
 * ------------------------------------------------------------------------------------------ */

#define ASYNC_VERSION "0.1.0"
#define ASYNC_VERSION_NUMBER 100 /* major * 10000 + minor * 100 + patch */

/* Freestanding: no libc, no malloc, no poller, one static loop. */
#ifndef ASYNCC_FREESTANDING
#if defined(__STDC_HOSTED__) && __STDC_HOSTED__ == 0
#define ASYNCC_FREESTANDING 1
#else
#define ASYNCC_FREESTANDING 0
#endif
#endif

/* Sockets and descriptors. Off: a loop of timers only. */
#ifndef ASYNCC_IO
#define ASYNCC_IO !ASYNCC_FREESTANDING
#endif

/* to_thread and its kin, by POSIX threads. Where those are a library of their own (glibc before
 * 2.34), on means to link with -pthread. */
#ifndef ASYNCC_THREADS
#define ASYNCC_THREADS ASYNCC_IO
#endif
#if ASYNCC_THREADS && !ASYNCC_IO
#error "asyncc.h: ASYNCC_THREADS needs ASYNCC_IO, by which a loop is woken"
#endif
/* 1, in the file with the implementation: io_uring for reads, writes and syncs of files, where a
 * kernel from 5.6 on lets the program have it; where not, threads, and nobody is told. */
#ifndef ASYNCC_URING
#define ASYNCC_URING 0
#endif
/* Signals, and SIGINT as the cancellation of what ASYNC_RUN runs. */
#ifndef ASYNCC_SIGNALS
#define ASYNCC_SIGNALS ASYNCC_IO
#endif

/* Names, files and lines in frames, for reports. Off saves flash, and the texts of errors. */
#ifndef ASYNCC_NAMES
#define ASYNCC_NAMES !ASYNCC_FREESTANDING
#endif

/* What a freestanding build can leave out; what it costs is in the table of `make size`, with the
 * price of all that needs no switch: where functions are linked one by one (-ffunction-sections and
 * --gc-sections, or ASYNCC_STATIC), a lock or a queue that nobody uses costs nothing.
 * Cancellation: without it a task is 24 bytes on 32-bit machines, its frame's head included, and
 * there are no timeouts, groups, selects, wait, as_completed and shield; no callback is taken back,
 * nothing is started EAGER or comes from an allocator, and the loop does not know its tasks: the
 * `tasks` clause is plain memory, so wait for what you spawn there. */
#ifndef ASYNCC_CANCEL
#define ASYNCC_CANCEL 1
#endif
/* Errors keep the text of ASYNC_RAISE, and those that nobody looks at go to on_error. */
#ifndef ASYNCC_REPORTS
#define ASYNCC_REPORTS ASYNCC_CANCEL
#endif
/* The loop's allocator, for ASYNC_SPAWN_NEW and for a task that two gathers wait for: without it they
 * give NULL and -ENOMEM, as if there were no memory left. */
#ifndef ASYNCC_ALLOC
#define ASYNCC_ALLOC ASYNCC_CANCEL
#endif
/* Mistakes of the program are found at run time and panic: a body in a state that it does not have,
 * a task spawned twice, a call that an interrupt must not make. */
#ifndef ASYNCC_CHECK
#define ASYNCC_CHECK 1
#endif
/* A freestanding build counts time in ticks, of 16, 32 or 64 bits, which may wrap: no duration
 * is longer than half their range. How many there are in a second: */
#ifndef ASYNCC_TICK_HZ
#define ASYNCC_TICK_HZ 1000
#endif
#ifndef ASYNCC_TICK_BITS
#define ASYNCC_TICK_BITS 32
#endif
/* A body with more than 250 awaits and blocks needs 16. */
#ifndef ASYNCC_STATE_BITS
#if ASYNCC_FREESTANDING
#define ASYNCC_STATE_BITS 8
#else
#define ASYNCC_STATE_BITS 16
#endif
#endif
/* 1: a freestanding program has one loop, which async_loop_ names; no pointer to it is kept. 0:
 * several, one a priority: main's, and others that interrupts run by async_loop_tick(). */
#ifndef ASYNCC_ONE_LOOP
#define ASYNCC_ONE_LOOP ASYNCC_FREESTANDING
#endif
#if !ASYNCC_ONE_LOOP && !ASYNCC_CANCEL
#error "asyncc.h: ASYNCC_ONE_LOOP 0 needs ASYNCC_CANCEL, with which a task knows its loop"
#endif
#if !ASYNCC_FREESTANDING && !(ASYNCC_CANCEL && ASYNCC_REPORTS && ASYNCC_ALLOC)
#error "asyncc.h: only a freestanding build can leave out ASYNCC_CANCEL, _REPORTS and _ALLOC"
#endif
#if !ASYNCC_CANCEL && (ASYNCC_REPORTS || ASYNCC_ALLOC)
#error "asyncc.h: ASYNCC_REPORTS and ASYNCC_ALLOC need ASYNCC_CANCEL"
#endif

/* Expand AWAIT in the form in which -Wall reports a plain local read after an await. */
#ifndef ASYNCC_LINT
#define ASYNCC_LINT 0
#endif

/* Make AWAIT inside a user's own `switch` an error. Costs code on small machines. */
#ifndef ASYNCC_SWITCH_CHECK
#define ASYNCC_SWITCH_CHECK (!ASYNCC_FREESTANDING || ASYNCC_LINT)
#endif

/* 1 = every task keeps since when it waits (8 bytes), for async_print_tasks(), and a loop made
 * without options reports steps that block it for 100 ms or longer. */
#ifndef ASYNCC_DEBUG
#define ASYNCC_DEBUG 0
#endif

/* Task-local values: see >>seeing. 1 = a pointer more in every task. */
#ifndef ASYNCC_CONTEXT
#define ASYNCC_CONTEXT 0
#endif
#if ASYNCC_CONTEXT && ASYNCC_FREESTANDING
#error "asyncc.h: ASYNCC_CONTEXT is for hosted builds"
#endif

/* ASYNCC_TRACE(event, task), set in the file with the implementation, is told of what happens: see
 * >>seeing. Left out it is nothing, not a test. */
#ifndef ASYNCC_TRACE
#define ASYNCC_TRACE(event, task) ((void)0)
#endif

/* A loop made without options: 1 = its clock jumps from deadline to deadline. For tests. */
#ifndef ASYNCC_VIRTUAL_CLOCK
#define ASYNCC_VIRTUAL_CLOCK 0
#endif

/* Files of one program that were configured differently would disagree about the layout of a
 * frame or a loop. Every body refers to the first of these functions, and who starts one to
 * another of them; their names say how the file was set, so that such a mix does not link. */
#if ASYNCC_NAMES
#define ASYNC_NAMES_SET_ NAMES_1
#else
#define ASYNC_NAMES_SET_ NAMES_0
#endif
#if ASYNCC_IO
#define ASYNC_IO_SET_ IO_1
#else
#define ASYNC_IO_SET_ IO_0
#endif
#if ASYNCC_FREESTANDING
#define ASYNC_FREESTANDING_SET_ FREESTANDING_1
#else
#define ASYNC_FREESTANDING_SET_ FREESTANDING_0
#endif
#if ASYNCC_CANCEL && ASYNCC_REPORTS && ASYNCC_ALLOC
#define ASYNC_CANCEL_SET_ CANCEL_1
#elif ASYNCC_CANCEL && ASYNCC_REPORTS
#define ASYNC_CANCEL_SET_ CANCEL_1_ALLOC_0
#elif ASYNCC_CANCEL && ASYNCC_ALLOC
#define ASYNC_CANCEL_SET_ CANCEL_1_REPORTS_0
#elif ASYNCC_CANCEL
#define ASYNC_CANCEL_SET_ CANCEL_1_REPORTS_0_ALLOC_0
#else
#define ASYNC_CANCEL_SET_ CANCEL_0
#endif
#if ASYNCC_DEBUG
#define ASYNC_DEBUG_SET_ ASYNCC_DEBUG_1
#else
#define ASYNC_DEBUG_SET_ ASYNCC_DEBUG_0
#endif
#if ASYNCC_CONTEXT
#define ASYNC_CONTEXT_SET_ ASYNCC_CONTEXT_1
#else
#define ASYNC_CONTEXT_SET_ ASYNCC_CONTEXT_0
#endif
#define ASYNC_AS_SET_(f)                                                                           \
    ASYNC_AS_SET__(f, ASYNC_NAMES_SET_, ASYNC_IO_SET_, ASYNC_FREESTANDING_SET_, ASYNC_CANCEL_SET_, \
                   ASYNCC_TICK_BITS, ASYNCC_STATE_BITS, ASYNC_DEBUG_SET_, ASYNC_CONTEXT_SET_)
#define ASYNC_AS_SET__(...) ASYNC_AS_SET___(__VA_ARGS__)
#define ASYNC_AS_SET___(f, names, io, free, cancel, tick, state, debug, context)                   \
    f##_of_files_with_ASYNCC_##names##_and_ASYNCC_##io##_and_##free##_##cancel##_TICK_##tick##_STATE_##state##_##debug##_##context
#if ASYNCC_NAMES
#define async_panic_frame_ ASYNC_AS_SET_(async_panic_frame)
#else
#define async_panic_ ASYNC_AS_SET_(async_panic)
#endif
#define async_run_ ASYNC_AS_SET_(async_run)
#define async_run_main_ ASYNC_AS_SET_(async_run_main)
#define async_spawn_ ASYNC_AS_SET_(async_spawn)
#define async_spawn_new_ ASYNC_AS_SET_(async_spawn_new)

/* 1 where a single file holds the program: the functions become static, and what is not used is
 * left out. */
#ifndef ASYNCC_STATIC
#define ASYNCC_STATIC 0
#endif
#ifndef ASYNC_API
#if ASYNCC_STATIC
#define ASYNC_API static __attribute__((__unused__))
#else
#define ASYNC_API extern
#endif
#endif

/* The implementation needs POSIX and a little of GNU, also under -std=c11. */
#if defined(ASYNCC_IMPLEMENTATION) && !ASYNCC_FREESTANDING && !defined(_GNU_SOURCE)
#define _GNU_SOURCE 1
#endif
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#if !ASYNCC_FREESTANDING
#include <errno.h>
#endif
#if ASYNCC_THREADS
#include <pthread.h>
#endif
#if ASYNCC_IO
#include <signal.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#endif

/* The errno values that the core itself gives, for machines without <errno.h>. */
#ifndef EINVAL
#define EPERM 1
#define EINTR 4
#define EAGAIN 11
#define ENOMEM 12
#define EBUSY 16
#define EINVAL 22
#define EDEADLK 35
#define EPROTO 71
#define EALREADY 114
#define EINPROGRESS 115
#define ESHUTDOWN 108
#define ETIMEDOUT 110
#endif

/* ------------------------------------------------------------------------------------------
 * >>portability   What differs between C and C++, gcc and clang.
 * ------------------------------------------------------------------------------------------ */

#if defined(__TINYC__)
/* tcc calls itself C99, and has what is needed of C11. Of gcc's own it lacks these, and thread-locals
 * and atomics, so that only the freestanding profile is for it. */
#if !ASYNCC_FREESTANDING
#error "asyncc.h: tcc has no thread-locals and atomics: -DASYNCC_FREESTANDING=1"
#endif
void *memset(void *to, int with, size_t n);
void *memcpy(void *to, const void *from, size_t n);
#define __builtin_memset memset
#define __builtin_memcpy memcpy
#define __builtin_expect(x, y) (x)
#define __builtin_unreachable() ((void)0)
#define _Pragma(x)
#elif !defined(__cplusplus) && (!defined(__STDC_VERSION__) || __STDC_VERSION__ < 201112L)
#error "asyncc.h needs C11 or later, or C++17"
#endif

/* clang-format off */
#ifdef __cplusplus
#define ASYNC_C_ extern "C"
#define ASYNC_C_BEGIN_ extern "C" {
#define ASYNC_C_END_ }
#define ASYNC_MAKE_(type, ...) type{__VA_ARGS__}
#define ASYNC_AUTO_ auto
#define ASYNC_ASSERT_(cond, text) static_assert(cond, text)
#else
#define ASYNC_C_
#define ASYNC_C_BEGIN_
#define ASYNC_C_END_
#define ASYNC_MAKE_(type, ...) (type){__VA_ARGS__}
#define ASYNC_AUTO_ __extension__ __auto_type
#define ASYNC_ASSERT_(cond, text) _Static_assert(cond, text)
#endif
/* clang-format on */

/* In a struct. */
#ifdef __TINYC__
#define ASYNC_MEMBER_ASSERT_(cond, text) char async_assert_[(cond) ? 1 : -1]
#else
#define ASYNC_MEMBER_ASSERT_(cond, text) ASYNC_ASSERT_(cond, text)
#endif
#define ASYNC_UNUSED_ __attribute__((__unused__))

/* Under the address sanitizer the frame of a callee is out of bounds once its result is copied. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ASYNC_ASAN_
#endif
#endif
#if defined(ASYNC_ASAN_) || defined(__SANITIZE_ADDRESS__)
ASYNC_C_ void __asan_poison_memory_region(void const volatile *, size_t);
ASYNC_C_ void __asan_unpoison_memory_region(void const volatile *, size_t);
#define ASYNC_POISON_(x) __asan_poison_memory_region(&(x), sizeof(x));
#define ASYNC_UNPOISON_(x) __asan_unpoison_memory_region(&(x), sizeof(x));
#else
#define ASYNC_POISON_(x)
#define ASYNC_UNPOISON_(x)
#endif
#define ASYNC_ALIAS_ __attribute__((__may_alias__))
#define ASYNC_INLINE_ static inline ASYNC_UNUSED_
/* Rare, or too big to share registers with what is hot. */
#define ASYNC_NOT_INLINE_ __attribute__((__noinline__))
#define ASYNC_HOT_ static inline __attribute__((__always_inline__, __unused__))
#define ASYNC_LIKELY_(x) __builtin_expect(!!(x), 1)
#define ASYNC_RARE_(x) __builtin_expect(!!(x), 0)

#if defined(__has_attribute)
#if __has_attribute(__error__)
#define ASYNC_ERROR_(text) __attribute__((__error__(text)))
#endif
#endif
#ifndef ASYNC_ERROR_
#define ASYNC_ERROR_(text)
#endif

/* The loop of this thread. initial-exec: one load, also from a shared library. */
#ifndef ASYNCC_THREAD_LOCAL
#if ASYNCC_FREESTANDING
#define ASYNCC_THREAD_LOCAL
#else
#define ASYNCC_THREAD_LOCAL __thread
#endif
#endif

/* ------------------------------------------------------------------------------------------
 * >>types         Errors, durations, and the structures the machine runs on.
 * ------------------------------------------------------------------------------------------ */

/* An error is an int: 0, a negative errno, or one of these. They fit in 16 bits. User codes go
 * from ASYNC_EUSER down to ASYNC_EUSER - 15000. */
enum {
    ASYNC_CANCELED = -32000, /* CancelledError: never an errno, so no closed socket looks like it */
    ASYNC_GENERATOR_EXIT = -31999, /* GeneratorExit: at the ASYNC_YIELD of one that is closed */
    ASYNC_ESTOP = -32001,       /* StopAsyncIteration, from the `next` of a hand-written iterator */
    ASYNC_EBROKEN = -32002,     /* BrokenBarrierError */
    ASYNC_EINCOMPLETE = -32003, /* IncompleteReadError: the stream ended early */
    ASYNC_ELIMIT = -32004,      /* LimitOverrunError: no separator within the limit */
    ASYNC_EUSER = -10000
};

/* What a body answers besides an error. Never seen by users. */
enum { ASYNC_PENDING_ = 1, ASYNC_RETURNING_ = 2, ASYNC_YIELDED_ = 3 };

/* A duration is a type of its own, so that a bare number does not compile. */
#if !ASYNCC_FREESTANDING
typedef struct async_duration {
    int64_t ns;
} async_duration;
#define ASYNC_SPAN_(d) ((d).ns)
#define ASYNC_SPAN_MAX_ INT64_MAX

ASYNC_INLINE_ async_duration async_duration_(int64_t n, int64_t unit)
{
    int64_t most = INT64_MAX / unit; /* beyond 292 years: for ever */
    int64_t ns = n > most ? INT64_MAX : n < -most ? -INT64_MAX : n * unit;
    return ASYNC_MAKE_(async_duration, ns);
}

/* `% 1` refuses a floating-point argument at compile time: write ASYNC_MS(500), not 0.5 s. */
#define ASYNC_UNIT_(n, unit) async_duration_((n), (unit) + 0 * (int64_t)sizeof((n) % 1))
#define ASYNC_NS(n) ASYNC_UNIT_(n, 1)
#define ASYNC_US(n) ASYNC_UNIT_(n, 1000)
#define ASYNC_MS(n) ASYNC_UNIT_(n, 1000000)
#define ASYNC_SEC(n) ASYNC_UNIT_(n, 1000000000)
#define ASYNC_FOREVER async_duration_(INT64_MAX, 1)

/* A point on the loop's own clock, in nanoseconds. Monotonic; only differences mean anything. */
typedef int64_t async_time;
typedef int64_t async_span_;
#define ASYNC_DUE_(when, now) ((when) <= (now))
#else
/* A point on the loop's clock, in ticks. It wraps: only differences mean anything. */
#if ASYNCC_TICK_BITS == 16
typedef uint16_t async_time;
typedef int16_t async_span_;
#define ASYNC_SPAN_MAX_ INT16_MAX
#elif ASYNCC_TICK_BITS == 32
typedef uint32_t async_time;
typedef int32_t async_span_;
#define ASYNC_SPAN_MAX_ INT32_MAX
#else
typedef uint64_t async_time;
typedef int64_t async_span_;
#define ASYNC_SPAN_MAX_ INT64_MAX
#endif
#define ASYNC_DUE_(when, now) ((async_span_)(async_time)((now) - (when)) >= 0)

typedef struct async_duration {
    async_span_ ticks;
} async_duration;
#define ASYNC_SPAN_(d) ((d).ticks)

/* A constant is converted by the compiler, rounded up, and cut to the longest there is. Anything
 * else is multiplied, where a unit is a whole number of ticks, or else divided: where that
 * matters, count in ASYNC_TICKS(n). */
static inline __attribute__((__always_inline__)) ASYNC_UNUSED_ async_duration
async_duration_(int64_t n, uint32_t per_second)
{
    async_duration d;
    if (ASYNCC_TICK_HZ % per_second == 0) n *= ASYNCC_TICK_HZ / per_second;
    else if (per_second % ASYNCC_TICK_HZ == 0)
        n = (n + (int64_t)(per_second / ASYNCC_TICK_HZ - 1)) /
            (int64_t)(per_second / ASYNCC_TICK_HZ);
    else n = (n * ASYNCC_TICK_HZ + (int64_t)(per_second - 1)) / (int64_t)per_second;
    if (__builtin_constant_p(n) && n > ASYNC_SPAN_MAX_) n = ASYNC_SPAN_MAX_;
    d.ticks = (async_span_)n;
    return d;
}
#define ASYNC_UNIT_(n, per_second)                                                                 \
    async_duration_((n), (per_second) + 0 * (uint32_t)sizeof((n) % 1))
#define ASYNC_NS(n) ASYNC_UNIT_(n, 1000000000u)
#define ASYNC_US(n) ASYNC_UNIT_(n, 1000000u)
#define ASYNC_MS(n) ASYNC_UNIT_(n, 1000u)
#define ASYNC_SEC(n) ASYNC_UNIT_(n, 1u)
#define ASYNC_TICKS(n) ASYNC_UNIT_(n, (uint32_t)ASYNCC_TICK_HZ)
#define ASYNC_FOREVER ASYNC_TICKS(ASYNC_SPAN_MAX_)
#endif

typedef struct async_frame async_frame;
typedef struct async_handle async_handle;
typedef struct async_loop async_loop;
typedef struct async_ops async_ops;
typedef struct async_scope async_scope;
typedef struct async_task async_task;
typedef struct async_type async_type;

/* What a body returns. A struct, so that `return x;` in a coroutine is a compile error that says
 * what to write; it travels in a register like the int it holds. */
typedef struct {
    int code;
} use_ASYNC_RETURN_in_a_coroutine;
typedef use_ASYNC_RETURN_in_a_coroutine async_status_;

/* One per coroutine, constant; in what has no names to give, its function will do. */
#if ASYNCC_NAMES || ASYNCC_CANCEL
typedef const struct async_type *async_type_ref_;
#define ASYNC_RESUME_OF_(type) ((type)->resume)
#define ASYNC_TYPE_REF_(N) (&async_type_of_##N)
#else
typedef async_status_ (*async_type_ref_)(async_frame *, async_task *, int err);
#define ASYNC_RESUME_OF_(type) (type)
#define ASYNC_TYPE_REF_(N) async_resume_of_##N
#endif
struct async_type {
    async_status_ (*resume)(async_frame *, async_task *, int err);
#if ASYNCC_NAMES
    const char *name, *file;
    int line;
#endif
};

#if ASYNCC_STATE_BITS == 8
typedef uint8_t async_state_;
#else
typedef uint16_t async_state_;
#endif

/* The head of every frame. The state says where the body goes on; `held` is the error in flight
 * while a FINALLY part runs. */
struct async_frame {
    async_type_ref_ type;
    union {
        async_frame *caller;   /* who awaits this frame */
        async_handle *waiters; /* the first frame of a task: who waits for the task, newest first */
    } up;
    async_state_ state;
    int16_t held;
#if ASYNCC_NAMES
    int line; /* of the await it is suspended at */
#endif
};

/* Something that can be run, and what it is linked by. It is in one list at a time: the ready
 * queue, a slot of the timer wheel, or the waiters of what it waits for. */
struct async_handle {
    async_handle *next;
#if ASYNCC_CANCEL
    async_handle **pprev;
    const async_ops *ops;
#endif
};

/* Without cancellation all handles behave as a task does: they have a frame that is resumed. */
#if ASYNCC_CANCEL
/* How a handle behaves, which for a task also says what it waits for. */
struct async_ops {
    void (*run)(async_handle *);         /* its turn in the ready queue */
    bool (*cancel)(async_task *);        /* leave the wait and wake as cancelled; false: can't */
    async_task *(*target)(async_task *); /* the next task that a cancel travels on to, or NULL */
    /* a collector: a child of it ended, and this node is what told it */
    void (*child_done)(async_task *, async_task *child, async_handle *node);
    const async_ops *woken; /* how it behaves once it has been woken */
#if ASYNCC_NAMES
    const char *what; /* for people */
#endif
};

#if ASYNCC_NAMES
#define ASYNC_WHAT_(text) , text
#else
#define ASYNC_WHAT_(text)
#endif
#define ASYNC_OPS_(run, cancel, target, child_done, woken, what)                                   \
    {                                                                                              \
        run, cancel, target, child_done, woken ASYNC_WHAT_(what)                                   \
    }
#endif

/* A handle with a deadline; a task and an async_call begin like this. */
struct async_timer_ {
    async_handle h;
    async_time when;
};

/* A task: a root frame follows it in memory. */
struct async_task {
    async_handle h;
    union {
        async_time when;  /* deadline of a sleep */
        void *on;         /* what it waits for */
        const char *text; /* after its end: what ASYNC_RAISE said */
#if !ASYNCC_CANCEL
        int wake; /* once woken: what to resume it with; after its end, its outcome */
#endif
    } u;
    async_frame *frame; /* whom to resume */
#if ASYNCC_CANCEL
    async_scope *scope; /* who answers for it: the loop, a frame or a group */
    async_task *next, **pprev;
#if ASYNCC_DEBUG
    async_time since; /* it waits, or is to start */
#endif
#if ASYNCC_CONTEXT
    struct async_context *context; /* the innermost value it sees */
#endif
    int16_t wake;        /* what to resume it with; 0 while it runs; after its end, its outcome */
    uint16_t cancelling; /* cancel() minus uncancel() */
    uint16_t flags;
    uint8_t refs; /* of a task from the allocator: who still needs the memory; else 0 */
#endif
};
#if ASYNCC_CANCEL
#define ASYNC_WAKE_(task) ((task)->wake)
#define ASYNC_IS_LIVE_(task) ((task)->flags & ASYNC_LIVE_)
#else
#define ASYNC_IS_LIVE_(task) (((const async_frame *)(const void *)((task) + 1))->type)
#define ASYNC_WAKE_(task) ((task)->u.wake)
#endif
#if ASYNCC_CANCEL
enum {
    ASYNC_LIVE_ = 1,      /* spawned, not done */
    ASYNC_DONE_ = 2,      /* has an outcome */
    ASYNC_NEW_ = 4,       /* its first step runs, inside of its spawner's */
    ASYNC_MUST_ = 8,      /* a cancel to deliver at the next step */
    ASYNC_MARK_ = 16,     /* a cancel is passing through */
    ASYNC_HEAP_ = 32,     /* from the allocator */
    ASYNC_LEFTOVER_ = 64, /* run() waits for its end */
    ASYNC_QUIET_ = 128,   /* its error is not to be reported */
    ASYNC_NOTED_ = 256,   /* there may be a note of its error */
    ASYNC_ASKED_ = 512,   /* whose scope wants to know of its end */
    ASYNC_NAMED_ = 1024,  /* there is a note of its name */
    ASYNC_OUTER_ = 2048,  /* in the middle of a step, in which another's first step runs */
    ASYNC_LISTED_ = 4096, /* its group lists it as failed, and has not been left */
    ASYNC_MEMBER_ = 8192, /* spawned in a group */
    ASYNC_SLOT_FILL_ = 0x80
};
/* It lives in a `tasks` clause: that frame answers for it. Of 16 bits, as an int may be. */
#define ASYNC_SLOT_ ((uint16_t)0x8000)
#else
enum { ASYNC_SLOT_FILL_ = 0 };
#endif
/* How to spawn: at once; in a group; in one, by a frame that has seen to the rest; and ASYNC_HEAP_ */
enum { ASYNC_EAGER_ = 1, ASYNC_IN_ = 2, ASYNC_IN_SEEN_ = 4 };

/* Who answers for tasks. `child_done` runs when one ends. */
struct async_scope {
    async_task *head, **tail; /* in order of creation */
    void (*child_done)(async_scope *, async_task *);
    async_loop *loop;
    async_scope *next, **pprev; /* all scopes of the loop */
};

/* The scope of a frame with a `tasks` clause. */
typedef struct async_frame_scope_ {
    async_scope scope;
    uintptr_t from; /* the frame: tasks that live in it belong to it */
    uint32_t size;
    bool lent;          /* one of them has gone to a group that may outlive it */
    async_task *waiter; /* the frame's task, while it waits for them */
} async_frame_scope_;

/* A call for later: storage by the caller, zeroed before its first use, and not to be moved
 * while scheduled. */
typedef struct async_call {
    async_handle h;
    union {
        async_time when;
#if ASYNCC_IO
        uint32_t posted; /* by async_call_soon_threadsafe(); 0 whenever it is not scheduled */
#elif !ASYNCC_CANCEL
        int wake; /* as a task's */
        void *on;
#endif
    };
#if !ASYNCC_CANCEL
    const async_frame *frame;
#endif
    int (*fn)(void *arg); /* a negative return is reported to the loop's error handler */
    void *arg;
    async_loop *loop;
} async_call;
#if !ASYNCC_CANCEL
ASYNC_ASSERT_(offsetof(async_call, frame) == offsetof(async_task, frame), "a call runs as a task");
#endif

/* A result that somebody will set. Zeroed memory is a pending future. */
typedef struct async_future {
    async_handle *waiters; /* newest first */
    int16_t state;         /* 0 pending, 1 finished, 2 cancelled */
    int16_t error;
#if ASYNCC_CANCEL
    void (*on_cancel)(struct async_future *); /* yours, or NULL: see async_future_cancel() */
#endif
} async_future;
#define ASYNC_FUTURE(T)                                                                            \
    struct {                                                                                       \
        async_future future;                                                                       \
        T result;                                                                                  \
    }

/* Several tasks, for gather and its kin: a short list by value, or a view of an array. */
typedef struct async_tasks {
    uint32_t n;
    uint32_t stride; /* bytes from task to task at `first`; 0: an array of pointers; 1: list t */
    void *first;
    async_task *t[8];
} async_tasks;

/* ------------------------------------------------------------------------------------------
 * >>objects       What a user declares: timeouts, groups, options.
 * ------------------------------------------------------------------------------------------ */

/* ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(100)) { ... } */
typedef struct async_timeout {
    async_call timer;
    async_task *task;
    uint16_t cancelling; /* of the task, at entry */
    uint8_t phase;       /* 0 new, 1 entered, 2 expiring, 3 left */
    bool expired;        /* the deadline came before the block ended */
} async_timeout;

/* ASYNC_WITH(async_group, &self->tg) { ASYNC_SPAWN_IN(&self->tg, &self->a, f, 1); } */
typedef struct async_group {
    async_scope scope;
    async_task *parent;
    async_task *failed, **failed_tail; /* members that failed, in order of their end */
    int body_error;                    /* what left the block */
    uint8_t phase;                     /* 0 new, 1 entered, 2 leaving, 3 left */
    bool aborting, cancelled_parent, waiting;
    bool propagate; /* a cancel from outside is to be raised at the end */
} async_group;

/* --- locks and queues: zeroed memory is ready for use --- */

/* A place in a line of tasks. It stays in line until the task runs, also when it is cancelled:
 * who has been chosen and cannot take it passes it on. */
typedef struct async_waiter_ {
#if !ASYNCC_CANCEL
    async_frame frame; /* is resumed before the one that waits */
    void (*run)(async_handle *);
#endif
    struct async_waiter_ *next, *prev;
    async_task *task;
    uint8_t state; /* 0 waits, 1 chosen, 2 cancelled */
    bool in_line;
} async_waiter_;
typedef struct async_line_ {
    async_waiter_ *first, *last;
} async_line_;

typedef struct async_lock {
    async_line_ line;
    bool locked;
} async_lock;
typedef struct async_event {
    async_handle *waiters; /* newest first */
    bool set;
} async_event;
typedef struct async_semaphore {
    async_line_ line;
    uint32_t value;
    uint32_t bound; /* one above the most that it may be; 0: none */
} async_semaphore;
typedef struct async_condition {
    async_lock *lock; /* NULL: its own */
    async_lock own;
    async_line_ line;
} async_condition;
typedef struct async_barrier {
    async_line_ line;
    uint32_t parties, count;
    uint8_t state;
} async_barrier;
enum { ASYNC_FILLING_, ASYNC_DRAINING_, ASYNC_RESETTING_, ASYNC_BROKEN_ }; /* a barrier's state */

/* ASYNC_QUEUE(struct job, 16) q;  the items live in it. */
typedef struct async_queue {
    async_line_ getters, putters;
    async_handle *joiners; /* newest first */
    uint32_t first, count; /* of the items */
    uint32_t unfinished;   /* put, and not task_done() yet */
    uint8_t order;         /* ASYNC_FIFO, ASYNC_LIFO, ASYNC_PRIORITY */
    bool shut;
    bool special;                               /* one of the latter two, or shut */
    int (*compare)(const void *, const void *); /* of ASYNC_PRIORITY: as qsort's */
} async_queue;
enum { ASYNC_FIFO, ASYNC_LIFO, ASYNC_PRIORITY };
#define ASYNC_QUEUE(T, capacity)                                                                   \
    struct {                                                                                       \
        async_queue queue;                                                                         \
        T items[(capacity) + 0 * sizeof(char[(capacity) > 0 ? 1 : -1])]; /* at least one */        \
    }

/* An ASYNC_SELECT while it runs. */
struct async_select_ {
    async_scope scope; /* the branches */
    async_call timer;
    async_task *owner;
    async_task *winner; /* the branch that decided it */
    uint64_t *room;
    uint32_t used, size; /* of the room, in words */
    uint16_t on_timeout; /* state of ASYNC_ON_TIMEOUT; 0: none */
    uint16_t state;      /* of the block that runs at the end */
    bool stopping;       /* decided: branches that still run have been cancelled */
    bool waited;         /* it has been suspended */
    bool cancelled, failed;
};

/* What goes to the loop's error handler. */
typedef struct async_report {
    const char *message; /* what happened */
    int error;
    const char *text;       /* of ASYNC_RAISE, or NULL */
    const async_type *type; /* the coroutine, or NULL */
    int line;               /* in its file, of the await where it stands now; 0: unknown */
    async_duration took;    /* of a step that was too long; else 0 */
    async_task *task;       /* whose it is; NULL: nobody's, or its memory may be gone */
} async_report;

typedef struct async_options {
    bool virtual_clock;       /* time jumps to the next deadline when nothing can run */
    async_duration slow_step; /* steps that block the loop for so long are reported; 0: none */
#if ASYNCC_ALLOC
    void *(*alloc)(void *context, void *old, size_t size); /* as realloc; size 0 frees */
#endif
#if ASYNCC_REPORTS
    void (*on_error)(async_loop *, const async_report *);
#endif
    void *context; /* for both */
} async_options;

/* Timers: see >>timers. A wheel is 30 KB of memory; small machines have few timers, and one sorted
 * list of them. */
#define ASYNC_WHEEL_ !ASYNCC_FREESTANDING
enum {
    ASYNC_DIGIT_ = 6, /* bits */
    ASYNC_SLOTS_ = 1 << ASYNC_DIGIT_,
    ASYNC_LEVELS_ = 11,
    ASYNC_WIDE_ = 3, /* levels from this one on, of slots from 0.26 ms to 1 s, are wide: */
    ASYNC_WIDE_LEVELS_ = 3,
    ASYNC_STRAND_BITS_ = 4,
    ASYNC_STRANDS_ = 1 << ASYNC_STRAND_BITS_, /* a slot of theirs has so many lists */
    ASYNC_WIDE_SLOTS_ = ASYNC_WIDE_LEVELS_ * ASYNC_SLOTS_,
    ASYNC_FEW_ = 8 /* a list no longer than this is sorted, not dealt out */
};

#if ASYNCC_IO
/* Who waits for a descriptor, and what is known of it: see >>descriptors. */
typedef struct async_fd_ {
    async_task *waiter[2]; /* reading, writing: from its wait to its turn */
    uint32_t generation;   /* of its number: an event of an earlier one is dropped */
    uint8_t flags;
} async_fd_;
enum { ASYNC_FEW_FDS_ = 16 }; /* descriptors that a loop has room for without the allocator */
#endif

/* What is known of a task's error: see >>reports. */
typedef struct async_note_ {
    const async_task *task; /* only compared, never followed; NULL: free */
    const async_type *type;
    const char *text;
    uint32_t age; /* smaller is older */
    int16_t error;
    int16_t latest; /* what the task has caught last: this, or another that has no text */
    bool caught;    /* and dealt with, unless it is raised again */
    bool ended;     /* the task ended with it, and nobody has looked */
} async_note_;

#if !ASYNCC_CANCEL
struct async_loop {
    async_handle *near;         /* timers, by deadline */
    async_handle *head, **tail; /* ready queue: interrupts may add to it; tail: of one not empty */
#if ASYNCC_ONE_LOOP
    volatile async_time ticks; /* by async_tick() */
#endif
};
#else
struct async_loop {
    async_handle *head, **tail; /* ready queue */
    async_handle *batch;        /* this tick's share of it: what is still to run */
    async_task *current;        /* inside a step: whose */
    int64_t now;                /* the clock, as last read */
    int64_t next_timer;         /* no timer is due before this */
    uint32_t leftover;          /* tasks that run() still waits for */
    uint8_t flags;
    uint8_t note_bits;
#if ASYNCC_ONE_LOOP
    volatile async_time ticks; /* by async_tick() */
#endif
    async_handle *near;        /* timers by deadline: those that have left the wheel */
#if ASYNC_WHEEL_
    int64_t wheel_time;
    uint32_t levels;                     /* those that may hold something */
    uint64_t occupied[ASYNC_LEVELS_];    /* slots that may hold something */
    uint64_t turned[ASYNC_LEVELS_];      /* slots whose lists are oldest first; else newest first */
    uint16_t strands[ASYNC_WIDE_SLOTS_]; /* lists that may hold something */
    async_handle *wheel[ASYNC_LEVELS_ * ASYNC_SLOTS_];
    async_handle *wide[ASYNC_WIDE_SLOTS_ * ASYNC_STRANDS_];
#endif
    async_scope scope;   /* tasks that nobody else answers for */
    async_scope *scopes; /* all, this one included */
    async_options options;
#if ASYNCC_REPORTS
    async_note_ *notes; /* a hash table of 1 << note_bits */
    uint32_t note_count, note_age;
    async_note_ few_notes[8];
#endif
#if ASYNCC_IO
    async_fd_ *fds, few_fds[ASYNC_FEW_FDS_];
    int fd_count, fd_waits; /* table size; waiters in it */
    void *poll_set;         /* what poll() is asked, and for how many it has room */
    uint64_t few_polls[ASYNC_FEW_FDS_];
    int poll_room;
    int poll_fd;              /* epoll or kqueue; -1: not open */
    int spare_fd;             /* given up to accept and refuse when descriptors run out */
    struct async_ring_ *ring; /* io_uring; NULL: not open */
    const async_task *io_task;
    int io_left;                     /* what that task may still do without a turn of the loop */
    async_call retry;                /* of listeners that wait for descriptors to become free */
    struct async_process *processes; /* that have not ended, and what close does with them */
    void (*end_processes)(async_loop *);
    async_handle *inbox;     /* what other threads send, newest first, or a mark: see >>inbox */
    int wake_fd, wake_to;    /* the loop is woken by a write to the second; -1: not open */
    uint32_t wakes_due;      /* writes that happened or will, and were not read */
    uint32_t kept;           /* who may still call from elsewhere */
    uint32_t jobs;           /* that threads have, or that are on their way back */
    struct async_pool *pool; /* of to_thread; NULL: not yet needed */
    const struct async_pool_ops_ *pools; /* NULL: it never had a job, and needs no code for them */
    const void *thread; /* that runs it: the address of something of its own; NULL: none */
    bool napping;       /* the inbox was marked: it wants a wake */
    async_call print;   /* of async_print_tasks_soon() */
#endif
};
#endif
enum {
    ASYNC_RUNNING_ = 1,
    ASYNC_STOP_ = 2,
    ASYNC_CLOSED_ = 4,
    ASYNC_STALE_ = 8, /* next_timer may be too early */
    ASYNC_VIRTUAL_ = 16,
    ASYNC_COARSE_ = 32, /* the poller counts in milliseconds */
    ASYNC_NO_RING_ = 64 /* the kernel has been asked for a ring; it is not asked twice */
};
/* ------------------------------------------------------------------------------------------
 * >>machine       How a coroutine stops and goes on: the six lines everything else rests on.
 *
 *   A body is one `switch` over its frame's state. This source
 *
 *       ASYNC_BEGIN
 *       AWAIT(fetch, self->url);
 *       ASYNC_END
 *
 *   becomes, names shortened and checks left out,
 *
 *       at = self->state;  dispatch: switch (at) { case 0:
 *       child = &self->awaits.fetch;  child->args = (struct fetch_args){ self->url };
 *       err = fetch_body(child, task, 0);
 *       if (err == PENDING) { child->caller = self;  self->state = 1;  return PENDING;  case 1:; }
 *       if (err) { at = sizeof *handler;  goto dispatch; }
 *       case END: }  self->state = FINISHED;  return err;
 *
 *   The callee is called directly and may be inlined: an await that finishes at once stores its
 *   arguments and its result and nothing else. One that does not leaves its frame linked to its
 *   caller's, and the loop later resumes the innermost frame and pops outwards, one frame for
 *   each that ends, so that a resume costs the same at depth 1,000 as at depth 1.
 *
 *   Errors travel in the return value, and on the way out in the last parameter. Which handler
 *   an error goes to is lexical, so it needs no field: each block declares a pointer
 *   `char (*async_handler_)[N]`, never initialised and only ever looked at by sizeof, and the
 *   compiler's own scoping does the nesting. A declaration without initialiser may be jumped
 *   past, in C and in C++.
 *
 *   Blocks with a part that must run (DO, WITH, FOR) are `for` loops whose step is a jump: to
 *   that part, written before the block, or to the `if` that chooses it. So it is control flow
 *   alone that tells the block's end from a `break`, and nothing needs to survive an await. The
 *   local `async_pass_`, false for an instant between two parts, is true whenever the user's
 *   code runs, which includes every entry of the function.
 * ------------------------------------------------------------------------------------------ */

/* These macros are laid out by hand, one idea a line. */
/* clang-format off */

#define ASYNC_CAT_(a, b) ASYNC_CAT__(a, b)
#define ASYNC_CAT__(a, b) a##b
#define ASYNC_FIRST_(...) ASYNC_FIRST__(__VA_ARGS__)
#define ASYNC_FIRST__(a, ...) a
#define ASYNC_SECOND_(...) ASYNC_SECOND__(__VA_ARGS__)
#define ASYNC_SECOND__(a, b, ...) b

/* 0 for one argument, 1 for two to twenty. */
#define ASYNC_MANY_(...) ASYNC_MANY__(__VA_ARGS__, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, )
#define ASYNC_MANY__(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, x, ...) x
#define ASYNC_COUNT_(...) ASYNC_COUNT__(__VA_ARGS__, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, )
#define ASYNC_COUNT__(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, x, ...) x

/* M(a) M(b) ... for up to 16. */
#define ASYNC_EACH_(M, ...) ASYNC_CAT_(ASYNC_EACH_, ASYNC_COUNT_(__VA_ARGS__))(M, __VA_ARGS__)
#define ASYNC_EACH_1(M, a) M(a)
#define ASYNC_EACH_2(M, a, ...) M(a) ASYNC_EACH_1(M, __VA_ARGS__)
#define ASYNC_EACH_3(M, a, ...) M(a) ASYNC_EACH_2(M, __VA_ARGS__)
#define ASYNC_EACH_4(M, a, ...) M(a) ASYNC_EACH_3(M, __VA_ARGS__)
#define ASYNC_EACH_5(M, a, ...) M(a) ASYNC_EACH_4(M, __VA_ARGS__)
#define ASYNC_EACH_6(M, a, ...) M(a) ASYNC_EACH_5(M, __VA_ARGS__)
#define ASYNC_EACH_7(M, a, ...) M(a) ASYNC_EACH_6(M, __VA_ARGS__)
#define ASYNC_EACH_8(M, a, ...) M(a) ASYNC_EACH_7(M, __VA_ARGS__)
#define ASYNC_EACH_9(M, a, ...) M(a) ASYNC_EACH_8(M, __VA_ARGS__)
#define ASYNC_EACH_10(M, a, ...) M(a) ASYNC_EACH_9(M, __VA_ARGS__)
#define ASYNC_EACH_11(M, a, ...) M(a) ASYNC_EACH_10(M, __VA_ARGS__)
#define ASYNC_EACH_12(M, a, ...) M(a) ASYNC_EACH_11(M, __VA_ARGS__)
#define ASYNC_EACH_13(M, a, ...) M(a) ASYNC_EACH_12(M, __VA_ARGS__)
#define ASYNC_EACH_14(M, a, ...) M(a) ASYNC_EACH_13(M, __VA_ARGS__)
#define ASYNC_EACH_15(M, a, ...) M(a) ASYNC_EACH_14(M, __VA_ARGS__)
#define ASYNC_EACH_16(M, a, ...) M(a) ASYNC_EACH_15(M, __VA_ARGS__)

/* Is there an argument at all? Four probes, so that `(x)` counts as one. */
#define ASYNC_EMPTY_(...) ASYNC_EMPTY__(ASYNC_MANY_(__VA_ARGS__), ASYNC_MANY_(ASYNC_COMMA_ __VA_ARGS__), \
                                        ASYNC_MANY_(__VA_ARGS__ ()), ASYNC_MANY_(ASYNC_COMMA_ __VA_ARGS__ ()))
#define ASYNC_EMPTY__(a, b, c, d) ASYNC_EMPTY___(a, b, c, d)
#define ASYNC_EMPTY___(a, b, c, d) ASYNC_SECOND_(ASYNC_EMPTY_##a##b##c##d, 0, )
#define ASYNC_EMPTY_0001 , 1
#define ASYNC_COMMA_(...) ,

/* void has no result field. Only the word itself: `void *` is a result like any other. */
#define ASYNC_IS_VOID_(R) ASYNC_SECOND_(ASYNC_IS_VOID_##R (), 0, )
#define ASYNC_IS_VOID_void() , 1
#define ASYNC_RESULT_0(R) R async_result_;
#define ASYNC_RESULT_1(R)

/* Clauses are not macros: a prefix is pasted on each, once for every part of the frame that it
 * may add to, so that `args`, `vars` ... stay ordinary words. async_() stands for one left out. */
#define ASYNC_FIELD_(x) x;
#define ASYNC_ARGS_async_()
#define ASYNC_ARGS_args(...) ASYNC_EACH_(ASYNC_FIELD_, __VA_ARGS__),
#define ASYNC_ARGS_vars(...)
#define ASYNC_ARGS_raw(...)
#define ASYNC_ARGS_tasks(...)
#define ASYNC_ARGS_awaits(...)
#define ASYNC_ARGS_selects(...)
#define ASYNC_PROTO_async_()
#define ASYNC_PROTO_args(...) (__VA_ARGS__),
#define ASYNC_PROTO_vars(...)
#define ASYNC_PROTO_raw(...)
#define ASYNC_PROTO_tasks(...)
#define ASYNC_PROTO_awaits(...)
#define ASYNC_PROTO_selects(...)
#define ASYNC_VARS_async_()
#define ASYNC_VARS_args(...)
#define ASYNC_VARS_vars(...) __VA_ARGS__;
#define ASYNC_VARS_raw(...)
#define ASYNC_VARS_tasks(...)
#define ASYNC_VARS_awaits(...)
#define ASYNC_VARS_selects(...)
#define ASYNC_RAW_async_()
#define ASYNC_RAW_args(...)
#define ASYNC_RAW_vars(...)
#define ASYNC_RAW_raw(...) __VA_ARGS__;
#define ASYNC_RAW_tasks(...)
#define ASYNC_RAW_awaits(...)
#define ASYNC_RAW_selects(...)
#define ASYNC_CHILD_(x) async_task_of_##x;
#define ASYNC_CHILDREN_async_()
#define ASYNC_CHILDREN_args(...)
#define ASYNC_CHILDREN_vars(...)
#define ASYNC_CHILDREN_raw(...)
#define ASYNC_CHILDREN_tasks(...) ASYNC_EACH_(ASYNC_CHILD_, __VA_ARGS__)
#define ASYNC_CHILDREN_awaits(...)
#define ASYNC_CHILDREN_selects(...)
#define ASYNC_SCOPE_async_()
#define ASYNC_SCOPE_args(...)
#define ASYNC_SCOPE_vars(...)
#define ASYNC_SCOPE_raw(...)
#if ASYNCC_CANCEL
#define ASYNC_SCOPE_tasks(...) + 1
#else
#define ASYNC_SCOPE_tasks(...)
#endif
#define ASYNC_SCOPE_awaits(...)
#define ASYNC_SCOPE_selects(...)
#define ASYNC_CALLEE_(x) struct x x;
#define ASYNC_CALLEES_async_()
#define ASYNC_CALLEES_args(...)
#define ASYNC_CALLEES_vars(...)
#define ASYNC_CALLEES_raw(...)
#define ASYNC_CALLEES_tasks(...)
#define ASYNC_CALLEES_awaits(...) ASYNC_EACH_(ASYNC_CALLEE_, __VA_ARGS__)
#define ASYNC_CALLEES_selects(...) struct { struct async_select_ head; uint64_t room[0 ASYNC_EACH_(ASYNC_BRANCH_SIZE_, __VA_ARGS__)]; } list_them_in_selects_;
#define ASYNC_ROOM_async_()
#define ASYNC_ROOM_args(...)
#define ASYNC_ROOM_vars(...)
#define ASYNC_ROOM_raw(...)
#define ASYNC_ROOM_tasks(...)
#define ASYNC_ROOM_awaits(...) * 0
#define ASYNC_ROOM_selects(...)

/* What one branch of an ASYNC_SELECT takes, in 64-bit words: its state, a task, its frame; the frame
 * of a leaf is a head and its room. */
#define ASYNC_BRANCH_SIZE_(x) + ASYNC_BRANCH_WORDS_(x)
#define ASYNC_BRANCH_WORDS_(x) ((8 + sizeof(async_task) + ASYNC_CAT_(ASYNC_BRANCH_FRAME_, ASYNC_IS_LEAF_(x))(x) + 7) / 8)
#define ASYNC_BRANCH_FRAME_0(x) sizeof(struct x)
#define ASYNC_BRANCH_FRAME_1(x) sizeof(async_frame) + sizeof(struct x)

/* Room for the library's own leaves in a frame without an `awaits` clause, in pointers: as
 * much as async_wait needs. With a
 * clause the union is as large as what is listed; an AWAIT that needs more does not compile. */
#if defined(ASYNC_ROOM_) /* tests */
#elif ASYNCC_FREESTANDING
#define ASYNC_ROOM_ 0
#else
#define ASYNC_ROOM_ (sizeof(struct async_wait) / sizeof(void *))
#endif

/* In C++ a function named like a struct shadows its constructor, says g++. */
#ifdef __cplusplus
#define ASYNC_PROTOTYPES_ _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wshadow\"")
#define ASYNC_PROTOTYPES_END_ _Pragma("GCC diagnostic pop")
#else
#define ASYNC_PROTOTYPES_
#define ASYNC_PROTOTYPES_END_
#endif

/* The types of one coroutine. G: is it a generator? X: what that adds. Arrays of length 0 mark places and
 * carry facts (is it void? has it tasks?) at no cost; inside one of length 1, or g++ would warn
 * of every struct of the user's that holds a frame. The prototype is never defined: a call
 * without AWAIT meets its attribute, and AWAIT has its arguments checked by it. */
#define ASYNC_TYPES_(R, N, G, X, p1, p2, p3, p4, p5, p6)                                                                   \
    enum { async_is_generator_##N = G };                                                                                \
    __extension__ typedef struct ASYNC_ALIAS_ async_args_of_##N {                                                   \
        ASYNC_FIRST_(ASYNC_ARGS_##p1 ASYNC_ARGS_##p2 ASYNC_ARGS_##p3 ASYNC_ARGS_##p4 ASYNC_ARGS_##p5 ASYNC_ARGS_##p6                \
                     char async_none_[1][0];, )                                                                        \
    } async_args_of_##N;                                                                                                              \
    __extension__ union ASYNC_ALIAS_ add_it_to_awaits_of_##N { /* the tag is what a compiler names */                                                             \
        void *async_room_[1][ASYNC_ROOM_ ASYNC_ROOM_##p1 ASYNC_ROOM_##p2 ASYNC_ROOM_##p3 ASYNC_ROOM_##p4 ASYNC_ROOM_##p5 ASYNC_ROOM_##p6]; \
        ASYNC_CALLEES_##p1 ASYNC_CALLEES_##p2 ASYNC_CALLEES_##p3 ASYNC_CALLEES_##p4 ASYNC_CALLEES_##p5 ASYNC_CALLEES_##p6              \
    };                                                                                                              \
    __extension__ struct ASYNC_ALIAS_ N {                                                                           \
        async_frame async_;                                                                                         \
        __extension__ union {                                                                                       \
            struct async_args_of_##N async_args_;                                                                   \
            __extension__ struct {                                                                                  \
                ASYNC_FIRST_(ASYNC_ARGS_##p1 ASYNC_ARGS_##p2 ASYNC_ARGS_##p3 ASYNC_ARGS_##p4 ASYNC_ARGS_##p5 ASYNC_ARGS_##p6        \
                             char async_none_[1][0];, )                                                                \
            };                                                                                                      \
        };                                                                                                          \
        ASYNC_CAT_(ASYNC_RESULT_, ASYNC_IS_VOID_(R))(R) X                                                           \
        char async_zero_[1][0]; /* from here to async_zero_end_ is cleared when the body starts */                     \
        ASYNC_VARS_##p1 ASYNC_VARS_##p2 ASYNC_VARS_##p3 ASYNC_VARS_##p4 ASYNC_VARS_##p5 ASYNC_VARS_##p6                             \
        async_frame_scope_ async_tasks_[1][0 ASYNC_SCOPE_##p1 ASYNC_SCOPE_##p2 ASYNC_SCOPE_##p3 ASYNC_SCOPE_##p4 ASYNC_SCOPE_##p5 ASYNC_SCOPE_##p6]; \
        char async_zero_end_[1][0];                                                                                 \
        ASYNC_CHILDREN_##p1 ASYNC_CHILDREN_##p2 ASYNC_CHILDREN_##p3 ASYNC_CHILDREN_##p4 ASYNC_CHILDREN_##p5 ASYNC_CHILDREN_##p6         \
        char async_slots_end_[1][0];                                                                                \
        ASYNC_RAW_##p1 ASYNC_RAW_##p2 ASYNC_RAW_##p3 ASYNC_RAW_##p4 ASYNC_RAW_##p5 ASYNC_RAW_##p6                                  \
        union add_it_to_awaits_of_##N async_awaits_;                                                                          \
        char(*async_void_[1][0])[1 + ASYNC_IS_VOID_(R)];                                                            \
    };                                                                                                              \
    __extension__ typedef struct ASYNC_ALIAS_ async_task_of_##N {                                                                              \
        async_task task;                                                                                            \
        __extension__ union {                                                                                       \
            struct N frame_;                                                                                        \
            struct N N##_; /* the same: SPAWN looks for this name, so that the types must match */                  \
        };                                                                                                          \
    } async_task_of_##N;                                                                                            \
    ASYNC_ASSERT_(offsetof(struct async_task_of_##N, frame_) == sizeof(async_task),                                 \
                  "an over-aligned member cannot live in a coroutine's frame");                                     \
    ASYNC_PROTOTYPES_                                                                                               \
    R N ASYNC_FIRST_(ASYNC_PROTO_##p1 ASYNC_PROTO_##p2 ASYNC_PROTO_##p3 ASYNC_PROTO_##p4 ASYNC_PROTO_##p5 ASYNC_PROTO_##p6 (void), )  \
        ASYNC_ERROR_("coroutine called without AWAIT");                                                             \
    ASYNC_PROTOTYPES_END_                                                                                           \
    ASYNC_INLINE_ async_frame *async_head_of_##N(struct N *async_frame_) { return (async_frame *)(void *)async_frame_; } \
    ASYNC_INLINE_ async_frame *async_set_of_##N(struct N *async_frame_, struct async_args_of_##N async_args_)       \
    {                                                                                                               \
        if (async_frame_) async_frame_->async_args_ = async_args_;                                                  \
        return (async_frame *)(void *)async_frame_;                                                                 \
    }

#if ASYNCC_NAMES
#define ASYNC_TYPE_(N) { async_resume_of_##N, #N, __FILE__, __LINE__ }
#else
#define ASYNC_TYPE_(N) { async_resume_of_##N }
#endif
#if ASYNCC_NAMES || ASYNCC_CANCEL
#define ASYNC_TYPE_OBJECT_(kind, N) kind const async_type async_type_of_##N = ASYNC_TYPE_(N);
#define ASYNC_TYPE_EXTERN_(N) extern const async_type async_type_of_##N;
#else
#define ASYNC_TYPE_OBJECT_(kind, N)
#define ASYNC_TYPE_EXTERN_(N)
#endif
#define ASYNC_BODY_(N) async_status_ async_body_of_##N(struct N *self, async_task *async_task_, int async_why_)
#define ASYNC_RESUME_(N) async_status_ async_resume_of_##N(async_frame *async_frame_, async_task *async_task_, int async_why_)
#define ASYNC_RESUME_BODY_(N) { return async_body_of_##N((struct N *)(void *)async_frame_, async_task_, async_why_); }

#define ASYNC_STATIC_(N)                                            \
    ASYNC_INLINE_ ASYNC_BODY_(N);                                   \
    static ASYNC_UNUSED_ ASYNC_RESUME_(N);                          \
    ASYNC_TYPE_OBJECT_(static ASYNC_UNUSED_, N)                     \
    static ASYNC_UNUSED_ ASYNC_RESUME_(N) ASYNC_RESUME_BODY_(N)     \
    ASYNC_INLINE_ ASYNC_BODY_(N)

#define ASYNC_EXTERN_(N)                                            \
    ASYNC_C_BEGIN_                                                  \
    ASYNC_TYPE_EXTERN_(N)                                           \
    ASYNC_BODY_(N);                                                 \
    ASYNC_RESUME_(N);                                               \
    ASYNC_C_END_                                                    \
    struct N /* so that a semicolon follows, as after a prototype */

/* ------------------------------------------------------------------------------------------
 * >>language      What a program is written in.
 * ------------------------------------------------------------------------------------------ */

/* ASYNC(R, name, clauses) { ASYNC_BEGIN ... ASYNC_END }: a coroutine of this file.
 * ASYNC_DECLARE(R, name, clauses) in a header and ASYNC_DEFINE(name) { ... } in one file. */
#define ASYNC(R, ...) ASYNC_1_(R, 0, , __VA_ARGS__, async_(), async_(), async_(), async_(), async_(), async_(), )
#define ASYNC_1_(R, G, X, N, p1, p2, p3, p4, p5, p6, ...) ASYNC_TYPES_(R, N, G, X, p1, p2, p3, p4, p5, p6) ASYNC_STATIC_(N)
#define ASYNC_DECLARE(R, ...) ASYNC_2_(R, 0, , __VA_ARGS__, async_(), async_(), async_(), async_(), async_(), async_(), )
#define ASYNC_2_(R, G, X, N, p1, p2, p3, p4, p5, p6, ...) ASYNC_TYPES_(R, N, G, X, p1, p2, p3, p4, p5, p6) ASYNC_EXTERN_(N)
#define ASYNC_DEFINE(N)                                 \
    ASYNC_TYPE_OBJECT_(, N)                              \
    ASYNC_RESUME_(N) ASYNC_RESUME_BODY_(N)              \
    ASYNC_BODY_(N)

/* The same for coroutines of this header, which are ASYNC_API. */
#if ASYNCC_STATIC
#define ASYNC_TYPE_API_(N) ASYNC_TYPE_OBJECT_(ASYNC_API, N)
#define ASYNC_TYPE_DEFINE_API_(N)
#else
#define ASYNC_TYPE_API_(N) ASYNC_TYPE_EXTERN_(N)
#define ASYNC_TYPE_DEFINE_API_(N) ASYNC_TYPE_OBJECT_(, N)
#endif
#define ASYNC_DECLARE_API_(R, ...) ASYNC_3_(R, 0, , __VA_ARGS__, async_(), async_(), async_(), async_(), async_(), async_(), )
#define ASYNC_3_(R, G, X, N, p1, p2, p3, p4, p5, p6, ...) ASYNC_TYPES_(R, N, G, X, p1, p2, p3, p4, p5, p6) ASYNC_EXTERN_API_(N)
#define ASYNC_EXTERN_API_(N)                                        \
    ASYNC_C_BEGIN_                                                  \
    ASYNC_API ASYNC_BODY_(N);                                       \
    ASYNC_API ASYNC_RESUME_(N);                                     \
    ASYNC_TYPE_API_(N)                                              \
    ASYNC_C_END_                                                    \
    struct N
#define ASYNC_DEFINE_API_(N)                                        \
    ASYNC_TYPE_DEFINE_API_(N)                                       \
    ASYNC_RESUME_(N) ASYNC_RESUME_BODY_(N)                          \
    ASYNC_BODY_(N)

/* ASYNC_GENERATOR(T, name, clauses): its body may ASYNC_YIELD values of type T. */
#define ASYNC_YIELDS_(T) T async_value_; int16_t async_pending_;
#define ASYNC_GENERATOR(T, ...) \
    ASYNC_1_(void, 1, ASYNC_YIELDS_(T), __VA_ARGS__, async_(), async_(), async_(), async_(), async_(), async_(), )
#define ASYNC_DECLARE_GENERATOR(T, ...) \
    ASYNC_2_(void, 1, ASYNC_YIELDS_(T), __VA_ARGS__, async_(), async_(), async_(), async_(), async_(), async_(), )

/* Storage for a task that runs coroutine f. Its first member is `async_task task`. Zeroed memory
 * before the first spawn. */
#define ASYNC_TASK(f) struct async_task_of_##f

/* ASYNC_RAM_BUDGET(f, bytes); does not compile when a task of f takes more: its head, its frame, the
 * tasks of its clause, and the frames of all that it awaits, to any depth. All is in it but the
 * stack, and what its arguments and the allocator point to. After f, outside of functions or in. */
#define ASYNC_RAM_BUDGET(f, bytes)                                                                  \
    ASYNC_ASSERT_(sizeof(ASYNC_TASK(f)) <= (bytes), "a task of `" #f "`, with the frames of all it awaits, takes more than its budget of " #bytes " bytes: see sizeof(ASYNC_TASK(" #f "))")

/* Diagnostics that want an optimiser or not, and pragmas that each compiler knows. */
#define ASYNC_PRAGMA_(x) _Pragma(#x)
#if defined(__clang__)
#define ASYNC_PRAGMAS_                                              \
    _Pragma("GCC diagnostic push")                                  \
    _Pragma("GCC diagnostic ignored \"-Wshadow\"")                  \
    _Pragma("GCC diagnostic ignored \"-Wimplicit-fallthrough\"")    \
    _Pragma("GCC diagnostic ignored \"-Wdangling-else\"")           \
    _Pragma("GCC diagnostic error \"-Wswitch\"")                    \
    _Pragma("GCC diagnostic error \"-Wreturn-type\"")               \
    ASYNC_PRAGMAS_LINT_ ASYNC_PRAGMAS_LANGUAGE_
#if ASYNCC_LINT /* clang's name for a local that does not survive an await */
#define ASYNC_PRAGMAS_LINT_ _Pragma("GCC diagnostic error \"-Wconditional-uninitialized\"")
#else
#define ASYNC_PRAGMAS_LINT_
#endif
#ifdef __cplusplus
#define ASYNC_PRAGMAS_LANGUAGE_ _Pragma("GCC diagnostic ignored \"-Wc++11-narrowing\"")
#else
#define ASYNC_PRAGMAS_LANGUAGE_                                     \
    _Pragma("GCC diagnostic error \"-Wint-conversion\"")            \
    _Pragma("GCC diagnostic error \"-Wincompatible-pointer-types\"")
#endif
#define ASYNC_PRAGMAS_END_ _Pragma("GCC diagnostic pop")
#elif defined(__GNUC__)
#if __GNUC__ >= 7
#define ASYNC_PRAGMAS_NEW_                                          \
    _Pragma("GCC diagnostic ignored \"-Wimplicit-fallthrough\"")    \
    _Pragma("GCC diagnostic ignored \"-Wdangling-else\"")
#else
#define ASYNC_PRAGMAS_NEW_ _Pragma("GCC diagnostic ignored \"-Wparentheses\"")
#endif
#define ASYNC_PRAGMAS_                                              \
    _Pragma("GCC diagnostic push")                                  \
    _Pragma("GCC diagnostic ignored \"-Wshadow\"")                  \
    ASYNC_PRAGMAS_NEW_                                              \
    _Pragma("GCC diagnostic error \"-Woverflow\"")                  \
    _Pragma("GCC diagnostic error \"-Wreturn-type\"")               \
    ASYNC_PRAGMAS_LANGUAGE_
#ifdef __cplusplus
#define ASYNC_PRAGMAS_LANGUAGE_ _Pragma("GCC diagnostic ignored \"-Wnarrowing\"")
#else
#define ASYNC_PRAGMAS_LANGUAGE_                                     \
    ASYNC_PRAGMA_SYSTEM_                                            \
    _Pragma("GCC diagnostic error \"-Wjump-misses-init\"")          \
    _Pragma("GCC diagnostic error \"-Wint-conversion\"")            \
    _Pragma("GCC diagnostic error \"-Wincompatible-pointer-types\"")
#endif
#define ASYNC_PRAGMAS_END_ _Pragma("GCC diagnostic pop")
#else
#define ASYNC_PRAGMAS_
#define ASYNC_PRAGMAS_END_
#endif

/* Where this header is a system's, its macros would not be warned of. gcc cannot take this back, and
 * goes on to warn of what system headers below do: so not from the coroutines of this header on. */
#define ASYNC_PRAGMA_SYSTEM_

/* Labels far outside int: in a user's own switch they do not fit, which is an error. */
#if ASYNCC_SWITCH_CHECK
#if defined(__clang__)
#define ASYNC_LABEL_(n) (0x5A5A5A5A40000000ull + (uint64_t)(n)) /* cut to an int: no usual case */
#else
#define ASYNC_LABEL_(n) (0xFFFFFFFF80000000ull + (uint64_t)(n)) /* fits an instruction of x86 */
#endif
#else
#define ASYNC_LABEL_(n) (n)
#endif
#if ASYNCC_SWITCH_CHECK && defined(__clang__) && defined(__cplusplus)
#define ASYNC_CASE_(n) \
    _Pragma("clang diagnostic push") _Pragma("clang diagnostic error \"-Wc++11-narrowing\"") \
    case ASYNC_LABEL_(n) _Pragma("clang diagnostic pop")
#else
#define ASYNC_CASE_(n) case ASYNC_LABEL_(n)
#endif

/* The two states that are not awaits. */
#if ASYNCC_STATE_BITS == 8
enum { ASYNC_LAST_ = 0xfe, ASYNC_FINISHED_ = 0xff };
#else
enum { ASYNC_LAST_ = 0x7ffe, ASYNC_FINISHED_ = 0x7fff };
#endif

ASYNC_C_BEGIN_
#if ASYNCC_NAMES
ASYNC_API void async_panic_frame_(const async_frame *frame, const char *what) __attribute__((__noreturn__));
ASYNC_API void async_panic_in_(const char *function, const char *file, int line, const char *what) __attribute__((__noreturn__));
ASYNC_API void async_panic_at_(const char *file, int line, const char *what) __attribute__((__noreturn__));
#else
ASYNC_API void async_panic_(void) __attribute__((__noreturn__));
#define async_panic_frame_(frame, what) ((void)(frame), async_panic_())
#define async_panic_in_(function, file, line, what) async_panic_()
#define async_panic_at_(file, line, what) ((void)(file), (void)(line), async_panic_())
#endif
#if ASYNCC_REPORTS
ASYNC_API int async_raise_(async_task *task, int error, const char *text);
ASYNC_API void async_caught_(async_task *task, int error);
#else
#define async_raise_(task, error, text) (error)
#define async_caught_(task, error) ((void)0)
#endif
#if ASYNCC_CANCEL
ASYNC_API void async_own_children_(async_frame_scope_ *scope, async_frame *frame, size_t size);
ASYNC_API int async_join_children_(async_frame *frame, async_frame_scope_ *scope, async_task *task, int error);
#else
#define async_own_children_(scope, frame, size) ((void)(scope))
#define async_join_children_(frame, scope, task, error) ((void)(scope), error)
#endif
/* Never defined: a call that the compiler cannot prove unreachable is the diagnostic. */
void async_left_the_body_(void) ASYNC_ERROR_("break or continue leaves the coroutine's body");
void async_no_result_(void) ASYNC_ERROR_("a coroutine with a result ends without ASYNC_RETURN");
#ifdef __TINYC__ /* it compiles also what is never reached */
#define async_left_the_block_() async_panic_in_(__func__, __FILE__, __LINE__, "break leaves a block")
#else
void async_left_the_block_(void) ASYNC_ERROR_("break leaves an ASYNC_WITH, ASYNC_DO or ASYNC_FINALLY block: use ASYNC_RETURN, ASYNC_RAISE or its end");
#endif
ASYNC_C_END_

/* In a body, whose frame knows its type only once it has been suspended. */
#if ASYNCC_NAMES
#define ASYNC_PANIC_(what) async_panic_in_(__func__, __FILE__, __LINE__, what)
#else
#define ASYNC_PANIC_(what) async_panic_in_(NULL, NULL, 0, NULL)
#endif

#if ASYNCC_CHECK
#define ASYNC_BAD_STATE_ async_panic_frame_(&self->async_, "resumed in a state it does not have");
#else
#define ASYNC_BAD_STATE_ __builtin_unreachable();
#endif

/* Without the optimiser's proof the mistake is found when it happens. */
#ifdef __OPTIMIZE__
#define ASYNC_NO_RESULT_ if (async_fell_) ASYNC_PANIC_("ends without ASYNC_RETURN"); else async_no_result_()
#else
#define ASYNC_NO_RESULT_ ASYNC_PANIC_("ends without ASYNC_RETURN")
#endif

/* Frames outside of a coroutine's body have no scope of their own: see ASYNC_SPAWN. */
static ASYNC_UNUSED_ async_frame_scope_ *const async_here_ = NULL;
static ASYNC_UNUSED_ async_frame *const async_self_ = NULL;
enum { async_size_ };

/* What an AWAIT outside of a body finds instead, so that the error is that and little else. */
#if defined(__has_attribute)
#if __has_attribute(__unavailable__)
#define ASYNC_OUTSIDE_ __attribute__((__unavailable__("AWAIT and its kin stand between ASYNC_BEGIN and ASYNC_END")))
#endif
#endif
#ifdef ASYNC_OUTSIDE_
extern const int async_in_a_coroutine_ ASYNC_OUTSIDE_;
#endif
enum { async_base_ };
static ASYNC_UNUSED_ int async_err_;
static ASYNC_UNUSED_ uint16_t async_at_;
static ASYNC_UNUSED_ async_task *async_me_;
static ASYNC_UNUSED_ void *async_child_;
static ASYNC_UNUSED_ char (*async_handler_)[1];
static ASYNC_UNUSED_ char (*async_selecting_)[2];

/* Where a raise goes on. clang would not see through the switch that it goes to the end. */
#ifdef __clang__
#define ASYNC_DISPATCH_ if (0) { async_dispatch_: if (async_at_ == ASYNC_LAST_) goto async_last_; }
#else
#define ASYNC_DISPATCH_ async_dispatch_:
#endif

/* Only a frame with tasks is ever suspended there. */
#if ASYNCC_FREESTANDING
#define ASYNC_GO_LAST_ if (sizeof *async_handler_ == ASYNC_LAST_) goto async_last_;
#define ASYNC_LAST_OF_(self) (sizeof self->async_tasks_ ? (int)ASYNC_LAST_ : -1)
#else
#define ASYNC_GO_LAST_
#define ASYNC_LAST_OF_(self) ASYNC_LAST_
#endif

#define ASYNC_BEGIN                                                                                 \
    ASYNC_PRAGMAS_                                                                                  \
    enum { async_in_a_coroutine_, async_base_ = __COUNTER__, async_size_ = sizeof *self };          \
    async_frame *const async_self_ = &self->async_;                                                 \
    char(*async_handler_)[ASYNC_LAST_];                                                             \
    char(*async_finally_)[1];                                                                       \
    async_task *const async_me_ = async_task_;                                                      \
    int async_err_ = async_why_;                                                                    \
    uint16_t async_at_ = self->async_.state; /* a raise goes on from here without storing it */     \
    bool async_pass_ = true;                                                                        \
    bool async_fell_ = false; /* out of a block that may always be left by ASYNC_RETURN */          \
    void *async_child_;                                                                             \
    async_frame_scope_ *const async_here_ = sizeof self->async_tasks_ ? self->async_tasks_[0] : NULL; \
    (void)sizeof async_handler_, (void)sizeof async_finally_;                                       \
    (void)async_pass_, (void)async_fell_, (void)sizeof async_child_, (void)async_me_, (void)async_here_, (void)async_self_;               \
    ASYNC_DISPATCH_                                                                                 \
    switch (ASYNC_LABEL_((int)async_at_)) { /* the end first: later cases may meet initialised locals */ \
    default:                                                                                        \
        ASYNC_BAD_STATE_                                                                            \
    ASYNC_CASE_(ASYNC_LAST_OF_(self)):                                                              \
    async_last_:                                                                                    \
        if (sizeof self->async_tasks_) {                                                            \
            ASYNC_UNPOISON_(self->async_awaits_)                                                    \
            async_err_ = async_join_children_(&self->async_, async_here_, async_me_, async_err_);   \
            if (async_err_ == ASYNC_PENDING_) return ASYNC_MAKE_(async_status_, ASYNC_PENDING_);    \
        }                                                                                           \
        goto async_end_;                                                                            \
        goto async_dispatch_;                                                                       \
    ASYNC_CASE_(0):                                                                           \
        async_fill_((char *)self, 0, offsetof(__typeof__(*self), async_zero_),                      \
                    offsetof(__typeof__(*self), async_zero_end_));                                  \
        async_fill_((char *)self, ASYNC_SLOT_FILL_, offsetof(__typeof__(*self), async_zero_end_),   \
                    offsetof(__typeof__(*self), async_slots_end_));                                 \
        if (sizeof self->async_tasks_) async_own_children_(async_here_, &self->async_, sizeof *self);

#define ASYNC_END                                                                                   \
        ASYNC_ASSERT_(sizeof *async_handler_ == ASYNC_LAST_, "ASYNC_TRY without ASYNC_CATCH, or ASYNC_DO without ASYNC_FINALLY"); \
        ASYNC_ASSERT_(ASYNC_STATE_(__COUNTER__) < ASYNC_LAST_, "too many awaits in one body: ASYNCC_STATE_BITS=16, or cut it in two"); \
        if (sizeof *self->async_void_[0][0] == 1) ASYNC_NO_RESULT_;                                 \
        async_err_ = 0;                                                                             \
        goto async_last_;                                                                           \
    }                                                                                               \
    async_left_the_body_();                                                                         \
    async_end_:                                                                                     \
    ASYNC_UNPOISON_(self->async_awaits_)                                                            \
    self->async_.state = ASYNC_FINISHED_;                                                           \
    ASYNC_PRAGMAS_END_                                                                              \
    return ASYNC_MAKE_(async_status_, async_err_ == ASYNC_RETURNING_ ? 0 : async_err_);

ASYNC_HOT_ void async_fill_(char *frame, int with, size_t from, size_t to)
{
    if (ASYNCC_FREESTANDING && to - from <= 4) { /* no call for so little */
        if (to > from) frame[from] = (char)with;
        if (to > from + 1) frame[from + 1] = (char)with;
        if (to > from + 2) frame[from + 2] = (char)with;
        if (to > from + 3) frame[from + 3] = (char)with;
    } else if (to > from) {
        __builtin_memset(frame + from, with, to - from);
    }
}

#define ASYNC_THROW_(e) do {                                                                        \
        async_err_ = (e);                                                                           \
        ASYNC_GO_LAST_                                                                              \
        async_at_ = (async_state_)sizeof *async_handler_;                                               \
        goto async_dispatch_;                                                                       \
    } while (0)

/* Is it a pointer into these bytes? For values of any type. */
ASYNC_INLINE_ bool async_points_into_(const void *value, const void *from, size_t size)
{
    uintptr_t p;
    __builtin_memcpy(&p, value, sizeof p);
    return p - (uintptr_t)from < size;
}
#if ASYNCC_NAMES
#define ASYNC_IS_POINTER_(x) (__builtin_classify_type(x) == 5 && sizeof(x) == sizeof(void *))
#define ASYNC_STORE_RESULT_(...)                                                                    \
    ASYNC_AUTO_ async_to_ = &self->async_result_; /* named once: an error here is said once */      \
    *async_to_ = (__VA_ARGS__);                                                                     \
    if (ASYNC_IS_POINTER_(*async_to_) && ASYNC_RARE_(async_points_into_(async_to_, self, sizeof *self)) && \
        (async_task *)(void *)self - 1 != async_me_)                                                \
        ASYNC_PANIC_("ASYNC_RETURN of a pointer into its own frame, which the next await reuses: copy to memory of the caller");
#else
#define ASYNC_STORE_RESULT_(...) self->async_result_ = (__VA_ARGS__);
#endif

/* ASYNC_RETURN(x), or ASYNC_RETURN() where the result is void. */
#define ASYNC_RETURN(...) ASYNC_CAT_(ASYNC_RETURN_, ASYNC_EMPTY_(__VA_ARGS__))(__VA_ARGS__)
#define ASYNC_RETURN_0(...) do {                                                                    \
        (void)async_in_a_coroutine_;                                                                \
        ASYNC_ASSERT_(sizeof *self->async_void_[0][0] == 1, "ASYNC_RETURN(value), but the result is void"); \
        ASYNC_STORE_RESULT_(__VA_ARGS__)                                                            \
        ASYNC_THROW_(ASYNC_RETURNING_);                                                             \
    } while (0)
#define ASYNC_RETURN_1(...) do {                                                                    \
        (void)async_in_a_coroutine_;                                                                \
        ASYNC_ASSERT_(sizeof *self->async_void_[0][0] == 2, "ASYNC_RETURN() without the coroutine's result"); \
        ASYNC_THROW_(ASYNC_RETURNING_);                                                             \
    } while (0)

/* ASYNC_RAISE(error), ASYNC_RAISE(error, "static text"): the text shows in reports, and
 * async_error_text() finds it. It goes wherever the error goes, also from a task to those who wait
 * for it, and stays with an error that is caught and raised again. */
#define ASYNC_RAISE(...) ASYNC_CAT_(ASYNC_RAISE_, ASYNC_MANY_(__VA_ARGS__))(__VA_ARGS__)
#define ASYNC_RAISE_0(e) ASYNC_RAISE_2(e, NULL)
#define ASYNC_RAISE_1(e, text) ASYNC_RAISE_2(e, "" text)
#define ASYNC_RAISE_2(e, text) \
    do { async_err_ = (e); ASYNC_CHECK_ERROR_ ASYNC_THROW_(async_raise_(async_me_, async_err_, text)); } while (0)
#define ASYNC_CHECK_ERROR_ \
    (void)async_in_a_coroutine_; \
    if (ASYNC_RARE_(async_err_ >= 0 || async_err_ < INT16_MIN)) ASYNC_PANIC_("ASYNC_RAISE of a number that is no error: give a negative errno");

/* Calling a coroutine. The library's own leaves (async_sleep, async_read ...) are functions that
 * take their arguments directly and keep what they need in the union; they announce themselves
 * by ASYNC_LEAF_<name>. A leaf that has to wait leaves the caller's frame as the one to resume. */
#define ASYNC_IS_LEAF_(f) ASYNC_SECOND_(ASYNC_CAT_(ASYNC_LEAF_, f), 0, )
#define ASYNC_CALL_(n, ...) \
    (void)async_in_a_coroutine_; \
    ASYNC_UNPOISON_(self->async_awaits_) \
    ASYNC_NAMED_(__VA_ARGS__, ) ASYNC_CAT_(ASYNC_CALL_, ASYNC_CAT_(ASYNC_IS_LEAF_(ASYNC_FIRST_(__VA_ARGS__, )), ASYNC_MANY_(__VA_ARGS__)))(n, __VA_ARGS__)
/* For AWAIT(f(1)) in place of AWAIT(f, 1): what then cannot be pasted is the message. */
#define ASYNC_NAMED_(f, ...) ASYNC_DROP_(f##_IS_A_CALL__give_the_name_then_a_comma_then_the_arguments)
#define ASYNC_DROP_(x)
#define ASYNC_CALL_00(n, f)                                                                         \
    (void)sizeof((f)(), 0);                                                                         \
    ASYNC_ASSERT_(!async_is_generator_##f, #f " is a generator: ASYNC_FOR runs it");               \
    async_child_ = &self->async_awaits_.f;                                                          \
    ASYNC_ENTER_BODY_(n, f)
#define ASYNC_CALL_01(n, f, ...)                                                                    \
    (void)sizeof((f)(__VA_ARGS__), 0);                                                              \
    ASYNC_ASSERT_(!async_is_generator_##f, #f " is a generator: ASYNC_FOR runs it");               \
    async_child_ = &self->async_awaits_.f;                                                          \
    ((struct f *)async_child_)->async_args_ = ASYNC_MAKE_(async_args_of_##f, __VA_ARGS__);   \
    ASYNC_ENTER_BODY_(n, f)
#define ASYNC_ENTER_BODY_(n, f)                                                                     \
    ((struct f *)async_child_)->async_.state = 0; /* and `held`, in the same store */              \
    ((struct f *)async_child_)->async_.held = 0;                                                    \
    async_err_ = async_body_of_##f((struct f *)async_child_, async_me_, 0).code;                    \
    ASYNC_SUSPEND_(n, ((async_frame *)async_child_)->type = ASYNC_TYPE_REF_(f);                     \
                      ((async_frame *)async_child_)->up.caller = &self->async_;)
#define ASYNC_CALL_10(n, f)                                                                         \
    (void)sizeof((f)(), 0);                                                                         \
    ASYNC_ROOM_FOR_(f);                                                                             \
    async_err_ = f##_leaf_((struct f *)(void *)&self->async_awaits_, &self->async_, async_me_);     \
    ASYNC_SUSPEND_(n, )                                                                             \
    ASYNC_SURE_(f)
#define ASYNC_CALL_11(n, f, ...)                                                                    \
    (void)sizeof((f)(__VA_ARGS__), 0);                                                              \
    ASYNC_ROOM_FOR_(f);                                                                             \
    async_err_ = f##_leaf_((struct f *)(void *)&self->async_awaits_, &self->async_, async_me_, __VA_ARGS__); \
    ASYNC_SUSPEND_(n, )                                                                             \
    ASYNC_SURE_(f)
/* Without cancellation some cannot fail, which the compiler does not see. */
#if ASYNCC_CANCEL
#define ASYNC_SURE_(f)
#else
#define ASYNC_SURE_(f) if (ASYNC_SECOND_(ASYNC_CAT_(ASYNC_SURE_, f), 0, )) async_err_ = 0;
#define ASYNC_SURE_async_sleep , 1
#define ASYNC_SURE_async_event_wait , 1
#define ASYNC_SURE_async_lock_acquire , 1
#define ASYNC_SURE_async_lock_enter , 1
#define ASYNC_SURE_async_semaphore_acquire , 1
#define ASYNC_SURE_async_semaphore_enter , 1
#endif
#define ASYNC_ROOM_FOR_(f) \
    ASYNC_ASSERT_(sizeof(struct f) <= sizeof self->async_awaits_, "this frame has no room for " #f ": add it to awaits(...)")

#if ASYNCC_NAMES
#define ASYNC_NOTE_LINE_ self->async_.line = __LINE__;
#else
#define ASYNC_NOTE_LINE_
#endif
#if ASYNCC_LINT
#define ASYNC_AGAIN_ if (async_err_ == ASYNC_PENDING_) return ASYNC_MAKE_(async_status_, ASYNC_PENDING_);
#else
#define ASYNC_AGAIN_
#endif
/* Where frames do not keep it, a debugger learns from this, which takes no room, where they wait. */
#if ASYNCC_NAMES
#define ASYNC_MARK_LINE_(n)
#else
#define ASYNC_MARK_LINE_(n) async_at_##n##_: __attribute__((__unused__));
#endif
#define ASYNC_STATE_(n) ((int)(n) - (int)async_base_)
#define ASYNC_SUSPEND_(n, link)                                                                     \
    if (ASYNC_RARE_(async_err_ == ASYNC_PENDING_)) {                                                \
        link self->async_.state = (async_state_)ASYNC_STATE_(n);                                        \
        ASYNC_UNPOISON_(self->async_awaits_) /* it may be given up here, and its memory cleared */  \
        ASYNC_NOTE_LINE_                                                                            \
        return ASYNC_MAKE_(async_status_, ASYNC_PENDING_);                                          \
    ASYNC_CASE_(ASYNC_STATE_(n)):;                                                            \
        ASYNC_MARK_LINE_(n) ASYNC_AGAIN_                                                            \
    }
#define ASYNC_VALUE_(f) (((struct f *)(void *)&self->async_awaits_)->async_result_)

/* AWAIT(f, arguments): call it and wait for its end; its error is raised here.
 * AWAIT_TO(lvalue, f, ...): and store its result.
 * AWAIT_ERR(lvalue, f, ...), AWAIT_TO_ERR(result, error, f, ...): the error in hand instead of
 * raised, 0 if there was none; cancellation is still raised. */
#define AWAIT(...) do { ASYNC_AWAIT_(__COUNTER__, __VA_ARGS__) ASYNC_POISON_(self->async_awaits_) } while (0)
#define ASYNC_AWAIT_(n, ...) ASYNC_CALL_(n, __VA_ARGS__) if (ASYNC_RARE_(async_err_)) ASYNC_THROW_(async_err_);
#define AWAIT_TO(lv, ...) \
    do {                                                                                            \
        ASYNC_AWAIT_(__COUNTER__, __VA_ARGS__)                                                      \
        (lv) = ASYNC_VALUE_OF_(ASYNC_FIRST_(__VA_ARGS__, ));                                        \
        ASYNC_POISON_(self->async_awaits_)                                                          \
    } while (0)
#define ASYNC_VALUE_OF_(f) ASYNC_VALUE_(f)
/* AWAIT_TASK(&self->t), AWAIT_TASK_TO(lvalue, &self->t): wait for the end of a task, raise its
 * error, store its result; as often as you like. TO looks at its second argument again after
 * the wait. Cancelling the one who waits cancels the task.
 * To wait and not be told: async_gather_return_exceptions. */
#define AWAIT_TASK(tp) AWAIT(async_join, &(tp)->task)
#define AWAIT_TASK_TO(lv, tp) \
    do { ASYNC_AWAIT_(__COUNTER__, async_join, &(tp)->task) (lv) = (tp)->frame_.async_result_; } while (0)
#define AWAIT_ERR(err, ...) \
    do { ASYNC_AWAIT_ERR_(__COUNTER__, err, __VA_ARGS__) ASYNC_POISON_(self->async_awaits_) } while (0)
#define ASYNC_AWAIT_ERR_(n, err, ...)                                                               \
    ASYNC_CALL_(n, __VA_ARGS__)                                                                     \
    if (ASYNC_RARE_(async_err_ == ASYNC_CANCELED)) ASYNC_THROW_(async_err_);                        \
    if (ASYNC_RARE_(async_err_)) async_caught_(async_me_, async_err_);                                          \
    (err) = async_err_;
#define AWAIT_TO_ERR(lv, err, ...)                                                                  \
    do {                                                                                            \
        ASYNC_AWAIT_ERR_(__COUNTER__, err, __VA_ARGS__)                                             \
        if (!async_err_) (lv) = ASYNC_VALUE_OF_(ASYNC_FIRST_(__VA_ARGS__, ));                       \
        ASYNC_POISON_(self->async_awaits_)                                                          \
    } while (0)

/* ASYNC_TRY { } ASYNC_CATCH(self->err) { }: no loop, so break and continue are the user's own.
 * CATCH does not see a cancellation, a generator's closing or a return; CATCH_ALL sees the first
 * two. */
#define ASYNC_TRY ASYNC_TRY_(__COUNTER__)
#define ASYNC_TRY_(n) ASYNC_TRY__(n)
#define ASYNC_TRY__(n)                                                                              \
    if (0) {                                                                                        \
    ASYNC_CASE_(ASYNC_STATE_(n)):                                                             \
        async_pass_ = false;                                                                        \
        goto async_try_##n;                                                                         \
    } else                                                                                          \
        async_try_##n : if (async_pass_) {                                                          \
            char(*async_handler_)[ASYNC_STATE_(n)];                                                 \
            (void)sizeof async_handler_;                                                            \
            if (1)
#define ASYNC_CATCH_(e, pass_on)                                                                    \
        }                                                                                           \
    else if (async_pass_ = true, (pass_on) ? 1 : (async_caught_(async_me_, async_err_), (e) = async_err_, async_err_ = 0, 0))       \
        ASYNC_THROW_(async_err_);                                                                   \
    else
#define ASYNC_CATCH(e) \
    ASYNC_CATCH_(e, async_err_ > 0 || async_err_ == ASYNC_CANCELED || async_err_ == ASYNC_GENERATOR_EXIT)
#define ASYNC_CATCH_ALL(e) ASYNC_CATCH_(e, async_err_ > 0)

/* A block with a part that must run. async_block_ names the state that errors of its first part
 * go to; GUARDED_ is that part, and its step the way on: taken at its end and by `continue`. A
 * `break` comes out behind it instead, at the block's own step. */
#define ASYNC_BLOCK_(n, broke) for (char(*async_block_)[ASYNC_STATE_(n)];; broke)
#define ASYNC_GUARDED_(step) for (char(*async_handler_)[sizeof *async_block_];; (void)sizeof async_handler_, (step))
#define ASYNC_ON_ERROR_ ASYNC_CASE_(sizeof *async_block_)
#define ASYNC_JUMP_(label) __extension__({ goto label; })

/* ASYNC_DO { } ASYNC_FINALLY { }: the second part runs whether the first ends, raises, returns
 * or is cancelled; then what was in flight goes on. An error or ASYNC_RETURN of the second part
 * replaces it. What is in flight is kept in the frame; a FINALLY inside a FINALLY part needs a
 * place of its own, given by ASYNC_FINALLY_HOLD(self->some_int). */
#define ASYNC_DO ASYNC_DO_(__COUNTER__)
#define ASYNC_DO_(n) ASYNC_DO__(n)
#define ASYNC_DO__(n)                                                                               \
    ASYNC_BLOCK_(n, async_left_the_block_())                                                        \
        async_do_##n : if (async_pass_) {                                                           \
            char(*async_handler_)[ASYNC_STATE_(n)];                                                 \
            for (;; (void)sizeof async_handler_, __extension__({ async_pass_ = false; goto async_do_##n; }))
#define ASYNC_FINALLY \
    ASYNC_FINALLY_(__COUNTER__, self->async_.held, int16_t, 2, sizeof *async_finally_ == 1)
#define ASYNC_FINALLY_HOLD(slot) ASYNC_FINALLY_(__COUNTER__, slot, int, sizeof *async_finally_, 1)
#define ASYNC_FINALLY_(n, slot, type, inside, ok) ASYNC_FINALLY__(n, slot, type, inside, ok)
#define ASYNC_FINALLY__(n, slot, type, inside, ok)                                                  \
        } else if (1) {                                                                             \
            ASYNC_ASSERT_(ok, "ASYNC_FINALLY inside a FINALLY part: write ASYNC_FINALLY_HOLD(self->an_int) in its place"); \
            ASYNC_ON_ERROR_:                                                                        \
            (slot) = (type)(async_pass_ ? async_err_ : 0);                                          \
            async_pass_ = true;                                                                     \
            goto async_finally_##n;                                                                 \
            async_held_##n:                                                                         \
            if (slot) ASYNC_THROW_(slot);                                                           \
            async_fell_ = true;                                                                     \
            break;                                                                                  \
        } else                                                                                      \
            async_finally_##n : for (char(*async_finally_)[inside];; (void)sizeof async_finally_, ASYNC_JUMP_(async_held_##n))

/* ASYNC_WITH(m, object, ...) { }: awaits m_enter(object, ...), runs the block, and however that
 * ends awaits `bool m_exit(object, int error)`; error is 0 unless one left the block, and true
 * swallows it. If m_enter fails there is no m_exit. m is a pair of coroutines of yours, both in
 * `awaits`, or async_timeout, async_group. */
#define ASYNC_WITH(...) ASYNC_WITH_(__COUNTER__, __COUNTER__, __COUNTER__, __VA_ARGS__)
#define ASYNC_WITH_(n, enter, exit, ...) ASYNC_CAT_(ASYNC_WITH_, ASYNC_MANY_(__VA_ARGS__))(n, enter, exit, __VA_ARGS__)
#define ASYNC_WITH_1(n, enter, exit, m, ...)                                                        \
    ASYNC_BLOCK_(n, async_left_the_block_())                                                        \
        if (1) {                                                                                    \
            ASYNC_AWAIT_(enter, m##_enter, __VA_ARGS__)                                             \
            goto async_with_##n;                                                                    \
            async_exit_##n:                                                                         \
            async_err_ = 0;                                                                         \
            ASYNC_ON_ERROR_:                                                                        \
            if (async_err_ == ASYNC_RETURNING_) ASYNC_MARK_RETURN_, async_err_ = 0;                 \
            ASYNC_CALL_(exit, m##_exit, ASYNC_FIRST_(__VA_ARGS__, ), async_err_)                    \
            ASYNC_CAT_(ASYNC_SWALLOWED_, ASYNC_IS_LEAF_(m##_exit))(m##_exit)                        \
            if (self->async_.held > ASYNC_RETURNING_) {                                             \
                ASYNC_MARK_RETURN_;                                                                 \
                if (!async_err_) async_err_ = ASYNC_RETURNING_;                                     \
            }                                                                                       \
            if (async_err_) ASYNC_THROW_(async_err_);                                               \
            async_fell_ = true;                                                                     \
            break;                                                                                  \
        } else                                                                                      \
            async_with_##n : ASYNC_GUARDED_(ASYNC_JUMP_(async_exit_##n))
/* A pair of the library decides itself what is raised after it; a user's says by its result. */
#define ASYNC_SWALLOWED_1(f)
#define ASYNC_SWALLOWED_0(f) if (!async_err_ && !ASYNC_VALUE_(f)) async_err_ = ((struct f *)(void *)&self->async_awaits_)->error;
/* While an exit coroutine runs, `held` says whether the block was left by ASYNC_RETURN, and still
 * what an enclosing FINALLY part keeps there: errors and ASYNC_RETURNING_ turn into 3 and up. */
#define ASYNC_MARK_RETURN_ (self->async_.held = (int16_t)(5 - self->async_.held))

/* In a generator: hand out a value; goes on at the consumer's next step. */
#define ASYNC_YIELD(...) ASYNC_YIELD_(__COUNTER__, __VA_ARGS__)
#define ASYNC_YIELD_(n, ...) do {                                                                   \
        self->async_value_ = (__VA_ARGS__);                                                         \
        ASYNC_UNPOISON_(self->async_awaits_)                                                        \
        self->async_.state = (async_state_)ASYNC_STATE_(n);                                             \
        ASYNC_NOTE_LINE_                                                                            \
        return ASYNC_MAKE_(async_status_, ASYNC_YIELDED_);                                          \
    ASYNC_CASE_(ASYNC_STATE_(n)):;                                                            \
        ASYNC_MARK_LINE_(n) ASYNC_AGAIN_                                                            \
        if (ASYNC_RARE_(async_err_)) ASYNC_THROW_(async_err_);                                      \
    } while (0)

/* ASYNC_FOR(lvalue, &generator, g, ...) { }: starts it, runs the block for each value, and closes
 * it however the loop is left: its ASYNC_YIELD raises ASYNC_GENERATOR_EXIT, so that its blocks are
 * left as by an error and its FINALLY parts run, and may await. break and continue work.
 * ASYNC_FOR_IN(lvalue, &generator) { } borrows one that ASYNC_START started, and does not close
 * it; -EBUSY is raised while somebody else waits for its next value. For ASYNC_START its memory is
 * zeroed, like a task's. */
#define ASYNC_START(gen, ...)                                                                       \
    do {                                                                                            \
        ASYNC_ASSERT_(sizeof (gen)->async_tasks_ == 0, "a generator with tasks has to be closed: use ASYNC_FOR"); \
        async_not_open_(&(gen)->async_);                                                            \
        ASYNC_START_(gen, __VA_ARGS__);                                                             \
    } while (0)
#define ASYNC_START_(gen, ...) \
    async_start_(ASYNC_FRAME_((gen), __VA_ARGS__), ASYNC_TYPE_OF_(ASYNC_FIRST_(__VA_ARGS__, )))
#define ASYNC_TYPE_OF_(f) ASYNC_TYPE_REF_(f)
#define ASYNC_FOR(lv, gen, ...) ASYNC_FOR_(__COUNTER__, __COUNTER__, __COUNTER__, lv, gen, __VA_ARGS__)
#define ASYNC_FOR_(n, next, close, lv, gen, ...) ASYNC_FOR__(n, next, close, lv, gen, __VA_ARGS__)
#define ASYNC_FOR__(n, next, close, lv, gen, ...)                                                   \
    ASYNC_BLOCK_(n, ASYNC_JUMP_(async_close_##n))                                                   \
        if (1) {                                                                                    \
            ASYNC_START_(gen, __VA_ARGS__);                                                         \
            async_next_##n:                                                                         \
            ASYNC_NEXT_VALUE_(next, lv, gen, async_value_##n)                                       \
            break;                                                                                  \
            async_close_##n:                                                                        \
            async_err_ = 0;                                                                         \
            ASYNC_ON_ERROR_:                                                                        \
            ASYNC_CLOSE_(close, gen)                                                                \
            break;                                                                                  \
        } else                                                                                      \
            async_value_##n : ASYNC_GUARDED_(ASYNC_JUMP_(async_next_##n))
#define ASYNC_FOR_IN(lv, gen) ASYNC_FOR_IN_(__COUNTER__, lv, gen)
#define ASYNC_FOR_IN_(n, lv, gen) ASYNC_FOR_IN__(n, lv, gen)
#define ASYNC_FOR_IN__(n, lv, gen)                                                                  \
    for (;;)                                                                                        \
        if (1) {                                                                                    \
            if (ASYNC_RARE_(!(gen)->async_.type)) ASYNC_PANIC_("ASYNC_FOR_IN over a generator without ASYNC_START"); \
            ASYNC_NEXT_VALUE_(n, lv, gen, async_value_##n)                                          \
            break;                                                                                  \
        } else                                                                                      \
            async_value_##n :
#define ASYNC_NEXT_VALUE_(n, lv, gen, label)                                                        \
    if ((gen)->async_.up.caller) ASYNC_THROW_(-EBUSY);                                              \
    async_err_ = async_next_(&(gen)->async_, &self->async_, async_me_, 0);                          \
    ASYNC_SUSPEND_(n, )                                                                             \
    (gen)->async_.up.caller = NULL;                                                                 \
    if (async_err_ == ASYNC_YIELDED_) {                                                             \
        (lv) = (gen)->async_value_;                                                                 \
        goto label;                                                                                 \
    }                                                                                               \
    if (async_err_) ASYNC_THROW_(async_err_);
/* AWAIT_CLOSE(&generator): ends a borrowed generator where it stands. */
#define AWAIT_CLOSE(gen) do { async_err_ = 0; AWAIT_CLOSE_(__COUNTER__, gen) } while (0)
#define AWAIT_CLOSE_(n, gen) \
    if ((gen)->async_.up.caller) ASYNC_THROW_(-EBUSY); \
    ASYNC_CLOSE_(n, gen)
#define ASYNC_CLOSE_(n, gen)                                                                        \
    (gen)->async_pending_ = (int16_t)async_err_;                                                    \
    async_err_ = async_close_generator_(&(gen)->async_, &self->async_, async_me_);                  \
    ASYNC_SUSPEND_(n, )                                                                             \
    (gen)->async_.up.caller = NULL;                                                                 \
    if (async_err_ == ASYNC_YIELDED_) async_panic_frame_(&(gen)->async_, "ASYNC_YIELD while it is being closed"); \
    if (!async_err_ || async_err_ == ASYNC_GENERATOR_EXIT) async_err_ = (gen)->async_pending_;      \
    if (async_err_) ASYNC_THROW_(async_err_);

ASYNC_INLINE_ void async_not_open_(const async_frame *generator)
{
    if (ASYNC_RARE_(generator->type && generator->state && generator->state != ASYNC_FINISHED_))
        async_panic_frame_(generator, "started again before its end: AWAIT_CLOSE() it first");
}
ASYNC_INLINE_ void async_start_(async_frame *generator, async_type_ref_ type)
{
    generator->type = type;
    generator->up.caller = NULL;
    generator->state = 0;
    generator->held = 0;
}
ASYNC_INLINE_ int async_next_(async_frame *generator, async_frame *caller, async_task *task, int err)
{
    if (generator->state == ASYNC_FINISHED_) return 0;
    generator->up.caller = caller;
    return ASYNC_RESUME_OF_(generator->type)(generator, task, err).code;
}
/* One that has not started has nothing to clean up. */
ASYNC_INLINE_ int async_close_generator_(async_frame *generator, async_frame *caller, async_task *task)
{
    if (generator->state == 0) generator->state = ASYNC_FINISHED_;
    return async_next_(generator, caller, task, ASYNC_GENERATOR_EXIT);
}

/* ASYNC_FOR_NEXT(lvalue, next, ...) { }: a hand-written iterator: a coroutine `next` that is
 * awaited with the same arguments for each value and raises ASYNC_ESTOP after the last. */
#define ASYNC_FOR_NEXT(lv, ...) ASYNC_FOR_NEXT_(__COUNTER__, lv, __VA_ARGS__)
#define ASYNC_FOR_NEXT_(n, lv, ...) ASYNC_FOR_NEXT__(n, lv, __VA_ARGS__)
#define ASYNC_FOR_NEXT__(n, lv, ...)                                                                \
    for (;;)                                                                                        \
        if (1) {                                                                                    \
            ASYNC_CALL_(n, __VA_ARGS__)                                                             \
            if (async_err_ == ASYNC_ESTOP) break;                                                   \
            if (async_err_) ASYNC_THROW_(async_err_);                                               \
            (lv) = ASYNC_VALUE_OF_(ASYNC_FIRST_(__VA_ARGS__, ));                                    \
            goto async_value_##n;                                                                   \
        } else                                                                                      \
            async_value_##n :

/* ASYNC_SELECT(timeout) { ASYNC_ON(f, arguments) { } ... ASYNC_ON_TIMEOUT { } }: starts every
 * branch, a leaf or a coroutine of yours, in order; the first to end has the others cancelled and
 * waited for, and then its block runs. With ASYNC_ON_TO(lvalue, f, arguments) the result is stored
 * first. The branches are listed in the clause selects(f, g, g), as often as they stand in the
 * select that has most of them. One that can end at once does, and no later one is started. What a
 * loser was to get stays where it is, as after any cancel; a coroutine that ends well in spite of
 * its cancel has its result dropped. An error of the branch that decides is raised. Without
 * ASYNC_ON_TIMEOUT, -ETIMEDOUT is; ASYNC_FOREVER: no timeout. A cancel from outside that comes when
 * a branch has ended well is raised by the next await after it, so that nothing is lost. Between
 * the braces of the select stand ASYNC_ONs only. `break` in a block leaves a loop of yours around
 * the select; `continue` ends the select. */
#define ASYNC_SELECTS_ self->async_awaits_.list_them_in_selects_
#define ASYNC_SELECT(timeout) ASYNC_SELECT_(__COUNTER__, timeout)
#define ASYNC_SELECT_(n, timeout) ASYNC_SELECT__(n, timeout)
#define ASYNC_SELECT__(n, timeout)                                                                  \
    if (1) { /* so, and not by if (0), clang knows without its optimiser whether there is a break */ \
        goto async_enter_##n;                                                                       \
        async_broke_##n: break;                                                                     \
    } else                                                                                          \
        async_enter_##n : for (;; ASYNC_JUMP_(async_broke_##n))                                     \
            if (1) {                                                                                \
                (void)async_in_a_coroutine_;                                                        \
                ASYNC_UNPOISON_(self->async_awaits_)                                                \
                async_select_begin_(&ASYNC_SELECTS_.head, ASYNC_SELECTS_.room,                      \
                                    sizeof ASYNC_SELECTS_.room, async_me_, timeout);                \
                async_pass_ = false; /* the block starts the branches */                            \
                goto async_select_##n;                                                              \
                async_started_##n:                                                                  \
                if (async_pass_) break; /* it was one of the blocks in it that ended */             \
                async_pass_ = true;                                                                 \
                async_err_ = async_select_wait_(&ASYNC_SELECTS_.head, &self->async_);               \
                ASYNC_SUSPEND_(n, )                                                                 \
                async_err_ = async_select_end_(&ASYNC_SELECTS_.head);                               \
                if (ASYNC_RARE_(async_err_)) ASYNC_THROW_(async_err_);                              \
                async_at_ = ASYNC_SELECTS_.head.state;                                              \
                goto async_dispatch_;                                                               \
            } else                                                                                  \
                async_select_##n : for (char(*async_selecting_)[1];; (void)sizeof async_selecting_, ASYNC_JUMP_(async_started_##n))
#define ASYNC_ON(...) ASYNC_ON_(__COUNTER__, , __VA_ARGS__)
#define ASYNC_ON_TO(lv, ...) \
    ASYNC_ON_(__COUNTER__, if ((lv) = ASYNC_BRANCH_RESULT_(ASYNC_FIRST_(__VA_ARGS__, )), 1), __VA_ARGS__)
#define ASYNC_ON_(n, store, ...)                                                                    \
    if (!async_pass_) {                                                                             \
        ASYNC_SELECTING_                                                                            \
        ASYNC_NAMED_(__VA_ARGS__, )                                                                 \
        ASYNC_CAT_(ASYNC_BRANCH_, ASYNC_CAT_(ASYNC_IS_LEAF_(ASYNC_FIRST_(__VA_ARGS__, )), ASYNC_MANY_(__VA_ARGS__)))(n, __VA_ARGS__) \
    } else if (0)                                                                                   \
        ASYNC_CASE_(ASYNC_STATE_(n)): store
#define ASYNC_SELECTING_ ASYNC_ASSERT_(sizeof *async_selecting_ == 1, "ASYNC_ON stands in an ASYNC_SELECT");
#define ASYNC_ON_TIMEOUT ASYNC_ON_TIMEOUT_(__COUNTER__)
#define ASYNC_ON_TIMEOUT_(n)                                                                        \
    if (!async_pass_) {                                                                             \
        ASYNC_SELECTING_                                                                            \
        ASYNC_SELECTS_.head.on_timeout = (uint16_t)ASYNC_STATE_(n);                                 \
    } else if (0)                                                                                     \
        ASYNC_CASE_(ASYNC_STATE_(n)):
#define ASYNC_BRANCH_11(n, f, ...)                                                                  \
    (void)sizeof((f)(__VA_ARGS__), 0);                                                              \
    static const async_type async_branch_type_ = ASYNC_BRANCH_TYPE_(f);                             \
    ASYNC_BRANCH_START_(n, f, async_branch_type_)                                                   \
        async_branch_began_(async_child_, f##_leaf_((struct f *)(void *)((async_frame *)async_child_ + 1), \
                                                    (async_frame *)async_child_, (async_task *)async_child_ - 1, __VA_ARGS__));
#define ASYNC_BRANCH_01(n, f, ...)                                                                  \
    ASYNC_ASSERT_(!async_is_generator_##f, #f " is a generator: ASYNC_FOR runs it");               \
    ASYNC_BRANCH_START_(n, f, async_type_of_##f)                                                    \
        async_branch_step_(ASYNC_FRAME_((struct f *)async_child_, f, __VA_ARGS__));
#define ASYNC_BRANCH_00(n, f)                                                                       \
    ASYNC_ASSERT_(!async_is_generator_##f, #f " is a generator: ASYNC_FOR runs it");               \
    ASYNC_BRANCH_START_(n, f, async_type_of_##f)                                                    \
        async_branch_step_(ASYNC_FRAME_((struct f *)async_child_, f));
#define ASYNC_BRANCH_START_(n, f, type)                                                             \
    ASYNC_ASSERT_(ASYNC_BRANCH_WORDS_(f) * 8 <= sizeof ASYNC_SELECTS_.room,                         \
                  "this frame has no room for " #f ": add it to selects(...)");                     \
    ASYNC_ASSERT_(__alignof__(struct f) <= sizeof(uint64_t), "an over-aligned member cannot live in a branch"); \
    async_child_ = async_branch_(&ASYNC_SELECTS_.head, ASYNC_BRANCH_WORDS_(f), ASYNC_STATE_(n), &type); \
    if (async_child_)
#if ASYNCC_NAMES
#define ASYNC_BRANCH_TYPE_(f) { async_branch_resume_, #f, __FILE__, __LINE__ }
#else
#define ASYNC_BRANCH_TYPE_(f) { async_branch_resume_ }
#endif
#define ASYNC_BRANCH_RESULT_(f) \
    ((struct f *)(void *)((async_frame *)(void *)(ASYNC_SELECTS_.head.winner + 1) + ASYNC_IS_LEAF_(f)))->async_result_

/* A frame with its arguments in place, not started: the address of its head. */
#define ASYNC_FRAME_(p, ...) ASYNC_CAT_(ASYNC_FRAME_, ASYNC_MANY_(__VA_ARGS__))(p, __VA_ARGS__)
#define ASYNC_FRAME_0(p, f) ((void)sizeof((f)(), 0), async_head_of_##f(p))
#define ASYNC_FRAME_1(p, f, ...) \
    ((void)sizeof((f)(__VA_ARGS__), 0), async_set_of_##f(p, ASYNC_MAKE_(async_args_of_##f, __VA_ARGS__)))

/* ASYNC_SPAWN(&task, f, arguments): start f as a task; it first runs on the next tick. 0, or an
 * error if the loop is closed. A task that lives in a frame with a `tasks` clause belongs to that
 * frame, whoever spawns it: the frame does not end before it has. In a frame without, it panics.
 * ASYNC_SPAWN_IN(&group, &task, f, ...): as a member of a group; -ESHUTDOWN once that is
 * shutting down, and the task ends unstarted.
 * ASYNC_SPAWN_ON(loop, &task, f, ...): on a loop that need not run yet.
 * ASYNC_SPAWN_NEW(f, ...), ASYNC_SPAWN_NEW_IN(&group, f, ...): in memory of the loop's
 * allocator, freed when it has ended and nobody waits for it any more. The task, or NULL.
 * ASYNC_SPAWN_EAGER(&task, f, ...), ASYNC_SPAWN_NEW_EAGER(f, ...), ASYNC_SPAWN_NEW_IN_EAGER(&group,
 * f, ...): its first step runs before this returns. For arguments that own something (a
 * descriptor): a task that is cancelled before its first step never runs, and gives nothing back. */
#define ASYNC_SPAWN(tp, ...) ASYNC_SPAWN_(tp, NULL, ASYNC_PLACE_, 0, ASYNC_FIRST_(__VA_ARGS__, ), __VA_ARGS__)
#define ASYNC_SPAWN_EAGER(tp, ...) ASYNC_SPAWN_(tp, NULL, ASYNC_PLACE_, ASYNC_EAGER_, ASYNC_FIRST_(__VA_ARGS__, ), __VA_ARGS__)
#define ASYNC_SPAWN_IN(group, tp, ...) ASYNC_SPAWN_(tp, &(group)->scope, ASYNC_PLACE_, ASYNC_IN_, ASYNC_FIRST_(__VA_ARGS__, ), __VA_ARGS__)
#define ASYNC_SPAWN_ON(loop, tp, ...) ASYNC_SPAWN_(tp, &(loop)->scope, ASYNC_PLACE_, 0, ASYNC_FIRST_(__VA_ARGS__, ), __VA_ARGS__)
#define ASYNC_SPAWN_(tp, scope, place, how, f, ...) ASYNC_NAMED_(f, ) ASYNC_SPAWN__(tp, scope, place, how, f, __VA_ARGS__)
/* A generator is no task; said by a size, as C++ has no place for an assertion here. */
#define ASYNC_TASK_TYPE_(f) ((void)sizeof(char[async_is_generator_##f ? -1 /* use ASYNC_FOR */ : 1]), ASYNC_TYPE_REF_(f))
#define ASYNC_SPAWN__(tp, scope, place, how, f, ...) \
    async_spawn_placed_(ASYNC_FRAME_(&(tp)->f##_, __VA_ARGS__), ASYNC_TASK_TYPE_(f), scope, how, place(), __FILE__, __LINE__)
/* Where it is named, the compiler knows whether a task lives in the frame of the body around. */
#define ASYNC_PLACE_() async_here_, async_self_, async_size_
#define ASYNC_SPAWN_NEW(...) ASYNC_SPAWN_NEW_(NULL, 0, ASYNC_FIRST_(__VA_ARGS__, ), __VA_ARGS__)
#define ASYNC_SPAWN_NEW_IN(group, ...) ASYNC_SPAWN_NEW_(&(group)->scope, ASYNC_IN_, ASYNC_FIRST_(__VA_ARGS__, ), __VA_ARGS__)
#define ASYNC_SPAWN_NEW_EAGER(...) ASYNC_SPAWN_NEW_(NULL, ASYNC_EAGER_, ASYNC_FIRST_(__VA_ARGS__, ), __VA_ARGS__)
#define ASYNC_SPAWN_NEW_IN_EAGER(group, ...) ASYNC_SPAWN_NEW_(&(group)->scope, ASYNC_IN_ | ASYNC_EAGER_, ASYNC_FIRST_(__VA_ARGS__, ), __VA_ARGS__)
#define ASYNC_SPAWN_NEW_(scope, how, f, ...) ASYNC_NAMED_(f, ) ASYNC_SPAWN_NEW__(scope, how, f, __VA_ARGS__)
#define ASYNC_SPAWN_NEW__(scope, how, f, ...)                                                       \
    ((ASYNC_TASK(f) *)(void *)async_spawn_new_(                                                     \
        ASYNC_FRAME_((struct f *)async_new_frame_(sizeof(ASYNC_TASK(f)), scope), __VA_ARGS__), ASYNC_TASK_TYPE_(f), scope, how))

/* ASYNC_RUN(f, arguments): runs f to its end on a loop of its own, then cancels what is left and
 * closes the loop. Prints an unhandled error; 0 if there was none, else 1: main's return value.
 * ASYNC_RUN_TO(lvalue, f, arguments): stores the result; 0 or the error, nothing printed. */
#define ASYNC_RUN(...) ASYNC_RUN_(ASYNC_FIRST_(__VA_ARGS__, ), __VA_ARGS__)
#define ASYNC_RUN_(f, ...) ASYNC_NAMED_(f, ) ASYNC_RUN__(f, __VA_ARGS__)
#define ASYNC_RUN_TO(lv, ...) ASYNC_RUN_TO_(lv, ASYNC_FIRST_(__VA_ARGS__, ), __VA_ARGS__)
#define ASYNC_RUN_TO_(lv, f, ...) ASYNC_NAMED_(f, ) ASYNC_RUN_TO__(lv, f, __VA_ARGS__)
#ifdef __cplusplus
#define ASYNC_RUN__(f, ...)                                                                         \
    [&]() -> int {                                                                                  \
        async_task_of_##f async_main_ = async_task_of_##f();                                        \
        return async_run_main_(ASYNC_FRAME_(&async_main_.frame_, __VA_ARGS__), ASYNC_TASK_TYPE_(f)); \
    }()
#define ASYNC_RUN_TO__(lv, f, ...)                                                                  \
    [&]() -> int {                                                                                  \
        async_task_of_##f async_main_ = async_task_of_##f();                                        \
        int async_end_ = async_run_(ASYNC_FRAME_(&async_main_.frame_, __VA_ARGS__), ASYNC_TASK_TYPE_(f)); \
        if (!async_end_) (lv) = async_main_.frame_.async_result_;                                   \
        return async_end_;                                                                          \
    }()
#else
#define ASYNC_RUN__(f, ...) \
    async_run_main_(ASYNC_FRAME_(&((ASYNC_TASK(f)){0}).frame_, __VA_ARGS__), ASYNC_TASK_TYPE_(f))
#define ASYNC_RUN_TO__(lv, f, ...)                                                                  \
    __extension__({                                                                                 \
        ASYNC_TASK(f) async_main_ = {0};                                                            \
        int async_ran_ = async_run_(ASYNC_FRAME_(&async_main_.frame_, __VA_ARGS__), ASYNC_TASK_TYPE_(f)); \
        if (!async_ran_) (lv) = async_main_.frame_.async_result_;                                   \
        async_ran_;                                                                                 \
    })
#endif

/* ASYNC_RUN_TASK(&task, f, arguments): the same as ASYNC_RUN, in memory of yours. */
#define ASYNC_RUN_TASK(tp, ...) ASYNC_RUN_TASK_(tp, ASYNC_FIRST_(__VA_ARGS__, ), __VA_ARGS__)
#define ASYNC_RUN_TASK_(tp, f, ...) ASYNC_NAMED_(f, ) ASYNC_RUN_TASK__(tp, f, __VA_ARGS__)
#define ASYNC_RUN_TASK__(tp, f, ...) async_run_main_(ASYNC_FRAME_(&(tp)->f##_, __VA_ARGS__), ASYNC_TASK_TYPE_(f))

/* ASYNC_RESULT(&task): what it returned. Panics unless it has ended without error. */
#define ASYNC_RESULT(tp) \
    (((__typeof__(tp))(void *)async_check_result_(&(tp)->task, __FILE__, __LINE__))->frame_.async_result_)
/* ASYNC_TASK_AS(f, t): the task that *t is, which runs f. Panics if it does not. */
#define ASYNC_TASK_AS(f, t) \
    ((ASYNC_TASK(f) *)(void *)((async_task *)(void *)async_check_type_((t), &async_type_of_##f, __FILE__, __LINE__) - 1))
/* ASYNC_SET_RESULT(&future, value), of an ASYNC_FUTURE(T): 0, or -EALREADY if it is done. */
#define ASYNC_SET_RESULT(fp, v) \
    (async_future_done(&(fp)->future) ? -EALREADY : ((fp)->result = (v), async_future_set(&(fp)->future)))

/* Several tasks for gather and its kin: up to eight named, an array of tasks, the first n of
 * one, or an array of n `async_task *`. An array has to live as long as the wait. */
#define ASYNC_TASKS(...) \
    ASYNC_MAKE_(async_tasks, ASYNC_UP_TO_8_(ASYNC_COUNT_(__VA_ARGS__)), 1, NULL, {ASYNC_EACH_(ASYNC_TASK_OF_, __VA_ARGS__)})
#define ASYNC_TASK_OF_(tp) &(tp)->task,
#ifdef __cplusplus /* whose compilers refuse what is too many; for C it is a warning */
#define ASYNC_UP_TO_8_(n) n
template <class T, decltype(sizeof 0) n> char (&async_is_no_array_(T (&)[n]))[n];
#define ASYNC_ARRAY_SIZE_(a) sizeof(async_is_no_array_(a))
#else
#define ASYNC_ARRAY_SIZE_(a) \
    (sizeof(a) / sizeof((a)[0]) + 0 * sizeof(struct { ASYNC_MEMBER_ASSERT_(!__builtin_types_compatible_p(__typeof__(a), __typeof__(&(a)[0])), \
                                             "ASYNC_TASK_ARRAY of a pointer: use ASYNC_TASK_SLICE(pointer, n)"); char x; }))
#define ASYNC_UP_TO_8_(n) \
    (n) + 0 * sizeof(struct { ASYNC_MEMBER_ASSERT_((n) <= 8, "ASYNC_TASKS takes up to eight: use ASYNC_TASK_ARRAY or ASYNC_TASK_POINTERS"); char x; })
#endif
#define ASYNC_TASK_ARRAY(array) ASYNC_TASK_SLICE(array, ASYNC_ARRAY_SIZE_(array))
#define ASYNC_TASK_SLICE(array, n) \
    ASYNC_MAKE_(async_tasks, (uint32_t)(n), (uint32_t)sizeof((array)[0]), &(array)[0].task, {NULL})
#define ASYNC_TASK_POINTERS(array, n) ASYNC_MAKE_(async_tasks, (uint32_t)(n), 0, (void *)(array), {NULL})
/* clang-format on */
/* ------------------------------------------------------------------------------------------
 * >>api           Functions, with their contract. Unless said otherwise: call them in the
 *                 loop's own thread, not from an interrupt; nothing here blocks but `run`.
 * ------------------------------------------------------------------------------------------ */

ASYNC_C_BEGIN_

/* --- loop --- */

/* Prepares caller's memory as a loop and makes it this thread's current one. options may be
 * NULL. 0 or a negative errno. A loop belongs to the thread that runs it. */
ASYNC_API int async_loop_init(async_loop *loop, const async_options *options);
/* Runs until the task has ended: its error, or 0. -EINTR: stopped before; the task stands still
 * and may be run on later. -EBUSY: a loop runs in this thread. -ESHUTDOWN: closed. -EDEADLK: the
 * task waits for something that nothing left in the loop can bring about. */
ASYNC_API int async_loop_run_until_complete(async_loop *loop, async_task *task);
/* Runs until async_loop_stop(): 0, or as above. */
ASYNC_API int async_loop_run_forever(async_loop *loop);
#if ASYNCC_CANCEL
/* The loop returns after the current tick. Before a run: that run does one tick. */
ASYNC_API void async_loop_stop(async_loop *loop);
#endif
#if !ASYNCC_FREESTANDING
/* Drops what is queued, without running it; reports tasks that still wait and errors nobody
 * looked at. 0, also the second time; -EBUSY while it runs. */
ASYNC_API int async_loop_close(async_loop *loop);
#endif
#if ASYNCC_CANCEL
/* Cancels every task and runs until those have ended, as ASYNC_RUN does at its end. */
ASYNC_API int async_loop_shutdown(async_loop *loop);
#endif
/* This thread's loop: the one that runs, or else the latest; of a freestanding program, the only
 * one, which without ASYNCC_CANCEL needs no async_loop_init(). */
#if ASYNCC_ONE_LOOP
extern async_loop async_only_loop_;
ASYNC_INLINE_ async_loop *async_get_event_loop(void)
{
    return &async_only_loop_;
}
#else
ASYNC_API async_loop *async_get_event_loop(void);
#endif
/* The loop's clock, read now. Nanoseconds; monotonic. */
ASYNC_API async_time async_loop_time(async_loop *loop);
/* What is left until that time of the running loop's clock; none or less if it is past. For
 * deadlines that are kept: ASYNC_WITH(async_timeout, &self->t, async_until(self->when)). */
ASYNC_API async_duration async_until(async_time when);
#if !ASYNCC_FREESTANDING
/* Lets time pass on a virtual clock, as a step that takes so long would on a real one. 0, or
 * -EINVAL if the clock is real. */
ASYNC_API int async_loop_advance(async_loop *loop, async_duration d);
#endif
#if ASYNCC_CANCEL
/* The loop that runs in this thread, or NULL. */
ASYNC_API async_loop *async_get_running_loop(void);
#endif

#if ASYNCC_FREESTANDING && !defined(ASYNCC_NOW)
/* The clock of a build that has no ASYNCC_NOW(): for your timer's interrupt, once a tick. */
#if ASYNCC_ONE_LOOP
extern async_loop async_only_loop_;
#define async_ticks async_only_loop_.ticks
#else
extern volatile async_time async_ticks;
#endif
ASYNC_INLINE_ void async_tick(void)
{
    async_ticks = (async_time)(async_ticks + 1);
}
#endif

/* --- calls --- */

/* fn(arg) on the next tick, after a delay, or at a time of the loop's clock. -EBUSY: the call is
 * already scheduled; -ESHUTDOWN: the loop is closed. Calls at the same time run in the order in
 * which they were made. */
ASYNC_API int async_call_soon(async_loop *loop, async_call *call, int (*fn)(void *), void *arg);
ASYNC_API int async_call_later(async_loop *loop, async_call *call, async_duration d,
                               int (*fn)(void *), void *arg);
ASYNC_API int async_call_at(async_loop *loop, async_call *call, async_time when, int (*fn)(void *),
                            void *arg);
#if ASYNCC_CANCEL
/* It will not run, and its memory is yours again. False: it was not scheduled. */
ASYNC_API bool async_call_cancel(async_call *call);
#endif
/* --- tasks --- */

#if ASYNCC_CANCEL
/* The task whose step this is, or NULL. */
ASYNC_API async_task *async_current_task(void);
#endif
ASYNC_INLINE_ bool async_task_done(const async_task *task)
{
#if ASYNCC_CANCEL
    return (task->flags & ASYNC_DONE_) != 0;
#else
    return ((const async_frame *)(const void *)(task + 1))->state == ASYNC_FINISHED_;
#endif
}
ASYNC_INLINE_ bool async_task_cancelled(const async_task *task)
{
    return async_task_done(task) && ASYNC_WAKE_(task) == ASYNC_CANCELED;
}
/* Its error: 0, negative, ASYNC_CANCELED; -EINPROGRESS if it has not ended. */
ASYNC_API int async_task_error(async_task *task);
/* The static text of the ASYNC_RAISE that ended it, or NULL. */
ASYNC_API const char *async_task_error_text(const async_task *task);
/* The text of the error that this task has caught last, or NULL. */
ASYNC_API const char *async_error_text(void);
#if ASYNCC_CANCEL
/* Asks it to end: ASYNC_CANCELED is raised where it waits, on the next tick. What it awaits is
 * cancelled first. False: it has ended. */
ASYNC_API bool async_task_cancel(async_task *task);
/* How many cancels were asked of it; take one back (the rest is returned). */
ASYNC_INLINE_ int async_task_cancelling(const async_task *task)
{
    return task->flags & (ASYNC_LIVE_ | ASYNC_DONE_) ? (int)task->cancelling : 0;
}
ASYNC_API int async_task_uncancel(async_task *task);
#endif
/* fn(arg) on the tick after its end. -EBUSY: call is scheduled elsewhere; -EINVAL: the task was never
 * spawned. async_call_cancel() takes it back. */
ASYNC_API int async_task_add_done_callback(async_task *task, async_call *call, int (*fn)(void *),
                                           void *arg);
#if ASYNCC_CANCEL
/* How many tasks have not ended; up to n of them in `tasks`. */
ASYNC_API size_t async_all_tasks(async_loop *loop, async_task **tasks, size_t n);
#endif
#if ASYNCC_ALLOC
/* A task of ASYNC_SPAWN_NEW is freed after its end, once those who waited for it have run. Hold it
 * to look at it later, and release it then, which may be after its loop was closed; one that had not
 * ended by then is gone, held or not. Nothing, for a task in memory of yours. */
ASYNC_API void async_task_hold(async_task *task);
ASYNC_API void async_task_release(async_task *task);
#else
#define async_task_hold(task) ((void)(task))
#define async_task_release(task) ((void)(task))
#endif
/* The name it was given, else its coroutine's. */
ASYNC_API const char *async_task_name(const async_task *task);
#if !ASYNCC_FREESTANDING
/* Gives a task that has not ended a name, a text that lives as long as the task; NULL takes it
 * back. 0 or -EINVAL. No task has room for one: it is a note of the loop's, of which the first few
 * need no memory; where there is no memory the oldest is forgotten. */
ASYNC_API int async_task_set_name(async_task *task, const char *name);
#endif

/* --- futures --- */

ASYNC_INLINE_ bool async_future_done(const async_future *future)
{
    return future->state != 0;
}
ASYNC_INLINE_ bool async_future_cancelled(const async_future *future)
{
    return future->state == 2;
}
/* 0, or -EALREADY if it is done, and nothing changes. Those who wait run on the next tick. */
ASYNC_API int async_future_set(async_future *future);
ASYNC_API int async_future_set_error(async_future *future, int error);
/* False if it is done. A future that stands for work of hardware or of a foreign library has an
 * `on_cancel` that stops it: it is called once, at once, by this and by the cancel, for whatever
 * reason, of a task that waits for the future; so before anything of that task runs, its FINALLY
 * too. The future is done then, and a set that comes late is refused. It must not wait. */
ASYNC_API bool async_future_cancel(async_future *future);
/* 0, its error, ASYNC_CANCELED; -EINPROGRESS if it is pending. */
ASYNC_INLINE_ int async_future_error(const async_future *future)
{
    return future->state ? future->error : -EINPROGRESS;
}
ASYNC_API int async_future_add_done_callback(async_future *future, async_call *call,
                                             int (*fn)(void *), void *arg);

/* --- groups and timeouts --- */

#if ASYNCC_CANCEL
/* Members that failed, in the order in which they ended: the first, and the next after one. The
 * list holds until your next await after the block. */
ASYNC_INLINE_ async_task *async_group_failed(const async_group *group)
{
    return group->failed;
}
ASYNC_INLINE_ async_task *async_group_next_failed(const async_task *task)
{
    return task->next;
}
#endif
#if ASYNCC_CANCEL
/* Moves the deadline of a timeout that has been entered; ASYNC_FOREVER: none. 0, or -EINVAL
 * before the block, after it and once it expires. */
ASYNC_API int async_timeout_reschedule(async_timeout *timeout, async_duration from_now);
#endif
/* Texts of errors: errno's, this header's, "user error -10001". Never NULL. */
ASYNC_API const char *async_strerror(int error);

/* --- the machine's own --- */

#if ASYNCC_CANCEL
ASYNC_API int async_spawn_(async_frame *, const async_type *, async_scope *, int how);
ASYNC_API int async_spawn_own_(async_frame *, const async_type *, async_scope *);
ASYNC_API async_task *async_spawn_new_(async_frame *, const async_type *, async_scope *, int how);
ASYNC_API void async_select_begin_(struct async_select_ *, uint64_t *room, size_t size,
                                   async_task *owner, async_duration timeout);
ASYNC_API void *async_branch_(struct async_select_ *, size_t words, int state, const async_type *);
ASYNC_API void async_branch_began_(void *frame, int err);
ASYNC_API void async_branch_step_(async_frame *);
ASYNC_API async_status_ async_branch_resume_(async_frame *, async_task *, int err);
ASYNC_API int async_select_wait_(struct async_select_ *, async_frame *caller);
ASYNC_API int async_select_end_(struct async_select_ *);
ASYNC_API void *async_new_frame_(size_t size, async_scope *);
#else
ASYNC_API int async_spawn_(async_frame *, async_type_ref_);
#endif
ASYNC_API int async_run_main_(async_frame *, async_type_ref_);
ASYNC_API int async_run_(async_frame *, async_type_ref_);
ASYNC_API async_task *async_check_result_(async_task *task, const char *file, int line);
ASYNC_API async_frame *async_check_type_(async_task *task, async_type_ref_ type, const char *file,
                                         int line);
#if ASYNCC_ONE_LOOP
extern async_loop async_only_loop_;
#define async_loop_ async_get_event_loop()
#define ASYNC_SET_LOOP_(loop) ((void)(loop))
#else
extern ASYNCC_THREAD_LOCAL async_loop *async_loop_;
#define ASYNC_SET_LOOP_(loop) (async_loop_ = (loop))
#endif
#if ASYNCC_IO
/* What a loop's inbox may hold in place of a handle: see >>inbox. */
#define ASYNC_NOT_OPEN_ ((async_handle *)(uintptr_t)1)
#define ASYNC_GONE_ ((async_handle *)(uintptr_t)2)
#define ASYNC_ASLEEP_ ((async_handle *)(uintptr_t)3)
#endif
#if ASYNCC_CANCEL
extern const async_ops async_ready_ops_, async_told_ops_;
#endif

ASYNC_C_END_

#if ASYNCC_CANCEL
/* Always inlined: when all say that they are in no group, and begin later, async_spawn_() becomes
 * one that knows neither (300 bytes less on a Cortex-M0). */
ASYNC_HOT_ int async_spawn_placed_(async_frame *frame, const async_type *type, async_scope *scope,
                                   int how, async_frame_scope_ *here, const async_frame *self,
                                   size_t size, const char *file, int line)
{
    bool within = (uintptr_t)frame - (uintptr_t)self < size;
    bool group_within = how & ASYNC_IN_ && (uintptr_t)scope - (uintptr_t)self < size;
#if ASYNCC_NAMES
    if (ASYNC_RARE_(within && !here && !group_within))
        async_panic_at_(file, line,
                        "spawned into the frame of a coroutine that would not wait for it: put it "
                        "in tasks(...), or ASYNC_SPAWN_IN a group of that frame");
#endif
    (void)file, (void)line;
    if (within && here && how & ASYNC_IN_) {
        if (!group_within) here->lent = true;
        how = ASYNC_IN_SEEN_;
    }
    if (!within || !here || scope) return async_spawn_(frame, type, scope, how);
    if (how) return async_spawn_(frame, type, &here->scope, how);
    return async_spawn_own_(frame, type, &here->scope);
}
#else
#define async_spawn_placed_(...) async_spawn_placed__(__VA_ARGS__)
#define async_spawn_placed__(frame, type, scope, how, here, self, size, file, line)                \
    ((void)(here), async_spawn_(frame, type))
#endif

/* ------------------------------------------------------------------------------------------
 * >>leaves        What can be awaited without a frame. Each is a function `<name>_leaf_` that
 *                 gets the union's room, the frame to resume and the task; it returns an error
 *                 or 0 at once, or arranges to be woken and returns ASYNC_PENDING_. The plain
 *                 prototype is for the compiler's checks and your editor only.
 * ------------------------------------------------------------------------------------------ */

#define ASYNC_NOT_AWAITED_ ASYNC_ERROR_("coroutine called without AWAIT")
/* clang-format off */
#define ASYNC_LEAF_TYPE_(name) __extension__ struct ASYNC_ALIAS_ name { char async_none_[1][0]; }
/* clang-format on */

#if ASYNCC_FREESTANDING
/* At the end of the ready queue. Safe in interrupts, and with those masked. */
ASYNC_C_BEGIN_
ASYNC_API void async_push_(async_loop *loop, async_handle *h);
/* In front of a handle of a list. */
ASYNC_API void async_link_(async_handle **list, async_handle *h);
ASYNC_C_END_
#if ASYNCC_CANCEL
#define async_push_task_(loop, task) async_push_(loop, &(task)->h)
#else
#define async_push_task_(loop, task) ((task)->u.wake = 0, async_push_(loop, &(task)->h))
#endif
#else
/* At the end of the ready queue. */
ASYNC_INLINE_ void async_push_(async_loop *loop, async_handle *h)
{
    h->next = NULL;
    h->pprev = loop->tail;
    *loop->tail = h;
    loop->tail = &h->next;
}
/* The same for what is not taken out again before its turn: so nobody needs its pprev. */
ASYNC_INLINE_ void async_push_task_(async_loop *loop, async_task *task)
{
    task->h.next = NULL;
    *loop->tail = &task->h;
    loop->tail = &task->h.next;
}
/* In front of a list of those who wait. */
ASYNC_INLINE_ void async_link_(async_handle **list, async_handle *h)
{
    h->next = *list;
    if (h->next) h->next->pprev = &h->next;
    h->pprev = list;
    *list = h;
}
#endif
#if ASYNCC_CANCEL
ASYNC_INLINE_ int async_block_(async_task *task, async_frame *caller, const async_ops *ops)
{
    task->frame = caller;
    task->h.ops = ops;
    return ASYNC_PENDING_;
}
#else
#define async_block_(task, caller, ops) ((task)->frame = (caller), ASYNC_PENDING_)
#endif
ASYNC_PROTOTYPES_
/* Leaves that need no room. */
ASYNC_LEAF_TYPE_(async_sleep);
ASYNC_LEAF_TYPE_(async_join);
ASYNC_LEAF_TYPE_(async_shield);
ASYNC_LEAF_TYPE_(async_future_wait);
ASYNC_LEAF_TYPE_(async_timeout_enter);
ASYNC_LEAF_TYPE_(async_timeout_exit);
ASYNC_LEAF_TYPE_(async_group_enter);
ASYNC_LEAF_TYPE_(async_group_exit);

ASYNC_C_BEGIN_
ASYNC_API int async_sleep_(async_task *task, async_frame *caller, async_duration d);
ASYNC_API int async_join_(async_task *task, async_frame *caller, async_task *on);
ASYNC_API int async_see_(async_task *task);
#if ASYNCC_REPORTS
ASYNC_API int async_tell_(async_task *task, async_task *on);
#else
#define async_tell_(task, on) async_see_(on)
#endif

/* AWAIT(async_sleep, ASYNC_MS(10)): 0 or less lets everybody else who is ready run first. */
void async_sleep(async_duration d) ASYNC_NOT_AWAITED_;
#define ASYNC_LEAF_async_sleep , 1
ASYNC_INLINE_ int async_sleep_leaf_(struct async_sleep *room, async_frame *caller, async_task *task,
                                    async_duration d)
{
    (void)room;
    if (ASYNC_SPAN_(d) > 0) {
#if ASYNCC_FREESTANDING
        (void)async_sleep_(task, caller, d);
        return ASYNC_PENDING_;
#else
        return async_sleep_(task, caller, d);
#endif
    }
    task->frame = caller;
    async_push_task_(async_loop_, task);
    return ASYNC_PENDING_;
}
/* AWAIT_TO(self->x, async_sleep_value, ASYNC_MS(10), 5): asyncio.sleep(delay, result). */
intptr_t async_sleep_value(async_duration d, intptr_t value) ASYNC_NOT_AWAITED_;
struct ASYNC_ALIAS_ async_sleep_value {
    intptr_t async_result_;
};
#define ASYNC_LEAF_async_sleep_value , 1
ASYNC_INLINE_ int async_sleep_value_leaf_(struct async_sleep_value *room, async_frame *caller,
                                          async_task *task, async_duration d, intptr_t value)
{
    room->async_result_ = value;
    return async_sleep_leaf_(NULL, caller, task, d);
}

/* AWAIT(async_join, &self->a.task): waits for a task's end and raises its error. Cancelling the
 * one who waits cancels the task. */
void async_join(async_task *on) ASYNC_NOT_AWAITED_;
#define ASYNC_LEAF_async_join , 1
ASYNC_INLINE_ int async_join_leaf_(struct async_join *room, async_frame *caller, async_task *task,
                                   async_task *on)
{
    (void)room;
    if (async_task_done(on)) return ASYNC_LIKELY_(!ASYNC_WAKE_(on)) ? 0 : async_tell_(task, on);
    return async_join_(task, caller, on);
}

/* AWAIT(async_future_wait, &self->f.future): raises the future's error. Cancelling the one who
 * waits cancels the future. */
void async_future_wait(async_future *future) ASYNC_NOT_AWAITED_;
#define ASYNC_LEAF_async_future_wait , 1
ASYNC_API int async_future_wait_leaf_(struct async_future_wait *room, async_frame *caller,
                                      async_task *task, async_future *future);

/* AWAIT(async_gather, ASYNC_TASKS(&self->a, &self->b)): waits until all have ended, and raises
 * the first error as it comes; the others go on. Cancelling the one who waits cancels all.
 * async_gather_return_exceptions waits for all and raises none: ask async_task_error(). */
void async_gather(async_tasks tasks) ASYNC_NOT_AWAITED_;
void async_gather_return_exceptions(async_tasks tasks) ASYNC_NOT_AWAITED_;
/* Tasks that tell one collector of their ends, for gather, wait and as_completed. */
struct async_set_ {
    uint32_t left;   /* distinct tasks not yet heard of */
    uint32_t cursor; /* where a cancel that passes through has got to */
    uint32_t n;
    uint32_t stride : 24; /* as in async_tasks */
    uint32_t when : 2;    /* a wait: what it waits for */
    uint32_t settle : 1;  /* a gather: wait for all, raise none */
    uint32_t cancelled : 1;
    uint32_t found : 1;          /* the cancel that passes through has found an unfinished task */
    uint32_t cut : 1;            /* and a ring to be cut here */
    struct async_spare_ *spares; /* nodes at tasks that had somebody waiting already */
    union {
        void *first;
        async_task *t[8];
    } u;
};
struct ASYNC_ALIAS_ async_gather {
#if ASYNCC_CANCEL
    struct async_set_ set;
#else
    async_task node; /* waits for one after the other */
    async_task *task;
    uint32_t cursor, n, stride;
    bool settle;
    union {
        void *first;
        async_task *t[8];
    } u;
#endif
};
struct ASYNC_ALIAS_ async_gather_return_exceptions {
    struct async_gather gather;
};
#define ASYNC_LEAF_async_gather , 1
#define ASYNC_LEAF_async_gather_return_exceptions , 1
ASYNC_API int async_gather_(struct async_gather *room, async_frame *caller, async_task *task,
                            const async_tasks *tasks, bool settle);
ASYNC_INLINE_ int async_gather_leaf_(struct async_gather *room, async_frame *caller,
                                     async_task *task, async_tasks tasks)
{
    return async_gather_(room, caller, task, &tasks, false);
}
ASYNC_INLINE_ int async_gather_return_exceptions_leaf_(struct async_gather_return_exceptions *room,
                                                       async_frame *caller, async_task *task,
                                                       async_tasks tasks)
{
    return async_gather_(&room->gather, caller, task, &tasks, true);
}

#if ASYNCC_CANCEL
/* AWAIT_TO(self->n, async_wait, ASYNC_TASKS(&self->a, &self->b), ASYNC_FIRST_COMPLETED,
 * ASYNC_SEC(1)): waits until all have ended, or the first, or the first with an error that is no
 * cancellation, but no longer than the timeout (ASYNC_FOREVER: none). How many have ended;
 * async_task_done() says which. No error of theirs is raised, none is cancelled, neither by the
 * timeout nor when the one who waits is. -EINVAL: no tasks, or no such thing to wait for. */
enum { ASYNC_ALL_COMPLETED, ASYNC_FIRST_COMPLETED, ASYNC_FIRST_EXCEPTION };
int async_wait(async_tasks tasks, int return_when, async_duration timeout) ASYNC_NOT_AWAITED_;
struct ASYNC_ALIAS_ async_wait {
    struct async_set_ set;
    async_call timer;
    int async_result_;
};
#define ASYNC_LEAF_async_wait , 1
ASYNC_API int async_wait_(struct async_wait *room, async_frame *caller, async_task *task,
                          const async_tasks *tasks, int return_when, async_duration timeout);
ASYNC_INLINE_ int async_wait_leaf_(struct async_wait *room, async_frame *caller, async_task *task,
                                   async_tasks tasks, int return_when, async_duration timeout)
{
    return async_wait_(room, caller, task, &tasks, return_when, timeout);
}

/* vars(struct async_as_completed each; async_task *t)
 * ASYNC_FOR(self->t, &self->each, async_as_completed, ASYNC_TASKS(&self->a, &self->b), ASYNC_SEC(1))
 * { }: the block runs for each task as it ends, in the order of their ends; ASYNC_TASK_AS(f,
 * self->t) is the task with its type. -ETIMEDOUT is raised by the step that the timeout comes
 * before. None is cancelled, and no error of theirs is raised; a task may be spawned again once it
 * has been given. It is told of them until it ends: one that you ASYNC_START must be closed. */
void async_as_completed(async_tasks tasks, async_duration timeout) ASYNC_NOT_AWAITED_;
typedef struct async_args_of_async_as_completed {
    async_tasks tasks;
    async_duration timeout;
} async_args_of_async_as_completed;
struct ASYNC_ALIAS_ async_as_completed {
    async_frame async_;
    async_args_of_async_as_completed async_args_;
    async_task *async_value_;
    int16_t async_pending_;
    bool expired;
    async_task *waiter; /* who is at the next step, if it has to wait */
    async_handle h;     /* the collector */
    struct async_set_ set;
    async_handle *head, **tail; /* those that have told, and are not given yet */
    async_call timer;
    async_scope scope;
};
ASYNC_INLINE_ async_frame *async_set_of_async_as_completed(struct async_as_completed *each,
                                                           async_args_of_async_as_completed args)
{
    each->async_args_ = args;
    return &each->async_;
}
ASYNC_API ASYNC_RESUME_(async_as_completed);
ASYNC_TYPE_API_(async_as_completed)

/* AWAIT(async_shield, &self->a.task): as async_join, but a cancel of the one who waits leaves the
 * task alone. */
void async_shield(async_task *on) ASYNC_NOT_AWAITED_;
#define ASYNC_LEAF_async_shield , 1
ASYNC_API int async_shield_leaf_(struct async_shield *room, async_frame *caller, async_task *task,
                                 async_task *on);

/* AWAIT(async_wait_for, &self->a.task, ASYNC_MS(100)): as async_join, but a task that takes
 * longer is cancelled, waited for, and -ETIMEDOUT raised. Around a coroutine rather than a
 * task, use ASYNC_WITH(async_timeout, ...). */
void async_wait_for(async_task *on, async_duration d) ASYNC_NOT_AWAITED_;
struct ASYNC_ALIAS_ async_wait_for {
    async_timeout timeout;
    async_task *on;
};
#define ASYNC_LEAF_async_wait_for , 1
ASYNC_API int async_wait_for_leaf_(struct async_wait_for *room, async_frame *caller,
                                   async_task *task, async_task *on, async_duration d);

/* ASYNC_WITH(async_timeout, &self->t, ASYNC_MS(100)) { }: at the deadline the block is cancelled,
 * and -ETIMEDOUT raised where it ends; self->t.expired says that it was this one. */
void async_timeout_enter(async_timeout *timeout, async_duration d) ASYNC_NOT_AWAITED_;
bool async_timeout_exit(async_timeout *timeout, int error) ASYNC_NOT_AWAITED_;
#define ASYNC_LEAF_async_timeout_enter , 1
#define ASYNC_LEAF_async_timeout_exit , 1
ASYNC_API int async_timeout_enter_leaf_(struct async_timeout_enter *room, async_frame *caller,
                                        async_task *task, async_timeout *timeout, async_duration d);
ASYNC_API int async_timeout_exit_leaf_(struct async_timeout_exit *room, async_frame *caller,
                                       async_task *task, async_timeout *timeout, int error);
#endif
#if ASYNCC_CANCEL
/* ASYNC_WITH(async_group, &self->tg) { ASYNC_SPAWN_IN(&self->tg, ...); }: the block's end waits
 * for every member. The first that fails has the others and the block cancelled, and its error
 * is raised when all have ended; async_group_failed() lists all. */
void async_group_enter(async_group *group) ASYNC_NOT_AWAITED_;
bool async_group_exit(async_group *group, int error) ASYNC_NOT_AWAITED_;
#define ASYNC_LEAF_async_group_enter , 1
#define ASYNC_LEAF_async_group_exit , 1
ASYNC_API int async_group_enter_leaf_(struct async_group_enter *room, async_frame *caller,
                                      async_task *task, async_group *group);
ASYNC_API int async_group_exit_leaf_(struct async_group_exit *room, async_frame *caller,
                                     async_task *task, async_group *group, int error);
#endif
ASYNC_C_END_
ASYNC_PROTOTYPES_END_

/* ------------------------------------------------------------------------------------------
 * >>sync          Locks, events, semaphores, conditions, barriers and queues, fair and safe to
 *                 cancel: no permit, item or wake-up is lost. Between tasks of one loop; nothing
 *                 here is for threads. Nothing allocates.
 * ------------------------------------------------------------------------------------------ */

ASYNC_PROTOTYPES_
ASYNC_LEAF_TYPE_(async_event_wait);
ASYNC_LEAF_TYPE_(async_lock_exit);
ASYNC_LEAF_TYPE_(async_semaphore_exit);
ASYNC_LEAF_TYPE_(async_condition_exit);
ASYNC_LEAF_TYPE_(async_queue_join);
struct ASYNC_ALIAS_ async_lock_acquire {
    async_waiter_ w;
    async_lock *lock;
};
struct ASYNC_ALIAS_ async_lock_enter {
    struct async_lock_acquire acquire;
};
struct ASYNC_ALIAS_ async_semaphore_acquire {
    async_waiter_ w;
    async_semaphore *semaphore;
};
struct ASYNC_ALIAS_ async_semaphore_enter {
    struct async_semaphore_acquire acquire;
};
struct ASYNC_ALIAS_ async_condition_enter {
    struct async_lock_acquire acquire;
};
struct ASYNC_ALIAS_ async_condition_wait {
    async_waiter_ w;
    async_condition *condition;
    bool (*predicate)(void *);
    void *arg;
    int err;          /* what the end of the wait brought, while the lock is taken back */
    bool taking_back; /* the lock */
};
struct ASYNC_ALIAS_ async_condition_wait_for {
    struct async_condition_wait wait;
};
struct ASYNC_ALIAS_ async_barrier_wait {
    async_waiter_ w;
    async_barrier *barrier;
    uint32_t async_result_;
    bool counted; /* among those of this round */
};
struct async_queue_io_ {
    async_waiter_ w;
    async_queue *queue;
    void *items;
    union {
        const void *from; /* of a put */
        void *to;         /* of a get */
    } item;
    uint32_t size, capacity;
};
struct ASYNC_ALIAS_ async_queue_get {
    struct async_queue_io_ io;
};
struct ASYNC_ALIAS_ async_queue_put {
    struct async_queue_io_ io;
};
#define ASYNC_LEAF_async_lock_acquire , 1
#define ASYNC_LEAF_async_lock_enter , 1
#define ASYNC_LEAF_async_lock_exit , 1
#define ASYNC_LEAF_async_event_wait , 1
#define ASYNC_LEAF_async_semaphore_acquire , 1
#define ASYNC_LEAF_async_semaphore_enter , 1
#define ASYNC_LEAF_async_semaphore_exit , 1
#define ASYNC_LEAF_async_condition_enter , 1
#define ASYNC_LEAF_async_condition_exit , 1
#define ASYNC_LEAF_async_condition_wait , 1
#define ASYNC_LEAF_async_condition_wait_for , 1
#define ASYNC_LEAF_async_barrier_wait , 1
#define ASYNC_LEAF_async_queue_get , 1
#define ASYNC_LEAF_async_queue_put , 1
#define ASYNC_LEAF_async_queue_join , 1

ASYNC_C_BEGIN_
/* AWAIT(async_lock_acquire, &self->lock), or better ASYNC_WITH(async_lock, &self->lock) { }.
 * Strictly first come, first served. A free lock does not suspend. */
void async_lock_acquire(async_lock *lock) ASYNC_NOT_AWAITED_;
void async_lock_enter(async_lock *lock) ASYNC_NOT_AWAITED_;
bool async_lock_exit(async_lock *lock, int error) ASYNC_NOT_AWAITED_;
ASYNC_API void async_lock_wake_(async_lock *lock);
/* -EPERM if it is not locked. Any task may release it. */
ASYNC_INLINE_ int async_lock_release(async_lock *lock)
{
    if (!lock->locked) return -EPERM;
    lock->locked = false;
    if (lock->line.first) async_lock_wake_(lock);
    return 0;
}
ASYNC_INLINE_ bool async_lock_locked(const async_lock *lock)
{
    return lock->locked;
}

/* AWAIT(async_event_wait, &self->event): at once if it is set. set() wakes all. */
void async_event_wait(async_event *event) ASYNC_NOT_AWAITED_;
ASYNC_API void async_event_set(async_event *event);
ASYNC_INLINE_ void async_event_clear(async_event *event)
{
    event->set = false;
}
ASYNC_INLINE_ bool async_event_is_set(const async_event *event)
{
    return event->set;
}

/* Its value goes down by an acquire, up by a release, and an acquire waits at 0. Zeroed memory
 * has the value 0. ASYNC_WITH(async_semaphore, &self->s) { } does both. -EINVAL: below 0. */
ASYNC_INLINE_ int async_semaphore_init(async_semaphore *s, int32_t value)
{
    __builtin_memset(s, 0, sizeof *s);
    if (value < 0) return -EINVAL;
    s->value = (uint32_t)value;
    return 0;
}
/* The same; a release above the value it began with is an error. */
ASYNC_INLINE_ int async_semaphore_init_bounded(async_semaphore *s, int32_t value)
{
    int err = async_semaphore_init(s, value);
    s->bound = s->value + 1;
    return err;
}
void async_semaphore_acquire(async_semaphore *semaphore) ASYNC_NOT_AWAITED_;
void async_semaphore_enter(async_semaphore *semaphore) ASYNC_NOT_AWAITED_;
bool async_semaphore_exit(async_semaphore *semaphore, int error) ASYNC_NOT_AWAITED_;
/* -EINVAL, and no change, above the bound. */
ASYNC_API int async_semaphore_release(async_semaphore *semaphore);
/* An acquire would wait: the value is 0, or others are in line. */
ASYNC_API bool async_semaphore_locked(const async_semaphore *semaphore);

/* ASYNC_WITH(async_condition, &self->c) { AWAIT(async_condition_wait, &self->c); }: gives the lock
 * back, waits for a notify, and takes the lock again before it goes on, also when it is
 * cancelled. -EPERM without the lock. Set `lock` to share one. */
void async_condition_enter(async_condition *condition) ASYNC_NOT_AWAITED_;
bool async_condition_exit(async_condition *condition, int error) ASYNC_NOT_AWAITED_;
void async_condition_wait(async_condition *condition) ASYNC_NOT_AWAITED_;
/* Waits until predicate(arg) is true; asks before the first wait. */
void async_condition_wait_for(async_condition *condition, bool (*predicate)(void *),
                              void *arg) ASYNC_NOT_AWAITED_;
/* Wakes up to n of those who wait; -EPERM without the lock. */
ASYNC_API int async_condition_notify(async_condition *condition, uint32_t n);
ASYNC_INLINE_ int async_condition_notify_all(async_condition *condition)
{
    return async_condition_notify(condition, UINT32_MAX);
}
ASYNC_INLINE_ async_lock *async_condition_lock(async_condition *condition)
{
    return condition->lock ? condition->lock : &condition->own;
}

/* AWAIT_TO(self->i, async_barrier_wait, &self->b): waits until `parties` do; the order of arrival
 * is the result. ASYNC_EBROKEN after abort, and for those who wait at a reset. -EINVAL: nobody. */
ASYNC_INLINE_ int async_barrier_init(async_barrier *b, int32_t parties)
{
    __builtin_memset(b, 0, sizeof *b);
    if (parties < 1) return -EINVAL;
    b->parties = (uint32_t)parties;
    return 0;
}
uint32_t async_barrier_wait(async_barrier *barrier) ASYNC_NOT_AWAITED_;
ASYNC_API void async_barrier_reset(async_barrier *barrier);
ASYNC_API void async_barrier_abort(async_barrier *barrier);
ASYNC_INLINE_ bool async_barrier_broken(const async_barrier *barrier)
{
    return barrier->state == ASYNC_BROKEN_;
}
/* How many wait for the round to be full. */
ASYNC_INLINE_ uint32_t async_barrier_waiting(const async_barrier *barrier)
{
    return barrier->state == ASYNC_FILLING_ ? barrier->count : 0;
}

/* A queue of up to `capacity` items of one type, without casts:
 *     ASYNC_QUEUE(struct job, 16) q;
 *     AWAIT(async_queue_put, &self->q, &self->job);     waits while it is full
 *     AWAIT(async_queue_get, &self->q, &self->job);     waits while it is empty
 *     err = ASYNC_QUEUE_PUT_NOWAIT(&q, &job);           -EAGAIN if it is full
 * The item must outlive the wait: keep it in self->. A cancelled get has taken nothing, a
 * cancelled put has put nothing. -ESHUTDOWN after async_queue_shutdown(), for a get once it is
 * empty. Zeroed memory is an empty queue, first in, first out; for another order: */
ASYNC_INLINE_ int async_queue_init(async_queue *queue, int order,
                                   int (*compare)(const void *, const void *))
{
    __builtin_memset(queue, 0, sizeof *queue);
    if (order == ASYNC_PRIORITY && !compare) return -EINVAL;
    queue->order = (uint8_t)order;
    queue->special = order != ASYNC_FIFO;
    queue->compare = compare; /* of ASYNC_PRIORITY, as qsort's: the smallest comes out first */
    return 0;
}
void async_queue_put(void *queue, const void *item) ASYNC_NOT_AWAITED_;
void async_queue_get(void *queue, void *item) ASYNC_NOT_AWAITED_;
#define ASYNC_QUEUE_PUT_NOWAIT(q, item) async_queue_put_nowait_(ASYNC_QUEUE_ARGS_(q, item))
#define ASYNC_QUEUE_GET_NOWAIT(q, item) async_queue_get_nowait_(ASYNC_QUEUE_ARGS_(q, item))
#define ASYNC_QUEUE_CAPACITY(q) ((uint32_t)(sizeof(q)->items / sizeof(q)->items[0]))
#define ASYNC_QUEUE_ARGS_(q, item)                                                                 \
    &(q)->queue, (q)->items, ASYNC_QUEUE_ITEM_(q, item), (uint32_t)sizeof(q)->items[0],            \
        ASYNC_QUEUE_CAPACITY(q)
/* Its address, if it has the queue's type: for C only a warning, so C is asked. */
#ifdef __cplusplus
#define ASYNC_QUEUE_ITEM_(q, item) (0 ? (q)->items : (item))
#else
#define ASYNC_QUEUE_ITEM_(q, item)                                                                 \
    ((item) + 0 * sizeof(struct {                                                                  \
                  ASYNC_MEMBER_ASSERT_(__builtin_types_compatible_p(__typeof__(*(item)),           \
                                                                    __typeof__((q)->items[0])),    \
                                       "the queue holds items of another type");                   \
                  char x;                                                                          \
              }))
#endif
ASYNC_API int async_queue_put_nowait_(async_queue *, void *items, const void *item, uint32_t size,
                                      uint32_t capacity);
ASYNC_API int async_queue_get_nowait_(async_queue *, void *items, void *item, uint32_t size,
                                      uint32_t capacity);
ASYNC_INLINE_ uint32_t async_queue_count(const async_queue *queue)
{
    return queue->count;
}
/* One item that was got is dealt with. -EINVAL: more often than there were items. */
ASYNC_API int async_queue_task_done(async_queue *queue);
/* AWAIT(async_queue_join, &self->q.queue): until every item put has been dealt with. */
void async_queue_join(async_queue *queue) ASYNC_NOT_AWAITED_;
/* No more puts; gets go on until it is empty, or with `immediate`, the items are dropped. */
ASYNC_API void async_queue_shutdown(async_queue *queue, bool immediate);

ASYNC_API int async_lock_acquire_(struct async_lock_acquire *room, async_frame *caller,
                                  async_task *task, async_lock *lock);
ASYNC_API int async_event_wait_leaf_(struct async_event_wait *room, async_frame *caller,
                                     async_task *task, async_event *event);
ASYNC_API int async_semaphore_acquire_leaf_(struct async_semaphore_acquire *room,
                                            async_frame *caller, async_task *task,
                                            async_semaphore *semaphore);
ASYNC_API int async_condition_wait_(struct async_condition_wait *room, async_frame *caller,
                                    async_task *task, async_condition *condition,
                                    bool (*predicate)(void *), void *arg);
ASYNC_API int async_barrier_wait_leaf_(struct async_barrier_wait *room, async_frame *caller,
                                       async_task *task, async_barrier *barrier);
ASYNC_API void async_queue_wake_(async_line_ *line);
ASYNC_API int async_queue_put_(struct async_queue_io_ *io, async_frame *caller, async_task *task,
                               async_queue *queue, void *items, const void *item, uint32_t size,
                               uint32_t capacity);
ASYNC_API int async_queue_get_(struct async_queue_io_ *io, async_frame *caller, async_task *task,
                               async_queue *queue, void *items, void *item, uint32_t size,
                               uint32_t capacity);
ASYNC_API int async_queue_join_leaf_(struct async_queue_join *room, async_frame *caller,
                                     async_task *task, async_queue *queue);
ASYNC_C_END_

ASYNC_INLINE_ int async_lock_acquire_leaf_(struct async_lock_acquire *room, async_frame *caller,
                                           async_task *task, async_lock *lock)
{
    if (ASYNC_RARE_(lock->locked || lock->line.first))
        return async_lock_acquire_(room, caller, task, lock);
    lock->locked = true;
    return 0;
}
ASYNC_INLINE_ int async_lock_enter_leaf_(struct async_lock_enter *room, async_frame *caller,
                                         async_task *task, async_lock *lock)
{
    return async_lock_acquire_leaf_(&room->acquire, caller, task, lock);
}
ASYNC_INLINE_ int async_lock_exit_leaf_(struct async_lock_exit *room, async_frame *caller,
                                        async_task *task, async_lock *lock, int error)
{
    int err = async_lock_release(lock);
    (void)room, (void)caller, (void)task;
    return err ? err : error;
}
ASYNC_INLINE_ int async_semaphore_enter_leaf_(struct async_semaphore_enter *room,
                                              async_frame *caller, async_task *task,
                                              async_semaphore *semaphore)
{
    return async_semaphore_acquire_leaf_(&room->acquire, caller, task, semaphore);
}
ASYNC_INLINE_ int async_semaphore_exit_leaf_(struct async_semaphore_exit *room, async_frame *caller,
                                             async_task *task, async_semaphore *semaphore,
                                             int error)
{
    int err = async_semaphore_release(semaphore);
    (void)room, (void)caller, (void)task;
    return err ? err : error;
}
ASYNC_INLINE_ int async_condition_enter_leaf_(struct async_condition_enter *room,
                                              async_frame *caller, async_task *task,
                                              async_condition *condition)
{
    return async_lock_acquire_leaf_(&room->acquire, caller, task, async_condition_lock(condition));
}
ASYNC_INLINE_ int async_condition_exit_leaf_(struct async_condition_exit *room, async_frame *caller,
                                             async_task *task, async_condition *condition,
                                             int error)
{
    (void)room;
    return async_lock_exit_leaf_(NULL, caller, task, async_condition_lock(condition), error);
}
ASYNC_INLINE_ int async_condition_wait_leaf_(struct async_condition_wait *room, async_frame *caller,
                                             async_task *task, async_condition *condition)
{
    return async_condition_wait_(room, caller, task, condition, NULL, NULL);
}
ASYNC_INLINE_ int async_condition_wait_for_leaf_(struct async_condition_wait_for *room,
                                                 async_frame *caller, async_task *task,
                                                 async_condition *condition,
                                                 bool (*predicate)(void *), void *arg)
{
    return async_condition_wait_(&room->wait, caller, task, condition, predicate, arg);
}
/* The commonest case is done where the size of an item is known: first in, first out, no wait. */
/* Neither an int nor a pointer is worth a call. */
ASYNC_HOT_ void async_item_copy_(void *to, const void *from, uint32_t size)
{
    if (!ASYNCC_FREESTANDING && size == 4) __builtin_memcpy(to, from, 4);
    else if (!ASYNCC_FREESTANDING && size == sizeof(void *))
        __builtin_memcpy(to, from, sizeof(void *));
    else __builtin_memcpy(to, from, (size_t)size);
}
ASYNC_HOT_ bool async_queue_put_now_(async_queue *q, void *items, const void *item, uint32_t size,
                                     uint32_t capacity)
{
    uint32_t i = q->first + q->count;
    if (ASYNC_RARE_(q->special || q->count == capacity)) return false;
    async_item_copy_((char *)items + (size_t)(i < capacity ? i : i - capacity) * size, item, size);
    q->count++;
    q->unfinished++;
    if (q->getters.first) async_queue_wake_(&q->getters);
    return true;
}
ASYNC_HOT_ bool async_queue_get_now_(async_queue *q, void *items, void *item, uint32_t size,
                                     uint32_t capacity)
{
    if (ASYNC_RARE_(q->special || !q->count)) return false;
    async_item_copy_(item, (char *)items + (size_t)q->first * size, size);
    q->count--;
    if (++q->first == capacity) q->first = 0;
    if (q->putters.first) async_queue_wake_(&q->putters);
    return true;
}
ASYNC_HOT_ int async_queue_put_first_(struct async_queue_io_ *io, async_frame *caller,
                                      async_task *task, async_queue *q, void *items,
                                      const void *item, uint32_t size, uint32_t capacity)
{
#if !ASYNCC_FREESTANDING
    if (ASYNC_LIKELY_(async_queue_put_now_(q, items, item, size, capacity))) return 0;
#endif
    return async_queue_put_(io, caller, task, q, items, item, size, capacity);
}
ASYNC_HOT_ int async_queue_get_first_(struct async_queue_io_ *io, async_frame *caller,
                                      async_task *task, async_queue *q, void *items, void *item,
                                      uint32_t size, uint32_t capacity)
{
#if !ASYNCC_FREESTANDING
    if (ASYNC_LIKELY_(async_queue_get_now_(q, items, item, size, capacity))) return 0;
#endif
    return async_queue_get_(io, caller, task, q, items, item, size, capacity);
}
#define async_queue_put_leaf_(room, caller, task, q, item)                                         \
    async_queue_put_first_(&(room)->io, caller, task, ASYNC_QUEUE_ARGS_(q, item))
#define async_queue_get_leaf_(room, caller, task, q, item)                                         \
    async_queue_get_first_(&(room)->io, caller, task, ASYNC_QUEUE_ARGS_(q, item))
ASYNC_PROTOTYPES_END_

#if ASYNCC_IO
/* ------------------------------------------------------------------------------------------
 * >>io            Sockets and descriptors. A descriptor made here (or adopted) is the loop's: it
 *                 does not block, is registered with the poller once, and is closed by
 *                 async_close(), which wakes whoever waits for it with -EBADF. Reads and writes
 *                 are tried first and wait only on EAGAIN. One task at a time may wait for each
 *                 direction of a descriptor; a second one gets -EBUSY. SIGPIPE is not raised.
 * ------------------------------------------------------------------------------------------ */

ASYNC_PROTOTYPES_
/* What all of them keep while they wait. */
struct async_io_head_ {
    int fd;
    uint8_t op;
    void *data;
    size_t size, done;
    struct async_address *address;
};
struct ASYNC_ALIAS_ async_io_ {
    struct async_io_head_ io;
    union {
        ptrdiff_t n;
        int fd;
    } result;
};
#define ASYNC_IO_TYPE_(name, R)                                                                    \
    struct ASYNC_ALIAS_ name {                                                                     \
        struct async_io_head_ io;                                                                  \
        R async_result_;                                                                           \
    }
ASYNC_IO_TYPE_(async_read, ptrdiff_t);
ASYNC_IO_TYPE_(async_write, ptrdiff_t);
ASYNC_IO_TYPE_(async_write_all, ptrdiff_t);
ASYNC_IO_TYPE_(async_recvfrom, ptrdiff_t);
ASYNC_IO_TYPE_(async_sendto, ptrdiff_t);
ASYNC_IO_TYPE_(async_accept, int);
ASYNC_IO_TYPE_(async_connect, int);
ASYNC_IO_TYPE_(async_connect_to, int);
ASYNC_IO_TYPE_(async_wait_readable, int);
ASYNC_IO_TYPE_(async_wait_writable, int);
enum {
    ASYNC_IO_READ_,
    ASYNC_IO_RECVFROM_,
    ASYNC_IO_ACCEPT_,
    ASYNC_IO_READABLE_,
    ASYNC_IO_STREAM_READ_, /* what streams ask for */
    ASYNC_IO_STREAM_EXACTLY_,
    ASYNC_IO_STREAM_ALL_,
    ASYNC_IO_STREAM_UNTIL_,
    ASYNC_IO_STREAM_LINE_,
    ASYNC_IO_STREAM_NEXT_,
    ASYNC_IO_WRITES_, /* from here on they wait for room to write */
    ASYNC_IO_WRITE_ = ASYNC_IO_WRITES_,
    ASYNC_IO_WRITE_ALL_,
    ASYNC_IO_SENDTO_,
    ASYNC_IO_CONNECT_,
    ASYNC_IO_SENDFILE_,
    ASYNC_IO_WRITABLE_
};

/* A socket address of any family, with its length. */
typedef struct async_address {
    socklen_t length;
    struct sockaddr_storage storage;
} async_address;

ASYNC_C_BEGIN_
/* "127.0.0.1:80", "[::1]:80", "*:80" (any IPv4), ":80" (any IPv6 and IPv4), "unix:/path",
 * "unix:@name" (Linux, no file). Numbers only: no name is looked up. 0 or -EINVAL. */
ASYNC_API int async_address_parse(async_address *address, const char *text);
/* The same text back; `text` is always ended by a 0. Returns text. 128 bytes are enough. */
ASYNC_API char *async_address_format(const async_address *address, char *text, size_t size);
/* A listening TCP or Unix stream socket: the descriptor, or -EADDRINUSE, -EINVAL ... Port 0 takes
 * a free one: async_local_address() tells which. backlog 0: the system's most. Processes that
 * share a listener (opened before fork, adopted in each) all wake for each connection, and one
 * gets it; where that costs too much, give each its own, with SO_REUSEPORT. */
ASYNC_API int async_listen(const char *address, int backlog);
/* A UDP or Unix datagram socket bound to an address. */
ASYNC_API int async_datagram(const char *address);
ASYNC_API int async_local_address(int fd, async_address *address);
/* Makes a descriptor of yours the loop's: pipes, ttys, socketpairs, accepted elsewhere. It
 * becomes non-blocking. A pipe also has SIGPIPE ignored in this process, if nothing handles it.
 * 0, -EBADF, -ENOMEM; -EBUSY: it is the loop's already, or somebody waits for it. */
ASYNC_API int async_adopt(int fd);
/* Closes; those who wait for it wake with -EBADF, in whatever order things happen. 0 or a
 * negative errno. A bare close() wakes nobody: they wait until they are cancelled, or until the
 * number is the loop's again, which gives them -EBADF too. */
ASYNC_API int async_close(int fd);
/* Makes it yours again, open and non-blocking: to be adopted by another loop, for example. Those who
 * wait for it wake with -EBADF. 0, or -EBADF: it is not the loop's. */
ASYNC_API int async_disown(int fd);
/* SHUT_RD, SHUT_WR or SHUT_RDWR. */
ASYNC_API int async_shutdown(int fd, int how);
ASYNC_API int async_io_start_(struct async_io_ *io, async_frame *caller, async_task *task, int fd,
                              int op, void *data, size_t size, async_address *address);
ASYNC_API int async_connect_(struct async_io_ *io, async_frame *caller, async_task *task,
                             const async_address *address);
ASYNC_C_END_

/* AWAIT_TO(self->n, async_read, fd, buffer, size): at least one byte; 0 is the end of the stream.
 * The buffer must outlive the wait. A cancelled read has taken nothing. */
ptrdiff_t async_read(int fd, void *buffer, size_t size) ASYNC_NOT_AWAITED_;
#define ASYNC_LEAF_async_read , 1
ASYNC_INLINE_ int async_read_leaf_(struct async_read *room, async_frame *caller, async_task *task,
                                   int fd, void *buffer, size_t size)
{
    return async_io_start_((struct async_io_ *)(void *)room, caller, task, fd, ASYNC_IO_READ_,
                           buffer, size, NULL);
}
/* At least one byte written; how many. */
ptrdiff_t async_write(int fd, const void *data, size_t size) ASYNC_NOT_AWAITED_;
#define ASYNC_LEAF_async_write , 1
ASYNC_INLINE_ int async_write_leaf_(struct async_write *room, async_frame *caller, async_task *task,
                                    int fd, const void *data, size_t size)
{
    return async_io_start_((struct async_io_ *)(void *)room, caller, task, fd, ASYNC_IO_WRITE_,
                           (void *)(uintptr_t)data, size, NULL);
}
/* All of it, however many writes that takes. The result is `size`. */
ptrdiff_t async_write_all(int fd, const void *data, size_t size) ASYNC_NOT_AWAITED_;
#define ASYNC_LEAF_async_write_all , 1
ASYNC_INLINE_ int async_write_all_leaf_(struct async_write_all *room, async_frame *caller,
                                        async_task *task, int fd, const void *data, size_t size)
{
    return async_io_start_((struct async_io_ *)(void *)room, caller, task, fd, ASYNC_IO_WRITE_ALL_,
                           (void *)(uintptr_t)data, size, NULL);
}
/* One datagram, cut to `size`; its sender into *from unless that is NULL. */
ptrdiff_t async_recvfrom(int fd, void *buffer, size_t size, async_address *from) ASYNC_NOT_AWAITED_;
#define ASYNC_LEAF_async_recvfrom , 1
ASYNC_INLINE_ int async_recvfrom_leaf_(struct async_recvfrom *room, async_frame *caller,
                                       async_task *task, int fd, void *buffer, size_t size,
                                       async_address *from)
{
    return async_io_start_((struct async_io_ *)(void *)room, caller, task, fd, ASYNC_IO_RECVFROM_,
                           buffer, size, from);
}
/* One datagram; `to` may be NULL if the socket is connected. */
ptrdiff_t async_sendto(int fd, const void *data, size_t size,
                       const async_address *to) ASYNC_NOT_AWAITED_;
#define ASYNC_LEAF_async_sendto , 1
ASYNC_INLINE_ int async_sendto_leaf_(struct async_sendto *room, async_frame *caller,
                                     async_task *task, int fd, const void *data, size_t size,
                                     const async_address *to)
{
    return async_io_start_((struct async_io_ *)(void *)room, caller, task, fd, ASYNC_IO_SENDTO_,
                           (void *)(uintptr_t)data, size, (async_address *)(uintptr_t)to);
}
/* AWAIT_TO(self->fd, async_accept, listener, NULL): the next connection, and who it is into *from.
 * Connections that died in the queue are passed over. When the process runs out of descriptors
 * those waiting are refused, so that nothing spins. */
int async_accept(int listener, async_address *from) ASYNC_NOT_AWAITED_;
#define ASYNC_LEAF_async_accept , 1
ASYNC_INLINE_ int async_accept_leaf_(struct async_accept *room, async_frame *caller,
                                     async_task *task, int listener, async_address *from)
{
    return async_io_start_((struct async_io_ *)(void *)room, caller, task, listener,
                           ASYNC_IO_ACCEPT_, NULL, 0, from);
}
/* AWAIT_TO(self->fd, async_connect, "127.0.0.1:80"): a connected TCP or Unix stream socket. If it
 * fails or is cancelled there is none. -EAGAIN: the queue of a Unix listener is full (Linux). */
int async_connect(const char *address) ASYNC_NOT_AWAITED_;
#define ASYNC_LEAF_async_connect , 1
ASYNC_INLINE_ int async_connect_leaf_(struct async_connect *room, async_frame *caller,
                                      async_task *task, const char *text)
{
    async_address address;
    int err = async_address_parse(&address, text);
    return err ? err : async_connect_((struct async_io_ *)(void *)room, caller, task, &address);
}
int async_connect_to(const async_address *address) ASYNC_NOT_AWAITED_;
#define ASYNC_LEAF_async_connect_to , 1
ASYNC_INLINE_ int async_connect_to_leaf_(struct async_connect_to *room, async_frame *caller,
                                         async_task *task, const async_address *address)
{
    return async_connect_((struct async_io_ *)(void *)room, caller, task, address);
}
/* For descriptors that another library owns: they stay as they are, and nothing about them is
 * remembered, so they may be closed or replaced between two waits. Once in a while a wait ends
 * though nothing is there: try, and wait again on EAGAIN. -ENOTSUP for regular files. */
void async_wait_readable(int fd) ASYNC_NOT_AWAITED_;
void async_wait_writable(int fd) ASYNC_NOT_AWAITED_;
#define ASYNC_LEAF_async_wait_readable , 1
#define ASYNC_LEAF_async_wait_writable , 1
ASYNC_INLINE_ int async_wait_readable_leaf_(struct async_wait_readable *room, async_frame *caller,
                                            async_task *task, int fd)
{
    return async_io_start_((struct async_io_ *)(void *)room, caller, task, fd, ASYNC_IO_READABLE_,
                           NULL, 0, NULL);
}
ASYNC_INLINE_ int async_wait_writable_leaf_(struct async_wait_writable *room, async_frame *caller,
                                            async_task *task, int fd)
{
    return async_io_start_((struct async_io_ *)(void *)room, caller, task, fd, ASYNC_IO_WRITABLE_,
                           NULL, 0, NULL);
}
ASYNC_PROTOTYPES_END_

/* ------------------------------------------------------------------------------------------
 * >>streams       A connection with a buffer for each direction: asyncio's StreamReader and
 *                 StreamWriter in one object, because both share a descriptor, and C has no
 *                 garbage collector to keep one alive for the other. One task may read while
 *                 others write.
 *                 Writing never waits: what the kernel does not take at once is kept, and sent by
 *                 the loop; drain() is where a writer waits for a slow reader. A read waits until
 *                 the buffer holds what is asked for, so that one that is cancelled has taken
 *                 nothing.
 *                 Rejected: a task for each stream that writes. run() would cancel it at its end,
 *                 and what FINALLY parts still write would be lost.
 * ------------------------------------------------------------------------------------------ */

/* A part of a stream's buffer: valid until the next read from that stream, or its close. */
typedef struct async_bytes {
    char *data;
    size_t size;
} async_bytes;

/* Set before a stream is opened, or a server started; zero is asyncio's default. */
typedef struct async_stream_options {
    size_t limit;       /* of a line, without its end; default 65536 */
    size_t write_limit; /* a write is refused while more than this is unsent; default 1 MiB */
    /* Buffers of yours, which never grow. Without, they come from the loop's allocator when first
     * needed, and grow as far as the limits ask. */
    char *read_buffer, *write_buffer;
    size_t read_size, write_size;
} async_stream_options;

/* A function that is called when a descriptor is ready, in place of a task that waits for it. */
typedef struct async_watch_ {
    async_task task; /* never runs: it is what is woken */
    struct async_io_ io;
    void (*fn)(struct async_watch_ *watch, int err);
} async_watch_;

typedef struct async_buffer_ {
    char *data;
    size_t room, at, end; /* what it holds: from `at` to `end` */
    bool fixed;           /* caller's storage */
} async_buffer_;

/* Zeroed memory is a stream that is not open. It must live until it has been closed: until
 * async_stream_wait_closed() has ended, or async_stream_abort() been called. */
typedef struct async_stream {
    async_stream_options options;
    void *context;       /* yours; of a server's stream: the server's */
    int fd;              /* while it is open */
    size_t expected;     /* after ASYNC_EINCOMPLETE: how much was asked for; 0: a separator */
    async_bytes partial; /* ... and what there was: it has been taken, as in asyncio */
    size_t consumed;     /* after ASYNC_ELIMIT: how much holds no separator, or stands before it */
    async_buffer_ in, out;
    size_t high, low;    /* marks of drain() */
    uint32_t generation; /* of the descriptor's number */
    int16_t read_error, write_error;
    uint8_t flags;
    async_watch_ writing;             /* while something is unsent */
    async_handle *drainers, *closers; /* who waits, newest first */
    void (*ended)(struct async_stream *);
} async_stream;
enum {
    ASYNC_STREAM_OPEN_ = 1,
    ASYNC_STREAM_EOF_ = 2,     /* nothing more will come */
    ASYNC_STREAM_SHUT_ = 4,    /* write_eof() */
    ASYNC_STREAM_CLOSING_ = 8, /* close() */
    ASYNC_STREAM_PAUSED_ = 16  /* drain() waits */
};

/* A server's side of one connection. */
typedef struct async_client_ {
    async_stream stream;                 /* first */
    struct async_server *server;         /* NULL: it has gone */
    struct async_client_ *next, **pprev; /* those of the server; or free ones of a pool */
    async_task *task;                    /* the handler, until it has ended */
    async_call ended;
} async_client_;

/* What a server starts for a connection, and where things are in a client's memory. */
typedef struct async_serve_ {
    const async_type *type;
    size_t task, args, size; /* bytes: to the task, from there to its arguments, of all */
    size_t read_at, read_size, write_at, write_size; /* buffers of a pool's item */
    char *pool;
    size_t pool_items;
} async_serve_;

/* Zeroed memory; set what you like of the first part before the start. It must live until
 * async_server_wait_closed() has ended. */
typedef struct async_server {
    async_stream_options options; /* of the connections: limit, write_limit */
    void *context;                /* for the handlers, as stream->context */
    uint32_t max_clients;         /* others wait in the listener's queue; 0: any number */
    int backlog;                  /* of the listener; 0: the system's most */

    int fd;           /* the listener, while it is open; see async_local_address() */
    uint32_t clients; /* connections that have not ended */
    bool open;
    async_serve_ handler;
    async_watch_ accepting;
    async_client_ *first, *free;
    async_handle *forever, *closers; /* who waits, newest first */
} async_server;

ASYNC_IO_TYPE_(async_stream_read, ptrdiff_t);
ASYNC_IO_TYPE_(async_stream_readexactly, ptrdiff_t);
ASYNC_IO_TYPE_(async_stream_readall, async_bytes);
ASYNC_IO_TYPE_(async_stream_readuntil, async_bytes);
ASYNC_IO_TYPE_(async_stream_readline, async_bytes);
ASYNC_IO_TYPE_(async_stream_next, async_bytes);
struct async_stream_io_ { /* all of these */
    struct async_io_head_ io;
    union {
        ptrdiff_t n;
        async_bytes bytes;
    } result;
};
struct ASYNC_ALIAS_ async_sendfile {
    struct async_io_head_ io;
    ptrdiff_t async_result_;
    int64_t offset;
    int file;
    bool copy; /* the system's own way does not work here */
};
struct ASYNC_ALIAS_ async_connect_any {
    struct async_attempts_ *attempts;
    async_stream *stream; /* to be opened, or NULL */
    int async_result_;
};
struct ASYNC_ALIAS_ async_open_connection {
    union {
        struct async_connect_any any;
        void *job[11]; /* while a name is looked up: see async_getaddrinfo */
    } u;
};
struct async_wait_exit_ {
    void *on;
    int error; /* of the block */
};
struct ASYNC_ALIAS_ async_stream_exit {
    struct async_wait_exit_ wait;
};
struct ASYNC_ALIAS_ async_server_exit {
    struct async_wait_exit_ wait;
};
ASYNC_PROTOTYPES_
ASYNC_LEAF_TYPE_(async_stream_drain);
ASYNC_LEAF_TYPE_(async_stream_wait_closed);
ASYNC_LEAF_TYPE_(async_stream_enter);
ASYNC_LEAF_TYPE_(async_server_enter);
ASYNC_LEAF_TYPE_(async_server_wait_closed);
ASYNC_LEAF_TYPE_(async_server_serve_forever);
#define ASYNC_LEAF_async_stream_read , 1
#define ASYNC_LEAF_async_stream_readexactly , 1
#define ASYNC_LEAF_async_stream_readall , 1
#define ASYNC_LEAF_async_stream_readuntil , 1
#define ASYNC_LEAF_async_stream_readline , 1
#define ASYNC_LEAF_async_stream_next , 1
#define ASYNC_LEAF_async_stream_drain , 1
#define ASYNC_LEAF_async_stream_wait_closed , 1
#define ASYNC_LEAF_async_stream_enter , 1
#define ASYNC_LEAF_async_stream_exit , 1
#define ASYNC_LEAF_async_server_enter , 1
#define ASYNC_LEAF_async_server_exit , 1
#define ASYNC_LEAF_async_server_wait_closed , 1
#define ASYNC_LEAF_async_server_serve_forever , 1
#define ASYNC_LEAF_async_connect_any , 1
#define ASYNC_LEAF_async_open_connection , 1
#define ASYNC_LEAF_async_sendfile , 1

ASYNC_C_BEGIN_
/* --- opening and closing --- */

/* AWAIT(async_open_connection, &self->s, "127.0.0.1:80"): connects, and opens the stream. Addresses
 * as async_connect's, or "example.org:http", whose addresses are looked up as by async_getaddrinfo
 * and tried as by async_connect_any. If it fails or is cancelled the stream is not open. */
void async_open_connection(async_stream *stream, const char *address) ASYNC_NOT_AWAITED_;
/* AWAIT_TO(self->fd, async_connect_any, addresses, n, ASYNC_MS(250)): a connection to the first
 * address that answers, by RFC 8305 ("happy eyeballs"): the families take turns, beginning with
 * that of the first; the next address is tried when one has failed, or when `delay` has passed
 * without an answer. When all have failed, the error of the last that did. */
int async_connect_any(const async_address *addresses, size_t n,
                      async_duration delay) ASYNC_NOT_AWAITED_;
/* A stream over a descriptor: a connected socket, a pipe's end, a tty; it becomes the loop's, as by
 * async_adopt(), and the stream's: closed with it. 0; -EBUSY: the stream is open; -EBADF, -ENOMEM,
 * -EINVAL: a buffer of no size. */
ASYNC_API int async_stream_open(async_stream *stream, int fd);
/* No more is read: who reads is told of the end. What is unsent is sent, then the descriptor is
 * closed. 0, also the second time; -EBADF: it is not open. */
ASYNC_API int async_stream_close(async_stream *stream);
/* Until that has happened; raises what kept it from being sent. If it is cancelled, and nobody else
 * waits, the rest is dropped: the memory is yours again however it ends. */
void async_stream_wait_closed(async_stream *stream) ASYNC_NOT_AWAITED_;
/* Closes at once. What is unsent is lost, and who waits for it gets -ECONNABORTED. */
ASYNC_API void async_stream_abort(async_stream *stream);
ASYNC_INLINE_ bool async_stream_is_closing(const async_stream *stream)
{
    return (stream->flags & (ASYNC_STREAM_OPEN_ | ASYNC_STREAM_CLOSING_)) != ASYNC_STREAM_OPEN_;
}
/* ASYNC_WITH(async_stream, &self->s) { }: an open stream is closed, and that waited for, when the
 * block ends; if it is cancelled, aborted. */
void async_stream_enter(async_stream *stream) ASYNC_NOT_AWAITED_;
bool async_stream_exit(async_stream *stream, int error) ASYNC_NOT_AWAITED_;
ASYNC_API int async_peer_address(int fd, async_address *address);

/* --- reading: one task at a time; another gets -EBUSY --- */

/* AWAIT_TO(self->n, async_stream_read, &self->s, memory, size): what there is, at least one byte;
 * 0: the end. */
ptrdiff_t async_stream_read(async_stream *stream, void *to, size_t size) ASYNC_NOT_AWAITED_;
/* All of it, or nothing: at an early end ASYNC_EINCOMPLETE, and stream->partial is the rest. More
 * than fits into a read_buffer of yours is -ENOBUFS. The result is `size`. */
ptrdiff_t async_stream_readexactly(async_stream *stream, void *to, size_t size) ASYNC_NOT_AWAITED_;
/* Everything to the end. ASYNC_ELIMIT, and nothing is taken, if that is more than `most`. */
async_bytes async_stream_readall(async_stream *stream, size_t most) ASYNC_NOT_AWAITED_;
/* AWAIT_TO(self->line, async_stream_readline, &self->s): with its "\n", which the last line may
 * lack; an empty one: the end. A line longer than the limit is dropped, or as much of it as has
 * come: ASYNC_ELIMIT. */
async_bytes async_stream_readline(async_stream *stream) ASYNC_NOT_AWAITED_;
/* With the separator. ASYNC_EINCOMPLETE at the end; ASYNC_ELIMIT, and nothing is taken, if the
 * limit comes before it: stream->consumed bytes can be passed over. -EINVAL: no separator;
 * -ENOBUFS: one that is longer than the buffer. */
async_bytes async_stream_readuntil(async_stream *stream, const void *separator,
                                   size_t size) ASYNC_NOT_AWAITED_;
/* ASYNC_FOR_NEXT(self->line, async_stream_next, &self->s) { }: the lines, one by one. */
async_bytes async_stream_next(async_stream *stream) ASYNC_NOT_AWAITED_;
/* The end has come, and everything before it been taken. */
ASYNC_INLINE_ bool async_stream_at_eof(const async_stream *stream)
{
    return stream->flags & ASYNC_STREAM_EOF_ && stream->in.at == stream->in.end;
}

/* --- writing --- */

/* Takes all or nothing, and copies what cannot be sent at once. 0; the error that broke the
 * connection; -EPIPE after write_eof(), -EBADF after close(); -ENOBUFS: more than the write_limit
 * is unsent, or your write_buffer might not hold it: drain first. Errors can be left to drain(). */
ASYNC_API int async_stream_write(async_stream *stream, const void *data, size_t size);
/* Several pieces as one. */
ASYNC_API int async_stream_writelines(async_stream *stream, const struct iovec *lines, int n);
/* AWAIT(async_stream_drain, &self->s): when more is unsent than the high mark, until it is no more
 * than the low one. Raises the error that broke the connection. Any number of tasks may wait. */
void async_stream_drain(async_stream *stream) ASYNC_NOT_AWAITED_;
/* Bytes; 65536 and a quarter of that, when opened. 0, 0: drain waits until all is sent. -EINVAL:
 * low is above high. */
ASYNC_API int async_stream_set_write_limits(async_stream *stream, size_t high, size_t low);
ASYNC_INLINE_ size_t async_stream_unsent(const async_stream *stream)
{
    return stream->out.end - stream->out.at;
}
/* The other side reads the end once all is sent; reading goes on. A pipe is closed. 0 or as
 * write's. */
ASYNC_API int async_stream_write_eof(async_stream *stream);
/* AWAIT_TO(self->n, async_sendfile, fd, file, offset, count): sends from a regular file, to its end
 * or `count` bytes, without copying where the system can; file's own position stays. How many. A
 * stream's fd is free for it when nothing is unsent. SIGPIPE is ignored, as by async_adopt(). */
ptrdiff_t async_sendfile(int fd, int file, int64_t offset, size_t count) ASYNC_NOT_AWAITED_;

/* --- servers --- */

/* err = ASYNC_START_SERVER(&self->server, "127.0.0.1:7000", handler): for each connection a task
 * runs ASYNC(void, handler, args(async_stream *stream)), in one piece of memory of the loop's
 * allocator together with its stream. When it ends, however, the stream is closed, once all is
 * sent; aborted, if it was cancelled. Its error goes to the loop's error handler. 0, or as
 * async_listen. */
#define ASYNC_START_SERVER(server, address, f)                                                     \
    async_start_server_(server, address,                                                           \
                        ASYNC_MAKE_(async_serve_, ASYNC_HANDLER_TYPE_(f), ASYNC_CLIENT_SIZE_,      \
                                    ASYNC_HANDLER_ARGS_(f),                                        \
                                    ASYNC_CLIENT_SIZE_ + sizeof(ASYNC_TASK(f)), 0, 0, 0, 0, NULL,  \
                                    0))
/* The same out of memory of yours, an array of ASYNC_CLIENT(handler, read_size, write_size), sizes
 * of the buffers in bytes: as many connections at a time as it has items. It must live, and
 * be no other server's, until all handlers have ended: also those that a cancelled wait forgot. */
#define ASYNC_START_SERVER_IN(server, address, f, array)                                           \
    async_start_server_(                                                                           \
        server, address,                                                                           \
        ASYNC_MAKE_(                                                                               \
            async_serve_, ASYNC_HANDLER_TYPE_(f), offsetof(__typeof__((array)[0]), f##_task),      \
            ASYNC_HANDLER_ARGS_(f), sizeof((array)[0]),                                            \
            offsetof(__typeof__((array)[0]), read_buffer), sizeof((array)[0].read_buffer),         \
            offsetof(__typeof__((array)[0]), write_buffer), sizeof((array)[0].write_buffer),       \
            (char *)(array), sizeof(array) / sizeof((array)[0])))
#define ASYNC_CLIENT(f, read_size_, write_size_)                                                   \
    struct {                                                                                       \
        async_client_ client;                                                                      \
        ASYNC_TASK(f) f##_task;                                                                    \
        char read_buffer[read_size_], write_buffer[write_size_];                                   \
    }
#define ASYNC_CLIENT_SIZE_ ((sizeof(async_client_) + 15) / 16 * 16)
#define ASYNC_HANDLER_TYPE_(f) ((void)sizeof((f)((async_stream *)NULL), 0), &async_type_of_##f)
#define ASYNC_HANDLER_ARGS_(f) offsetof(ASYNC_TASK(f), frame_.async_args_)
ASYNC_API int async_start_server_(async_server *server, const char *address, async_serve_ handler);
/* No more connections; those there are go on. 0, also the second time. */
ASYNC_API int async_server_close(async_server *server);
/* Until it is closed and all its handlers have ended. If it is cancelled, the server is closed and
 * forgets those still there: its memory is yours again however it ends. */
void async_server_wait_closed(async_server *server) ASYNC_NOT_AWAITED_;
/* Until it is closed; if that is cancelled, it closes. */
void async_server_serve_forever(async_server *server) ASYNC_NOT_AWAITED_;
/* async_stream_close() or async_stream_abort() for every connection. */
ASYNC_API void async_server_close_clients(async_server *server);
ASYNC_API void async_server_abort_clients(async_server *server);
/* ASYNC_WITH(async_server, &self->server) { }: one that has been started is closed when the block
 * ends, and the handlers of its clients are waited for, however long they take: as in asyncio. To
 * be rid of them: async_server_abort_clients() before the end. */
void async_server_enter(async_server *server) ASYNC_NOT_AWAITED_;
bool async_server_exit(async_server *server, int error) ASYNC_NOT_AWAITED_;

ASYNC_API int async_stream_start_(struct async_stream_io_ *io, async_frame *caller,
                                  async_task *task, async_stream *stream, int op, const void *with,
                                  size_t size);
ASYNC_API int async_connect_any_(struct async_connect_any *room, async_frame *caller,
                                 async_task *task, const async_address *addresses, size_t n,
                                 async_duration delay, async_stream *stream);
ASYNC_API int async_open_connection_leaf_(struct async_open_connection *room, async_frame *caller,
                                          async_task *task, async_stream *stream,
                                          const char *address);
ASYNC_API int async_stream_drain_leaf_(struct async_stream_drain *room, async_frame *caller,
                                       async_task *task, async_stream *stream);
ASYNC_API int async_stream_wait_closed_leaf_(struct async_stream_wait_closed *room,
                                             async_frame *caller, async_task *task,
                                             async_stream *stream);
ASYNC_API int async_stream_exit_leaf_(struct async_stream_exit *room, async_frame *caller,
                                      async_task *task, async_stream *stream, int error);
ASYNC_API int async_server_wait_closed_leaf_(struct async_server_wait_closed *room,
                                             async_frame *caller, async_task *task,
                                             async_server *server);
ASYNC_API int async_server_serve_forever_leaf_(struct async_server_serve_forever *room,
                                               async_frame *caller, async_task *task,
                                               async_server *server);
ASYNC_API int async_server_exit_leaf_(struct async_server_exit *room, async_frame *caller,
                                      async_task *task, async_server *server, int error);
ASYNC_API int async_sendfile_leaf_(struct async_sendfile *room, async_frame *caller,
                                   async_task *task, int fd, int file, int64_t offset,
                                   size_t count);
ASYNC_C_END_

ASYNC_INLINE_ int async_stream_read_leaf_(struct async_stream_read *room, async_frame *caller,
                                          async_task *task, async_stream *stream, void *to,
                                          size_t size)
{
    return async_stream_start_((struct async_stream_io_ *)(void *)room, caller, task, stream,
                               ASYNC_IO_STREAM_READ_, to, size);
}
ASYNC_INLINE_ int async_stream_readexactly_leaf_(struct async_stream_readexactly *room,
                                                 async_frame *caller, async_task *task,
                                                 async_stream *stream, void *to, size_t size)
{
    return async_stream_start_((struct async_stream_io_ *)(void *)room, caller, task, stream,
                               ASYNC_IO_STREAM_EXACTLY_, to, size);
}
ASYNC_INLINE_ int async_stream_readall_leaf_(struct async_stream_readall *room, async_frame *caller,
                                             async_task *task, async_stream *stream, size_t most)
{
    return async_stream_start_((struct async_stream_io_ *)(void *)room, caller, task, stream,
                               ASYNC_IO_STREAM_ALL_, NULL, most);
}
ASYNC_INLINE_ int async_stream_readuntil_leaf_(struct async_stream_readuntil *room,
                                               async_frame *caller, async_task *task,
                                               async_stream *stream, const void *separator,
                                               size_t size)
{
    return async_stream_start_((struct async_stream_io_ *)(void *)room, caller, task, stream,
                               ASYNC_IO_STREAM_UNTIL_, separator, size);
}
ASYNC_INLINE_ int async_stream_readline_leaf_(struct async_stream_readline *room,
                                              async_frame *caller, async_task *task,
                                              async_stream *stream)
{
    return async_stream_start_((struct async_stream_io_ *)(void *)room, caller, task, stream,
                               ASYNC_IO_STREAM_LINE_, "\n", 1);
}
ASYNC_INLINE_ int async_stream_next_leaf_(struct async_stream_next *room, async_frame *caller,
                                          async_task *task, async_stream *stream)
{
    return async_stream_start_((struct async_stream_io_ *)(void *)room, caller, task, stream,
                               ASYNC_IO_STREAM_NEXT_, "\n", 1);
}
ASYNC_INLINE_ int async_stream_enter_leaf_(struct async_stream_enter *room, async_frame *caller,
                                           async_task *task, async_stream *stream)
{
    (void)room, (void)caller, (void)task;
    return stream->flags & ASYNC_STREAM_OPEN_ ? 0 : -EBADF;
}
ASYNC_INLINE_ int async_server_enter_leaf_(struct async_server_enter *room, async_frame *caller,
                                           async_task *task, async_server *server)
{
    (void)room, (void)caller, (void)task;
    return server->open ? 0 : -EBADF;
}
ASYNC_INLINE_ int async_connect_any_leaf_(struct async_connect_any *room, async_frame *caller,
                                          async_task *task, const async_address *addresses,
                                          size_t n, async_duration delay)
{
    return async_connect_any_(room, caller, task, addresses, n, delay, NULL);
}
ASYNC_PROTOTYPES_END_

/* ------------------------------------------------------------------------------------------
 * >>threads       Calls from other threads. What is called *_threadsafe may be called from any
 *                 thread, nothing else: a loop and all that belongs to it have no locks.
 * ------------------------------------------------------------------------------------------ */

ASYNC_C_BEGIN_
/* Others will call: from now on the loop can be woken, and while it is kept a run with nothing to
 * do waits for them instead of ending with -EDEADLK. In the loop's thread, as async_loop_release(),
 * which takes one keep back. 0, -EMFILE, -ENOMEM ...; -ESHUTDOWN: it is closed. */
ASYNC_API int async_loop_keep(async_loop *loop);
ASYNC_API void async_loop_release(async_loop *loop);
/* fn(arg) in the loop's thread, soon. From any thread; calls of one thread keep their order. The
 * call is yours, zeroed before its first use, and has to live until fn begins; what was stored
 * before is seen there. 0; -EBUSY: it is scheduled already, and that run will see what was stored;
 * -ENOTCONN: nobody has kept the loop; -ESHUTDOWN: it is closed. async_call_cancel(), in the loop's
 * thread, takes it back. The loop's memory has to be there as long as anybody may call. */
ASYNC_API int async_call_soon_threadsafe(async_loop *loop, async_call *call, int (*fn)(void *),
                                         void *arg);
/* The same for signal handlers: does not look whose thread it is in. */
ASYNC_API int async_post_(async_loop *loop, async_call *call, int (*fn)(void *), void *arg);
ASYNC_C_END_

#if ASYNCC_THREADS
/* Threads for work that blocks or computes. They start when there is work and stay; they block all
 * signals. */
typedef struct async_pool_options {
    int size;         /* threads at most; 0: one a processor and 4 more, but no more than 32 */
    size_t stack;     /* bytes of each; 0: the system's choice */
    const char *name; /* of each, up to 15 characters; NULL: "asyncc" */
    uint64_t cpus;    /* the processors they may use, by bit; 0: any (Linux; ignored elsewhere) */
    void (*on_start)(void *context); /* runs first in each, to set up what else it needs */
    void *context;
} async_pool_options;
typedef struct async_pool {
    async_pool_options options;
    pthread_mutex_t mutex;
    struct async_job_head_ *first, **last; /* that no thread has taken yet */
    struct async_worker_ *workers, *idle;  /* all, and those with nothing to do, latest first */
    pthread_cond_t done;                   /* some job has ended that somebody is blocked for */
    int threads, blocked;
    bool waking;       /* a thread is on its way to look at the queue */
    bool closing;      /* no more jobs */
    async_loop *owner; /* whose own pool it is; NULL: the user's */
    int left;          /* threads that have ended */
    async_call gone;   /* they all have */
} async_pool;

/* A job whose end is taken care of. Without drop, an await that is cancelled takes the job out of
 * the queue or, if it runs, calls cancel(arg), if there is one, and waits for its end: so arg may
 * live in the frame. With drop, it does not wait: drop(arg) is called in its place, when the job
 * has ended or once it will not run, in whichever thread that is. */
typedef struct async_job {
    int (*fn)(void *arg);
    void *arg;
    void (*cancel)(void *arg); /* asks a running job to end; in the loop's thread, maybe twice */
    void (*drop)(void *arg);   /* gives back what arg has */
} async_job;

/* What is kept of a job while it is awaited. */
struct async_job_head_ {
    async_task *task;
    async_loop *loop;
    async_pool *pool;
    struct async_job_head_ *next;
    union {
        struct async_job_head_ **pprev; /* while it is queued */
        struct async_worker_ *worker;   /* while it runs */
    } by;
    int (*fn)(void *);
    void *arg;
    void (*hook)(void *); /* cancel or drop */
    uint8_t state, kind;
};
enum { ASYNC_QUEUED_, ASYNC_STARTED_, ASYNC_POSTED_ }; /* a job's state */
/* What a cancel does to one that runs: waits for it, leaves it to itself, or waits and has it
 * undone; and whether its arg begins with a function that goes on with the result: an
 * async_lookup_. */
enum { ASYNC_WAIT_, ASYNC_DETACH_, ASYNC_LOOKUP_, ASYNC_UNDO_ = 4 };
ASYNC_PROTOTYPES_
struct ASYNC_ALIAS_ async_to_thread {
    struct async_job_head_ job;
    int async_result_;
};
struct ASYNC_ALIAS_ async_run_in_executor {
    struct async_job_head_ job;
    int async_result_;
};
struct ASYNC_ALIAS_ async_run_job {
    struct async_job_head_ job;
    int async_result_;
};

ASYNC_C_BEGIN_
/* Memory of yours; options may be NULL. 0, -EINVAL or -ENOMEM. Several loops may share it. */
ASYNC_API int async_pool_init(async_pool *pool, const async_pool_options *options);
/* Takes no more jobs (-ESHUTDOWN), has the threads do those it has, and waits for their end. Blocks.
 * For the pool of to_thread the loop does it: shutdown while it goes on, close blocking. */
ASYNC_API void async_pool_close(async_pool *pool);
/* The pool for to_thread, before its first use; it stays yours. 0, or -EBUSY: it has one. */
ASYNC_API int async_loop_set_default_executor(async_loop *loop, async_pool *pool);

/* AWAIT_TO(self->n, async_to_thread, fn, arg): fn(arg) in another thread, while the loop goes on.
 * Its return is the result; if that is negative, it is raised. Cancelled, the await ends at once:
 * a job still in the queue never runs, but one that runs already cannot be stopped, and what it
 * returns is dropped. So arg must outlive the job, not only the await: static, or the heap. For an
 * arg in the frame, see async_run_job. -ENOMEM; -EAGAIN: no thread; -ESHUTDOWN.
 * After a fork() the child has none of the threads. */
int async_to_thread(int (*fn)(void *), void *arg) ASYNC_NOT_AWAITED_;
/* The same in a pool of yours. */
int async_run_in_executor(async_pool *pool, int (*fn)(void *), void *arg) ASYNC_NOT_AWAITED_;
/* AWAIT_TO(self->n, async_run_job, NULL, &self->job): a job with cancel or drop, in a pool of yours
 * or, with NULL, that of to_thread. The async_job itself is copied. */
int async_run_job(async_pool *pool, const async_job *job) ASYNC_NOT_AWAITED_;

/* A coroutine in the loop of another thread, waited for in this one:
 *     static ASYNC_REMOTE(square) r;                           zeroed before its first use
 *     err = ASYNC_RUN_COROUTINE_THREADSAFE(loop, &r, square, 3);
 *     err = async_remote_wait(&r.remote, ASYNC_SEC(1));        then ASYNC_RESULT(&r.task)
 * The start gives 0, -EBUSY (it still runs), -ENOTCONN or -ESHUTDOWN, as async_call_soon_threadsafe.
 * Its memory has to live until it is done: after a -ETIMEDOUT, wait again. */
typedef struct async_remote {
    async_scope scope;
    async_loop *loop;
    async_frame *frame;
    const async_type *type;
    async_call begin, stop, ended;
    bool ready;            /* the two below are made */
    pthread_mutex_t mutex; /* for what follows */
    pthread_cond_t done;
    int error;
    uint8_t state; /* 0: never started */
} async_remote;
enum { ASYNC_REMOTE_RUNS_ = 1, ASYNC_REMOTE_DONE_ };
#define ASYNC_REMOTE(f)                                                                            \
    struct {                                                                                       \
        async_remote remote;                                                                       \
        ASYNC_TASK(f) task;                                                                        \
    }
/* clang-format off */
#define ASYNC_RUN_COROUTINE_THREADSAFE(loop, rp, ...) \
    ASYNC_REMOTE_(loop, rp, ASYNC_FIRST_(__VA_ARGS__, ), __VA_ARGS__)
#define ASYNC_REMOTE_(loop, rp, f, ...) ASYNC_NAMED_(f, ) ASYNC_REMOTE__(loop, rp, f, __VA_ARGS__)
#define ASYNC_REMOTE__(loop, rp, f, ...) \
    async_remote_start_(loop, &(rp)->remote, ASYNC_FRAME_(&(rp)->task.f##_, __VA_ARGS__), ASYNC_TYPE_REF_(f))
/* clang-format on */
#define ASYNC_LEAF_async_to_thread , 1
#define ASYNC_LEAF_async_run_in_executor , 1
#define ASYNC_LEAF_async_run_job , 1
/* Blocks this thread until it is done, for at most so long: its error, or 0. -ETIMEDOUT: not yet
 * (or its own: see async_remote_done); -ESHUTDOWN: the loop was closed; -EDEADLK: this is the thread
 * of the loop that should run it; -EINVAL: it was never started. */
ASYNC_API int async_remote_wait(async_remote *remote, async_duration d);
/* Any thread. It has ended, or its loop was closed. */
ASYNC_API bool async_remote_done(async_remote *remote);
/* Any thread. Cancels the task in its loop; false: it is done. */
ASYNC_API bool async_remote_cancel(async_remote *remote);
ASYNC_API int async_remote_start_(async_loop *loop, async_remote *remote, async_frame *frame,
                                  const async_type *type);
ASYNC_API int async_job_start_(struct async_to_thread *room, async_frame *caller, async_task *task,
                               async_pool *pool, const async_job *job, int kind);
ASYNC_C_END_

ASYNC_INLINE_ int async_to_thread_leaf_(struct async_to_thread *room, async_frame *caller,
                                        async_task *task, int (*fn)(void *), void *arg)
{
    async_job job = {fn, arg, NULL, NULL};
    return async_job_start_(room, caller, task, NULL, &job, ASYNC_DETACH_);
}
ASYNC_INLINE_ int async_run_in_executor_leaf_(struct async_run_in_executor *room,
                                              async_frame *caller, async_task *task,
                                              async_pool *pool, int (*fn)(void *), void *arg)
{
    async_job job = {fn, arg, NULL, NULL};
    return async_job_start_((struct async_to_thread *)(void *)room, caller, task, pool, &job,
                            ASYNC_DETACH_);
}
ASYNC_INLINE_ int async_run_job_leaf_(struct async_run_job *room, async_frame *caller,
                                      async_task *task, async_pool *pool, const async_job *job)
{
    return async_job_start_((struct async_to_thread *)(void *)room, caller, task, pool, job,
                            job->drop ? ASYNC_DETACH_ : ASYNC_WAIT_);
}
/* ------------------------------------------------------------------------------------------
 * >>names         getaddrinfo() and getnameinfo() may ask servers for seconds, so they run in the
 *                 threads of to_thread, on copies: a cancelled await ends at once, and what the
 *                 thread still finds is dropped. Nothing is cut to fit.
 * ------------------------------------------------------------------------------------------ */

struct addrinfo;
/* Errors of theirs: compare with ASYNC_EAI(EAI_NONAME); async_strerror() knows them. */
#define ASYNC_EAI(code) (-31000 - ((code) < 0 ? -(code) : (code)))

struct ASYNC_ALIAS_ async_getaddrinfo {
    struct async_to_thread job;
    struct addrinfo *async_result_;
};
struct ASYNC_ALIAS_ async_getnameinfo {
    struct async_to_thread job;
};
/* AWAIT_TO(self->list, async_getaddrinfo, "example.org", "http", &hints): getaddrinfo(3), by the
 * rules of its manual; free the list by freeaddrinfo(). The texts and hints are copied.
 * -ENAMETOOLONG: a name of more than 255 bytes. */
struct addrinfo *async_getaddrinfo(const char *name, const char *service,
                                   const struct addrinfo *hints) ASYNC_NOT_AWAITED_;
/* AWAIT(async_getnameinfo, &address, host, sizeof host, service, sizeof service, NI_NUMERICSERV):
 * getnameinfo(3). host or service may be NULL, with size 0. A name that does not fit is
 * ASYNC_EAI(EAI_OVERFLOW), and neither is written. */
void async_getnameinfo(const async_address *address, char *host, size_t host_size, char *service,
                       size_t service_size, int flags) ASYNC_NOT_AWAITED_;
#define ASYNC_LEAF_async_getaddrinfo , 1
#define ASYNC_LEAF_async_getnameinfo , 1
ASYNC_C_BEGIN_
ASYNC_API int async_getaddrinfo_leaf_(struct async_getaddrinfo *room, async_frame *caller,
                                      async_task *task, const char *name, const char *service,
                                      const struct addrinfo *hints);
ASYNC_API int async_getnameinfo_leaf_(struct async_getnameinfo *room, async_frame *caller,
                                      async_task *task, const async_address *address, char *host,
                                      size_t host_size, char *service, size_t service_size,
                                      int flags);
ASYNC_C_END_
ASYNC_PROTOTYPES_END_
#endif /* ASYNCC_THREADS */
#if ASYNCC_SIGNALS
/* ------------------------------------------------------------------------------------------
 * >>signals       Signals, as calls or to be awaited, in the loop's thread. A process has them,
 *                 not a loop: every receiver of a number is told, in whatever loop and thread.
 *                 Those of one number that come in quick succession may be seen as one. The old
 *                 handler is back once the last receiver of its number has gone, at the latest
 *                 when the loop is closed. Numbers are 1 to 63; SIGKILL, SIGSTOP and those of a
 *                 fault (SIGSEGV, SIGBUS, SIGFPE, SIGILL) cannot be received: -EINVAL.
 *
 *                 SIGINT while ASYNC_RUN or ASYNC_RUN_TO runs in the main thread, if nothing else
 *                 handles it: the main task is cancelled, and if that ends it, the run ends with
 *                 -EINTR, which from ASYNC_RUN is the end of the process by SIGINT, after all
 *                 cleanup. A second SIGINT ends the process at once.
 * ------------------------------------------------------------------------------------------ */

/* Zeroed memory; not to be moved or given back before it is removed or its loop closed. */
typedef struct async_signal {
    async_call call;           /* to its loop */
    struct async_signal *next; /* receivers of this process */
    uint64_t set;              /* 1 << number; 0: it receives nothing */
    uint32_t came[2];          /* and was not taken yet */
    int (*fn)(void *);         /* NULL: it is awaited */
    void *arg;
    async_task *waiter; /* from its wait to its turn */
    bool interrupts;    /* a run's own: only for what nobody else receives */
} async_signal;
/* ASYNC_SIGNALS(SIGINT, SIGTERM) */
#define ASYNC_SIGNALS(...) (ASYNC_EACH_(ASYNC_SIGNAL_, __VA_ARGS__) UINT64_C(0))
#define ASYNC_SIGNAL_(number) async_signal_bit_(number) |
ASYNC_INLINE_ uint64_t async_signal_bit_(int number)
{
    return number > 0 && number < 64 ? UINT64_C(1) << number : 1; /* 1: there is no signal 0 */
}

ASYNC_C_BEGIN_
/* fn(arg) in the loop for each signal of this number; a negative return is reported. 0; -EBUSY:
 * it receives already; -EINVAL, -EMFILE, -ENOMEM, -ESHUTDOWN. While there is one, a run with
 * nothing to do waits instead of ending with -EDEADLK. */
ASYNC_API int async_add_signal_handler(async_loop *loop, async_signal *receiver, int number,
                                       int (*fn)(void *), void *arg);
/* No fn after this, and the memory is yours again. False: it did not receive. In the loop's
 * thread, also from fn. */
ASYNC_API bool async_remove_signal_handler(async_signal *receiver);
ASYNC_C_END_

ASYNC_PROTOTYPES_
ASYNC_LEAF_TYPE_(async_signal_enter);
ASYNC_LEAF_TYPE_(async_signal_exit);
struct ASYNC_ALIAS_ async_signal_wait {
    int async_result_;
    async_signal *receiver; /* NULL: no longer */
};
#define ASYNC_LEAF_async_signal_enter , 1
#define ASYNC_LEAF_async_signal_exit , 1
#define ASYNC_LEAF_async_signal_wait , 1
ASYNC_C_BEGIN_
/* ASYNC_WITH(async_signal, &self->s, ASYNC_SIGNALS(SIGINT, SIGTERM)) {
 *     AWAIT_TO(self->number, async_signal_wait, &self->s);
 * }
 * From the beginning of the block on they are received; a wait gives the next, or one that has
 * come since the last wait, the smallest number first. A cancelled wait has taken none. -EBUSY:
 * another task waits; -EBADF: the block has been left; -EINVAL outside of it. */
void async_signal_enter(async_signal *receiver, uint64_t signals) ASYNC_NOT_AWAITED_;
bool async_signal_exit(async_signal *receiver, int error) ASYNC_NOT_AWAITED_;
int async_signal_wait(async_signal *receiver) ASYNC_NOT_AWAITED_;
ASYNC_API int async_signal_enter_leaf_(struct async_signal_enter *room, async_frame *caller,
                                       async_task *task, async_signal *receiver, uint64_t signals);
ASYNC_API int async_signal_exit_leaf_(struct async_signal_exit *room, async_frame *caller,
                                      async_task *task, async_signal *receiver, int error);
ASYNC_API int async_signal_wait_leaf_(struct async_signal_wait *room, async_frame *caller,
                                      async_task *task, async_signal *receiver);
ASYNC_C_END_
ASYNC_PROTOTYPES_END_

/* ------------------------------------------------------------------------------------------
 * >>processes     Child processes. Nothing is inherited but descriptors 0, 1 and 2 (where the
 *                 system has a way to close the rest: glibc 2.34, macOS, FreeBSD; elsewhere those
 *                 without close-on-exec are), the environment and the working directory; signals
 *                 are neither blocked nor ignored. A child is reaped when it ends, also if nobody
 *                 waits, and never signalled after that. SIGCHLD is left alone on Linux 5.3 and
 *                 later; elsewhere the loop receives it, beside whoever uses >>signals.
 *                 Do not reap with wait() or waitpid(-1): the status is lost, and 255 taken.
 * ------------------------------------------------------------------------------------------ */

/* For each of the child's 0, 1 and 2: 0 as ours, one of these, or a descriptor of yours. */
enum {
    ASYNC_PIPE = -1,
    ASYNC_STDOUT = -2, /* for `err`: where `out` goes */
    ASYNC_DEVNULL = -3
};
typedef struct async_process_options {
    int in, out, err;
    const char *cwd;        /* NULL: ours. -ENOTSUP where the system cannot */
    const char *const *env; /* "NAME=value" ..., NULL; or NULL: ours */
    bool new_group;         /* a process group of its own: no SIGINT from the terminal */
    bool new_session;       /* a session of its own. -ENOTSUP where the system cannot */
} async_process_options;

/* Not to be moved or given back before it has ended or its loop is closed. */
typedef struct async_process {
    /* Our ends of its pipes, the loop's; -1: none. async_close_pipe(&p.in). A stream may take one
     * over: async_stream_open(&stream, p.out). */
    int in, out, err;
    uint32_t generations[3]; /* of their numbers: what a stream has closed may be another's now */
    pid_t pid;
    int returncode; /* after its end: 0 to 255, or minus the signal that ended it */
    bool running;
    int pidfd;                          /* or -1: it is SIGCHLD that tells */
    async_handle watch;                 /* in a task's place, where the descriptor is waited for */
    async_signal child;                 /* SIGCHLD */
    async_handle *waiters;              /* newest first */
    struct async_process *next, **prev; /* those of the loop */
    async_loop *loop;
} async_process;

/* What a child wrote, to memory of yours: up to `room` bytes of it. `size` counts all that came:
 * more than room says that the rest was dropped. */
typedef struct async_output {
    char *data;
    size_t room, size;
} async_output;

ASYNC_C_BEGIN_
/* Starts argv[0], searched for in PATH unless it has a slash; argv ends with NULL. options may be
 * NULL; both may go after the call. 0; what exec said: -ENOENT, -EACCES, -ENOEXEC; -EMFILE,
 * -EAGAIN ...; -EINVAL: no loop. It takes about a millisecond, in which the loop stands still.
 * Wait for its end, or better: ASYNC_WITH(async_process, ...). If neither is done, it is killed
 * when the loop is closed, and reported. */
ASYNC_API int async_process_spawn(async_process *process, const char *const *argv,
                                  const async_process_options *options);
/* 0; -ESRCH: it has ended; -EPERM, -EINVAL. */
ASYNC_API int async_process_send_signal(async_process *process, int number);
ASYNC_INLINE_ int async_process_terminate(async_process *process)
{
    return async_process_send_signal(process, SIGTERM);
}
ASYNC_INLINE_ int async_process_kill(async_process *process)
{
    return async_process_send_signal(process, SIGKILL);
}
/* Closes one of its pipes, if it is open, and sets it to -1: the end of the child's input. */
ASYNC_API int async_close_pipe(int *fd);
ASYNC_C_END_

ASYNC_PROTOTYPES_
struct ASYNC_ALIAS_ async_process_wait {
    int async_result_;
    int error; /* to be raised after its end */
};
struct ASYNC_ALIAS_ async_process_exit {
    struct async_process_wait wait;
    async_process *process;
};
ASYNC_LEAF_TYPE_(async_process_enter);
#define ASYNC_LEAF_async_process_wait , 1
#define ASYNC_LEAF_async_process_enter , 1
#define ASYNC_LEAF_async_process_exit , 1
ASYNC_C_BEGIN_
/* AWAIT_TO(self->code, async_process_wait, &self->p): its end; 0 to 255, or minus a signal's number.
 * Any number of tasks may wait, any number of times. A cancelled wait leaves the child alone. Who
 * waits while nobody reads its pipes may wait for ever: async_process_communicate. */
int async_process_wait(async_process *process) ASYNC_NOT_AWAITED_;
/* ASYNC_WITH(async_process, &self->p, argv, &options) { }: spawns; at the end closes its pipes and
 * waits for its end. If the block is left by an error or a cancel, or cancelled while it waits, the
 * child is killed first. So there is no child after the block. */
void async_process_enter(async_process *process, const char *const *argv,
                         const async_process_options *options) ASYNC_NOT_AWAITED_;
bool async_process_exit(async_process *process, int error) ASYNC_NOT_AWAITED_;
ASYNC_API int async_process_wait_leaf_(struct async_process_wait *room, async_frame *caller,
                                       async_task *task, async_process *process);
ASYNC_INLINE_ int async_process_enter_leaf_(struct async_process_enter *room, async_frame *caller,
                                            async_task *task, async_process *process,
                                            const char *const *argv,
                                            const async_process_options *options)
{
    (void)room, (void)caller, (void)task;
    return async_process_spawn(process, argv, options);
}
ASYNC_API int async_process_exit_leaf_(struct async_process_exit *room, async_frame *caller,
                                       async_task *task, async_process *process, int error);
ASYNC_C_END_
ASYNC_PROTOTYPES_END_

ASYNC_DECLARE_API_(void, async_process_feed_,
                   args(async_process *process, const void *input, size_t size), vars(int error));
ASYNC_DECLARE_API_(void, async_process_drain_, args(int *fd, async_output *to),
                   vars(ptrdiff_t n; async_output none), raw(char rest[4096]));
/* AWAIT_TO(self->code, async_process_communicate, &self->p, input, size, &self->out, &self->err),
 * with awaits(async_process_communicate): writes the input and reads both outputs at the same time,
 * as far as there are pipes, closes them, and waits for the end: its code. NULL drops what comes.
 * A child that does not read all its input is no error. */
ASYNC_DECLARE_API_(int, async_process_communicate,
                   args(async_process *process, const void *input, size_t size, async_output *out,
                        async_output *err),
                   vars(async_task *t[3]; uint32_t n; int code),
                   tasks(async_process_feed_ feed, async_process_drain_ drain,
                         async_process_drain_ drain_err));
#endif /* ASYNCC_SIGNALS */
#if ASYNCC_THREADS
/* ------------------------------------------------------------------------------------------
 * >>files         Files, off the loop: in the threads of to_thread, as no system says when a disk
 *                 is ready, or by io_uring (ASYNCC_URING). A path or buffer has to live until its
 *                 await ends, also a cancelled one: that waits until nobody uses it any more. Any
 *                 number of tasks may use a file at once; reads and writes without an offset share
 *                 its position. For pipes, ttys and sockets see >>io: a thread that waits for one
 *                 is taken.
 * ------------------------------------------------------------------------------------------ */

typedef struct async_file {
    int fd; /* yours to set too, for a descriptor that was opened elsewhere */
} async_file;

ASYNC_PROTOTYPES_
struct stat;
struct async_file_io_ {
    union {
        struct async_to_thread job;
        struct {
            async_task *task;
            ptrdiff_t done; /* so far */
            int op;
        } ring; /* without a thread: see >>uring */
    } by;
    int fd;
    union {
        void *data;
        const char *path;
    } from;
    union {
        void *data;
        async_file *file;
        int64_t at; /* -1: at its position */
    } to;
    ptrdiff_t n; /* what is asked for, then what was done */
};
#define ASYNC_FILE_TYPE_(name, R)                                                                  \
    struct ASYNC_ALIAS_ name {                                                                     \
        struct async_to_thread job;                                                                \
        int fd;                                                                                    \
        void *from;                                                                                \
        union {                                                                                    \
            void *data;                                                                            \
            int64_t at;                                                                            \
        } to;                                                                                      \
        R async_result_;                                                                           \
    };                                                                                             \
    ASYNC_ASSERT_(offsetof(struct name, async_result_) == offsetof(struct async_file_io_, n), #name)
ASYNC_FILE_TYPE_(async_file_enter, ptrdiff_t);
ASYNC_FILE_TYPE_(async_file_exit, ptrdiff_t);
ASYNC_FILE_TYPE_(async_file_read, ptrdiff_t);
ASYNC_FILE_TYPE_(async_file_write, ptrdiff_t);
ASYNC_FILE_TYPE_(async_file_sync, ptrdiff_t);
ASYNC_FILE_TYPE_(async_file_stat, ptrdiff_t);
ASYNC_FILE_TYPE_(async_file_pread, ptrdiff_t);
ASYNC_FILE_TYPE_(async_file_pwrite, ptrdiff_t);
ASYNC_FILE_TYPE_(async_stat, ptrdiff_t);
ASYNC_FILE_TYPE_(async_read_directory_, ptrdiff_t);
#define ASYNC_LEAF_async_file_enter , 1
#define ASYNC_LEAF_async_file_exit , 1
#define ASYNC_LEAF_async_file_read , 1
#define ASYNC_LEAF_async_file_write , 1
#define ASYNC_LEAF_async_file_sync , 1
#define ASYNC_LEAF_async_file_stat , 1
#define ASYNC_LEAF_async_file_pread , 1
#define ASYNC_LEAF_async_file_pwrite , 1
#define ASYNC_LEAF_async_stat , 1
#define ASYNC_LEAF_async_read_directory_ , 1
ASYNC_C_BEGIN_
/* ASYNC_WITH(async_file, &self->f, "name", O_RDONLY, 0) { }: opens and closes, as open(2) and
 * close(2); the last is the mode of a file that O_CREAT makes. Not inherited by children. An error
 * of the close is raised, unless another is. Cancelled, nothing is left open. */
void async_file_enter(async_file *file, const char *path, int flags, int mode) ASYNC_NOT_AWAITED_;
bool async_file_exit(async_file *file, int error) ASYNC_NOT_AWAITED_;
/* AWAIT_TO(self->n, async_file_read, &self->f, buffer, size): how many bytes; fewer than size at
 * the end of the file only, 0 if there is nothing more. A negative errno is raised, though some may
 * have been read. */
ptrdiff_t async_file_read(const async_file *file, void *buffer, size_t size) ASYNC_NOT_AWAITED_;
/* All of it: the result is `size`. A cancelled or failed write may have written some. */
ptrdiff_t async_file_write(const async_file *file, const void *data,
                           size_t size) ASYNC_NOT_AWAITED_;
/* The same at an offset from the beginning; the position stays. -EINVAL: below 0. */
ptrdiff_t async_file_pread(const async_file *file, void *buffer, size_t size,
                           int64_t at) ASYNC_NOT_AWAITED_;
ptrdiff_t async_file_pwrite(const async_file *file, const void *data, size_t size,
                            int64_t at) ASYNC_NOT_AWAITED_;
/* Until it is on the disk, as fsync(2). */
void async_file_sync(const async_file *file) ASYNC_NOT_AWAITED_;
void async_file_stat(const async_file *file, struct stat *into) ASYNC_NOT_AWAITED_;
void async_stat(const char *path, struct stat *into) ASYNC_NOT_AWAITED_;
void async_read_directory_(void *names, const char *path) ASYNC_NOT_AWAITED_;
enum {
    ASYNC_FILE_OPEN_,
    ASYNC_FILE_CLOSE_,
    ASYNC_FILE_READ_,
    ASYNC_FILE_WRITE_,
    ASYNC_FILE_SYNC_,
    ASYNC_FILE_STAT_,
    ASYNC_FILE_STAT_PATH_,
    ASYNC_FILE_NAMES_
};
ASYNC_API int async_file_start_(void *room, async_frame *caller, async_task *task, int op, int fd,
                                const void *from, ptrdiff_t n);
ASYNC_API void async_close_directory_(void *folder);
ASYNC_C_END_

ASYNC_INLINE_ int async_file_enter_leaf_(struct async_file_enter *room, async_frame *caller,
                                         async_task *task, async_file *file, const char *path,
                                         int flags, int mode)
{
    file->fd = -1;
    ((struct async_file_io_ *)(void *)room)->to.file = file;
    return async_file_start_(room, caller, task, ASYNC_FILE_OPEN_, flags, path, mode);
}
ASYNC_INLINE_ int async_file_exit_leaf_(struct async_file_exit *room, async_frame *caller,
                                        async_task *task, async_file *file, int error)
{
    ((struct async_file_io_ *)(void *)room)->to.file = file;
    return async_file_start_(room, caller, task, ASYNC_FILE_CLOSE_, error, NULL, 0);
}
ASYNC_INLINE_ int async_file_move_(void *room, async_frame *caller, async_task *task, int op,
                                   const async_file *file, const void *data, size_t size,
                                   int64_t at)
{
    ((struct async_file_io_ *)room)->to.at = at;
    if (size > PTRDIFF_MAX) return -EINVAL;
    return async_file_start_(room, caller, task, op, file->fd, data, (ptrdiff_t)size);
}
ASYNC_INLINE_ int async_file_read_leaf_(struct async_file_read *room, async_frame *caller,
                                        async_task *task, const async_file *file, void *buffer,
                                        size_t size)
{
    return async_file_move_(room, caller, task, ASYNC_FILE_READ_, file, buffer, size, -1);
}
ASYNC_INLINE_ int async_file_write_leaf_(struct async_file_write *room, async_frame *caller,
                                         async_task *task, const async_file *file, const void *data,
                                         size_t size)
{
    return async_file_move_(room, caller, task, ASYNC_FILE_WRITE_, file, data, size, -1);
}
ASYNC_INLINE_ int async_file_pread_leaf_(struct async_file_pread *room, async_frame *caller,
                                         async_task *task, const async_file *file, void *buffer,
                                         size_t size, int64_t at)
{
    if (at < 0) return -EINVAL;
    return async_file_move_(room, caller, task, ASYNC_FILE_READ_, file, buffer, size, at);
}
ASYNC_INLINE_ int async_file_pwrite_leaf_(struct async_file_pwrite *room, async_frame *caller,
                                          async_task *task, const async_file *file,
                                          const void *data, size_t size, int64_t at)
{
    if (at < 0) return -EINVAL;
    return async_file_move_(room, caller, task, ASYNC_FILE_WRITE_, file, data, size, at);
}
ASYNC_INLINE_ int async_file_sync_leaf_(struct async_file_sync *room, async_frame *caller,
                                        async_task *task, const async_file *file)
{
    return async_file_start_(room, caller, task, ASYNC_FILE_SYNC_, file->fd, NULL, 0);
}
ASYNC_INLINE_ int async_file_stat_leaf_(struct async_file_stat *room, async_frame *caller,
                                        async_task *task, const async_file *file, struct stat *into)
{
    ((struct async_file_io_ *)(void *)room)->to.data = into;
    return async_file_start_(room, caller, task, ASYNC_FILE_STAT_, file->fd, NULL, 0);
}
ASYNC_INLINE_ int async_stat_leaf_(struct async_stat *room, async_frame *caller, async_task *task,
                                   const char *path, struct stat *into)
{
    ((struct async_file_io_ *)(void *)room)->to.data = into;
    return async_file_start_(room, caller, task, ASYNC_FILE_STAT_PATH_, -1, path, 0);
}
ASYNC_INLINE_ int async_read_directory__leaf_(struct async_read_directory_ *room,
                                              async_frame *caller, async_task *task, void *names,
                                              const char *path)
{
    ((struct async_file_io_ *)(void *)room)->to.data = names;
    return async_file_start_(room, caller, task, ASYNC_FILE_NAMES_, -1, path, 0);
}
ASYNC_PROTOTYPES_END_

/* vars(struct async_lines lines; async_bytes line), raw(char buffer[4096])
 * ASYNC_FOR(self->line, &self->lines, async_lines, &self->f, self->buffer, sizeof self->buffer) { }
 * Line by line from the file's position, each with its '\n', unless it is the last and has none, and
 * then a 0 that its size does not count. The buffer, yours, has to have room for the longest and that
 * 0: ASYNC_ELIMIT is raised for one that is longer. A line holds until the next. */
ASYNC_GENERATOR(async_bytes, async_lines, args(const async_file *file, char *buffer, size_t room),
                vars(size_t begin; size_t end; size_t seen; ptrdiff_t n; char *newline;
                     async_bytes line; char after; bool over))
{
    ASYNC_BEGIN
    for (;;) {
        self->newline = (char *)__builtin_memchr(self->buffer + self->begin + self->seen, '\n',
                                                 self->end - self->begin - self->seen);
        if (self->newline || (self->over && self->end > self->begin)) {
            self->line.data = self->buffer + self->begin;
            self->line.size = self->newline ? (size_t)(self->newline + 1 - self->line.data)
                                            : self->end - self->begin;
            self->begin += self->line.size;
            self->seen = 0;
            self->after = self->buffer[self->begin]; /* where the 0 goes */
            self->buffer[self->begin] = 0;
            ASYNC_YIELD(self->line);
            self->buffer[self->begin] = self->after;
            continue;
        }
        if (self->over) break;
        self->seen = self->end - self->begin;
        __builtin_memmove(self->buffer, self->buffer + self->begin, self->seen);
        self->begin = 0;
        self->end = self->seen;
        if (self->end + 1 < self->room) {
            AWAIT_TO(self->n, async_file_read, self->file, self->buffer + self->end,
                     self->room - 1 - self->end);
            self->over = (size_t)self->n < self->room - 1 - self->end;
            self->end += (size_t)self->n;
        } else { /* full: is it the end? */
            AWAIT_TO(self->n, async_file_read, self->file, &self->after, 1);
            if (self->n) ASYNC_RAISE(ASYNC_ELIMIT, "a line is longer than the buffer");
            self->over = true;
        }
    }
    ASYNC_END
}

/* vars(struct async_directory folder; const char *name)
 * ASYNC_FOR(self->name, &self->folder, async_directory, "/etc") { }: the names in it, in no order,
 * without "." and "..". One holds until the next. */
struct async_names_ {
    void *folder;        /* a DIR */
    const char *waiting; /* a name that did not fit any more */
    size_t size;         /* of the names, each with its 0 */
    char text[2048];
};
ASYNC_GENERATOR(const char *, async_directory, args(const char *path), vars(size_t at),
                raw(struct async_names_ names))
{
    ASYNC_BEGIN
    self->names.folder = NULL;
    self->names.waiting = NULL;
    ASYNC_DO {
        do {
            AWAIT(async_read_directory_, &self->names, self->path);
            for (self->at = 0; self->at < self->names.size;
                 self->at += __builtin_strlen(self->names.text + self->at) + 1)
                ASYNC_YIELD(self->names.text + self->at);
        } while (self->names.size);
    }
    ASYNC_FINALLY {
        async_close_directory_(self->names.folder);
    }
    ASYNC_END
}
#endif /* ASYNCC_THREADS */
#endif /* ASYNCC_IO */

/* ------------------------------------------------------------------------------------------
 * >>seeing        What every task waits for, as text; trace events; task-local values. The tree
 *                 is read from the links the machine runs on, so it costs nothing until it is
 *                 printed: a suspended frame knows its type, its line and its caller. Since when a
 *                 task waits is nowhere kept: that is a store for every suspension and 8 bytes for
 *                 every task, so it comes with ASYNCC_DEBUG only.
 *                 `source .gdb/asyncc.py` in gdb, then `asyncc-tasks`, prints the same from a
 *                 process that hangs or from its core.
 * ------------------------------------------------------------------------------------------ */

ASYNC_C_BEGIN_
#if ASYNCC_CANCEL && ASYNCC_NAMES
/* Prints every task that has not ended: its name and address, its coroutines from the outermost
 * in, each with the line of the await where it stands, and what the innermost waits for:
 *
 *     task download 0x7ffc1a2b3c40
 *         download, main.c:40
 *         fetch, main.c:21
 *         descriptor 5, to read, for 1.204 s
 *
 * The text goes to `print` in pieces; NULL: to stderr (freestanding: nowhere). Allocates nothing.
 * Of the task whose step it is called in, the frames are not known. Call it in the loop's thread,
 * or while that stands still. */
ASYNC_API void async_print_tasks(async_loop *loop, void (*print)(void *arg, const char *text),
                                 void *arg);
#if ASYNCC_IO
/* The same to stderr, from a signal handler or another thread: the loop prints on its next tick. 0,
 * or -ENOTCONN: async_loop_keep() has not been called; -ESHUTDOWN: the loop is closed. */
ASYNC_API int async_print_tasks_soon(async_loop *loop);
#endif
#endif

/* ASYNCC_TRACE(event, task), a macro of yours, is expanded at these events; the task is NULL where
 * there is none. Set it before the include, in the file with the implementation, to a call of a
 * function declared there: `struct async_task; static void tell(int event, struct async_task *);`.
 * It must not call the loop. STEP is followed by WAIT or END of the same task, CALL by RETURN, IDLE
 * by BUSY; an eager task steps inside of another's step. */
enum {
    ASYNC_TRACE_SPAWN,  /* a task was made */
    ASYNC_TRACE_WAKE,   /* what it waits for has happened: it is in the ready queue */
    ASYNC_TRACE_STEP,   /* it runs, */
    ASYNC_TRACE_WAIT,   /* until here: task->h.ops->what says what it waits for */
    ASYNC_TRACE_END,    /* or to its end */
    ASYNC_TRACE_CALL,   /* a callback runs, */
    ASYNC_TRACE_RETURN, /* until here */
    ASYNC_TRACE_IDLE,   /* the loop sleeps, */
    ASYNC_TRACE_BUSY    /* until here */
};
ASYNC_C_END_

#if ASYNCC_CONTEXT
ASYNC_PROTOTYPES_
/* Task-local values: contextvars. A value is a node in the frame of a block, and a task points at
 * the innermost one it sees; a new task takes that pointer over from the task that spawns it, so it
 * sees the values of that moment. To look one up is to walk the list. No table and no copy, but the
 * pointer: hence ASYNCC_CONTEXT=1. Rejected: a list found through the callers' frames, which would
 * end at the task, as a task does not know who spawned it.
 *
 *     static const async_context_var user = {NULL};             // user = ContextVar("user")
 *
 *     vars(async_context who)
 *     ASYNC_WITH(async_context, &self->who, &user, "ann") {     // user.set("ann"), until the end
 *         AWAIT(handle);                                        // in there: async_context_get(&user)
 *     }
 *
 * A task of ASYNC_SPAWN_NEW gets a copy of the nodes in its own memory. One in memory of yours has
 * to end before the frame with the block does, as those of its `tasks` clause do. A node that is
 * still seen by such a task cannot be entered again: panic. Callbacks see none. */
typedef struct async_context_var {
    void *otherwise; /* what it is where nobody has set it */
} async_context_var;
typedef struct async_context {
    struct async_context *outer;
    const async_context_var *var;
    const void *value;
    async_task *of; /* of the allocator, in whose memory this is a copy; else NULL */
    uint32_t seen;  /* tasks that begin with it; of a copy: or see it */
    bool entered;
} async_context;

ASYNC_LEAF_TYPE_(async_context_enter);
ASYNC_LEAF_TYPE_(async_context_exit);
ASYNC_C_BEGIN_
void async_context_enter(async_context *context, const async_context_var *var,
                         const void *value) ASYNC_NOT_AWAITED_;
bool async_context_exit(async_context *context, int error) ASYNC_NOT_AWAITED_;
#define ASYNC_LEAF_async_context_enter , 1
#define ASYNC_LEAF_async_context_exit , 1
ASYNC_API int async_context_enter_leaf_(struct async_context_enter *room, async_frame *caller,
                                        async_task *task, async_context *context,
                                        const async_context_var *var, const void *value);
ASYNC_API int async_context_exit_leaf_(struct async_context_exit *room, async_frame *caller,
                                       async_task *task, async_context *context, int error);
/* What the running task sees. */
ASYNC_API void *async_context_get(const async_context_var *var);
ASYNC_C_END_
ASYNC_PROTOTYPES_END_
#endif

/* ------------------------------------------------------------------------------------------
 * >>foreign       A loop that another loop drives: GLib's, libuv's, a game's. Watch one descriptor
 *                 for reading, be back at the next deadline, and run one tick whenever either
 *                 comes, or after you have spawned or called something from outside. Nothing here
 *                 blocks. Examples: 65_frames.c, 66_glib.c, 67_libuv.c.
 * ------------------------------------------------------------------------------------------ */

ASYNC_C_BEGIN_
#if ASYNCC_FREESTANDING
/* Runs all that is ready or due, until nothing is: for a main loop of your own, or, with
 * ASYNCC_ONE_LOOP 0, for an interrupt of low priority, whose tasks are then served also while main's
 * are in a long step. Make that pending when ASYNCC_PEND() says so and when a deadline may have come.
 * Tasks of another loop may do to its tasks what interrupts may: an event, a semaphore, a queue, a
 * future join them. Example: baremetal/urgent.c. 0; -EINTR: it was stopped; -EBUSY: it runs. */
ASYNC_API int async_loop_tick(async_loop *loop);
#else
/* One tick: what has happened, timers that are due, and each task that is ready once. 0; -EINTR:
 * async_loop_stop() was called, before or in this tick. -EBUSY: a loop runs in this thread, such as
 * this one, if you call it from a task or callback; nothing was done. -ESHUTDOWN: closed. */
ASYNC_API int async_loop_tick(async_loop *loop);
/* When the next tick has something to do, unless the descriptor says so before: a time of the
 * loop's clock, in the past if it is now (async_loop_time() minus that is what is left);
 * INT64_MAX: nothing. Ask again after each tick. */
ASYNC_API async_time async_loop_next_deadline(async_loop *loop);
#if ASYNCC_IO
/* The descriptor that is readable when a tick has I/O to do, the same until the loop is closed; or
 * a negative errno. -ENOTSUP where the poller is poll(): tick at a fixed rate instead. */
ASYNC_API int async_loop_fd(async_loop *loop);
#endif
#endif
ASYNC_C_END_
#undef ASYNC_PRAGMA_SYSTEM_
#define ASYNC_PRAGMA_SYSTEM_ _Pragma("GCC diagnostic warning \"-Wsystem-headers\"")
#endif /* ASYNCC_H_ */
/* ==========================================================================================
 * >>implementation   In the one file that says #define ASYNCC_IMPLEMENTATION.
 * ========================================================================================== */
#if defined(ASYNCC_IMPLEMENTATION) && !defined(ASYNCC_IMPLEMENTED_)
#define ASYNCC_IMPLEMENTED_

/* ------------------------------------------------------------------------------------------
 * >>seam          All that the header wants of the world. ASYNCC_SYS(call) names a system call;
 *                 redefine it to fail the k-th, or to replace the kernel:
 *                 `#define ASYNCC_SYS(call) my_##call`.
 * ------------------------------------------------------------------------------------------ */

#if !ASYNCC_FREESTANDING
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if ASYNCC_IO
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/sendfile.h>
#endif
#define ASYNCC_EPOLL 1
#define ASYNCC_KQUEUE 2
#define ASYNCC_POLL 3
#ifndef ASYNCC_POLLER
#if defined(__linux__)
#define ASYNCC_POLLER ASYNCC_EPOLL
#elif defined(__APPLE__) || defined(__FreeBSD__) || defined(__NetBSD__) || defined(__OpenBSD__) || \
    defined(__DragonFly__)
#define ASYNCC_POLLER ASYNCC_KQUEUE
#else
#define ASYNCC_POLLER ASYNCC_POLL
#endif
#endif
#if ASYNCC_POLLER == ASYNCC_EPOLL
#include <sys/epoll.h>
#if defined(__GLIBC__) && defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 35)
#define ASYNC_EPOLL_PWAIT2_ /* timeouts in nanoseconds */
#endif
#endif
#elif ASYNCC_POLLER == ASYNCC_KQUEUE
#include <sys/event.h>
#endif
#if defined(__linux__) && ASYNCC_POLLER != ASYNCC_KQUEUE
#include <sys/eventfd.h>
#define ASYNC_EVENTFD_
#endif
#if ASYNCC_THREADS
#include <sched.h>
#endif
#if defined(__linux__)
#include <sys/syscall.h>
#elif defined(__FreeBSD__) || defined(__OpenBSD__)
#include <pthread_np.h>
#endif
#if defined(SYS_pidfd_open) && ASYNCC_POLLER != ASYNCC_KQUEUE
#define ASYNC_PIDFD_
#endif
#if ASYNCC_URING && ASYNCC_POLLER == ASYNCC_EPOLL && defined(SYS_io_uring_setup) &&                \
    defined(__has_include)
#if __has_include(<linux/io_uring.h>)
#include <linux/io_uring.h>
#include <sys/mman.h>
#ifdef IORING_FEAT_RW_CUR_POS /* Linux 5.6 */
#define ASYNC_URING_
#endif
#endif
#endif
/* Not all that posix_spawn can is everywhere. */
#if defined(__GLIBC__) && defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 29)
#define ASYNC_ADDCHDIR_
#endif
#if __GLIBC_PREREQ(2, 34)
#define ASYNC_CLOSEFROM_
#endif
#elif defined(__linux__) || defined(__APPLE__)
#define ASYNC_ADDCHDIR_
#elif defined(__FreeBSD__)
#define ASYNC_ADDCHDIR_
#define ASYNC_CLOSEFROM_
#endif
#ifdef MSG_NOSIGNAL
#define ASYNC_NOSIGNAL_ MSG_NOSIGNAL
#else
#define ASYNC_NOSIGNAL_ 0
#endif
#endif
#if ASYNCC_IO && defined(SOCK_NONBLOCK)
#define ASYNC_ACCEPT4_
#endif
/* Of what is used here the system's headers hide some, unless _GNU_SOURCE came before the first. */
#if !defined(CLOCK_MONOTONIC) || (ASYNCC_IO && defined(__GLIBC__) && !defined(__USE_GNU))
#error "asyncc.h: in the file with ASYNCC_IMPLEMENTATION, include asyncc.h before any other header"
#endif
#ifndef ASYNCC_SYS
#define ASYNCC_SYS(call) call
#endif
#ifndef ASYNCC_REALLOC
#define ASYNCC_REALLOC(old, size) realloc(old, size)
#define ASYNCC_FREE(old) free(old)
#endif
#ifndef ASYNCC_LOG
#define ASYNCC_LOG(...) ((void)fprintf(stderr, __VA_ARGS__))
#endif
#ifndef ASYNCC_PANIC
#define ASYNCC_PANIC() abort()
#endif
#else
/* Bare metal. Define before the include:
 *   ASYNCC_NOW()            the clock, in ticks: monotonic, wraps; also called with interrupts
 *                           masked. Without it async_ticks counts, which your timer's interrupt
 *                           moves on by async_tick().
 *   ASYNCC_IRQ_SAVE()       masks what may call the header in an interrupt; its result goes to
 *   ASYNCC_IRQ_RESTORE(k)   which restores what was. They nest.
 *   ASYNCC_IRQ_DISABLE()    the same where it is known that nothing is masked: the loop runs with
 *   ASYNCC_IRQ_ENABLE()     interrupts enabled, and masks them to look what to do next.
 *   ASYNCC_IDLE(deadline)   called with interrupts masked when nothing can run: sleeps until one is
 *                           pending or `*deadline` has come (a const async_time *, NULL: never),
 *                           and returns with interrupts enabled. It may return early.
 *   ASYNCC_PANIC()          stops; does not return.
 *   ASYNCC_PEND(loop)       optional, called with interrupts masked: something became ready in
 *                           this loop. If an interrupt runs it: makes that pending.
 *   ASYNCC_IN_ISR()         optional: true in an interrupt, unless that runs a loop; calls that are
 *                           not for interrupts panic.
 *   ASYNCC_ISR_ATTR         optional: attribute of the functions that interrupts call.
 * For Cortex-M, AVR and RISC-V all but the clock are here. */
#ifndef ASYNCC_NOW
#if !ASYNCC_ONE_LOOP
volatile async_time async_ticks;
#endif
#define ASYNCC_NOW() async_now_()
#define ASYNC_COUNTS_TICKS_
#endif
#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'
#ifndef ASYNCC_IRQ_SAVE
typedef uint32_t async_mask_;
static inline async_mask_ async_irq_save_(void)
{
    async_mask_ k;
    __asm volatile("mrs %0, primask\n\tcpsid i" : "=r"(k)::"memory");
    return k;
}
#define ASYNCC_IRQ_SAVE() async_irq_save_()
#define ASYNCC_IRQ_RESTORE(k) __asm volatile("msr primask, %0" ::"r"(k) : "memory")
#define ASYNCC_IRQ_DISABLE() __asm volatile("cpsid i" ::: "memory")
#define ASYNCC_IRQ_ENABLE() __asm volatile("cpsie i" ::: "memory")
#endif
#ifndef ASYNCC_IDLE /* a pending interrupt ends WFI also while it is masked */
#define ASYNCC_IDLE(deadline) __asm volatile("wfi\n\tcpsie i\n\tisb" ::: "memory")
#endif
#ifndef ASYNCC_IN_ISR
static inline bool async_in_isr_(void)
{
    uint32_t ipsr;
    __asm volatile("mrs %0, ipsr" : "=r"(ipsr));
    return ipsr != 0 && (ASYNCC_ONE_LOOP || ipsr != 14); /* PendSV is there to run a loop */
}
#define ASYNCC_IN_ISR() async_in_isr_()
#endif
#elif defined(__AVR__)
#ifndef ASYNCC_IRQ_SAVE
typedef uint8_t async_mask_;
static inline async_mask_ async_irq_save_(void)
{
    async_mask_ k;
    __asm volatile("in %0, __SREG__\n\tcli" : "=r"(k)::"memory");
    return k;
}
#define ASYNCC_IRQ_SAVE() async_irq_save_()
#define ASYNCC_IRQ_RESTORE(k) __asm volatile("out __SREG__, %0" ::"r"(k) : "memory")
#define ASYNCC_IRQ_DISABLE() __asm volatile("cli" ::: "memory")
#define ASYNCC_IRQ_ENABLE() __asm volatile("sei" ::: "memory")
#endif
#ifndef ASYNCC_IDLE /* the instruction after SEI runs before any interrupt; SE is the board's */
#define ASYNCC_IDLE(deadline) __asm volatile("sei\n\tsleep" ::: "memory")
#endif
#elif defined(__riscv)
#ifndef ASYNCC_IRQ_SAVE
typedef uintptr_t async_mask_;
static inline async_mask_ async_irq_save_(void)
{
    async_mask_ k;
    __asm volatile("csrrci %0, mstatus, 8" : "=r"(k)::"memory");
    return k & 8;
}
#define ASYNCC_IRQ_SAVE() async_irq_save_()
#define ASYNCC_IRQ_RESTORE(k) __asm volatile("csrs mstatus, %0" ::"r"(k) : "memory")
#define ASYNCC_IRQ_DISABLE() __asm volatile("csrci mstatus, 8" ::: "memory")
#define ASYNCC_IRQ_ENABLE() __asm volatile("csrsi mstatus, 8" ::: "memory")
#endif
#ifndef ASYNCC_IDLE /* WFI ends by what is pending in mie, masked or not */
#define ASYNCC_IDLE(deadline) __asm volatile("wfi\n\tcsrsi mstatus, 8" ::: "memory")
#endif
#endif
#ifndef ASYNCC_IRQ_SAVE
#error                                                                                             \
    "asyncc.h: a freestanding build defines ASYNCC_IRQ_SAVE(), _RESTORE(k), _DISABLE() and _ENABLE()"
#endif
#ifndef ASYNCC_IDLE
#error "asyncc.h: a freestanding build defines ASYNCC_IDLE(deadline)"
#endif
#ifndef ASYNCC_PANIC
#define ASYNCC_PANIC() __builtin_trap()
#endif
#ifndef ASYNCC_LOG
#define ASYNCC_LOG(...) ((void)0)
#endif
#ifndef ASYNCC_PEND
#define ASYNCC_PEND(loop) ((void)(loop))
#endif
#ifndef ASYNCC_IN_ISR
#define ASYNCC_IN_ISR() false
#endif
#endif
/* Masked is only what an interrupt may meet half done. */
#if ASYNCC_FREESTANDING
#define ASYNC_MASK_(k) __typeof__(ASYNCC_IRQ_SAVE()) k = ASYNCC_IRQ_SAVE()
#define ASYNC_UNMASK_(k) ASYNCC_IRQ_RESTORE(k)
#define ASYNC_NOT_IN_ISR_()                                                                        \
    do {                                                                                           \
        if (ASYNCC_CHECK && ASYNCC_IN_ISR())                                                       \
            async_panic_at_(__FILE__, __LINE__, "not for interrupts");                             \
    } while (0)
#else
#define ASYNC_MASK_(k) (void)0
#define ASYNC_UNMASK_(k) (void)0
#define ASYNC_NOT_IN_ISR_() (void)0
#endif
#ifndef ASYNCC_ISR_ATTR
#define ASYNCC_ISR_ATTR
#endif

#ifdef __cplusplus
extern "C" {
#endif

#if ASYNCC_ONE_LOOP
async_loop async_only_loop_;
#else
ASYNCC_THREAD_LOCAL async_loop *async_loop_;
#endif

/* ------------------------------------------------------------------------------------------
 * >>reports       Panics are for mistakes of the program; the loop's error handler is told of
 *                 errors that nobody else will see.
 * ------------------------------------------------------------------------------------------ */

#if ASYNCC_NAMES
void async_panic_frame_(const async_frame *frame, const char *what)
{
    const async_type *type = frame->type;
    int line = type ? type->line : 0; /* of its head, where one is that has not waited yet */
    (void)line, (void)what;
    ASYNCC_LOG("asyncc: %s:%d: coroutine `%s`, last seen at line %d: %s (state %d)\n",
               type ? type->file : "?", line, type ? type->name : "?",
               frame->line ? frame->line : line, what, frame->state);
    ASYNCC_PANIC();
    for (;;) {}
}

void async_panic_in_(const char *function, const char *file, int line, const char *what)
{
    (void)function, (void)file, (void)line, (void)what;
    ASYNCC_LOG("asyncc: %s:%d: coroutine `%s`: %s\n", file, line,
               function + sizeof "async_body_of_" - 1, what);
    ASYNCC_PANIC();
    for (;;) {}
}

void async_panic_at_(const char *file, int line, const char *what)
{
    ASYNCC_LOG("asyncc: %s:%d: %s\n", file, line, what);
    (void)file, (void)line, (void)what;
    ASYNCC_PANIC();
    for (;;) {}
}
#else
void async_panic_(void)
{
    ASYNCC_PANIC();
    for (;;) {}
}
#endif
/* D2: what is called from another thread than the one that runs the loop does damage that shows
 * much later. Debug builds look. */
#if ASYNCC_IO && ASYNCC_DEBUG
static void async_own_thread_(const async_loop *loop, const char *function)
{
    if (ASYNC_LIKELY_(loop && (!loop->thread || loop->thread == &async_loop_))) return;
    ASYNCC_LOG("asyncc: %s() in another thread than the loop's: use async_call_soon_threadsafe()\n",
               function);
    ASYNCC_PANIC();
}
#define ASYNC_OWN_THREAD_NAMED_(loop, name) async_own_thread_(loop, name)
#else
#define ASYNC_OWN_THREAD_NAMED_(loop, name) ((void)0)
#endif
#define ASYNC_OWN_THREAD_(loop) ASYNC_OWN_THREAD_NAMED_(loop, __func__)

static async_frame *async_root_(const async_task *task)
{
    return (async_frame *)(uintptr_t)(task + 1);
}
#if !ASYNCC_FREESTANDING
const char *async_strerror(int error)
{
    static ASYNCC_THREAD_LOCAL char user[32];
    if (error == 0) return "no error";
    if (error == ASYNC_CANCELED) return "cancelled";
    if (error == ASYNC_GENERATOR_EXIT) return "the generator is closed";
    if (error == ASYNC_ESTOP) return "no more values";
    if (error == ASYNC_EBROKEN) return "the barrier is broken";
    if (error == ASYNC_EINCOMPLETE) return "the stream ended early";
    if (error == ASYNC_ELIMIT) return "no separator within the limit";
#if ASYNCC_THREADS
    if (error <= -31000 && error > -32000)
        return gai_strerror(EAI_NONAME < 0 ? error + 31000 : -31000 - error);
#endif
    if (error < 0 && error > -4096) return strerror(-error);
    (void)snprintf(user, sizeof user, "user error %d", error);
    return user;
}
#else
const char *async_strerror(int error)
{
    return error == 0 ? "no error" : error == ASYNC_CANCELED ? "cancelled" : "error";
}
#endif

/* The loop's allocator: as realloc, and with a size of 0 it frees. */
#if ASYNCC_ALLOC
#define ASYNC_ALLOC_(loop, old, size) (loop)->options.alloc((loop)->options.context, old, size)
#else
#define ASYNC_ALLOC_(loop, old, size) ((void)(loop), (void)(old), (void)(size), (void *)NULL)
#endif

#if ASYNCC_REPORTS
static void async_send_report_(async_loop *loop, const async_report *r)
{
    if (loop->options.on_error) {
        loop->options.on_error(loop, r);
        return;
    }
#if ASYNCC_NAMES
    ASYNCC_LOG("asyncc: %s", r->message);
    if (r->error) ASYNCC_LOG(": %s (%d)", async_strerror(r->error), r->error);
    if (r->text) ASYNCC_LOG(": %s", r->text);
#if !ASYNCC_FREESTANDING
    if (r->took.ns) ASYNCC_LOG(" for %lld ms", (long long)(r->took.ns / 1000000));
#endif
    if (r->type)
        ASYNCC_LOG(", in `%s`, %s:%d", r->type->name, r->type->file,
                   r->line ? r->line : r->type->line);
#if !ASYNCC_FREESTANDING
    if (r->task && r->task->flags & ASYNC_NAMED_)
        ASYNCC_LOG(", task `%s`", async_task_name(r->task));
#endif
    ASYNCC_LOG("\n");
#endif
}
static void async_report_(async_loop *loop, const char *message, int error, const char *text,
                          const async_type *type)
{
    async_report report;
    __builtin_memset(&report, 0, sizeof report);
    report.message = message;
    report.error = error;
    report.text = text;
    report.type = type;
    async_send_report_(loop, &report);
}
/* The same of a task that is still there, with the line where it stands. */
static void async_report_task_(async_loop *loop, const char *message, int error, const char *text,
                               async_task *task)
{
    async_report report;
    __builtin_memset(&report, 0, sizeof report);
    report.message = message;
    report.error = error;
    report.text = text;
    report.task = task;
    report.type = async_root_(task)->type;
#if ASYNCC_NAMES
    if (!async_task_done(task)) report.line = async_root_(task)->line;
#endif
    async_send_report_(loop, &report);
}

/* Notes of errors: those raised with a text, from the raise to the task's end, and those that ended
 * a task while nobody waited for it, until somebody looks. A task has no room for them, and its
 * memory may be gone before anybody looks: hence a hash table by address, open, linear. It grows
 * when three quarters are full; where there is no memory, a note that is in the way is reported
 * early. */
static async_note_ *async_note_at_(async_loop *loop, const async_task *task)
{
    uint32_t mask = ((uint32_t)1 << loop->note_bits) - 1;
    uint32_t i = ((uint32_t)((uintptr_t)task >> 3) * 0x9E3779B1u) >> (32 - loop->note_bits);
    while (loop->notes[i].task && loop->notes[i].task != task) i = (i + 1) & mask;
    return &loop->notes[i];
}
static async_note_ *async_find_note_(async_loop *loop, const async_task *task)
{
    async_note_ *note = task->flags & ASYNC_NOTED_ ? async_note_at_(loop, task) : NULL;
    return note && note->task ? note : NULL;
}
/* Those behind it may have to move up, or they would not be found. */
static void async_drop_note_(async_loop *loop, async_note_ *note)
{
    uint32_t mask = ((uint32_t)1 << loop->note_bits) - 1, i = (uint32_t)(note - loop->notes);
    note->task = NULL;
    loop->note_count--;
    while (loop->notes[i = (i + 1) & mask].task) {
        async_note_ moved = loop->notes[i];
        loop->notes[i].task = NULL;
        *async_note_at_(loop, moved.task) = moved;
    }
}
/* The oldest note about tasks in this memory; when all are given up, names still have a use. */
static async_note_ *async_oldest_note_(async_loop *loop, uintptr_t from, uintptr_t size,
                                       bool only_ended)
{
    async_note_ *oldest = NULL, *end = loop->notes + ((size_t)1 << loop->note_bits), *note;
    for (note = loop->notes; note < end; note++)
        if (note->task && (uintptr_t)note->task - from < size && (note->ended || !only_ended) &&
            (!oldest || note->age < oldest->age))
            oldest = note;
    return oldest;
}
/* Memory of tasks is given back: last chance to tell of their errors. */
static void async_forget_(async_loop *loop, uintptr_t from, uintptr_t size)
{
    async_note_ *note;
    while (loop->note_count &&
           (note = async_oldest_note_(loop, from, size, size == UINTPTR_MAX)) != NULL) {
        async_note_ gone = *note;
        async_drop_note_(loop, note);
        if (gone.ended)
            async_report_(loop, "error of a task was never retrieved", gone.error, gone.text,
                          gone.type);
    }
}
static void async_grow_notes_(async_loop *loop)
{
    async_note_ *old = loop->notes, *end = old + ((size_t)1 << loop->note_bits), *note;
    size_t size = sizeof *old << (loop->note_bits + 1);
    async_note_ *notes = (async_note_ *)ASYNC_ALLOC_(loop, NULL, size);
    if (!notes) {
        note = async_oldest_note_(loop, 0, UINTPTR_MAX, false);
        async_forget_(loop, (uintptr_t)note->task, 1);
        return;
    }
    __builtin_memset(notes, 0, size);
    loop->notes = notes;
    loop->note_bits++;
    for (note = old; note < end; note++)
        if (note->task) *async_note_at_(loop, note->task) = *note;
    if (old != loop->few_notes) (void)ASYNC_ALLOC_(loop, old, 0);
}
static async_note_ *async_new_note_(async_loop *loop, const async_task *task)
{
    async_note_ *note;
    if (loop->note_count + 1 > (uint32_t)3 << loop->note_bits >> 2) async_grow_notes_(loop);
    note = async_note_at_(loop, task);
    note->task = task;
    note->age = loop->note_age++;
    loop->note_count++;
    return note;
}
static async_note_ *async_add_note_(async_loop *loop, async_task *task, int error, const char *text)
{
    async_note_ *note = async_note_at_(loop, task);
    if (note->task && !(task->flags & ASYNC_NOTED_)) { /* of one whose memory was cleared since */
        async_forget_(loop, (uintptr_t)task, 1);
        note = async_note_at_(loop, task);
    }
    if (!note->task) {
        note = async_new_note_(loop, task);
        task->flags |= ASYNC_NOTED_;
    }
    note->type = async_root_(task)->type;
    note->error = note->latest = (int16_t)error;
    note->text = text;
    note->caught = note->ended = false;
    return note;
}

/* ASYNC_RAISE: without a text it may be an error that has been caught, raised again. */
int async_raise_(async_task *task, int error, const char *text)
{
    async_note_ *note = async_find_note_(async_loop_, task);
    if (text) (void)async_add_note_(async_loop_, task, error, text);
    else if (note && note->error == error) note->caught = false;
    return error;
}
void async_caught_(async_task *task, int error)
{
    async_note_ *note = async_find_note_(async_loop_, task);
    if (!note) return;
    note->latest = (int16_t)error;
    if (note->error == error) note->caught = true;
}
const char *async_error_text(void)
{
    async_note_ *note = async_loop_ && async_loop_->current
                            ? async_find_note_(async_loop_, async_loop_->current)
                            : NULL;
    return note && note->latest == note->error ? note->text : NULL;
}

/* Somebody has looked at the outcome of a task. */
int async_see_(async_task *task)
{
    ASYNC_NOT_IN_ISR_();
    if (async_loop_ && task->wake) {
        async_note_ *note = async_find_note_(async_loop_, task);
        if (note) async_drop_note_(async_loop_, note);
    }
    return task->wake;
}
/* A task is told of the error of another. If that has no text, one it has of an earlier error is
 * not this one's. */
static void async_pass_note_(async_loop *loop, async_task *task, int error, const char *text)
{
    async_note_ *note = text ? NULL : async_find_note_(loop, task);
    if (text) (void)async_add_note_(loop, task, error, text);
    else if (note && note->error == error) async_drop_note_(loop, note);
}
/* And is told of its error, text and all. */
int async_tell_(async_task *task, async_task *on)
{
    if (on->wake) async_pass_note_(async_loop_, task, on->wake, on->u.text);
    return async_see_(on);
}
#else
/* A small machine has nobody to tell. */
#define async_report_(loop, message, error, text, type) ((void)(loop), (void)(error))
#define async_report_task_(loop, message, error, text, task) ((void)(loop), (void)(error))
#define async_forget_(loop, from, size) ((void)(loop))
const char *async_error_text(void)
{
    return NULL;
}
int async_see_(async_task *task)
{
    return ASYNC_WAKE_(task);
}
#endif
int async_task_error(async_task *task)
{
    return async_task_done(task) ? async_see_(task) : -EINPROGRESS;
}
const char *async_task_error_text(const async_task *task)
{
#if ASYNCC_REPORTS
    return async_task_done(task) && task->wake ? task->u.text : NULL;
#else
    (void)task;
    return NULL;
#endif
}
#if ASYNCC_FREESTANDING
const char *async_task_name(const async_task *task)
{
#if ASYNCC_NAMES
    return async_root_(task)->type->name;
#else
    (void)task;
    return "";
#endif
}
#else
/* A name is a note under an address of its own, one byte into the task. */
static const async_task *async_name_key_(const async_task *task)
{
    return (const async_task *)((uintptr_t)task + 1);
}
const char *async_task_name(const async_task *task)
{
    async_loop *loop = task->flags & ASYNC_LIVE_ ? task->scope->loop : async_loop_;
    async_note_ *note =
        task->flags & ASYNC_NAMED_ && loop ? async_note_at_(loop, async_name_key_(task)) : NULL;
    if (note && note->task) return note->text;
#if ASYNCC_NAMES
    return async_root_(task)->type->name;
#else
    return "";
#endif
}
int async_task_set_name(async_task *task, const char *name)
{
    async_note_ *note;
    async_loop *loop;
    if (!(task->flags & ASYNC_LIVE_) || async_task_done(task)) return -EINVAL;
    loop = task->scope->loop;
    note = async_note_at_(loop, async_name_key_(task));
    if (!name) {
        if (note->task) async_drop_note_(loop, note);
        task->flags &= (uint16_t)~ASYNC_NAMED_;
        return 0;
    }
    if (!note->task) note = async_new_note_(loop, async_name_key_(task));
    note->type = NULL;
    note->error = 0;
    note->text = name;
    note->caught = note->ended = false;
    task->flags |= ASYNC_NOTED_ | ASYNC_NAMED_;
    return 0;
}
#endif
async_task *async_check_result_(async_task *task, const char *file, int line)
{
    if (!ASYNCC_CHECK) return task;
    if (ASYNC_RARE_(!async_task_done(task)))
        async_panic_at_(file, line, "ASYNC_RESULT of a task that has not ended");
    if (ASYNC_RARE_(ASYNC_WAKE_(task)))
        async_panic_at_(file, line,
                        "ASYNC_RESULT of a task that failed: look at async_task_error() first");
    return task;
}

async_frame *async_check_type_(async_task *task, async_type_ref_ type, const char *file, int line)
{
    if (ASYNC_RARE_(async_root_(task)->type != type))
        async_panic_at_(file, line, "ASYNC_TASK_AS of a task that runs another coroutine");
    return async_root_(task);
}

/* ------------------------------------------------------------------------------------------
 * >>wake          One way to leave a list, one to be woken. Whoever completes something calls
 *                 nobody: what waited is put on the ready queue, in the order in which it came.
 * ------------------------------------------------------------------------------------------ */

#if ASYNCC_FREESTANDING
/* `tail` means something only while the queue holds something. */
ASYNCC_ISR_ATTR void async_push_(async_loop *loop, async_handle *h)
{
    async_handle **at;
    ASYNC_MASK_(k);
    h->next = NULL;
    at = loop->head ? loop->tail : &loop->head;
#if ASYNCC_CANCEL
    h->pprev = at;
#endif
    *at = h;
    loop->tail = &h->next;
    ASYNCC_PEND(loop);
    ASYNC_UNMASK_(k);
}
void async_link_(async_handle **list, async_handle *h)
{
    h->next = *list;
#if ASYNCC_CANCEL
    if (h->next) h->next->pprev = &h->next;
    h->pprev = list;
#endif
    *list = h;
}
#endif
/* Interrupts, and tasks of another loop, wake what waits in its own loop. */
#if ASYNCC_FREESTANDING && !ASYNCC_ONE_LOOP
static void async_call_run_(async_handle *h);
#define ASYNC_HOME_(task) ((task)->scope->loop)
#define ASYNC_CALL_HOME_(h)                                                                        \
    ((h)->ops->run == async_call_run_ ? ((async_call *)(void *)(h))->loop : async_loop_)
#else
#define ASYNC_HOME_(task) async_loop_
#define ASYNC_CALL_HOME_(h) async_loop_
#endif
#if ASYNCC_CANCEL
#define async_wait_in_(list, h) async_link_(list, h)
/* A list may end in a handle that several lists share (see async_gather_): its pprev is written
 * here and never read. */
static void async_unlink_(async_handle *h)
{
    *h->pprev = h->next;
    if (h->next) h->next->pprev = h->pprev;
    h->pprev = NULL;
}
static void async_wake_(async_task *task, int err)
{
    /* What only stands in a task's place (async_watch_) has no scope. */
    ASYNC_OWN_THREAD_NAMED_(!task->scope || async_loop_ == task->scope->loop ? async_loop_ : NULL,
                            "a wake");
    task->h.ops = task->h.ops->woken;
    if (!task->h.ops->cancel && task->scope) /* else a sleeper's second turn */
        ASYNCC_TRACE(ASYNC_TRACE_WAKE, task);
    if (ASYNC_RARE_(err || task->flags & ASYNC_MUST_)) {
        task->wake = (int16_t)err;
        if (task->h.ops == &async_ready_ops_) task->h.ops = &async_told_ops_;
    }
    async_push_(ASYNC_HOME_(task), &task->h);
}
/* An interrupt may have been faster. */
#if ASYNCC_FREESTANDING
#define ASYNC_STILL_(task) ((task)->h.ops->cancel != NULL)
#else
#define ASYNC_STILL_(task) true
#endif
/* The commonest cancel: leave the list, wake as cancelled. */
static bool async_cancel_wait_(async_task *task)
{
    bool waits;
    ASYNC_MASK_(k);
    waits = ASYNC_STILL_(task);
    if (waits) {
        async_unlink_(&task->h);
        async_wake_(task, ASYNC_CANCELED);
    }
    ASYNC_UNMASK_(k);
    return waits;
}
/* A deadline has come or what was waited for is done: a task wakes, a call takes its turn. */
static void async_notify_(async_handle *h, int err)
{
    if (h->ops->cancel) {
        async_wake_((async_task *)(void *)h, err);
    } else {
        h->ops = h->ops->woken;
        async_push_(ASYNC_CALL_HOME_(h), h);
    }
}
/* Turns a list round, newest first to oldest first, up to a shared end, which is returned. */
static async_handle *async_oldest_first_(async_handle **list)
{
    async_handle *h = *list, *turned = NULL;
    while (h && !h->ops->child_done) {
        async_handle *next = h->next;
        h->next = turned;
        turned = h;
        h = next;
    }
    *list = turned;
    return h;
}
#else
/* Nobody leaves a list before its time: it is oldest first, and a handle keeps the behaviour it
 * has when it is ready. Only a task that the loop resumes directly can be told an error. */
static void async_wait_in_(async_handle **list, async_handle *h)
{
    while (*list) list = &(*list)->next;
    async_link_(list, h);
}
#define async_wake_(task, err) async_notify_(&(task)->h, err)
static ASYNCC_ISR_ATTR ASYNC_NOT_INLINE_ void async_notify_(async_handle *h, int err)
{
    ((async_task *)(void *)h)->u.wake = err;
    async_push_(async_loop_, h);
}
#define async_oldest_first_(list) ((async_handle *)NULL)
#endif
static void async_notify_all_(async_handle *h, int err)
{
    while (h) {
        async_handle *next = h->next;
        async_notify_(h, err);
        h = next;
    }
}
/* All that wait, oldest first. */
static void async_release_all_(async_handle **waiters, int err)
{
    async_handle *first;
    (void)async_oldest_first_(waiters);
    first = *waiters;
    *waiters = NULL;
    async_notify_all_(first, err);
}

/* ------------------------------------------------------------------------------------------
 * >>timers        A radix heap, also known as a wheel without ticks. wheel_time is the latest
 *                 instant up to which everything has fired. A deadline is kept on the level of
 *                 the highest 6-bit digit in which it differs from wheel_time, in the slot of
 *                 that digit; level 0 slots hold equal deadlines. When time enters a slot of a
 *                 higher level, its timers are dealt out again below, or sorted into the list
 *                 `near` if they are few. Insert and cancel touch one list, nothing is allocated,
 *                 order is exact to the nanosecond, and equal deadlines keep the order in which
 *                 they were set: they are in one list at all times, and dealing keeps their
 *                 order, or turns it round, which is noted.
 *                 With a million timers the price is the memory's: a list of what is not in the
 *                 cache is followed at one wait a timer. So slots that may hold very many have
 *                 16 lists, each of a part of its time, and 16 waits go on at once.
 *                 Rejected: a binary or 4-ary heap (an array to grow, a tie-breaker, three
 *                 times the price of a cancel), a tree (an allocation or three more links),
 *                 one level of 2,048 slots in place of two of 64 (one list each, walked in
 *                 advance: slower), 8 or 32 lists a slot.
 * ------------------------------------------------------------------------------------------ */

#if !ASYNCC_FREESTANDING
static int64_t async_clock_(void)
{
    struct timespec t;
    (void)ASYNCC_SYS(clock_gettime)(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}
#else
#ifdef ASYNC_COUNTS_TICKS_
static async_time async_now_(void)
{
#ifdef __AVR__
    if (sizeof(async_time) > 1) { /* two loads */
#else
    if (sizeof(async_time) > sizeof(void *)) {
#endif
        async_time now;
        ASYNC_MASK_(k);
        now = async_ticks;
        ASYNC_UNMASK_(k);
        return now;
    }
    return async_ticks;
}
#endif
#endif

#define ASYNC_WHEN_(h) (((struct async_timer_ *)(void *)(h))->when)

async_duration async_until(async_time when)
{
    async_duration left = {(async_span_)(when - async_loop_time(async_loop_))};
    return left;
}

#if ASYNCC_FREESTANDING
/* One sorted list. The clock is read when it is asked for, and nothing is remembered of it. */
async_time async_loop_time(async_loop *loop)
{
    (void)loop;
    return ASYNCC_NOW();
}
static async_time async_deadline_(async_loop *loop, async_span_ span_)
{
    (void)loop;
    return (async_time)(ASYNCC_NOW() + (async_time)span_);
}
static void async_timer_add_(async_loop *loop, async_handle *h, async_time when)
{
    async_handle **at = &loop->near;
    ASYNC_NOT_IN_ISR_();
    ASYNC_WHEN_(h) = when;
    while (*at && ASYNC_DUE_(ASYNC_WHEN_(*at), when)) at = &(*at)->next;
    async_link_(at, h);
}
#if ASYNCC_CANCEL
#define async_timer_gone_(loop, h) ((void)(loop))
#define async_timer_remove_(loop, h) async_unlink_(h)
#endif
#else
async_time async_loop_time(async_loop *loop)
{
    if (!(loop->flags & ASYNC_VIRTUAL_)) loop->now = async_clock_();
    return loop->now;
}

static int64_t async_deadline_(async_loop *loop, int64_t ns)
{
    int64_t now = async_loop_time(loop);
    return ns > INT64_MAX - now ? INT64_MAX /* never: see async_next_timer_ */
                                : now + ns; /* ns is never below -INT64_MAX, now never negative */
}

int async_loop_advance(async_loop *loop, async_duration d)
{
    if (!(loop->flags & ASYNC_VIRTUAL_)) return -EINVAL;
    if (ASYNC_SPAN_(d) > 0) loop->now = async_deadline_(loop, ASYNC_SPAN_(d));
    return 0;
}

/* Into the sorted list, from AT on, behind those that are due no later. */
static void async_near_put_(async_handle **at, async_handle *h)
{
    while (*at && ASYNC_WHEN_(*at) <= ASYNC_WHEN_(h)) at = &(*at)->next;
    async_link_(at, h);
}

#if ASYNC_WHEEL_
/* A slot, its lists that hold something, and when its time begins. */
struct async_slot_ {
    async_handle **list[ASYNC_STRANDS_];
    int n, level;
    uint64_t bit;
    int64_t begins;
};
static int async_wide_(int level, int slot)
{
    return (unsigned)(level - ASYNC_WIDE_) < ASYNC_WIDE_LEVELS_
               ? (level - ASYNC_WIDE_) * ASYNC_SLOTS_ + slot
               : -1;
}
static void async_wheel_lists_(async_loop *loop, struct async_slot_ *s, int level, int slot,
                               int most)
{
    int wide = async_wide_(level, slot);
    async_handle **lists = wide < 0 ? &loop->wheel[level * ASYNC_SLOTS_ + slot]
                                    : &loop->wide[(size_t)wide * ASYNC_STRANDS_];
    uint32_t strands = wide < 0 ? 1 : loop->strands[wide];
    for (s->n = 0; strands && s->n < most; strands &= strands - 1) {
        async_handle **list = &lists[__builtin_ctz(strands)];
        if (*list) s->list[s->n++] = list;
    }
}
static void async_list_turn_(async_handle **list)
{
    async_handle *h = *list, *next;
    for (*list = NULL; h; h = next) {
        next = h->next;
        async_link_(list, h);
    }
}
static ASYNC_NOT_INLINE_ void async_wheel_turn_(async_loop *loop, int level, int slot)
{
    struct async_slot_ s;
    async_wheel_lists_(loop, &s, level, slot, ASYNC_STRANDS_);
    while (s.n) async_list_turn_(s.list[--s.n]);
    loop->turned[level] &= ~((uint64_t)1 << slot);
}

/* The list of a deadline, on a level and in a slot of it. */
ASYNC_HOT_ async_handle **async_wheel_list_(async_loop *loop, int level, int slot, uint64_t at)
{
    int wide = async_wide_(level, slot), strand;
    if (wide < 0) return &loop->wheel[level * ASYNC_SLOTS_ + slot];
    strand = (int)(at >> (level * ASYNC_DIGIT_ - ASYNC_STRAND_BITS_)) & (ASYNC_STRANDS_ - 1);
    loop->strands[wide] |= (uint16_t)(1 << strand);
    return &loop->wide[wide * ASYNC_STRANDS_ + strand];
}
static void async_wheel_put_(async_loop *loop, async_handle *h)
{
    int64_t when = ASYNC_WHEN_(h);
    uint64_t at = (uint64_t)(when > loop->wheel_time ? when : loop->wheel_time);
    uint64_t differ = at ^ (uint64_t)loop->wheel_time;
    int level = differ ? (63 - __builtin_clzll(differ)) / ASYNC_DIGIT_ : 0;
    int slot = (int)(at >> level * ASYNC_DIGIT_) & (ASYNC_SLOTS_ - 1);
    async_handle **list = async_wheel_list_(loop, level, slot, at);
    if (ASYNC_RARE_(loop->turned[level] >> slot & 1)) async_wheel_turn_(loop, level, slot);
    loop->levels |= (uint32_t)1 << level;
    loop->occupied[level] |= (uint64_t)1 << slot;
    /* Only a deadline that has passed already finds later ones in its list. */
    if (ASYNC_RARE_(when < loop->wheel_time))
        while (*list && ASYNC_WHEN_(*list) > when) list = &(*list)->next;
    async_link_(list, h);
}
#endif

static void async_timer_add_(async_loop *loop, async_handle *h, int64_t when)
{
    ASYNC_WHEN_(h) = when;
#if ASYNC_WHEEL_
    async_wheel_put_(loop, h);
#else
    async_near_put_(&loop->near, h);
#endif
    if (when < loop->next_timer) loop->next_timer = when;
}
/* Deadlines are mostly moved, not met: only the earliest one's end makes next_timer too early. */
static void async_timer_gone_(async_loop *loop, async_handle *h)
{
    if (ASYNC_WHEN_(h) <= loop->next_timer) loop->flags |= ASYNC_STALE_;
}
static void async_timer_remove_(async_loop *loop, async_handle *h)
{
    async_unlink_(h);
    async_timer_gone_(loop, h);
}

static void async_near_fire_(async_loop *loop, int64_t until)
{
    async_handle *h;
    while ((h = loop->near) != NULL && ASYNC_WHEN_(h) <= until) {
        async_unlink_(h);
        async_notify_(h, 0);
    }
}

#if ASYNC_WHEEL_
/* The lowest slot that holds a timer, and its first list. False: none. */
static bool async_wheel_first_(async_loop *loop, struct async_slot_ *s)
{
    for (; loop->levels; loop->levels &= loop->levels - 1) {
        int level = s->level = __builtin_ctz(loop->levels), shift = level * ASYNC_DIGIT_,
            above = shift + ASYNC_DIGIT_;
        for (; loop->occupied[level]; loop->occupied[level] &= loop->occupied[level] - 1) {
            int slot = __builtin_ctzll(loop->occupied[level]);
            async_wheel_lists_(loop, s, level, slot, 1);
            if (!s->n) continue;
            s->bit = (uint64_t)1 << slot;
            /* digits above the level are wheel_time's */
            s->begins = (int64_t)((above < 64 ? (uint64_t)loop->wheel_time >> above << above : 0) |
                                  (uint64_t)slot << shift);
            return true;
        }
    }
    return false;
}

/* Deals a slot's timers out on the level below, from all its lists in turn. The digits below the
 * slot's are 0 in wheel_time, and all slots below are empty. */
static void async_wheel_deal_(async_loop *loop, struct async_slot_ *s, bool turned)
{
    async_handle *next[ASYNC_STRANDS_];
    int level = s->level - 1, n = s->n, left, i;
    uint64_t dealt = 0;
    for (i = 0; i < n; i++) next[i] = *s->list[i], *s->list[i] = NULL;
    for (; n; n = left)
        for (i = left = 0; i < n; i++) {
            async_handle *h = next[i];
            uint64_t at = (uint64_t)ASYNC_WHEN_(h);
            int slot = (int)(at >> level * ASYNC_DIGIT_) & (ASYNC_SLOTS_ - 1);
            if (h->next) {
                next[left++] = h->next;
                __builtin_prefetch(h->next);
                __builtin_prefetch(&ASYNC_WHEN_(h->next));
            }
            dealt |= (uint64_t)1 << slot;
            async_link_(async_wheel_list_(loop, level, slot, at), h);
        }
    loop->levels |= (uint32_t)1 << level;
    loop->occupied[level] = dealt;
    loop->turned[level] = turned ? 0 : dealt;
}
/* Sorts a slot's timers if no list of it is long: what is due fires, the rest is near. */
static bool async_wheel_sort_(async_loop *loop, struct async_slot_ *s, bool turned)
{
    struct {
        int64_t when;
        async_handle *h;
    } few[ASYNC_FEW_ * ASYNC_STRANDS_];
    async_handle *h, **at = &loop->near;
    int n = 0, first, i, k;
    for (k = 0; k < s->n; k++)
        for (first = n, h = *s->list[k]; h; h = h->next) {
            int64_t when = ASYNC_WHEN_(h);
            if (n == first + ASYNC_FEW_) return false;
            for (i = n++;
                 i > first && (few[i - 1].when > when || (few[i - 1].when == when && !turned)); i--)
                few[i] = few[i - 1];
            few[i].when = when;
            few[i].h = h;
        }
    for (k = 0; k < s->n; k++) *s->list[k] = NULL;
    i = 0;
    if (!loop->near)
        while (i < n && few[i].when <= loop->now) async_notify_(few[i++].h, 0);
    for (; i < n; i++) {
        async_near_put_(at, few[i].h);
        at = &few[i].h->next;
    }
    return true;
}
/* Time enters a slot. */
static void async_wheel_enter_(async_loop *loop, struct async_slot_ *s)
{
    int slot = __builtin_ctzll(s->bit), wide = async_wide_(s->level, slot);
    bool turned = (loop->turned[s->level] & s->bit) != 0;
    if (s->begins > loop->wheel_time) loop->wheel_time = s->begins;
    async_wheel_lists_(loop, s, s->level, slot, ASYNC_STRANDS_);
    loop->occupied[s->level] &= ~s->bit;
    if (wide >= 0) loop->strands[wide] = 0;
    if (async_wheel_sort_(loop, s, turned)) return;
    if (s->level) {
        async_wheel_deal_(loop, s, turned);
    } else {
        async_handle *h, *next;
        if (!turned) async_list_turn_(s->list[0]);
        for (h = *s->list[0], *s->list[0] = NULL; h; h = next) {
            next = h->next;
            async_notify_(h, 0);
        }
    }
}
#endif

/* Puts what is due on the ready queue, in order of deadline. */
static ASYNC_NOT_INLINE_ void async_timers_fire_(async_loop *loop)
{
    int64_t now = loop->now;
#if ASYNC_WHEEL_
    struct async_slot_ s;
    bool some;
    while ((some = async_wheel_first_(loop, &s)) && s.begins <= now) {
        async_near_fire_(loop, s.begins);
        async_wheel_enter_(loop, &s);
    }
    if (now > loop->wheel_time) loop->wheel_time = now;
#endif
    async_near_fire_(loop, now);
    loop->next_timer = loop->near ? ASYNC_WHEN_(loop->near) : INT64_MAX;
#if ASYNC_WHEEL_
    if (some && s.begins < loop->next_timer) {
        loop->next_timer = s.begins;
        loop->flags |= ASYNC_STALE_; /* that may be before the first of the slot */
    }
#endif
}

/* The earliest deadline. Looks through one list, and only when the loop is to sleep. Of a list that
 * holds many it is the slot's beginning, which a virtual clock cannot do with: the loop wakes up
 * there, has the slot dealt out, and finds fewer. */
ASYNC_HOT_ int64_t async_next_timer_(async_loop *loop)
{
    if (loop->flags & ASYNC_STALE_) {
        loop->next_timer = loop->near ? ASYNC_WHEN_(loop->near) : INT64_MAX;
#if ASYNC_WHEEL_
        {
            struct async_slot_ s;
            async_handle *h;
            int many = 0;
            if (async_wheel_first_(loop, &s) && s.begins < loop->next_timer)
                for (h = *s.list[0]; h; h = h->next) {
                    if (ASYNC_WHEN_(h) < loop->next_timer) loop->next_timer = ASYNC_WHEN_(h);
                    if (++many > 64 && s.level && !(loop->flags & ASYNC_VIRTUAL_)) {
                        loop->next_timer = s.begins;
                        break;
                    }
                }
        }
#endif
        loop->flags &= (uint8_t)~ASYNC_STALE_;
    }
    return loop->next_timer;
}
#endif

/* ------------------------------------------------------------------------------------------
 * >>calls         call_soon, call_later, done-callbacks: one struct, one way to take it back.
 * ------------------------------------------------------------------------------------------ */

#if ASYNCC_IO
static void async_posted_run_(async_handle *h);
static const async_ops async_posted_ops_ =
    ASYNC_OPS_(async_posted_run_, NULL, NULL, NULL, &async_posted_ops_, "call");
static void async_inbox_take_(async_loop *loop);
#endif
/* Scheduled? By its link, or where there is none by its function. */
#if ASYNCC_CANCEL
#define ASYNC_CALL_BUSY_(call) ((call)->h.pprev != NULL)
#define ASYNC_CALL_FREE_(call) ((call)->h.pprev = NULL)
#define ASYNC_NOBODY_(loop) ((loop)->current = NULL)
#define ASYNC_CURRENT_(loop, task) ((loop)->current = (task))
#define ASYNC_IS_CLOSED_(loop) (!(loop) || (loop)->flags & ASYNC_CLOSED_)
#else
#define ASYNC_IS_CLOSED_(loop) ((loop) == NULL)
#define ASYNC_CALL_BUSY_(call) ((call)->fn != NULL)
#define ASYNC_CALL_FREE_(call) ((call)->fn = NULL)
#define ASYNC_NOBODY_(loop) ((void)(loop))
#define ASYNC_CURRENT_(loop, task) ((void)(task))
#endif

static void async_call_run_(async_handle *h)
{
    async_call *call = (async_call *)(void *)h;
    int err, (*fn)(void *) = call->fn;
    ASYNC_CALL_FREE_(call);
    call->when = 0;
    ASYNC_NOBODY_(async_loop_);
    ASYNCC_TRACE(ASYNC_TRACE_CALL, NULL);
    err = fn(call->arg);
    ASYNCC_TRACE(ASYNC_TRACE_RETURN, NULL);
    if (err < 0) async_report_(async_loop_, "error in a callback", err, NULL, NULL);
}
#if ASYNCC_CANCEL
static const async_ops async_call_ops_ =
    ASYNC_OPS_(async_call_run_, NULL, NULL, NULL, &async_call_ops_, "call");
static const async_ops async_timer_call_ops_ =
    ASYNC_OPS_(async_call_run_, NULL, NULL, NULL, &async_call_ops_, "timer");
#define ASYNC_CALL_OPS_ (&async_call_ops_)
#define ASYNC_TIMER_CALL_OPS_ (&async_timer_call_ops_)
#define ASYNC_SET_OPS_(handle, x) ((handle)->h.ops = (x))
#else
/* What a handle that is no task has for a frame. */
#if ASYNCC_NAMES
#define ASYNC_HANDLE_FRAME_(name, resume)                                                          \
    static const async_type name##type_ = {resume, #name, __FILE__, __LINE__};                     \
    static const async_frame name = { &name##type_, {NULL}, 0, 0, 0 }
#else
#define ASYNC_HANDLE_FRAME_(name, resume) static const async_frame name = {resume, {NULL}, 0, 0}
#endif
#define ASYNC_CALL_OPS_ NULL
#define ASYNC_TIMER_CALL_OPS_ NULL
static async_status_ async_call_resume_(async_frame *frame, async_task *task, int err)
{
    (void)frame, (void)err;
    async_call_run_(&task->h);
    return ASYNC_MAKE_(async_status_, ASYNC_PENDING_);
}
ASYNC_HANDLE_FRAME_(async_call_frame_, async_call_resume_);
#define ASYNC_SET_OPS_(handle, x) ((void)(handle))
#endif

/* One in memory that may hold anything, as a frame of the loop's allocator does. */
#if ASYNCC_CANCEL
static void async_call_init_(async_call *call)
{
    call->h.pprev = NULL;
    call->when = 0;
}
#endif
static int async_call_prepare_(async_loop *loop, async_call *call, const async_ops *ops,
                               int (*fn)(void *), void *arg)
{
    if (ASYNC_IS_CLOSED_(loop)) return -ESHUTDOWN;
    if (ASYNC_CALL_BUSY_(call)) return -EBUSY;
#if ASYNCC_CANCEL
    call->h.ops = ops;
#else
    call->frame = &async_call_frame_;
    (void)ops;
#endif
    call->fn = fn;
    call->arg = arg;
    call->loop = loop;
    return 0;
}
ASYNCC_ISR_ATTR int async_call_soon(async_loop *loop, async_call *call, int (*fn)(void *),
                                    void *arg)
{
    int err;
    ASYNC_MASK_(k);
    if (loop) ASYNC_OWN_THREAD_(loop);
    err = async_call_prepare_(loop, call, ASYNC_CALL_OPS_, fn, arg);
    if (!err) async_push_(loop, &call->h);
    ASYNC_UNMASK_(k);
    return err;
}
int async_call_at(async_loop *loop, async_call *call, async_time when, int (*fn)(void *), void *arg)
{
    int err;
    if (loop) ASYNC_OWN_THREAD_(loop);
    err = async_call_prepare_(loop, call, ASYNC_TIMER_CALL_OPS_, fn, arg);
    if (!err) async_timer_add_(loop, &call->h, when);
    return err;
}
int async_call_later(async_loop *loop, async_call *call, async_duration d, int (*fn)(void *),
                     void *arg)
{
    if (!loop) return -ESHUTDOWN;
    return async_call_at(loop, call, async_deadline_(loop, ASYNC_SPAN_(d)), fn, arg);
}
static int async_call_after_(async_handle **waiters, bool done, async_call *call, int (*fn)(void *),
                             void *arg)
{
    int err = async_call_prepare_(async_loop_, call, ASYNC_CALL_OPS_, fn, arg);
    if (err) return err;
    if (done) async_push_(async_loop_, &call->h);
    else async_wait_in_(waiters, &call->h);
    return 0;
}
#if ASYNCC_CANCEL
/* Takes a handle out of the ready queue or any list. */
static void async_withdraw_(async_loop *loop, async_handle *h)
{
    ASYNC_MASK_(k);
#if !ASYNCC_FREESTANDING
    if (loop->batch == h) h->pprev = &loop->batch; /* not kept up when the one in front is run */
#endif
    if (loop->tail == &h->next) loop->tail = h->pprev;
    async_unlink_(h);
    ASYNC_UNMASK_(k);
}
bool async_call_cancel(async_call *call)
{
    ASYNC_NOT_IN_ISR_();
#if ASYNCC_IO
    if (__atomic_load_n(&call->posted, __ATOMIC_RELAXED) && call->h.ops == &async_posted_ops_) {
        async_inbox_take_(call->loop); /* from where it can be withdrawn */
        if (!call->h.pprev) return false;
        async_withdraw_(call->loop, &call->h);
        __atomic_store_n(&call->posted, 0, __ATOMIC_RELEASE);
        return true;
    }
#endif
    if (!call->h.pprev) return false;
    if (call->h.ops == &async_timer_call_ops_) { /* once fired it would have the others */
        async_timer_remove_(call->loop, &call->h);
    } else {
        async_withdraw_(call->loop, &call->h);
    }
    call->when = 0;
    return true;
}
#endif
/* ------------------------------------------------------------------------------------------
 * >>tasks         A step, and what happens at a task's end.
 * ------------------------------------------------------------------------------------------ */

#if ASYNCC_CANCEL
static void async_finish_slowly_(async_task *task, int err);
static void async_task_run_(async_handle *h);
static void async_done_run_(async_handle *h);
static const async_ops async_done_ops_ =
    ASYNC_OPS_(async_done_run_, NULL, NULL, NULL, NULL, "its end");

static void async_told_run_(async_handle *h);
const async_ops async_ready_ops_ =
    ASYNC_OPS_(async_task_run_, NULL, NULL, NULL, &async_ready_ops_, "its turn");
const async_ops async_told_ops_ =
    ASYNC_OPS_(async_told_run_, NULL, NULL, NULL, &async_ready_ops_, "its turn");

/* It was cancelled while it ran, and now it waits: that wait is what the cancel is for. If it only
 * lets others run, it is told at its turn. */
static ASYNC_NOT_INLINE_ void async_cancel_late_(async_task *task)
{
    uint16_t cancelling = task->cancelling;
    if (task->h.ops == &async_ready_ops_) task->h.ops = &async_told_ops_;
    if (!task->h.ops->cancel) return;
    task->flags &= (uint16_t)~ASYNC_MUST_;
    (void)async_task_cancel(task);
    task->cancelling = cancelling;
}
static void async_scope_remove_(async_task *task)
{
    if (task->next) task->next->pprev = task->pprev;
    else task->scope->tail = task->pprev;
    *task->pprev = task->next;
}
#if ASYNCC_CONTEXT
/* The first node that lies in a task of the allocator. That is held as long as others see it. */
static async_context *async_copy_of_(async_context *context)
{
    while (context && !context->of) context = context->outer;
    return context;
}
static void async_see_context_(async_context *context)
{
    async_context *copy = async_copy_of_(context);
    if (copy && !copy->seen) async_task_hold(copy->of);
    if (copy && copy != context) copy->seen++;
    if (context) context->seen++;
}
static void async_inherit_(async_task *from, async_task *task)
{
    if (task->flags & ASYNC_HEAP_) return; /* it has a copy: see async_new_frame_() */
    task->context = from ? from->context : NULL;
    async_see_context_(task->context);
}
static void async_disown_(async_task *task)
{
    async_context *copy = async_copy_of_(task->context);
    if (task->context && !(task->flags & ASYNC_HEAP_)) {
        task->context->seen--;
        if (copy && copy != task->context) copy->seen--;
        if (copy && !copy->seen) async_task_release(copy->of);
    }
    task->context = NULL;
}
#define ASYNC_INHERIT_(loop, task) async_inherit_((loop)->current, task);
#define ASYNC_DISOWN_(task) async_disown_(task);
#else
#define ASYNC_INHERIT_(loop, task)
#define ASYNC_DISOWN_(task)
#endif
#if ASYNCC_FREESTANDING
#define ASYNC_LAST_TIME_(loop) ASYNCC_NOW()
#else
#define ASYNC_LAST_TIME_(loop) ((loop)->now)
#endif
#if ASYNCC_DEBUG
#define ASYNC_SINCE_(loop, task) (task)->since = ASYNC_LAST_TIME_(loop);
#else
#define ASYNC_SINCE_(loop, task)
#endif
static async_task *async_join_target_(async_task *task);
static const async_ops async_join_ops_ =
    ASYNC_OPS_(NULL, async_cancel_wait_, async_join_target_, NULL, &async_ready_ops_, "join");
/* The commonest end has a path of its own: no error, and nobody waits or one task that joins. */
ASYNC_HOT_ void async_finish_(async_loop *loop, async_task *task, int err)
{
    async_handle **waiters = &async_root_(task)->up.waiters, *first = *waiters;
    ASYNCC_TRACE(ASYNC_TRACE_END, task);
    ASYNC_DISOWN_(task)
    if (ASYNC_LIKELY_(!err &&
                      !(task->flags & (ASYNC_MUST_ | ASYNC_LEFTOVER_ | ASYNC_HEAP_ | ASYNC_NOTED_ |
                                       ASYNC_ASKED_)) &&
                      (!first || (!first->next && first->ops == &async_join_ops_)))) {
        task->flags = (uint16_t)((task->flags & ASYNC_SLOT_) | ASYNC_DONE_);
        if (ASYNC_LIKELY_(first != NULL)) {
            *waiters = NULL;
            ASYNCC_TRACE(ASYNC_TRACE_WAKE, (async_task *)(void *)first);
            first->ops = &async_ready_ops_;
            async_push_task_(loop, (async_task *)(void *)first);
        }
        async_scope_remove_(task);
    } else {
        async_finish_slowly_(task, err);
    }
}
/* Resumes the innermost frame, then whoever awaits what has ended. No recursion. */
ASYNC_HOT_ void async_resume_(async_loop *loop, async_task *task, int err)
{
    async_frame *frame = task->frame;
    ASYNCC_TRACE(ASYNC_TRACE_STEP, task);
    for (;;) {
        err = frame->type->resume(frame, task, err).code;
        if (ASYNC_LIKELY_(err == ASYNC_PENDING_)) break;
        if (frame == async_root_(task)) {
            async_finish_(loop, task, err);
            return;
        }
        frame = frame->up.caller;
    }
    ASYNC_SINCE_(loop, task)
    ASYNCC_TRACE(ASYNC_TRACE_WAIT, task);
    if (ASYNC_RARE_(task->flags & ASYNC_MUST_)) async_cancel_late_(task);
}

/* What a task is resumed with: a cancel that came between its wake and its turn, or what it was
 * woken with, which is forgotten. */
static int async_told_(async_task *task)
{
    int err = task->wake;
    task->wake = 0;
    if (ASYNC_RARE_(task->flags & ASYNC_MUST_)) {
        task->flags &= (uint16_t)~ASYNC_MUST_;
        return ASYNC_CANCELED;
    }
    return err;
}
static void async_step_(async_task *task, int err)
{
    async_resume_(async_loop_, task, err);
}
/* The turn of one with something to be told: an error or a cancel. */
static void async_told_run_(async_handle *h)
{
    async_task *task = (async_task *)(void *)h;
    int err = async_told_(task);
    async_loop_->current = task;
    h->ops = &async_ready_ops_;
    if (err && task->frame == async_root_(task) && !task->frame->state) {
        ASYNCC_TRACE(ASYNC_TRACE_STEP, task);
        ASYNCC_TRACE(ASYNC_TRACE_END, task);
        ASYNC_DISOWN_(task)
        async_finish_slowly_(task, err); /* cancelled before its first step: no step */
    } else {
        async_step_(task, err);
    }
}
/* The turn of all others. */
static void async_task_run_(async_handle *h)
{
    async_loop_->current = (async_task *)(void *)h;
    async_step_(async_loop_->current, 0);
}

static void async_scope_add_(async_scope *scope, async_task *task)
{
    task->scope = scope;
    task->next = NULL;
    task->pprev = scope->tail;
    *scope->tail = task;
    scope->tail = &task->next;
}
static void async_scope_open_(async_scope *scope, async_loop *loop,
                              void (*child_done)(async_scope *, async_task *))
{
    scope->head = NULL;
    scope->tail = &scope->head;
    scope->child_done = child_done;
    scope->loop = loop;
    scope->next = loop->scopes;
    if (scope->next) scope->next->pprev = &scope->next;
    scope->pprev = &loop->scopes;
    loop->scopes = scope;
}
static void async_scope_close_(async_scope *scope)
{
    *scope->pprev = scope->next;
    if (scope->next) scope->next->pprev = scope->pprev;
}

static void async_group_child_done_(async_scope *scope, async_task *child);
static void async_frame_child_done_(async_scope *scope, async_task *child);

/* Who answers for a task that is spawned into memory not of the spawning frame: the frame that has
 * it in its `tasks` clause, which handed it down, or the loop. */
static async_scope *async_owner_(async_loop *loop, async_task *task)
{
    async_scope *scope;
    if (ASYNC_LIKELY_(!(task->flags & ASYNC_SLOT_))) return &loop->scope;
    for (scope = loop->scopes; scope; scope = scope->next) {
        async_frame_scope_ *own = (async_frame_scope_ *)(void *)scope;
        if (scope->child_done == async_frame_child_done_ && (uintptr_t)task - own->from < own->size)
            return scope;
    }
    async_panic_frame_(async_root_(task), "spawned into the `tasks` of a frame that has ended");
    return NULL; /* not every compiler knows that it does not */
}
/* Its frame's end does not wait for it if it is a member of a group. */
static ASYNC_NOT_INLINE_ void async_lend_(async_loop *loop, async_task *task, async_scope *group)
{
    async_frame_scope_ *own = (async_frame_scope_ *)(void *)async_owner_(loop, task);
    if ((uintptr_t)group - own->from >= own->size) own->lent = true;
}
static void async_tell_collector_(async_handle *collector, async_task *child, async_handle *node);

/* The first step of an eager task, inside of another's. */
static ASYNC_NOT_INLINE_ int async_first_step_(async_loop *loop, async_task *task)
{
    async_task *current = loop->current;
    if (current) current->flags |= ASYNC_OUTER_; /* its frames are in no state to be looked at */
    loop->current = task;
    task->flags |= ASYNC_NEW_;
    async_step_(task, 0);
    if (current) current->flags &= (uint16_t)~ASYNC_OUTER_;
    task->flags &=
        (uint16_t)~ASYNC_NEW_; /* until now: a group is told at once of one that has ended */
    loop->current = current;
    return 0;
}
ASYNC_HOT_ void async_begin_(async_frame *frame, async_scope *scope, uint16_t flags)
{
    async_task *task = (async_task *)(void *)frame - 1;
    __builtin_memset((char *)frame + offsetof(async_frame, up), 0,
                     sizeof *frame - offsetof(async_frame, up));
    __builtin_memset((char *)task + offsetof(async_task, wake), 0,
                     sizeof *task - offsetof(async_task, wake));
    task->flags = flags;
    task->frame = frame;
    task->h.ops = &async_ready_ops_;
    ASYNC_SINCE_(scope->loop, task)
    ASYNC_INHERIT_(scope->loop, task)
    async_scope_add_(scope, task);
    ASYNCC_TRACE(ASYNC_TRACE_SPAWN, task);
}
int async_spawn_(async_frame *frame, const async_type *type, async_scope *scope, int how)
{
    async_task *task = (async_task *)(void *)frame - 1;
    async_loop *loop = scope ? scope->loop : async_loop_;
    uint16_t flags = task->flags & ASYNC_SLOT_;
    frame->type = type;
    if (ASYNC_RARE_(task->flags & ASYNC_LIVE_))
        async_panic_frame_(
            frame, task->flags & ASYNC_DONE_
                       ? "spawned while somebody is to be told that the task in this "
                         "memory has ended: see async_as_completed"
                       : "spawned while the task in this memory still runs, or it was not zeroed");
    ASYNC_NOT_IN_ISR_();
#if ASYNCC_ONE_LOOP
    if (ASYNC_RARE_(!loop->scopes)) loop = NULL; /* no async_loop_init() yet */
#endif
    if (!scope && !loop)
        async_panic_frame_(
            frame, "spawned with no loop in this thread: async_loop_init() first, or ASYNC_RUN");
    if (!scope || (loop && scope == &loop->scope)) scope = async_owner_(loop, task);
    else if (ASYNC_RARE_(how & ASYNC_IN_ && flags && loop)) async_lend_(loop, task, scope);
    loop = scope->loop;
    if (loop) ASYNC_OWN_THREAD_NAMED_(loop, "ASYNC_SPAWN");
    if (ASYNC_RARE_(task->flags & ASYNC_NOTED_ && loop)) async_forget_(loop, (uintptr_t)task, 2);
    if (scope->child_done && (scope->child_done != async_frame_child_done_ ||
                              ((async_frame_scope_ *)(void *)scope)->waiter))
        flags = (uint16_t)(flags | ASYNC_ASKED_);
    if (how & (ASYNC_IN_ | ASYNC_IN_SEEN_)) flags = (uint16_t)(flags | ASYNC_MEMBER_);
    if (ASYNC_RARE_(!loop || loop->flags & ASYNC_CLOSED_ ||
                    (flags & ASYNC_MEMBER_ &&
                     (((async_group *)(void *)scope)->aborting ||
                      (((async_group *)(void *)scope)->phase >= 2 && !scope->head))))) {
        if (task->flags & ASYNC_LISTED_) return -ESHUTDOWN; /* how it failed is still wanted */
        task->flags = (uint16_t)(flags | ASYNC_DONE_);
        task->cancelling = 0;
        task->u.text = NULL;
        task->wake = ASYNC_CANCELED;
        return -ESHUTDOWN;
    }
    if (ASYNC_RARE_(task->flags & ASYNC_LISTED_))
        async_panic_frame_(
            frame, "spawned while the group in which the task in this memory failed is not left");
    async_begin_(frame, scope, (uint16_t)(flags | ASYNC_LIVE_ | (how & ASYNC_HEAP_)));
    task->refs = how & ASYNC_HEAP_ ? 1 : 0;
    if (how & ASYNC_EAGER_ && loop == async_loop_) return async_first_step_(loop, task);
    async_push_task_(loop, task);
    return 0;
}
/* The commonest place of a task has a path of its own: the frame that spawns it. */
int async_spawn_own_(async_frame *frame, const async_type *type, async_scope *scope)
{
    async_task *task = (async_task *)(void *)frame - 1;
    if (ASYNC_RARE_(task->flags & (ASYNC_LIVE_ | ASYNC_NOTED_ | ASYNC_LISTED_)))
        return async_spawn_(frame, type, scope, 0);
    frame->type = type;
    async_begin_(frame, scope, (uint16_t)(ASYNC_SLOT_ + ASYNC_LIVE_));
    async_push_task_(scope->loop, task);
    return 0;
}

void *async_new_frame_(size_t size, async_scope *scope)
{
    async_loop *loop = scope ? scope->loop : async_loop_;
    async_task *task;
#if ASYNCC_CONTEXT
    size_t all = size;
    async_context *c, *copy, **at;
    if (!loop) return NULL;
    for (c = loop->current ? loop->current->context : NULL; c; c = c->outer) all += sizeof *c;
    task = (async_task *)ASYNC_ALLOC_(loop, NULL, all);
    if (!task) return NULL;
    copy = (async_context *)(void *)((char *)task + size);
    at = &task->context;
    for (c = loop->current ? loop->current->context : NULL; c; c = c->outer) {
        *copy = *c;
        copy->seen = 0;
        copy->of = task;
        *at = copy;
        at = &copy++->outer;
    }
    *at = NULL;
#else
    task = loop ? (async_task *)ASYNC_ALLOC_(loop, NULL, size) : NULL;
    if (!task) return NULL;
#endif
    task->flags = 0;
    return task + 1;
}
static void async_free_(async_loop *loop, async_task *task)
{
    if (ASYNC_RARE_(task->flags & ASYNC_NAMED_)) async_forget_(loop, (uintptr_t)task, 2);
    (void)ASYNC_ALLOC_(loop, task, 0);
}
async_task *async_spawn_new_(async_frame *frame, const async_type *type, async_scope *scope,
                             int how)
{
    async_task *task;
    if (!frame) return NULL;
    task = (async_task *)(void *)frame - 1;
    if (async_spawn_(frame, type, scope, how | ASYNC_HEAP_)) {
        async_free_(scope ? scope->loop : async_loop_, task);
        return NULL;
    }
    return task;
}

#if ASYNCC_ALLOC
#define ASYNC_IS_FREED_(task) ((task)->h.ops == &async_free_ops_)
/* A task from the allocator is freed in a turn of its own, behind those that it has woken. Who
 * spawned one that ended in its first step may still come to hold it before that turn. */
static void async_free_run_(async_handle *h)
{
    async_task *task = (async_task *)(void *)h;
    h->ops = &async_done_ops_;
    if (!task->refs) async_free_(async_loop_, task); /* its scope may be gone */
}
static const async_ops async_free_ops_ =
    ASYNC_OPS_(async_free_run_, NULL, NULL, NULL, NULL, "its end");
void async_task_hold(async_task *task)
{
    ASYNC_NOT_IN_ISR_();
    if (!(task->flags & ASYNC_HEAP_)) return;
    if (task->refs == UINT8_MAX) async_panic_frame_(async_root_(task), "held too often");
    task->refs++;
}
void async_task_release(async_task *task)
{
    async_loop *loop;
    ASYNC_NOT_IN_ISR_();
    if (!(task->flags & ASYNC_HEAP_) || --task->refs || ASYNC_IS_FREED_(task)) return;
    loop = task->scope->loop; /* it may be closed, or not the one that runs */
    task->h.ops = &async_free_ops_;
    if (loop->flags & ASYNC_CLOSED_) async_free_(loop, task);
    else async_push_task_(loop, task);
}
#else
#define ASYNC_IS_FREED_(task) false
#endif

static void async_leave_(async_task *task)
{
    async_scope_remove_(task);
    task->flags &= (uint16_t)~ASYNC_LIVE_;
    task->scope = &task->scope->loop->scope; /* until it is released: its group may be gone then */
    async_task_release(task);
}

#if ASYNCC_REPORTS
/* Will anybody look at the error of a task that ends? All that wait for it do, but of collectors
 * only gather, which goes on as any task: what wait and as_completed have waited for is looked at
 * later. One of the allocator is gone then. Told by what they do and not by who they are, so that
 * an image has those it uses only. A node that is no task and has a target stands for a collector. */
static bool async_looks_(async_handle *h)
{
    if (h->ops->target && !h->ops->cancel) h = &h->ops->target((async_task *)(void *)h)->h;
    return !h->ops->child_done || h->ops->woken == &async_ready_ops_;
}
static bool async_looked_at_(const async_task *task, async_handle *first, async_handle *collector)
{
    if (task->flags & ASYNC_HEAP_) return first || collector;
    for (; first; first = first->next)
        if (async_looks_(first)) return true;
    return collector && async_looks_(collector);
}
/* Who waits for a task that has failed gets its text; nobody: a note, or a report. */
static void async_tell_end_(async_loop *loop, async_task *task, int err, async_handle *first,
                            async_handle *collector)
{
    async_note_ *note = async_find_note_(loop, task);
    if (ASYNC_RARE_(err)) {
        task->u.text = note && note->error == err && !note->caught ? note->text : NULL;
        if (err != ASYNC_CANCELED && !async_looked_at_(task, first, collector) &&
            !(task->flags & (ASYNC_QUIET_ | ASYNC_MEMBER_))) {
            if (task->flags & ASYNC_HEAP_)
                async_report_task_(loop, "error of a detached task", err, task->u.text, task);
            else async_add_note_(loop, task, err, task->u.text)->ended = true;
        }
        for (; first; first = first->next)
            if (first->ops->cancel)
                async_pass_note_(loop, (async_task *)(void *)first, err, task->u.text);
        note = async_find_note_(loop, task); /* the table may have grown */
        if (note && note->ended) note = NULL;
    }
    if (ASYNC_RARE_(note != NULL)) async_drop_note_(loop, note);
}
#else
#define async_tell_end_(loop, task, err, first, collector) ((task)->u.text = NULL)
#endif
/* The outcome is known. Those who wait are queued, oldest first. A group, and a collector that
 * came before anybody else, are told on the task's own handle, which is free now. */
static ASYNC_NOT_INLINE_ void async_finish_slowly_(async_task *task, int err)
{
    async_loop *loop = async_loop_;
    async_handle **waiters = &async_root_(task)->up.waiters, *first, *collector;
    if (ASYNC_RARE_(task->flags & ASYNC_MUST_) && !err) err = ASYNC_CANCELED;
    collector = async_oldest_first_(waiters);
    first = *waiters;
    *waiters = collector;
    async_tell_end_(loop, task, err, first, collector);
    if (ASYNC_RARE_(task->flags & ASYNC_LEFTOVER_) && --loop->leftover == 0)
        loop->flags |= ASYNC_STOP_;
    task->flags = (uint16_t)((task->flags | ASYNC_DONE_) & (uint16_t)~ASYNC_MUST_);
    task->wake = (int16_t)err;
    task->h.ops = &async_done_ops_;
    if (collector || (task->flags & (ASYNC_MEMBER_ | ASYNC_NEW_)) == ASYNC_MEMBER_) {
        async_push_task_(loop, task);
        async_notify_all_(first, err);
    } else {
        async_scope *scope = task->scope;
        async_notify_all_(first, err);
        async_leave_(task);
        if (scope->child_done) scope->child_done(scope, task);
    }
}
static void async_done_run_(async_handle *h)
{
    async_task *task = (async_task *)(void *)h;
    async_handle **waiters = &async_root_(task)->up.waiters, *collector;
    async_scope *scope = task->scope;
    async_task_hold(task);
    async_leave_(task);
    if (scope->child_done) scope->child_done(scope, task);
    collector = *waiters; /* unless the group has just cancelled it */
    *waiters = NULL;
    if (collector) async_tell_collector_(collector, task, h);
    async_task_release(task);
}
#else
/* Without cancellation: a task runs, waits and ends. */
static void async_task_run_(async_handle *h)
{
    async_task *task = (async_task *)(void *)h;
    async_frame *frame = task->frame;
    int err = task->u.wake;
    while ((err = ASYNC_RESUME_OF_(frame->type)(frame, task, err).code) != ASYNC_PENDING_) {
        if (frame == async_root_(task)) {
            h = frame->up.waiters;
            task->u.wake = err;
            while (h) {
                async_handle *next = h->next;
                async_notify_(h, err);
                h = next;
            }
            return;
        }
        frame = frame->up.caller;
    }
}
#define async_step_(task, err) ((task)->u.wake = (err), async_task_run_(&(task)->h))
#define async_told_(task) 0
int async_spawn_(async_frame *frame, async_type_ref_ type)
{
    async_task *task = (async_task *)(void *)frame - 1;
    ASYNC_NOT_IN_ISR_();
    if (ASYNCC_CHECK && frame->type && frame->state != ASYNC_FINISHED_)
        async_panic_frame_(
            frame, "spawned while the task in this memory still runs, or it was not zeroed");
    frame->type = type;
    frame->up.waiters = NULL;
    frame->state = 0;
    frame->held = 0;
    task->frame = frame;
    async_notify_(&task->h, 0);
    return 0;
}
#endif

#if ASYNCC_CANCEL
async_task *async_current_task(void)
{
    return async_loop_ ? async_loop_->current : NULL;
}
#endif
int async_task_add_done_callback(async_task *task, async_call *call, int (*fn)(void *), void *arg)
{
    ASYNC_NOT_IN_ISR_();
    if (!ASYNC_IS_LIVE_(task) && !async_task_done(task)) return -EINVAL;
    (void)async_see_(task);
    return async_call_after_(&async_root_(task)->up.waiters, async_task_done(task), call, fn, arg);
}
#if ASYNCC_CANCEL
/* A cancel that comes now stays pending. */
static ASYNC_UNUSED_ bool async_cannot_cancel_(async_task *task)
{
    (void)task;
    return false;
}
#endif
#if ASYNCC_CANCEL
size_t async_all_tasks(async_loop *loop, async_task **tasks, size_t n)
{
    size_t count = 0;
    async_scope *scope;
    async_task *task;
    for (scope = loop->scopes; scope; scope = scope->next)
        for (task = scope->head; task; task = task->next)
            if (!async_task_done(task)) {
                if (count < n) tasks[count] = task;
                count++;
            }
    return count;
}

/* --- the `tasks` clause: a frame does not end before its tasks --- */

static void async_frame_child_done_(async_scope *scope, async_task *child)
{
    async_frame_scope_ *own = (async_frame_scope_ *)(void *)scope;
    (void)child;
    if (own->waiter && !scope->head) async_wake_(own->waiter, 0);
}
static const async_ops async_children_ops_ =
    ASYNC_OPS_(NULL, async_cannot_cancel_, NULL, NULL, &async_ready_ops_, "the tasks of its frame");

void async_own_children_(async_frame_scope_ *scope, async_frame *frame, size_t size)
{
    scope->from = (uintptr_t)frame;
    scope->size = (uint32_t)size;
    async_scope_open_(&scope->scope, async_loop_, async_frame_child_done_);
}
static bool async_any_within_(const async_task *task, const async_frame_scope_ *own)
{
    for (; task; task = task->next)
        if ((uintptr_t)task - own->from < own->size) return true;
    return false;
}
static ASYNC_NOT_INLINE_ bool async_still_lent_(const async_frame_scope_ *own)
{
    async_scope *scope;
    for (scope = own->scope.loop->scopes; scope; scope = scope->next)
        if (scope->child_done == async_group_child_done_ &&
            (async_any_within_(scope->head, own) ||
             async_any_within_(((async_group *)(void *)scope)->failed, own)))
            return true;
    return false;
}
static int async_misuse_(async_task *task, async_frame *caller, const char *what);
int async_join_children_(async_frame *frame, async_frame_scope_ *scope, async_task *task, int error)
{
    async_task *child;
    if (scope->waiter) {
        scope->waiter = NULL;
        if (error != ASYNC_CANCELED)
            error = frame->held; /* as in a FINALLY part, a new cancel replaces what is held */
    } else if (scope->scope.head) {
        for (child = scope->scope.head; child; child = child->next) {
            child->flags |= ASYNC_ASKED_;
            (void)async_task_cancel(child);
        }
        scope->waiter = task;
        frame->held = (int16_t)error;
        frame->state = ASYNC_LAST_;
        task->u.on = scope;
        return async_block_(task, frame, &async_children_ops_);
    }
    if (ASYNC_RARE_(scope->lent) && async_still_lent_(scope))
        return async_misuse_(
            task, frame,
            "ends while a group that goes on has a task in its `tasks`: that would "
            "be ASYNC_SPAWN_NEW_IN");
    async_scope_close_(&scope->scope);
    async_forget_(async_loop_, scope->from, (uintptr_t)scope->size);
    return error;
}
#endif
/* ------------------------------------------------------------------------------------------
 * >>cancel        cancel() travels from a task to what it awaits, as CPython's does, but as one
 *                 loop: down a chain of joins, and through gathers in depth, which are stacked
 *                 by the link of their idle handles. A ring of tasks that wait for each other is
 *                 cut where it closes (CPython recurses until it dies).
 * ------------------------------------------------------------------------------------------ */

#if ASYNCC_CANCEL
/* One of the children waits for this very task: nothing else will end that. */
static void async_gather_cut_(async_task *task)
{
    ((struct async_set_ *)task->u.on)->cut = 1;
}
static void async_cancel_(async_task *task)
{
    async_task *up = NULL;
    for (;;) {
        async_task *joiner = NULL, *mark = NULL;
        uint32_t steps = 0;
        /* down a chain of joins; `mark` catches a ring (Brent) */
        while (!async_task_done(task)) {
            if (task->cancelling < UINT16_MAX) task->cancelling++;
            if (task == mark || task->flags & ASYNC_MARK_) {
                if (joiner) (void)async_cancel_wait_(joiner);
                else async_gather_cut_(up); /* it is one of its own children's children */
                break;
            }
            if ((steps & (steps - 1)) == 0) mark = task;
            steps++;
            if (!task->h.ops->cancel) {
                task->flags |= ASYNC_MUST_; /* it runs, or will anyway */
                if (task->h.ops == &async_ready_ops_) task->h.ops = &async_told_ops_;
                break;
            }
            if (!task->h.ops->target) {
                if (!task->h.ops->cancel(task)) task->flags |= ASYNC_MUST_;
                break;
            }
            if (task->h.ops->child_done) { /* a gather: come back for each child */
                task->flags |= ASYNC_MARK_;
                task->h.next = (async_handle *)(void *)up;
                up = task;
                break;
            }
            joiner = task;
            task = task->h.ops->target(task);
        }
        for (;;) {
            if (!up) return;
            if ((task = up->h.ops->target(up)) != NULL) break;
            task = up;
            up = (async_task *)(void *)up->h.next;
            task->h.next = NULL;
            task->flags &= (uint16_t)~ASYNC_MARK_;
            if (!task->h.ops->cancel(task)) task->flags |= ASYNC_MUST_;
        }
    }
}
bool async_task_cancel(async_task *task)
{
    async_loop *here = async_loop_;
    ASYNC_NOT_IN_ISR_();
    if (async_task_done(task)) (void)async_see_(task);
    if (!(task->flags & ASYNC_LIVE_) || async_task_done(task)) return false;
    ASYNC_OWN_THREAD_(task->scope->loop);
    ASYNC_SET_LOOP_(task->scope->loop); /* not always the one that runs */
    async_cancel_(task);
    ASYNC_SET_LOOP_(here);
    return true;
}
int async_task_uncancel(async_task *task)
{
    ASYNC_NOT_IN_ISR_();
    if (task->cancelling) task->cancelling--;
    if (!task->cancelling) task->flags &= (uint16_t)~ASYNC_MUST_;
    return (int)task->cancelling;
}
#endif
/* ------------------------------------------------------------------------------------------
 * >>waits         sleep, join, future: the waker knows the outcome, so the loop resumes the
 *                 awaiting frame directly and nothing of the leaf is left.
 * ------------------------------------------------------------------------------------------ */

#if ASYNCC_CANCEL
/* In asyncio a timer's turn completes a future, and that wakes the task a tick later. So calls
 * and timeouts with the same deadline run before any sleeper, and a cancel still finds it asleep. */
static void async_slept_run_(async_handle *h)
{
    async_wake_((async_task *)(void *)h, 0);
}
static bool async_slept_cancel_(async_task *task)
{
    async_withdraw_(async_loop_, &task->h);
    async_wake_(task, ASYNC_CANCELED);
    return true;
}
static const async_ops async_slept_ops_ =
    ASYNC_OPS_(async_slept_run_, async_slept_cancel_, NULL, NULL, &async_ready_ops_, "sleep");
static bool async_sleep_cancel_(async_task *task)
{
    async_timer_remove_(async_loop_, &task->h);
    task->h.ops = &async_slept_ops_;
    async_wake_(task, ASYNC_CANCELED);
    return true;
}
static const async_ops async_sleep_ops_ =
    ASYNC_OPS_(NULL, async_sleep_cancel_, NULL, NULL, &async_slept_ops_, "sleep");
#endif
ASYNC_NOT_INLINE_ int async_sleep_(async_task *task, async_frame *caller, async_duration d)
{
    async_timer_add_(async_loop_, &task->h, async_deadline_(async_loop_, ASYNC_SPAN_(d)));
    return async_block_(task, caller, &async_sleep_ops_);
}

#if ASYNCC_CANCEL
/* A mistake in what a body awaits. Its frames know their types and lines only once they have
 * been suspended, so that happens first; the panic is the task's next turn. */
static void async_misuse_run_(async_handle *h)
{
    async_task *task = (async_task *)(void *)h;
    async_panic_frame_(task->frame, task->u.text);
}
static const async_ops async_misuse_ops_ =
    ASYNC_OPS_(async_misuse_run_, NULL, NULL, NULL, &async_misuse_ops_, "a panic");
static ASYNC_UNUSED_ int async_misuse_(async_task *task, async_frame *caller, const char *what)
{
    if (!ASYNCC_CHECK) __builtin_unreachable();
    async_push_task_(async_loop_, task);
    task->u.text = what;
    return async_block_(task, caller, &async_misuse_ops_);
}

static async_task *async_join_target_(async_task *task)
{
    return (async_task *)task->u.on;
}
#else
#define async_misuse_(task, caller, what) (async_panic_frame_(caller, what), 0)
#endif
int async_join_(async_task *task, async_frame *caller, async_task *on)
{
    if (ASYNC_RARE_(on == task)) { /* asyncio tells it a tick later */
        task->frame = caller;
        async_wake_(task, -EDEADLK);
        return ASYNC_PENDING_;
    }
    if (ASYNCC_CHECK && ASYNC_RARE_(!ASYNC_IS_LIVE_(on)))
        return async_misuse_(task, caller, "awaits a task that was never spawned");
#if ASYNCC_CANCEL
    if (ASYNC_RARE_(on->scope->loop != async_loop_))
        return async_misuse_(task, caller, "awaits a task of another loop");
#endif
    task->u.on = on;
    async_wait_in_(&async_root_(on)->up.waiters, &task->h);
    return async_block_(task, caller, &async_join_ops_);
}

/* Of a cancel and an interrupt that sets it, the first wins. */
static int async_future_settle_(async_future *future, int16_t state, int error)
{
    bool done;
    if (future->waiters) ASYNC_OWN_THREAD_NAMED_(async_loop_, "async_future_set");
    ASYNC_MASK_(k);
    done = future->state != 0;
    if (!done) {
        future->state = state;
        future->error = (int16_t)error;
        async_release_all_(&future->waiters, error);
    }
    ASYNC_UNMASK_(k);
    return done ? -EALREADY : 0;
}
ASYNCC_ISR_ATTR int async_future_set(async_future *future)
{
    return async_future_settle_(future, 1, 0);
}
ASYNCC_ISR_ATTR int async_future_set_error(async_future *future, int error)
{
    if (!future->state && (error >= 0 || error < INT16_MIN)) return -EINVAL;
    return async_future_settle_(future, error == ASYNC_CANCELED ? 2 : 1, error);
}
bool async_future_cancel(async_future *future)
{
    ASYNC_NOT_IN_ISR_();
    if (async_future_set_error(future, ASYNC_CANCELED)) return false;
#if ASYNCC_CANCEL
    if (future->on_cancel) future->on_cancel(future);
#endif
    return true;
}
int async_future_add_done_callback(async_future *future, async_call *call, int (*fn)(void *),
                                   void *arg)
{
    int err;
    ASYNC_NOT_IN_ISR_();
    ASYNC_MASK_(k);
    err = async_call_after_(&future->waiters, future->state != 0, call, fn, arg);
    ASYNC_UNMASK_(k);
    return err;
}
#if ASYNCC_CANCEL
static bool async_future_cancel_wait_(async_task *task)
{
    return async_future_cancel((async_future *)task->u.on);
}
static const async_ops async_future_ops_ =
    ASYNC_OPS_(NULL, async_future_cancel_wait_, NULL, NULL, &async_ready_ops_, "future");
#endif
int async_future_wait_leaf_(struct async_future_wait *room, async_frame *caller, async_task *task,
                            async_future *future)
{
    int err;
    ASYNC_MASK_(k);
    (void)room;
    if (future->state) {
        err = future->error;
    } else {
        task->u.on = future;
        async_wait_in_(&future->waiters, &task->h);
        err = async_block_(task, caller, &async_future_ops_);
    }
    ASYNC_UNMASK_(k);
    return err;
}

/* ------------------------------------------------------------------------------------------
 * >>sets          gather, wait and as_completed: one collector for any number of tasks. Its handle,
 *                 which is in no list, ends the list of waiters of every task; one that ends finds
 *                 it there and tells it one tick later, as a done-callback would. So a task needs
 *                 no node. Only one that somebody waits for already does, to keep the order, or to
 *                 have a second collector: that node is allocated. The collector of gather and wait
 *                 is the task that waits; as_completed has a handle of its own, since it collects
 *                 while its consumer does other things.
 * ------------------------------------------------------------------------------------------ */

#if ASYNCC_CANCEL
struct async_spare_ {
    async_handle h;
    async_handle *collector;
    async_task *child;
    struct async_spare_ *next; /* all of one set: it may end while they are queued */
};

static async_task *async_child_at_(const struct async_set_ *set, uint32_t i)
{
    if (set->stride == 1) return set->u.t[i];
    if (set->stride == 0) return ((async_task **)set->u.first)[i];
    return (async_task *)(void *)((char *)set->u.first + (size_t)i * set->stride);
}
static void async_tell_collector_(async_handle *collector, async_task *child, async_handle *node)
{
    collector->ops->child_done((async_task *)(void *)collector, child, node);
}
static void async_spare_run_(async_handle *h)
{
    struct async_spare_ *spare = (struct async_spare_ *)(void *)h;
    async_loop_->current = NULL;
    h->pprev = NULL;
    async_tell_collector_(spare->collector, spare->child, h);
}
static async_task *async_spare_target_(async_task *spare)
{
    return (async_task *)(void *)((struct async_spare_ *)(void *)spare)->collector;
}
static const async_ops async_spare_ops_ =
    ASYNC_OPS_(async_spare_run_, NULL, async_spare_target_, NULL, &async_spare_ops_, "gather");

/* The handle of a task that had ended before it was asked for: it tells a tick later, too. */
static void async_late_run_(async_handle *h)
{
    async_task *task = (async_task *)(void *)h;
    async_handle **waiters = &async_root_(task)->up.waiters, *collector = *waiters;
    *waiters = NULL;
    h->ops = &async_done_ops_;
    task->flags &= (uint16_t)~ASYNC_LIVE_;
    async_tell_collector_(collector, task, h);
}
static const async_ops async_late_ops_ =
    ASYNC_OPS_(async_late_run_, NULL, NULL, NULL, NULL, "its end");

/* 1: the child is told to tell the collector; 0: it is already, it was named twice. */
static int async_collect_(struct async_set_ *set, async_handle *collector, async_task *child)
{
    async_loop *loop = async_loop_;
    async_handle **list = &async_root_(child)->up.waiters, *h;
    struct async_spare_ *spare;
    if (!*list && !async_task_done(child)) {
        *list = collector;
        return 1;
    }
    for (h = *list; h; h = h->next)
        if (h == collector || (h->ops == &async_spare_ops_ &&
                               ((struct async_spare_ *)(void *)h)->collector == collector))
            return 0;
    for (spare = async_task_done(child) ? set->spares : NULL; spare; spare = spare->next)
        if (spare->child == child) return 0;
    /* one that has ended is marked as live while its handle is used, lest it be spawned again */
    if (async_task_done(child) && !(child->flags & ASYNC_LIVE_) && !ASYNC_IS_FREED_(child)) {
        *list = collector;
        child->flags |= ASYNC_LIVE_;
        child->h.ops = &async_late_ops_;
        async_push_(loop, &child->h);
        return 1;
    }
    spare = (struct async_spare_ *)ASYNC_ALLOC_(loop, NULL, sizeof *spare);
    if (!spare) return -ENOMEM;
    spare->h.ops = &async_spare_ops_;
    spare->collector = collector;
    spare->child = child;
    spare->next = set->spares;
    set->spares = spare;
    if (async_task_done(child)) async_push_(loop, &spare->h);
    else async_link_(list, &spare->h);
    return 1;
}
static void async_uncollect_(async_task *child, async_handle *collector)
{
    async_handle **list = &async_root_(child)->up.waiters, *h;
    for (; (h = *list) != NULL; list = &h->next) {
        if (h != collector && !h->ops->child_done) continue;
        if (h != collector) return; /* another's */
        *list = NULL;
        if (child->h.ops == &async_late_ops_) {
            async_withdraw_(async_loop_, &child->h);
            child->h.ops = &async_done_ops_;
            child->flags &= (uint16_t)~ASYNC_LIVE_;
        }
        return;
    }
}
/* Those that go on no longer tell. n: how many were reached; not all if it could not begin. */
static void async_set_stop_(struct async_set_ *set, async_handle *collector, uint32_t n)
{
    struct async_spare_ *spare;
    uint32_t i;
    for (spare = set->spares; spare; spare = spare->next) {
        if (spare->h.pprev) async_withdraw_(async_loop_, &spare->h);
        spare->h.pprev = NULL;
    }
    for (i = 0; i < n; i++) async_uncollect_(async_child_at_(set, i), collector);
}
static void async_set_detach_(struct async_set_ *set, async_handle *collector, uint32_t n)
{
    async_loop *loop = async_loop_;
    uint32_t i;
    async_set_stop_(set, collector, n);
    while (set->spares) {
        struct async_spare_ *spare = set->spares;
        set->spares = spare->next;
        (void)ASYNC_ALLOC_(loop, spare, 0);
    }
    for (i = 0; i < n; i++) async_task_release(async_child_at_(set, i));
}
/* How many were reached: all, or *err says why not. `late`: those that have ended tell, too. */
static uint32_t async_set_collect_(struct async_set_ *set, const async_tasks *tasks,
                                   async_handle *collector, bool late, int *err)
{
    uint32_t i;
    __builtin_memset(set, 0, offsetof(struct async_set_, u));
    set->n = tasks->n;
    set->stride = tasks->stride & 0xffffff;
    if (tasks->stride == 1)
        __builtin_memcpy(set->u.t, tasks->t, (size_t)tasks->n * sizeof set->u.t[0]);
    else set->u.first = tasks->first;
    collector->next = NULL;
    for (i = 0, *err = 0; i < set->n; i++) {
        async_task *child = async_child_at_(set, i);
        if (!(child->flags & (ASYNC_LIVE_ | ASYNC_DONE_)) ||
            (!async_task_done(child) && child->scope->loop != async_loop_))
            *err = -EINVAL;
        else if (!late && &child->h == collector) *err = -EDEADLK;
        else if (child->flags & ASYNC_HEAP_ && child->refs > UINT8_MAX - 4) *err = -EBUSY;
        else if (late || !async_task_done(child)) *err = async_collect_(set, collector, child);
        if (*err < 0) break;
        set->left += (uint32_t)*err;
        *err = 0;
        async_task_hold(child);
    }
    return i;
}

/* --- gather --- */

static int async_gather_verdict_(struct async_set_ *g, int err)
{
    if (g->settle) err = 0;
    return err ? err : g->left ? ASYNC_PENDING_ : g->cancelled ? ASYNC_CANCELED : 0;
}
/* No error of those that go on is reported: the gather has given its answer. */
static void async_gather_over_(struct async_set_ *g, async_task *owner)
{
    uint32_t i;
    for (i = 0; i < g->n; i++) async_child_at_(g, i)->flags |= ASYNC_QUIET_;
    async_set_detach_(g, &owner->h, g->n);
}
static void async_gather_child_done_(async_task *owner, async_task *child, async_handle *node)
{
    struct async_set_ *g = (struct async_set_ *)owner->u.on;
    int err;
    (void)node;
    g->left--;
    err = async_gather_verdict_(g, g->settle ? async_see_(child) : async_tell_(owner, child));
    if (err == ASYNC_PENDING_) return;
    async_wake_(owner,
                err); /* first: a task of the allocator is freed behind those who may look at it */
    async_gather_over_(g, owner);
}
static async_task *async_gather_target_(async_task *task)
{
    struct async_set_ *g = (struct async_set_ *)task->u.on;
    if (g->cursor == 0) g->found = 0;
    while (g->cursor < g->n) {
        async_task *child = async_child_at_(g, g->cursor++);
        if (!async_task_done(child)) {
            g->cancelled = g->found = 1;
            return child;
        }
    }
    g->cursor = 0;
    return NULL;
}
/* After a cancel has passed through: did it find anybody? */
static bool async_gather_cancelled_(async_task *task)
{
    struct async_set_ *g = (struct async_set_ *)task->u.on;
    if (g->cut) {
        async_wake_(task, ASYNC_CANCELED);
        async_gather_over_(g, task);
    }
    return g->found;
}
static const async_ops async_gather_ops_ =
    ASYNC_OPS_(NULL, async_gather_cancelled_, async_gather_target_, async_gather_child_done_,
               &async_ready_ops_, "gather");

int async_gather_(struct async_gather *room, async_frame *caller, async_task *task,
                  const async_tasks *tasks, bool settle)
{
    struct async_set_ *g = &room->set;
    uint32_t i, reached;
    int err;
    reached = async_set_collect_(g, tasks, &task->h, false, &err);
    g->settle = settle;
    if (!err) /* those that have ended speak at once, in order */
        for (i = 0; i < g->n; i++)
            if (async_task_done(async_child_at_(g, i)) && async_see_(async_child_at_(g, i)) &&
                !settle && !err)
                err = async_tell_(task, async_child_at_(g, i));
    if (!err && g->left) {
        task->u.on = g;
        return async_block_(task, caller, &async_gather_ops_);
    }
    if (reached == g->n) async_gather_over_(g, task);
    else async_set_detach_(g, &task->h, reached);
    if (ASYNC_RARE_(reached < g->n && err == -EINVAL))
        return async_misuse_(task, caller,
                             "gathers a task that was never spawned, or is of another loop");
    return err;
}

/* --- wait: as asyncio's, it looks at no outcome and cancels nobody --- */

static void async_wait_over_(struct async_wait *w, async_task *owner, int err)
{
    (void)async_call_cancel(&w->timer);
    async_wake_(owner, err);
    async_set_detach_(&w->set, &owner->h, w->set.n);
}
static void async_wait_child_done_(async_task *owner, async_task *child, async_handle *node)
{
    struct async_wait *w = (struct async_wait *)owner->u.on;
    (void)node;
    w->set.left--;
    if (!w->set.left || w->set.when == ASYNC_FIRST_COMPLETED ||
        (w->set.when == ASYNC_FIRST_EXCEPTION && child->wake != ASYNC_CANCELED &&
         async_see_(child)))
        async_wait_over_(w, owner, 0);
}
static int async_wait_timeout_(void *owner)
{
    async_wait_over_((struct async_wait *)((async_task *)owner)->u.on, (async_task *)owner, 0);
    return 0;
}
static bool async_wait_cancel_(async_task *task)
{
    async_wait_over_((struct async_wait *)task->u.on, task, ASYNC_CANCELED);
    return true;
}
/* Counted at the last moment: more may have ended since it was woken. A task named twice counts
 * once; the mark, which a cancel uses, says which have been. */
static int async_count_done_(const struct async_set_ *set)
{
    uint32_t i;
    int n = 0;
    for (i = 0; i < set->n; i++) {
        async_task *child = async_child_at_(set, i);
        if (!async_task_done(child) || child->flags & ASYNC_MARK_) continue;
        child->flags |= ASYNC_MARK_;
        n++;
    }
    for (i = 0; i < set->n; i++)
        if (async_task_done(async_child_at_(set, i)))
            async_child_at_(set, i)->flags &= (uint16_t)~ASYNC_MARK_;
    return n;
}
static void async_wait_run_(async_handle *h)
{
    async_task *task = (async_task *)(void *)h;
    struct async_wait *w = (struct async_wait *)task->u.on;
    int err = async_told_(task);
    async_loop_->current = task;
    h->ops = &async_ready_ops_;
    if (!err) w->async_result_ = async_count_done_(&w->set);
    async_step_(task, err);
}
static const async_ops async_wait_woken_ops_ =
    ASYNC_OPS_(async_wait_run_, NULL, NULL, NULL, NULL, "wait");
static const async_ops async_wait_ops_ = ASYNC_OPS_(
    NULL, async_wait_cancel_, NULL, async_wait_child_done_, &async_wait_woken_ops_, "wait");
int async_wait_(struct async_wait *w, async_frame *caller, async_task *task,
                const async_tasks *tasks, int return_when, async_duration timeout)
{
    int err;
    uint32_t reached;
    if (!tasks->n || return_when < ASYNC_ALL_COMPLETED || return_when > ASYNC_FIRST_EXCEPTION)
        return -EINVAL;
    async_call_init_(&w->timer);
    reached = async_set_collect_(&w->set, tasks, &task->h, true, &err);
    w->set.when = (unsigned)return_when & 3;
    if (!err && ASYNC_SPAN_(timeout) != ASYNC_SPAN_MAX_)
        err = async_call_later(async_loop_, &w->timer, timeout, async_wait_timeout_, task);
    if (!err) {
        task->u.on = w;
        return async_block_(task, caller, &async_wait_ops_);
    }
    async_set_detach_(&w->set, &task->h, reached);
    if (err == -EINVAL)
        return async_misuse_(task, caller,
                             "waits for a task that was never spawned, or is of another loop");
    return err;
}

/* --- as_completed: a generator of the library's own. Tasks that have told it are a list, linked
 *     by the handle that did; they are given in that order. --- */

static void async_as_completed_wake_(struct async_as_completed *each)
{
    if (each->waiter) async_wake_(each->waiter, 0);
    each->waiter = NULL;
}
static void async_as_completed_child_done_(async_task *collector, async_task *child,
                                           async_handle *node)
{
    struct async_as_completed *each =
        (struct async_as_completed *)(void *)((char *)collector -
                                              offsetof(struct async_as_completed, h));
    if (node == &child->h) child->flags |= ASYNC_LIVE_; /* not to be spawned while it is listed */
    node->next = NULL;
    *each->tail = node;
    each->tail = &node->next;
    if (!--each->set.left) (void)async_call_cancel(&each->timer);
    async_as_completed_wake_(each);
}
static int async_as_completed_timeout_(void *arg)
{
    struct async_as_completed *each = (struct async_as_completed *)arg;
    each->expired = true;
    async_set_stop_(&each->set, &each->h, each->set.n);
    async_as_completed_wake_(each);
    return 0;
}
static async_task *async_as_completed_next_(struct async_as_completed *each)
{
    async_handle *node = each->head;
    async_task *child = (async_task *)(void *)node;
    if (!node) return NULL;
    each->head = node->next;
    if (!each->head) each->tail = &each->head;
    if (node->ops == &async_spare_ops_) return ((struct async_spare_ *)(void *)node)->child;
    child->flags &= (uint16_t)~ASYNC_LIVE_;
    return child;
}
static void async_as_completed_over_(struct async_as_completed *each)
{
    (void)async_call_cancel(&each->timer);
    while (async_as_completed_next_(each)) {}
    async_set_detach_(&each->set, &each->h, each->set.n);
    async_scope_close_(&each->scope);
}
static bool async_as_completed_cancel_(async_task *task)
{
    ((struct async_as_completed *)task->u.on)->waiter = NULL;
    async_wake_(task, ASYNC_CANCELED);
    return true;
}
static const async_ops async_as_completed_ops_ =
    ASYNC_OPS_(NULL, async_as_completed_cancel_, NULL, NULL, &async_ready_ops_, "as_completed");
static const async_ops async_as_completed_collector_ops_ =
    ASYNC_OPS_(NULL, NULL, NULL, async_as_completed_child_done_, NULL, "as_completed");
/* It has a scope, of no tasks, for the loop to find it by when it is closed. */
static void async_as_completed_scope_(async_scope *scope, async_task *child)
{
    (void)scope, (void)child;
}
static int async_as_completed_start_(struct async_as_completed *each)
{
    int err;
    each->waiter = NULL;
    each->expired = false;
    each->head = NULL;
    each->tail = &each->head;
    async_call_init_(&each->timer);
    each->h.ops = &async_as_completed_collector_ops_;
    each->set.n = async_set_collect_(&each->set, &each->async_args_.tasks, &each->h, true, &err);
    async_scope_open_(&each->scope, async_loop_, async_as_completed_scope_);
    if (!err && each->set.n && ASYNC_SPAN_(each->async_args_.timeout) != ASYNC_SPAN_MAX_)
        err = async_call_later(async_loop_, &each->timer, each->async_args_.timeout,
                               async_as_completed_timeout_, each);
    return err;
}
async_status_ async_resume_of_async_as_completed(async_frame *frame, async_task *task, int err)
{
    struct async_as_completed *each = (struct async_as_completed *)(void *)frame;
    each->waiter = NULL;
    if (!frame->state) {
        frame->state = 1;
        err = async_as_completed_start_(each);
        if (err == -EINVAL) {
            err = async_misuse_(task, frame,
                                "waits for a task that was never spawned, or is of another loop");
            return ASYNC_MAKE_(async_status_, err);
        }
    }
    if (!err) {
        each->async_value_ = async_as_completed_next_(each);
        if (each->async_value_) return ASYNC_MAKE_(async_status_, ASYNC_YIELDED_);
        if (each->set.left && !each->expired) {
            each->waiter = task;
            task->u.on = each;
            return ASYNC_MAKE_(async_status_, async_block_(task, frame, &async_as_completed_ops_));
        }
        if (each->set.left) err = -ETIMEDOUT;
    }
    async_as_completed_over_(each);
    frame->state = ASYNC_FINISHED_;
    return ASYNC_MAKE_(async_status_, err);
}
ASYNC_TYPE_DEFINE_API_(async_as_completed)

/* --- shield: a join that a cancel does not go through. Its outcome takes two ticks, by way of the
 *     future that asyncio puts in between. --- */

static void async_shield_told_run_(async_handle *h)
{
    async_task *task = (async_task *)(void *)h;
    async_wake_(task, task->wake);
    async_task_release((async_task *)task->u.on); /* behind the one who may look at its result */
}
static bool async_shield_told_cancel_(async_task *task)
{
    async_withdraw_(async_loop_, &task->h);
    async_wake_(task, ASYNC_CANCELED);
    async_task_release((async_task *)task->u.on);
    return true;
}
static const async_ops async_shield_told_ops_ = ASYNC_OPS_(
    async_shield_told_run_, async_shield_told_cancel_, NULL, NULL, &async_ready_ops_, "shield");
static bool async_shield_cancel_(async_task *task)
{
    async_unlink_(&task->h);
    task->h.ops = &async_shield_told_ops_;
    async_wake_(task, ASYNC_CANCELED);
    async_task_release((async_task *)task->u.on);
    return true;
}
static const async_ops async_shield_ops_ =
    ASYNC_OPS_(NULL, async_shield_cancel_, NULL, NULL, &async_shield_told_ops_, "shield");
int async_shield_leaf_(struct async_shield *room, async_frame *caller, async_task *task,
                       async_task *on)
{
    (void)room;
    if (async_task_done(on)) return async_tell_(task, on);
    if (on == task || !(on->flags & ASYNC_LIVE_))
        return async_join_(task, caller, on); /* which says why not */
    async_task_hold(on);
    task->u.on = on;
    async_link_(&async_root_(on)->up.waiters, &task->h);
    return async_block_(task, caller, &async_shield_ops_);
}
#else
/* Without cancellation it waits for one after the other, so an error shows when its turn comes. */
static async_task *async_child_at_(const struct async_gather *g, uint32_t i)
{
    if (g->stride == 1) return g->u.t[i];
    if (g->stride == 0) return ((async_task **)g->u.first)[i];
    return (async_task *)(void *)((char *)g->u.first + (size_t)i * (size_t)g->stride);
}
static int async_gather_go_on_(struct async_gather *g)
{
    for (; g->cursor < g->n; g->cursor++) {
        async_task *child = async_child_at_(g, g->cursor);
        if (!async_task_done(child)) {
            async_wait_in_(&async_root_(child)->up.waiters, &g->node.h);
            return ASYNC_PENDING_;
        }
        if (!g->settle && child->u.wake) return child->u.wake;
    }
    return 0;
}
static async_status_ async_gather_resume_(async_frame *frame, async_task *node, int err)
{
    struct async_gather *g = (struct async_gather *)(void *)node;
    (void)frame;
    err = async_gather_go_on_(g);
    if (err != ASYNC_PENDING_) async_step_(g->task, err);
    return ASYNC_MAKE_(async_status_, ASYNC_PENDING_);
}
ASYNC_HANDLE_FRAME_(async_gather_frame_, async_gather_resume_);
int async_gather_(struct async_gather *g, async_frame *caller, async_task *task,
                  const async_tasks *tasks, bool settle)
{
    g->node.frame = (async_frame *)(uintptr_t)&async_gather_frame_;
    g->task = task;
    g->cursor = 0;
    g->n = tasks->n;
    g->stride = tasks->stride;
    g->settle = settle;
    if (tasks->stride == 1) __builtin_memcpy(g->u.t, tasks->t, (size_t)tasks->n * sizeof g->u.t[0]);
    else g->u.first = tasks->first;
    (void)async_block_(task, caller, &async_ready_ops_);
    return async_gather_go_on_(g);
}
#endif

#if ASYNCC_CANCEL
/* ------------------------------------------------------------------------------------------
 * >>timeout       A timer that cancels the block's task; the exit turns that into -ETIMEDOUT.
 * ------------------------------------------------------------------------------------------ */

static int async_timeout_fire_(void *arg)
{
    async_timeout *timeout = (async_timeout *)arg;
    timeout->phase = 2;
    timeout->expired = true;
    (void)async_task_cancel(timeout->task);
    return 0;
}
int async_timeout_reschedule(async_timeout *timeout, async_duration from_now)
{
    async_loop *loop = async_loop_;
    if (timeout->phase != 1) return -EINVAL;
    (void)async_call_cancel(&timeout->timer);
    if (ASYNC_SPAN_(from_now) == ASYNC_SPAN_MAX_) return 0;
    if (ASYNC_SPAN_(from_now) <= 0)
        return async_call_soon(loop, &timeout->timer, async_timeout_fire_, timeout);
    return async_call_later(loop, &timeout->timer, from_now, async_timeout_fire_, timeout);
}
int async_timeout_enter_leaf_(struct async_timeout_enter *room, async_frame *caller,
                              async_task *task, async_timeout *timeout, async_duration d)
{
    (void)room, (void)caller;
    if (timeout->phase == 1 || timeout->phase == 2) return -EBUSY;
    async_call_init_(&timeout->timer);
    timeout->task = task;
    timeout->cancelling = task->cancelling;
    timeout->phase = 1;
    timeout->expired = false;
    return async_timeout_reschedule(timeout, d);
}
int async_timeout_exit_leaf_(struct async_timeout_exit *room, async_frame *caller, async_task *task,
                             async_timeout *timeout, int error)
{
    bool expiring = timeout->phase == 2;
    (void)room, (void)caller;
    (void)async_call_cancel(&timeout->timer);
    timeout->phase = 3;
    if (expiring && async_task_uncancel(task) <= (int)timeout->cancelling &&
        error == ASYNC_CANCELED)
        return -ETIMEDOUT;
    return error;
}

static void async_wait_for_run_(async_handle *h)
{
    async_task *task = (async_task *)(void *)h;
    struct async_wait_for *w = (struct async_wait_for *)task->u.on;
    int err = async_told_(task);
    async_loop_->current = task;
    task->h.ops = &async_ready_ops_;
    async_step_(task, async_timeout_exit_leaf_(NULL, NULL, task, &w->timeout, err));
}
static async_task *async_wait_for_target_(async_task *task)
{
    return ((struct async_wait_for *)task->u.on)->on;
}
static const async_ops async_wait_for_woken_ops_ =
    ASYNC_OPS_(async_wait_for_run_, NULL, NULL, NULL, NULL, "wait_for");
static const async_ops async_wait_for_ops_ = ASYNC_OPS_(
    NULL, async_cancel_wait_, async_wait_for_target_, NULL, &async_wait_for_woken_ops_, "wait_for");
/* No time at all: the task is cancelled at once, and its end waited for by a callback, so that
 * a cancel of the one who waits is not passed on to it a second time. */
static int async_wait_for_gone_(void *arg)
{
    struct async_wait_for *w = (struct async_wait_for *)arg;
    int err = async_see_(w->on);
    async_wake_(w->timeout.task, err == ASYNC_CANCELED ? -ETIMEDOUT : err);
    async_task_release(w->on); /* behind the one who may look at its result */
    return 0;
}
static bool async_wait_for_gone_cancel_(async_task *task)
{
    struct async_wait_for *w = (struct async_wait_for *)task->u.on;
    (void)async_call_cancel(&w->timeout.timer);
    async_task_release(w->on);
    async_wake_(task, ASYNC_CANCELED);
    return true;
}
static const async_ops async_wait_for_gone_ops_ =
    ASYNC_OPS_(NULL, async_wait_for_gone_cancel_, NULL, NULL, &async_ready_ops_, "wait_for");
int async_wait_for_leaf_(struct async_wait_for *w, async_frame *caller, async_task *task,
                         async_task *on, async_duration d)
{
    int err;
    if (async_task_done(on)) return async_tell_(task, on);
    if (on == task || !(on->flags & ASYNC_LIVE_))
        return async_join_(task, caller, on); /* which says why not */
    w->on = on;
    w->timeout.phase = 0;
    if (ASYNC_SPAN_(d) <= 0) { /* a task that has not started never does */
        w->timeout.task = task;
        async_call_init_(&w->timeout.timer);
        err = async_task_add_done_callback(on, &w->timeout.timer, async_wait_for_gone_, w);
        if (err) return err;
        async_task_hold(on);
        (void)async_task_cancel(on);
        task->u.on = w;
        return async_block_(task, caller, &async_wait_for_gone_ops_);
    }
    err = async_timeout_enter_leaf_(NULL, caller, task, &w->timeout, d);
    if (err) return err;
    (void)async_join_(task, caller, on);
    task->u.on = w;
    return async_block_(task, caller, &async_wait_for_ops_);
}

/* ------------------------------------------------------------------------------------------
 * >>group         TaskGroup, step for step as CPython 3.13's.
 * ------------------------------------------------------------------------------------------ */

static void async_group_abort_(async_group *group)
{
    async_task *task;
    group->aborting = true;
    for (task = group->scope.head; task; task = task->next) (void)async_task_cancel(task);
}
static void async_group_child_done_(async_scope *scope, async_task *child)
{
    async_group *group = (async_group *)(void *)scope;
    if (!scope->head && group->waiting) {
        group->waiting = false;
        async_wake_(group->parent, 0);
    }
    if (!child->wake || child->wake == ASYNC_CANCELED) return;
    (void)async_see_(child);
    async_task_hold(child);
    child->flags |= ASYNC_LISTED_;
    child->next = NULL; /* it has left the scope's list */
    *group->failed_tail = child;
    group->failed_tail = &child->next;
    if (!group->aborting && !group->cancelled_parent) {
        async_group_abort_(group);
        group->cancelled_parent = true;
        (void)async_task_cancel(group->parent);
    }
}
int async_group_enter_leaf_(struct async_group_enter *room, async_frame *caller, async_task *task,
                            async_group *group)
{
    (void)room, (void)caller;
    if (group->phase == 1 || group->phase == 2) return -EBUSY;
    async_scope_open_(&group->scope, async_loop_, async_group_child_done_);
    group->parent = task;
    group->failed = NULL;
    group->failed_tail = &group->failed;
    group->phase = 1;
    group->aborting = group->cancelled_parent = group->waiting = group->propagate = false;
    return 0;
}
/* Everybody has ended: what is raised? */
static int async_group_verdict_(async_group *group, async_task *task)
{
    int err = 0;
    async_task *failed;
    group->phase = 3;
    async_scope_close_(&group->scope);
    if (group->cancelled_parent && async_task_uncancel(task) == 0) group->propagate = false;
    if (group->failed) {
        err = group->failed->wake;
        (void)async_tell_(task, group->failed);
    } else if (group->propagate) {
        return ASYNC_CANCELED;
    } else if (group->body_error != ASYNC_CANCELED) {
        err = group->body_error;
    }
    for (failed = group->failed; failed; failed = async_group_next_failed(failed)) {
        failed->flags &= (uint16_t)~ASYNC_LISTED_;
        async_task_release(failed);
    }
    /* a cancel from outside is not lost: it comes at the next await */
    if (err < 0 && task->cancelling) {
        (void)async_task_uncancel(task);
        (void)async_task_cancel(task);
    }
    return err;
}
static bool async_group_wake_cancelled_(async_task *task)
{
    ((async_group *)task->u.on)->waiting = false;
    async_wake_(task, ASYNC_CANCELED);
    return true;
}
static void async_group_run_(async_handle *h);
static const async_ops async_group_woken_ops_ =
    ASYNC_OPS_(async_group_run_, NULL, NULL, NULL, NULL, "group");
static const async_ops async_group_ops_ =
    ASYNC_OPS_(NULL, async_group_wake_cancelled_, NULL, NULL, &async_group_woken_ops_, "group");
static int async_group_wait_(async_group *group, async_frame *caller, async_task *task)
{
    if (!group->scope.head) return async_group_verdict_(group, task);
    group->waiting = true;
    task->u.on = group;
    return async_block_(task, caller, &async_group_ops_);
}
static void async_group_run_(async_handle *h)
{
    async_task *task = (async_task *)(void *)h;
    async_group *group = (async_group *)task->u.on;
    int err = async_told_(task);
    async_loop_->current = task;
    task->h.ops = &async_ready_ops_;
    if (err == ASYNC_CANCELED && !group->aborting) {
        group->propagate = true;
        async_group_abort_(group);
    }
    err = async_group_wait_(group, task->frame, task);
    if (err != ASYNC_PENDING_) async_step_(task, err);
}
int async_group_exit_leaf_(struct async_group_exit *room, async_frame *caller, async_task *task,
                           async_group *group, int error)
{
    (void)room;
    group->phase = 2;
    group->body_error = error;
    if (error == ASYNC_CANCELED) group->propagate = true;
    if (error < 0 && !group->aborting) async_group_abort_(group);
    return async_group_wait_(group, caller, task);
}

/* ------------------------------------------------------------------------------------------
 * >>select        Each branch is a task in the frame's own memory, in a scope of its select. The
 *                 first to end has the others cancelled at that very moment, before any of them
 *                 takes a step, so that no second one can take anything: a leaf that was about to
 *                 passes it on, as after every cancel.
 * ------------------------------------------------------------------------------------------ */

static void async_select_run_(async_handle *h);
static bool async_select_cancel_(async_task *task);
static const async_ops async_select_woken_ops_ =
    ASYNC_OPS_(async_select_run_, NULL, NULL, NULL, NULL, "select");
static const async_ops async_select_ops_ =
    ASYNC_OPS_(NULL, async_select_cancel_, NULL, NULL, &async_select_woken_ops_, "select");
static void async_select_ended_(struct async_select_ *s)
{
    if (s->stopping && !s->scope.head && s->owner->h.ops == &async_select_ops_)
        async_wake_(s->owner, 0);
}
static void async_select_stop_(struct async_select_ *s)
{
    async_task *task;
    if (s->stopping) return;
    s->stopping = true;
    (void)async_call_cancel(&s->timer);
    for (task = s->scope.head; task; task = task->next) (void)async_task_cancel(task);
}
static void async_select_child_done_(async_scope *scope, async_task *branch)
{
    struct async_select_ *s = (struct async_select_ *)(void *)scope;
    if (branch->wake && branch->wake != ASYNC_CANCELED) s->failed = true;
    if (!s->winner && (branch->wake != ASYNC_CANCELED || !s->stopping)) s->winner = branch;
    async_select_stop_(s);
    async_select_ended_(s);
}
static int async_select_expire_(void *arg)
{
    struct async_select_ *s = (struct async_select_ *)arg;
    async_select_stop_(s);
    async_select_ended_(s);
    return 0;
}
void async_select_begin_(struct async_select_ *s, uint64_t *room, size_t size, async_task *owner,
                         async_duration timeout)
{
    __builtin_memset(s, 0, sizeof *s);
    async_scope_open_(&s->scope, async_loop_, async_select_child_done_);
    s->owner = owner;
    s->room = room;
    s->size = (uint32_t)(size / sizeof *room);
    if (ASYNC_SPAN_(timeout) != ASYNC_SPAN_MAX_)
        (void)async_call_later(async_loop_, &s->timer, timeout, async_select_expire_, s);
}

/* Room for a branch, a task that counts as started; its frame. NULL: it is decided already. */
void *async_branch_(struct async_select_ *s, size_t words, int state, const async_type *type)
{
    uint64_t *branch = s->room + s->used;
    async_task *task = (async_task *)(void *)(branch + 1);
    if (s->stopping) return NULL;
    if (words > s->size - s->used)
        async_panic_frame_(async_root_(s->owner),
                           "ASYNC_SELECT has more branches than its clause selects(...), which "
                           "lists each as often as it stands there");
    s->used += (uint32_t)words;
    *branch = (uint64_t)state;
    async_root_(task)->type = type;
    async_begin_(async_root_(task), &s->scope, ASYNC_LIVE_ | ASYNC_ASKED_);
    return async_root_(task);
}
/* A leaf has nothing to do after its wait. */
async_status_ async_branch_resume_(async_frame *frame, async_task *task, int err)
{
    (void)frame, (void)task;
    return ASYNC_MAKE_(async_status_, err);
}
void async_branch_began_(void *frame, int err)
{
    ASYNCC_TRACE(ASYNC_TRACE_STEP, (async_task *)frame - 1);
    if (err == ASYNC_PENDING_) ASYNCC_TRACE(ASYNC_TRACE_WAIT, (async_task *)frame - 1);
    else async_finish_(async_loop_, (async_task *)frame - 1, err);
}
void async_branch_step_(async_frame *frame)
{
    (void)async_first_step_(async_loop_, (async_task *)(void *)frame - 1);
}

/* One that has ended well has taken what it was to get: its block runs, and the cancel comes at the
 * next await. */
static bool async_select_cancel_(async_task *task)
{
    struct async_select_ *s = (struct async_select_ *)task->u.on;
    if (s->winner && !s->winner->wake) return false;
    s->cancelled = true;
    async_select_stop_(s);
    async_select_ended_(s);
    return true;
}
static void async_select_run_(async_handle *h)
{
    async_task *task = (async_task *)(void *)h;
    async_loop_->current = task;
    h->ops = &async_ready_ops_;
    task->wake = 0;
    async_step_(task, 0);
}
int async_select_wait_(struct async_select_ *s, async_frame *caller)
{
    if (s->stopping && !s->scope.head) return 0;
    s->waited = true;
    s->owner->u.on = s;
    return async_block_(s->owner, caller, &async_select_ops_);
}
/* Whose block is next, or what is raised. */
int async_select_end_(struct async_select_ *s)
{
    async_task *task = s->owner;
    int err = 0;
    if (s->winner && !s->winner->wake) {
        s->state = (uint16_t)((uint64_t *)(void *)s->winner)[-1];
    } else if (s->cancelled || (s->waited && task->flags & ASYNC_MUST_)) {
        task->flags &= (uint16_t)~ASYNC_MUST_;
        err = ASYNC_CANCELED;
    } else if (s->winner) {
        err = async_tell_(task, s->winner);
    } else if (s->on_timeout) {
        s->state = s->on_timeout;
    } else {
        err = -ETIMEDOUT;
    }
    if (s->failed)
        async_forget_(async_loop_, (uintptr_t)s->room, (uintptr_t)s->size * sizeof *s->room);
    async_scope_close_(&s->scope);
    return err;
}
#endif

/* ------------------------------------------------------------------------------------------
 * >>lines         Lock, semaphore, condition, barrier and queue hand something over, so the one
 *                 who is chosen runs before its frame does, and takes it or passes it on. The
 *                 order of events is CPython's to the step.
 * ------------------------------------------------------------------------------------------ */

enum { ASYNC_WAITS_, ASYNC_CHOSEN_, ASYNC_GAVE_UP_ };

static void async_line_remove_(async_line_ *line, async_waiter_ *w)
{
    if (!w->in_line) return;
    if (w->prev) w->prev->next = w->next;
    else line->first = w->next;
    if (w->next) w->next->prev = w->prev;
    else line->last = w->prev;
    w->in_line = false;
}
#if ASYNCC_CANCEL
#define ASYNC_LINE_OPS_ const async_ops *
#define ASYNC_LINE_(name) (&async_##name##_ops_)
#else
#define ASYNC_LINE_(name) async_##name##_run_
#define ASYNC_LINE_OPS_ async_line_ops_
typedef void (*async_line_ops_)(async_handle *);
static async_status_ async_line_resume_(async_frame *frame, async_task *task, int err)
{
    (void)err; /* there is none */
    task->frame = frame->up.caller;
    task->u.on = frame;
    ((async_waiter_ *)(void *)frame)->run(&task->h);
    return ASYNC_MAKE_(async_status_, ASYNC_PENDING_);
}
#if ASYNCC_NAMES
static const async_type async_line_type_ = {async_line_resume_, "a line", __FILE__, __LINE__};
#define ASYNC_LINE_TYPE_ (&async_line_type_)
#else
#define ASYNC_LINE_TYPE_ async_line_resume_
#endif
#endif
static int async_line_wait_(async_line_ *line, async_waiter_ *w, async_frame *caller,
                            async_task *task, ASYNC_LINE_OPS_ ops)
{
    w->next = NULL;
    w->prev = line->last;
    if (w->prev) w->prev->next = w;
    else line->first = w;
    line->last = w;
    w->task = task;
    w->state = ASYNC_WAITS_;
    w->in_line = true;
#if ASYNCC_CANCEL
    task->u.on = w;
    return async_block_(task, caller, ops);
#else
    w->frame.type = ASYNC_LINE_TYPE_;
    w->frame.up.caller = caller;
    w->run = ops;
    return async_block_(task, &w->frame, ops);
#endif
}
#if ASYNCC_CANCEL
static bool async_line_cancel_(async_task *task)
{
    bool waits;
    ASYNC_MASK_(k);
    waits = ASYNC_STILL_(task);
    if (waits) {
        ((async_waiter_ *)task->u.on)->state = ASYNC_GAVE_UP_;
        async_wake_(task, ASYNC_CANCELED);
    }
    ASYNC_UNMASK_(k);
    return waits;
}
#endif
static void async_line_choose_(async_waiter_ *w)
{
    w->state = ASYNC_CHOSEN_;
    async_wake_(w->task, 0);
}
/* The first that still waits; those who gave up, or are chosen, are passed over. */
static async_waiter_ *async_line_first_(const async_line_ *line)
{
    async_waiter_ *w = line->first;
    while (w && w->state != ASYNC_WAITS_) w = w->next;
    return w;
}
/* Is anybody in line who has not given up? */
static bool async_line_live_(const async_line_ *line)
{
    const async_waiter_ *w = line->first;
    while (w && w->state == ASYNC_GAVE_UP_) w = w->next;
    return w != NULL;
}
/* Its turn, out of the line: what it is told. */
static int async_line_turn_(async_task *task, async_line_ *line)
{
    int err = async_told_(task);
    ASYNC_CURRENT_(async_loop_, task);
    ASYNC_SET_OPS_(task, &async_ready_ops_);
    async_line_remove_(line, (async_waiter_ *)task->u.on);
    return err;
}

/* --- lock --- */

void async_lock_wake_(async_lock *lock)
{
    async_waiter_ *w = lock->line.first;
    ASYNC_NOT_IN_ISR_();
    if (w && w->state == ASYNC_WAITS_) async_line_choose_(w);
}
static int async_lock_taken_(async_lock *lock, int err)
{
    if (!err) lock->locked = true;
    else if (!lock->locked) async_lock_wake_(lock);
    return err;
}
static bool async_lock_try_(async_lock *lock)
{
    if (lock->locked || async_line_live_(&lock->line)) return false;
    return lock->locked = true;
}
static void async_lock_run_(async_handle *h)
{
    async_task *task = (async_task *)(void *)h;
    async_lock *lock = ((struct async_lock_acquire *)task->u.on)->lock;
    async_step_(task, async_lock_taken_(lock, async_line_turn_(task, &lock->line)));
}
#if ASYNCC_CANCEL
static const async_ops async_lock_woken_ops_ =
    ASYNC_OPS_(async_lock_run_, NULL, NULL, NULL, NULL, "lock");
static const async_ops async_lock_ops_ =
    ASYNC_OPS_(NULL, async_line_cancel_, NULL, NULL, &async_lock_woken_ops_, "lock");
#else
static void async_lock_run_(async_handle *h);
#endif
int async_lock_acquire_(struct async_lock_acquire *room, async_frame *caller, async_task *task,
                        async_lock *lock)
{
    if (async_lock_try_(lock)) return 0;
    room->lock = lock;
    return async_line_wait_(&lock->line, &room->w, caller, task, ASYNC_LINE_(lock));
}

/* --- event --- */

ASYNCC_ISR_ATTR void async_event_set(async_event *event)
{
    if (event->waiters) ASYNC_OWN_THREAD_NAMED_(async_loop_, "async_event_set");
    ASYNC_MASK_(k);
    event->set = true;
    async_release_all_(&event->waiters, 0);
    ASYNC_UNMASK_(k);
}
#if ASYNCC_CANCEL
static const async_ops async_event_ops_ =
    ASYNC_OPS_(NULL, async_cancel_wait_, NULL, NULL, &async_ready_ops_, "event");
#endif
int async_event_wait_leaf_(struct async_event_wait *room, async_frame *caller, async_task *task,
                           async_event *event)
{
    int err = 0;
    ASYNC_MASK_(k);
    (void)room;
    if (!event->set) {
        task->u.on = event;
        async_wait_in_(&event->waiters, &task->h);
        err = async_block_(task, caller, &async_event_ops_);
    }
    ASYNC_UNMASK_(k);
    return err;
}

/* --- semaphore: a permit is handed over when it is released --- */

static bool async_semaphore_wake_next_(async_semaphore *s)
{
    async_waiter_ *w = async_line_first_(&s->line);
    if (!w) return false;
    s->value--;
    async_line_choose_(w);
    return true;
}
ASYNCC_ISR_ATTR int async_semaphore_release(async_semaphore *s)
{
    int err = 0;
    ASYNC_MASK_(k);
    if (s->value >= s->bound - 1) { /* without a bound: at UINT32_MAX */
        err = -EINVAL;
    } else {
        s->value++;
        (void)async_semaphore_wake_next_(s);
    }
    ASYNC_UNMASK_(k);
    return err;
}
bool async_semaphore_locked(const async_semaphore *s)
{
    return s->value == 0 || async_line_live_(&s->line);
}
static void async_semaphore_run_(async_handle *h)
{
    async_task *task = (async_task *)(void *)h;
    struct async_semaphore_acquire *room = (struct async_semaphore_acquire *)task->u.on;
    async_semaphore *s = room->semaphore;
    int err;
    ASYNC_MASK_(k);
    err = async_line_turn_(task, &s->line);
    if (err && room->w.state == ASYNC_CHOSEN_) s->value++;
    while (s->value > 0 && async_semaphore_wake_next_(s)) {}
    ASYNC_UNMASK_(k);
    async_step_(task, err);
}
#if ASYNCC_CANCEL
static const async_ops async_semaphore_woken_ops_ =
    ASYNC_OPS_(async_semaphore_run_, NULL, NULL, NULL, NULL, "semaphore");
static const async_ops async_semaphore_ops_ =
    ASYNC_OPS_(NULL, async_line_cancel_, NULL, NULL, &async_semaphore_woken_ops_, "semaphore");
#else
static void async_semaphore_run_(async_handle *h);
#endif
int async_semaphore_acquire_leaf_(struct async_semaphore_acquire *room, async_frame *caller,
                                  async_task *task, async_semaphore *s)
{
    int err = 0;
    ASYNC_MASK_(k);
    if (!async_semaphore_locked(s)) {
        s->value--;
    } else {
        room->semaphore = s;
        err = async_line_wait_(&s->line, &room->w, caller, task, ASYNC_LINE_(semaphore));
    }
    ASYNC_UNMASK_(k);
    return err;
}

/* --- condition: wait, then the lock again, whatever comes --- */

static void async_condition_wake_(async_condition *c, uint32_t n)
{
    async_waiter_ *w = c->line.first;
    for (; w && n; w = w->next)
        if (w->state == ASYNC_WAITS_) async_line_choose_(w), n--;
}
int async_condition_notify(async_condition *c, uint32_t n)
{
    ASYNC_NOT_IN_ISR_();
    if (!async_condition_lock(c)->locked) return -EPERM;
    async_condition_wake_(c, n);
    return 0;
}
static void async_condition_run_(async_handle *h);
#if ASYNCC_CANCEL
static const async_ops async_condition_woken_ops_ =
    ASYNC_OPS_(async_condition_run_, NULL, NULL, NULL, NULL, "condition");
static const async_ops async_condition_ops_ =
    ASYNC_OPS_(NULL, async_line_cancel_, NULL, NULL, &async_condition_woken_ops_, "condition");
#else
static void async_condition_run_(async_handle *h);
#endif
static int async_condition_start_(struct async_condition_wait *room, async_frame *caller,
                                  async_task *task)
{
    async_condition *c = room->condition;
    int err = async_lock_release(async_condition_lock(c));
    if (err) return err;
    room->taking_back = false;
    return async_line_wait_(&c->line, &room->w, caller, task, ASYNC_LINE_(condition));
}
static void async_condition_run_(async_handle *h)
{
    async_task *task = (async_task *)(void *)h;
    struct async_condition_wait *room = (struct async_condition_wait *)task->u.on;
    async_condition *c = room->condition;
    async_lock *lock = async_condition_lock(c);
    int err = async_line_turn_(task, room->taking_back ? &lock->line : &c->line);
    bool mine = room->taking_back && !async_lock_taken_(lock, err);
    if (err || !room->taking_back) room->err = err;
    if (!mine && !async_lock_try_(lock)) {
        room->taking_back = true;
        (void)async_line_wait_(&lock->line, &room->w, task->frame, task, ASYNC_LINE_(condition));
        return;
    }
    if (room->err) async_condition_wake_(c, 1); /* it may have been notified: somebody else, then */
    else if (room->predicate && !room->predicate(room->arg)) {
        room->err = async_condition_start_(room, task->frame, task);
        if (room->err == ASYNC_PENDING_) {
#if ASYNCC_CANCEL
            if (task->flags & ASYNC_MUST_) async_cancel_late_(task); /* by its own predicate */
#endif
            return;
        }
    }
    async_step_(task, room->err);
}
int async_condition_wait_(struct async_condition_wait *room, async_frame *caller, async_task *task,
                          async_condition *condition, bool (*predicate)(void *), void *arg)
{
    if (predicate && predicate(arg)) return 0;
    room->condition = condition;
    room->predicate = predicate;
    room->arg = arg;
    return async_condition_start_(room, caller, task);
}

/* --- barrier --- */

static void async_barrier_wake_all_(async_barrier *b)
{
    async_waiter_ *w;
    for (w = b->line.first; w; w = w->next)
        if (w->state == ASYNC_WAITS_) async_line_choose_(w);
}
/* asyncio's barrier is made of a condition, where one who is cancelled wakes the next, lest a
 * notify gets lost. That one waits on, at the end of the line. */
static void async_barrier_wake_one_(async_barrier *b)
{
    async_waiter_ *w = async_line_first_(&b->line);
    if (w) async_line_choose_(w);
}
static void async_barrier_leave_(async_barrier *b)
{
    if (--b->count) return;
    if (b->state == ASYNC_RESETTING_ || b->state == ASYNC_DRAINING_) b->state = ASYNC_FILLING_;
    async_barrier_wake_all_(b);
}
static void async_barrier_run_(async_handle *h);
#if ASYNCC_CANCEL
static const async_ops async_barrier_woken_ops_ =
    ASYNC_OPS_(async_barrier_run_, NULL, NULL, NULL, NULL, "barrier");
static const async_ops async_barrier_ops_ =
    ASYNC_OPS_(NULL, async_line_cancel_, NULL, NULL, &async_barrier_woken_ops_, "barrier");
#else
static void async_barrier_run_(async_handle *h);
#endif
static int async_barrier_go_on_(struct async_barrier_wait *room, async_frame *caller,
                                async_task *task)
{
    async_barrier *b = room->barrier;
    int err = 0;
    if (!room->counted) { /* until the last round has gone */
        if (b->state == ASYNC_BROKEN_) return ASYNC_EBROKEN;
        if (b->state != ASYNC_FILLING_)
            return async_line_wait_(&b->line, &room->w, caller, task, ASYNC_LINE_(barrier));
        room->counted = true;
        room->async_result_ = b->count++;
        if (b->count == b->parties) {
            b->state = ASYNC_DRAINING_;
            async_barrier_wake_all_(b);
        }
    }
    if (b->state == ASYNC_FILLING_)
        return async_line_wait_(&b->line, &room->w, caller, task, ASYNC_LINE_(barrier));
    if (b->state != ASYNC_DRAINING_) err = ASYNC_EBROKEN;
    async_barrier_leave_(b);
    return err;
}
static void async_barrier_run_(async_handle *h)
{
    async_task *task = (async_task *)(void *)h;
    struct async_barrier_wait *room = (struct async_barrier_wait *)task->u.on;
    int err = async_line_turn_(task, &room->barrier->line);
    if (!err) {
        err = async_barrier_go_on_(room, task->frame, task);
    } else {
        async_barrier_wake_one_(room->barrier);
        if (room->counted) async_barrier_leave_(room->barrier);
    }
    if (err != ASYNC_PENDING_) async_step_(task, err);
}
int async_barrier_wait_leaf_(struct async_barrier_wait *room, async_frame *caller, async_task *task,
                             async_barrier *barrier)
{
    if (!barrier->parties) return -EINVAL;
    room->barrier = barrier;
    room->counted = false;
    return async_barrier_go_on_(room, caller, task);
}
void async_barrier_reset(async_barrier *b)
{
    ASYNC_NOT_IN_ISR_();
    b->state = b->count ? ASYNC_RESETTING_ : ASYNC_FILLING_;
    async_barrier_wake_all_(b);
}
void async_barrier_abort(async_barrier *b)
{
    ASYNC_NOT_IN_ISR_();
    b->state = ASYNC_BROKEN_;
    async_barrier_wake_all_(b);
}

/* ------------------------------------------------------------------------------------------
 * >>queue         A ring of items in the caller's struct; a heap where the order is by priority.
 *                 A woken getter takes its item when it runs; if somebody was faster it goes to
 *                 the end of the line, as in CPython.
 * ------------------------------------------------------------------------------------------ */

void async_queue_wake_(async_line_ *line)
{
    async_waiter_ *w;
    while ((w = line->first) != NULL) {
        line->first = w->next;
        if (w->next) w->next->prev = NULL;
        else line->last = NULL;
        w->in_line = false;
        if (ASYNC_LIKELY_(w->state == ASYNC_WAITS_)) {
            async_line_choose_(w);
            return;
        }
    }
}
static char *async_queue_at_(void *items, uint32_t i, uint32_t size)
{
    return (char *)items + (size_t)i * size;
}
static void async_queue_swap_(char *a, char *b, uint32_t size)
{
    for (; size; size--, a++, b++) {
        char c = *a;
        *a = *b;
        *b = c;
    }
}
static bool async_queue_less_(const async_queue *q, void *items, uint32_t a, uint32_t b,
                              uint32_t size)
{
    return q->compare(async_queue_at_(items, a, size), async_queue_at_(items, b, size)) < 0;
}
static void async_queue_rise_(const async_queue *q, void *items, uint32_t i, uint32_t size)
{
    uint32_t up;
    for (; i && async_queue_less_(q, items, i, up = (i - 1) / 2, size); i = up)
        async_queue_swap_(async_queue_at_(items, i, size), async_queue_at_(items, up, size), size);
}
static void async_queue_insert_(async_queue *q, void *items, const void *item, uint32_t size,
                                uint32_t capacity)
{
    uint32_t i = q->count++;
    if (q->order == ASYNC_FIFO && (i += q->first) >= capacity) i -= capacity;
    __builtin_memcpy(async_queue_at_(items, i, size), item, (size_t)size);
    if (q->order == ASYNC_PRIORITY) async_queue_rise_(q, items, i, size);
}
static void async_queue_take_(async_queue *q, void *items, void *item, uint32_t size,
                              uint32_t capacity)
{
    uint32_t n = --q->count, i = 0, down;
    if (q->order == ASYNC_LIFO) i = n;
    if (q->order == ASYNC_FIFO) {
        i = q->first++;
        if (q->first == capacity) q->first = 0;
    }
    __builtin_memcpy(item, async_queue_at_(items, i, size), (size_t)size);
    if (q->order != ASYNC_PRIORITY || !n) return;
    /* The last takes the place of the first, sinks to the bottom and rises from there: so do
     * Python's heaps, and equal items come out in the same order. */
    __builtin_memcpy(items, async_queue_at_(items, n, size), (size_t)size);
    for (; (down = 2 * i + 1) < n; i = down) {
        if (down + 1 < n && !async_queue_less_(q, items, down, down + 1, size)) down++;
        async_queue_swap_(async_queue_at_(items, i, size), async_queue_at_(items, down, size),
                          size);
    }
    async_queue_rise_(q, items, i, size);
}
ASYNCC_ISR_ATTR int async_queue_put_nowait_(async_queue *q, void *items, const void *item,
                                            uint32_t size, uint32_t capacity)
{
    int err = 0;
    ASYNC_MASK_(k);
    if (q->shut) {
        err = -ESHUTDOWN;
    } else if (q->count == capacity) {
        err = -EAGAIN;
    } else {
        async_queue_insert_(q, items, item, size, capacity);
        q->unfinished++;
        async_queue_wake_(&q->getters);
    }
    ASYNC_UNMASK_(k);
    return err;
}
int async_queue_get_nowait_(async_queue *q, void *items, void *item, uint32_t size,
                            uint32_t capacity)
{
    int err = 0;
    ASYNC_NOT_IN_ISR_();
    ASYNC_MASK_(k);
    if (q->count) {
        async_queue_take_(q, items, item, size, capacity);
        async_queue_wake_(&q->putters);
    } else {
        err = q->shut ? -ESHUTDOWN : -EAGAIN;
    }
    ASYNC_UNMASK_(k);
    return err;
}
static void async_put_run_(async_handle *h);
static void async_get_run_(async_handle *h);
#if ASYNCC_CANCEL
static const async_ops async_put_woken_ops_ =
    ASYNC_OPS_(async_put_run_, NULL, NULL, NULL, NULL, "queue put");
static const async_ops async_get_woken_ops_ =
    ASYNC_OPS_(async_get_run_, NULL, NULL, NULL, NULL, "queue get");
static const async_ops async_put_ops_ =
    ASYNC_OPS_(NULL, async_line_cancel_, NULL, NULL, &async_put_woken_ops_, "queue put");
static const async_ops async_get_ops_ =
    ASYNC_OPS_(NULL, async_line_cancel_, NULL, NULL, &async_get_woken_ops_, "queue get");
#endif
static int async_queue_put_again_(struct async_queue_io_ *io, async_frame *caller, async_task *task)
{
    async_queue *q = io->queue;
    int err = q->special
                  ? async_queue_put_nowait_(q, io->items, io->item.from, io->size, io->capacity)
                  : -EAGAIN;
    if (err != -EAGAIN) return err;
    return async_line_wait_(&q->putters, &io->w, caller, task, ASYNC_LINE_(put));
}
static int async_queue_get_again_(struct async_queue_io_ *io, async_frame *caller, async_task *task)
{
    async_queue *q = io->queue;
    int err = q->special
                  ? async_queue_get_nowait_(q, io->items, io->item.to, io->size, io->capacity)
                  : -EAGAIN;
    if (err != -EAGAIN) return err;
    return async_line_wait_(&q->getters, &io->w, caller, task, ASYNC_LINE_(get));
}
static void async_put_run_(async_handle *h)
{
    async_task *task = (async_task *)(void *)h;
    struct async_queue_io_ *io = (struct async_queue_io_ *)task->u.on;
    async_queue *q = io->queue;
    int err;
    ASYNC_MASK_(k);
    err = async_line_turn_(task, &q->putters);
    if (ASYNC_RARE_(err)) {
        if (io->w.state == ASYNC_CHOSEN_ && q->count < io->capacity) async_queue_wake_(&q->putters);
    } else if (!async_queue_put_now_(q, io->items, io->item.from, io->size, io->capacity)) {
        err = async_queue_put_again_(io, task->frame, task);
    }
    ASYNC_UNMASK_(k);
    if (err != ASYNC_PENDING_) async_step_(task, err);
}
static void async_get_run_(async_handle *h)
{
    async_task *task = (async_task *)(void *)h;
    struct async_queue_io_ *io = (struct async_queue_io_ *)task->u.on;
    async_queue *q = io->queue;
    int err;
    ASYNC_MASK_(k);
    err = async_line_turn_(task, &q->getters);
    if (ASYNC_RARE_(err)) {
        if (io->w.state == ASYNC_CHOSEN_ && q->count > 0) async_queue_wake_(&q->getters);
    } else if (!async_queue_get_now_(q, io->items, io->item.to, io->size, io->capacity)) {
        err = async_queue_get_again_(io, task->frame, task);
    }
    ASYNC_UNMASK_(k);
    if (err != ASYNC_PENDING_) async_step_(task, err);
}
static void async_queue_io_set_(struct async_queue_io_ *io, async_queue *queue, void *items,
                                uint32_t size, uint32_t capacity)
{
    io->queue = queue;
    io->items = items;
    io->size = size;
    io->capacity = capacity;
}
int async_queue_put_(struct async_queue_io_ *io, async_frame *caller, async_task *task,
                     async_queue *queue, void *items, const void *item, uint32_t size,
                     uint32_t capacity)
{
    async_queue_io_set_(io, queue, items, size, capacity);
    io->item.from = item;
#if ASYNCC_FREESTANDING /* in a hosted build that has been tried where it is used */
    {
        int err = 0;
        ASYNC_MASK_(k);
        if (!async_queue_put_now_(queue, items, item, size, capacity))
            err = async_queue_put_again_(io, caller, task);
        ASYNC_UNMASK_(k);
        return err;
    }
#else
    return async_queue_put_again_(io, caller, task);
#endif
}
int async_queue_get_(struct async_queue_io_ *io, async_frame *caller, async_task *task,
                     async_queue *queue, void *items, void *item, uint32_t size, uint32_t capacity)
{
    async_queue_io_set_(io, queue, items, size, capacity);
    io->item.to = item;
#if ASYNCC_FREESTANDING /* in a hosted build that has been tried where it is used */
    {
        int err = 0;
        ASYNC_MASK_(k);
        if (!async_queue_get_now_(queue, items, item, size, capacity))
            err = async_queue_get_again_(io, caller, task);
        ASYNC_UNMASK_(k);
        return err;
    }
#else
    return async_queue_get_again_(io, caller, task);
#endif
}
static void async_queue_finished_(async_queue *q)
{
    async_release_all_(&q->joiners, 0);
}
int async_queue_task_done(async_queue *q)
{
    ASYNC_NOT_IN_ISR_();
    if (!q->unfinished) return -EINVAL;
    if (--q->unfinished == 0) async_queue_finished_(q);
    return 0;
}
#if ASYNCC_CANCEL
static const async_ops async_queue_join_ops_ =
    ASYNC_OPS_(NULL, async_cancel_wait_, NULL, NULL, &async_ready_ops_, "queue join");
#endif
int async_queue_join_leaf_(struct async_queue_join *room, async_frame *caller, async_task *task,
                           async_queue *q)
{
    (void)room;
    if (!q->unfinished) return 0;
    task->u.on = q;
    async_wait_in_(&q->joiners, &task->h);
    return async_block_(task, caller, &async_queue_join_ops_);
}
void async_queue_shutdown(async_queue *q, bool immediate)
{
    ASYNC_NOT_IN_ISR_();
    q->shut = q->special = true;
    if (immediate) {
        q->unfinished -= q->count < q->unfinished ? q->count : q->unfinished;
        q->count = q->first = 0;
        if (!q->unfinished) async_queue_finished_(q);
    }
    while (q->getters.first) async_queue_wake_(&q->getters);
    while (q->putters.first) async_queue_wake_(&q->putters);
}

/* ------------------------------------------------------------------------------------------
 * >>loop          The only place that decides what runs next.
 * ------------------------------------------------------------------------------------------ */

#if ASYNCC_FREESTANDING
/* Here a turn of the loop is one timer or one handle, so that nothing is kept of a batch; it reads
 * the clock each time, and what becomes due goes to the end of the queue. */
#if ASYNCC_CANCEL
#define ASYNC_STOPPED_(loop) ((loop)->flags & ASYNC_STOP_)
#else
#define ASYNC_STOPPED_(loop) false
#endif
/* Until the task has ended; NULL: for ever, or until it is stopped; or until nothing is ready. */
static void async_turns_(async_loop *loop, const async_task *until, bool may_idle_)
{
    async_handle *h;
    ASYNC_NOT_IN_ISR_();
    while (!(until && async_task_done(until)) && !ASYNC_STOPPED_(loop)) {
        ASYNCC_IRQ_DISABLE();
        h = loop->near;
        if (h && ASYNC_DUE_(ASYNC_WHEN_(h), ASYNCC_NOW())) {
            loop->near = h->next;
#if ASYNCC_CANCEL
            if (h->next) h->next->pprev = &loop->near;
#endif
            async_notify_(h, 0);
        } else if (loop->head) {
            h = loop->head;
            loop->head = h->next;
#if ASYNCC_CANCEL
            if (h->next) h->next->pprev = &loop->head;
#endif
            ASYNCC_IRQ_ENABLE();
#if ASYNCC_CANCEL
            h->ops->run(h);
#else
            async_task_run_(h);
#endif
        } else if (!may_idle_) {
            break;
        } else {
            ASYNCC_IDLE(h ? (const async_time *)&ASYNC_WHEN_(h) : NULL);
        }
    }
    ASYNCC_IRQ_ENABLE();
}
#if ASYNCC_ALLOC
static void *async_no_alloc_(void *context, void *old, size_t size)
{
    (void)context, (void)old, (void)size;
    return NULL;
}
#endif
int async_loop_init(async_loop *loop, const async_options *options)
{
    (void)options;
    loop->head = loop->near = NULL;
#if ASYNCC_CANCEL
    loop->current = NULL;
    loop->flags = 0;
    if (options) loop->options = *options;
    else __builtin_memset(&loop->options, 0, sizeof loop->options);
#if ASYNCC_ALLOC
    if (!loop->options.alloc) loop->options.alloc = async_no_alloc_;
#endif
#if ASYNCC_REPORTS
    loop->notes = loop->few_notes;
    loop->note_bits = 3;
    loop->note_count = 0;
    __builtin_memset(loop->few_notes, 0, sizeof loop->few_notes);
#endif
    loop->scopes = NULL;
    async_scope_open_(&loop->scope, loop, NULL);
#endif
    ASYNC_SET_LOOP_(loop);
    return 0;
}
#if !ASYNCC_CANCEL
int async_loop_tick(async_loop *loop)
{
    async_turns_(loop, NULL, false);
    return 0;
}
int async_loop_run_until_complete(async_loop *loop, async_task *task)
{
    ASYNC_SET_LOOP_(loop);
    async_turns_(loop, task, true);
    return task->u.wake;
}
int async_loop_run_forever(async_loop *loop)
{
    ASYNC_SET_LOOP_(loop);
    async_turns_(loop, NULL, true);
    return 0;
}
#endif
#else
#if ASYNCC_IO
static void async_io_poll_(async_loop *loop, int64_t timeout_ns);
static void async_io_close_(async_loop *loop);
static void async_watches_close_(async_loop *loop);
static bool async_inbox_rest_(async_loop *loop);
static void async_inbox_close_(async_loop *loop);
static void async_posted_drop_(async_call *call);
/* What the end of a loop that had jobs has to do with them: see >>pool. */
struct async_pool_ops_ {
    int (*shut)(async_loop *loop);
    void (*end)(async_loop *loop);
    void (*tell)(async_loop *loop); /* after the last look at any task */
};
#endif
#if ASYNCC_SIGNALS
static void async_signals_close_(async_loop *loop);
static void async_signal_default_(int number);
static void async_interrupt_begin_(async_loop *loop, async_signal *s, async_task *main);
static bool async_interrupt_late_(async_signal *s);
static bool async_interrupt_end_(async_signal *s, async_task *main, int err, bool late);
#endif

/* No sleep is longer than a day: some systems refuse one of years, and where time_t has 32 bits
 * it would overflow. */
#define ASYNC_DAY_ ((int64_t)86400 * 1000000000)
enum {
    ASYNC_POLL_EVERY_ = 64
}; /* resumes between two looks at clock and poller, if work never ends */

/* Waits for the next thing to happen, at most until the next deadline. False: nothing will. */
static ASYNC_NOT_INLINE_ bool async_idle_(async_loop *loop)
{
    int64_t wait = 0, jump = 0; /* a virtual clock does not wait but goes there */
    bool idle;
    if (!loop->head && !(loop->flags & ASYNC_STOP_)) {
        int64_t next = async_next_timer_(loop);
        if (next == INT64_MAX) wait = INT64_MAX;
        else if (!(loop->flags & ASYNC_VIRTUAL_))
            wait = next < 0 ? 0 : next - async_loop_time(loop);
#if ASYNCC_IO
        else if (loop->jobs) wait = INT64_MAX; /* it stands still while threads are at work */
#endif
        else jump = next;
    }
    idle = wait > 0;
    if (idle) ASYNCC_TRACE(ASYNC_TRACE_IDLE, NULL);
#if ASYNCC_IO
    if (loop->poll_fd >= 0 && (loop->fd_waits || (loop->wake_fd >= 0 && wait > 0))) {
        if (loop->wake_fd >= 0 && wait > 0) {
            if (wait == INT64_MAX && !(loop->fd_waits || loop->kept || loop->jobs)) return false;
            if (!async_inbox_rest_(loop)) wait = 0; /* something has just come */
        }
        async_io_poll_(loop, wait);
        async_inbox_take_(loop);
    } else
#endif
        if (wait > 0) {
        struct timespec t;
        if (wait == INT64_MAX) return false;
        if (wait > ASYNC_DAY_) wait = ASYNC_DAY_;
        t.tv_sec = (time_t)(wait / 1000000000);
        t.tv_nsec = (long)(wait % 1000000000);
        (void)ASYNCC_SYS(nanosleep)(&t, NULL);
    }
    if (!(loop->flags & ASYNC_VIRTUAL_)) {
        if (loop->next_timer != INT64_MAX) loop->now = async_clock_(); /* else nobody asks */
    } else if (!loop->head && jump > loop->now) {
        loop->now = jump;
    }
    loop->current = NULL;
    if (idle) ASYNCC_TRACE(ASYNC_TRACE_BUSY, NULL);
    return true;
}

/* A turn, with an eye on the clock. The line is that of the await at which the step has ended. */
static ASYNC_NOT_INLINE_ void async_run_timed_(async_loop *loop, async_handle *h)
{
    int64_t begin = async_loop_time(loop);
    async_task *task;
    async_report report;
    loop->current = NULL;
    h->ops->run(h);
    task = loop->current;
    __builtin_memset(&report, 0, sizeof report);
    report.took.ns = async_loop_time(loop) - begin;
    if (report.took.ns < loop->options.slow_step.ns) return;
    report.message = task ? "a step blocked the loop" : "a callback blocked the loop";
    report.task = task;
#if ASYNCC_NAMES
    if (task) {
        report.type = async_task_done(task) ? async_root_(task)->type : task->frame->type;
        report.line = async_task_done(task) ? 0 : task->frame->line;
    }
#endif
    async_send_report_(loop, &report);
}

/* Timers, then exactly what is ready now: the queue becomes the batch, and what is pushed meanwhile
 * starts a new one. resumes: since the poller was last asked. */
ASYNC_HOT_ void async_run_batch_(async_loop *loop, uint32_t *resumes, bool timed)
{
    async_handle *h;
    if (loop->next_timer <= loop->now) async_timers_fire_(loop);
    loop->batch = loop->head;
    loop->head = NULL;
    loop->tail = &loop->head;
    while ((h = loop->batch) != NULL) {
        loop->batch = h->next;
        ++*resumes;
        if (timed) {
            async_run_timed_(loop, h);
        } else if (ASYNC_LIKELY_(h->ops == &async_ready_ops_)) {
            loop->current = (async_task *)(void *)h;
            async_resume_(loop, loop->current, 0);
        } else {
            h->ops->run(h);
        }
    }
}
/* One tick: poll, then that. */
ASYNC_HOT_ bool async_tick_(async_loop *loop, uint32_t *resumes, bool timed)
{
#if ASYNCC_IO
    if (!loop->head || *resumes >= ASYNC_POLL_EVERY_) async_inbox_take_(loop);
#endif
    if (!loop->head || *resumes >= ASYNC_POLL_EVERY_) {
        if (!async_idle_(loop)) return false;
        *resumes = 0;
    }
    async_run_batch_(loop, resumes, timed);
    return true;
}
ASYNC_HOT_ int async_ticks_(async_loop *loop, bool timed)
{
    uint32_t resumes = ASYNC_POLL_EVERY_;
    do {
        if (!async_tick_(loop, &resumes, timed)) return -EDEADLK;
    } while (!(loop->flags & ASYNC_STOP_));
    return 0;
}
static ASYNC_NOT_INLINE_ int async_timed_ticks_(async_loop *loop)
{
    return async_ticks_(loop, true);
}

static void *async_default_alloc_(void *context, void *old, size_t size)
{
    (void)context;
    if (size) return ASYNCC_REALLOC(old, size);
    ASYNCC_FREE(old);
    return NULL;
}

int async_loop_init(async_loop *loop, const async_options *options)
{
    __builtin_memset(loop, 0, sizeof *loop);
    if (options) loop->options = *options;
    else loop->options.virtual_clock = ASYNCC_VIRTUAL_CLOCK != 0;
    if (!options && ASYNCC_DEBUG) loop->options.slow_step.ns = 100000000;
    if (!loop->options.alloc) loop->options.alloc = async_default_alloc_;
    loop->tail = &loop->head;
    loop->next_timer = INT64_MAX;
    loop->notes = loop->few_notes;
    loop->note_bits = 3;
    loop->flags = loop->options.virtual_clock ? ASYNC_VIRTUAL_ : 0;
    loop->now = loop->options.virtual_clock ? 0 : async_clock_();
#if ASYNC_WHEEL_
    loop->wheel_time = loop->now;
#endif
    async_scope_open_(&loop->scope, loop, NULL);
#if ASYNCC_IO
    loop->poll_fd = loop->spare_fd = loop->wake_fd = -1;
    loop->inbox = ASYNC_NOT_OPEN_;
#endif
    if (!async_get_running_loop()) ASYNC_SET_LOOP_(loop);
    return 0;
}

#endif

#if ASYNCC_CANCEL
#if !ASYNCC_FREESTANDING
/* The one that runs in this thread. async_loop_ may be one that was made here and runs elsewhere. */
static ASYNCC_THREAD_LOCAL async_loop *async_running_;
#endif
static int async_loop_enter_(async_loop *loop)
{
    ASYNC_NOT_IN_ISR_();
    if (loop->flags & ASYNC_CLOSED_) return -ESHUTDOWN;
    if (async_get_running_loop()) return -EBUSY;
    ASYNC_SET_LOOP_(loop);
#if !ASYNCC_FREESTANDING
    async_running_ = loop;
#endif
#if ASYNCC_IO
    loop->thread = &async_loop_;
#endif
    loop->flags |= ASYNC_RUNNING_;
    return 0;
}
static void async_loop_leave_(async_loop *loop)
{
    loop->current = NULL;
    loop->flags &= (uint8_t) ~(ASYNC_RUNNING_ | ASYNC_STOP_);
#if !ASYNCC_FREESTANDING
    async_running_ = NULL;
#endif
#if ASYNCC_IO
    loop->thread = NULL;
#endif
}
#if ASYNCC_FREESTANDING
static int async_loop_run_(async_loop *loop)
{
    int err = async_loop_enter_(loop);
    if (err) return err;
    async_turns_(loop, NULL, true);
    async_loop_leave_(loop);
    return 0;
}
/* In an interrupt it comes between two instructions of another loop's step. */
int async_loop_tick(async_loop *loop)
{
    async_loop *here = async_loop_;
    int err;
    ASYNC_NOT_IN_ISR_();
    if (loop->flags & ASYNC_RUNNING_) return -EBUSY;
    ASYNC_SET_LOOP_(loop);
    loop->flags |= ASYNC_RUNNING_;
    async_turns_(loop, NULL, false);
    err = loop->flags & ASYNC_STOP_ ? -EINTR : 0;
    async_loop_leave_(loop);
    ASYNC_SET_LOOP_(here);
    (void)here;
    return err;
}
#else
static int async_loop_run_(async_loop *loop)
{
    int err = async_loop_enter_(loop);
    if (err) return err;
    err = loop->options.slow_step.ns ? async_timed_ticks_(loop) : async_ticks_(loop, false);
    async_loop_leave_(loop);
    return err;
}
#endif
int async_loop_run_forever(async_loop *loop)
{
    return async_loop_run_(loop);
}
void async_loop_stop(async_loop *loop)
{
    ASYNC_NOT_IN_ISR_();
    ASYNC_OWN_THREAD_(loop);
    loop->flags |= ASYNC_STOP_;
}
static int async_stop_call_(void *loop)
{
    async_loop_stop((async_loop *)loop);
    return 0;
}
int async_loop_run_until_complete(async_loop *loop, async_task *task)
{
    async_call stop;
    int err;
    if (loop->flags & ASYNC_CLOSED_) return -ESHUTDOWN;
    if (async_get_running_loop()) return -EBUSY;
    if (!(task->flags & (ASYNC_LIVE_ | ASYNC_DONE_))) return -EINVAL;
    ASYNC_SET_LOOP_(loop);
    __builtin_memset(&stop, 0, sizeof stop);
    (void)async_task_add_done_callback(task, &stop, async_stop_call_, loop);
    async_task_hold(task);
    err = async_loop_run_(loop);
    (void)async_call_cancel(&stop);
    if (async_task_done(task)) err = async_see_(task);
    else if (!err) err = -EINTR;
    async_task_release(task);
    return err;
}
#if !ASYNCC_ONE_LOOP
async_loop *async_get_event_loop(void)
{
    return async_loop_;
}
#endif
async_loop *async_get_running_loop(void)
{
#if ASYNCC_FREESTANDING
    return async_loop_ && async_loop_->flags & ASYNC_RUNNING_ ? async_loop_ : NULL;
#else
    return async_running_;
#endif
}

#if ASYNCC_CANCEL
int async_loop_shutdown(async_loop *loop)
{
    async_scope *scope;
    async_task *task;
    int err = 0, turns = 4;
    if (loop->flags & ASYNC_CLOSED_) return 0;
    if (async_get_running_loop()) return -EBUSY;
    ASYNC_SET_LOOP_(loop);
    loop->leftover = 0;
    for (scope = loop->scopes; scope; scope = scope->next)
        for (task = scope->head; task; task = task->next)
            if (!async_task_done(task)) {
                task->flags |= ASYNC_LEFTOVER_;
                loop->leftover++;
            }
    if (loop->leftover) {
        for (scope = loop->scopes; scope; scope = scope->next)
            for (task = scope->head; task; task = task->next)
                if (task->flags & ASYNC_LEFTOVER_) (void)async_task_cancel(task);
        err = async_loop_run_(loop);
        turns = 6;
    }
#if ASYNCC_IO
    if (!err && loop->pools) err = loop->pools->shut(loop);
#endif
        /* As many more turns as CPython's run() takes to gather the tasks (2), close generators (2) and
     * join threads (2): what the last tasks have queued is still run. */
#if ASYNCC_FREESTANDING
    (void)turns;
#else
    while (!err && turns--) {
        loop->flags |= ASYNC_STOP_;
        err = async_loop_run_(loop);
    }
#endif
    return err;
}
#endif

#if !ASYNCC_FREESTANDING

int async_loop_close(async_loop *loop)
{
    async_loop *running;
    async_scope *scope;
    async_task *task, *next;
    async_handle *h, *after,
        *dead = NULL; /* scopes may lie in tasks: none is freed before the last look */
#if ASYNC_WHEEL_
    int i;
#endif
    if (loop->flags & ASYNC_CLOSED_) return 0;
    if (loop->flags & ASYNC_RUNNING_) return -EBUSY;
    running = async_get_running_loop();
    ASYNC_SET_LOOP_(loop);
    loop->flags |= ASYNC_CLOSED_;
#if ASYNCC_IO
    async_watches_close_(loop);
#endif
    async_forget_(loop, 0, UINTPTR_MAX);
    for (scope = loop->scopes; scope; scope = scope->next)
        for (task = scope->head; task; task = task->next) {
            if (!async_task_done(task))
                async_report_task_(loop, "task was destroyed but it is pending", 0, NULL, task);
            task->flags &= (uint16_t)~ASYNC_LIVE_;
            ASYNC_DISOWN_(task)
            if (task->h.ops->child_done)
                async_set_detach_((struct async_set_ *)task->u.on, &task->h,
                                  ((struct async_set_ *)task->u.on)->n);
            if (task->h.ops == &async_shield_told_ops_)
                async_task_release((async_task *)task->u.on); /* in no scope any more */
        }
    for (scope = loop->scopes; scope; scope = scope->next)
        if (scope->child_done == async_as_completed_scope_)
            async_as_completed_over_(
                (struct async_as_completed *)(void *)((char *)scope -
                                                      offsetof(struct async_as_completed, scope)));
    /* calls that were queued, timed or waiting are their owner's again */
    for (scope = loop->scopes; scope; scope = scope->next)
        for (task = scope->head; task; task = task->next)
            for (h = async_root_(task)->up.waiters; h; h = h->next) h->pprev = NULL;
    for (h = loop->near; h; h = h->next) h->pprev = NULL;
#if ASYNC_WHEEL_
    for (i = 0; i < ASYNC_LEVELS_ * ASYNC_SLOTS_; i++)
        for (h = loop->wheel[i]; h; h = h->next) h->pprev = NULL;
    for (i = 0; i < ASYNC_WIDE_SLOTS_ * ASYNC_STRANDS_; i++)
        for (h = loop->wide[i]; h; h = h->next) h->pprev = NULL;
#endif
#if ASYNCC_IO
    if (loop->end_processes) loop->end_processes(loop);
#endif
#if ASYNCC_SIGNALS
    async_signals_close_(loop);
#endif
#if ASYNCC_IO
    if (loop->pools) loop->pools->end(loop);
    async_inbox_close_(loop);
#endif
    while ((h = loop->head) != NULL) {
        bool freed = h->ops == &async_free_ops_ && !((async_task *)(void *)h)->refs;
        loop->head = h->next;
        if (h->next) h->next->pprev = &loop->head;
        else loop->tail = &loop->head;
        h->pprev = NULL;
        if (freed) h->next = dead, dead = h;
#if ASYNCC_IO
        if (h->ops == &async_posted_ops_) /* who is told may give it back, and another in line */
            async_posted_drop_((async_call *)(void *)h);
#endif
    }
    for (scope = loop->scopes; scope; scope = scope->next) {
        task = scope->child_done == async_group_child_done_ ? ((async_group *)(void *)scope)->failed
                                                            : NULL;
        for (; task; task = next) {
            next = async_group_next_failed(task);
            task->flags &= (uint16_t)~ASYNC_LISTED_;
            if (task->flags & ASYNC_HEAP_) task->h.next = dead, dead = &task->h;
        }
        for (task = scope->head; task; task = task->next)
            if (task->flags & ASYNC_HEAP_) task->h.next = dead, dead = &task->h;
    }
#if ASYNCC_IO
    async_io_close_(loop);
    if (loop->pools) loop->pools->tell(loop);
#endif
    if (loop->notes != loop->few_notes)
        (void)loop->options.alloc(loop->options.context, loop->notes, 0);
    for (; dead; dead = after) {
        after = dead->next;
        (void)loop->options.alloc(loop->options.context, dead, 0);
    }
    loop->head = NULL;
    ASYNC_SET_LOOP_(running);
    return 0;
}
#endif
#endif

/* --- ASYNC_RUN --- */

#if ASYNCC_SIGNALS
static ASYNCC_THREAD_LOCAL bool async_interrupted_; /* the end of the last run was that */
#endif

int async_run_(async_frame *frame, async_type_ref_ type)
{
#if ASYNCC_FREESTANDING
    async_task *task = (async_task *)(void *)frame - 1;
#if ASYNCC_ONE_LOOP
    async_loop *loop = async_loop_;
#else
    async_loop own, *loop = &own;
#endif
    (void)async_loop_init(loop, NULL);
#if ASYNCC_CANCEL
    (void)async_spawn_(frame, type, NULL, 0);
    (void)async_loop_run_until_complete(loop, task);
    (void)async_loop_shutdown(loop);
#else
    (void)async_spawn_(frame, type);
    (void)async_loop_run_until_complete(loop, task);
#endif
    return ASYNC_WAKE_(task);
#else
    async_loop loop;
    async_task *task = (async_task *)(void *)frame - 1;
    int err;
#if ASYNCC_SIGNALS
    async_signal interrupt;
    bool late;
#endif
    if (async_get_running_loop()) return -EBUSY;
    err = async_loop_init(&loop, NULL);
    if (err) return err;
    (void)async_spawn_(frame, type, &loop.scope, 0);
#if ASYNCC_SIGNALS
    async_interrupted_ = false;
    async_interrupt_begin_(&loop, &interrupt, task);
#endif
    err = async_loop_run_until_complete(&loop, task);
#if ASYNCC_SIGNALS
    late = async_interrupt_late_(&interrupt);
#endif
    (void)async_loop_shutdown(&loop);
#if ASYNCC_SIGNALS
    if (async_interrupt_end_(&interrupt, task, err, late)) {
        err = -EINTR;
        async_interrupted_ = true;
    }
#endif
    (void)async_loop_close(&loop);
    return err;
#endif
}
int async_run_main_(async_frame *frame, async_type_ref_ type)
{
    int err = async_run_(frame, type);
#if ASYNCC_SIGNALS
    if (err == -EINTR && async_interrupted_) {
        (void)fflush(NULL);
        async_signal_default_(SIGINT);
    }
#endif
#if ASYNCC_NAMES
    if (err) {
        const char *text = async_task_error_text((async_task *)(void *)frame - 1);
        (void)text;
        ASYNCC_LOG("asyncc: `%s` (%s:%d) ended with an error: %s (%d)%s%s\n", type->name,
                   type->file, type->line, async_strerror(err), err, text ? ": " : "",
                   text ? text : "");
    }
#endif
    return err ? 1 : 0;
}

#if ASYNCC_IO
/* ------------------------------------------------------------------------------------------
 * >>descriptors   A table by number says who waits for a descriptor. One of the loop's own is
 *                 registered at its first wait, for both directions, edge-triggered, and stays
 *                 so; what is known of it saves calls: after EAGAIN, or a short read from TCP,
 *                 nothing is tried before the next event. Each event carries the generation of
 *                 its number, so one left over from a closed descriptor is dropped.
 *                 A foreign descriptor is armed anew for each wait and nothing is known of it:
 *                 its owner may close it and open another under the same number at any time.
 *                 Who has been woken keeps its place in the table until its turn. Otherwise
 *                 somebody else could start to wait in between, or the descriptor be closed and
 *                 its number given to another, which would then be read from by mistake.
 * ------------------------------------------------------------------------------------------ */

enum {
    ASYNC_FD_OWNED_ = 1,   ASYNC_FD_REGISTERED_ = 2,
    ASYNC_FD_DRY_ = 4, /* shifted by direction: nothing to read, no room to write (8) */
    ASYNC_FD_SOCKET_ = 16, ASYNC_FD_TCP_ = 32, /* a short read says that nothing is left */
    ASYNC_FD_ALWAYS_ = 64,                     /* ... but not after a hang-up or urgent data */
    ASYNC_FD_PAUSED_ = 128 /* a listener that waits for descriptors to become free */
};
enum {
    ASYNC_IO_BUDGET_ =
        32, /* operations of one task that finish at once, before others get a turn */
    ASYNC_IO_MOST_ = 1 << 30 /* bytes in one call: macOS refuses more than INT_MAX */
};
static void async_io_run_(async_handle *h);
static const async_ops async_io_woken_ops_ =
    ASYNC_OPS_(async_io_run_, NULL, NULL, NULL, NULL, "descriptor");
static bool async_io_cancel_(async_task *task);
static const async_ops async_io_ops_ =
    ASYNC_OPS_(NULL, async_io_cancel_, NULL, NULL, &async_io_woken_ops_, "descriptor");
static int async_accept_retry_(void *arg);

/* The poller's contract: the functions of one of the sections below. Each gives 0 or -errno.
 *   open, close      the kernel's object, loop->poll_fd
 *   add, del         an owned descriptor, both directions, edge-triggered, once; add fails if it
 *                    cannot be waited for in this direction
 *   arm              a foreign one, once, level-triggered, for the directions in `mask`; -EPERM
 *                    for a file that is always ready
 *   poll             waits for at most that many ns, INT64_MAX: for ever, and calls
 *                    async_fd_event_() for what happened                                         */
static int async_poll_open_(async_loop *loop);
static void async_poll_close_(async_loop *loop);
static int async_poll_add_(async_loop *loop, int fd, uint32_t generation, int direction);
static void async_poll_del_(async_loop *loop, int fd);
static int async_poll_arm_(async_loop *loop, int fd, uint32_t generation, int mask);
static int async_poll_(async_loop *loop, int64_t timeout);
#ifdef ASYNC_URING_
static void async_ring_take_(async_loop *loop);
static void async_ring_close_(async_loop *loop);
#endif

static int async_fd_reserve_(async_loop *loop, int fd)
{
    int count = loop->fd_count ? loop->fd_count : ASYNC_FEW_FDS_;
    async_fd_ *fds;
    if (fd >= 0 && fd < loop->fd_count) return 0;
    if (ASYNCC_SYS(fcntl)(fd, F_GETFD, 0) < 0)
        return -errno; /* no table for a number that is nonsense */
    while (count <= fd) count = count > INT32_MAX / 2 ? INT32_MAX : count * 2;
    if (count == INT32_MAX || (size_t)count > SIZE_MAX / sizeof *fds) return -ENOMEM;
    if (count == ASYNC_FEW_FDS_) { /* the loop itself has room for so many, zeroed */
        fds = loop->few_fds;
    } else {
        fds = (async_fd_ *)loop->options.alloc(loop->options.context,
                                               loop->fds == loop->few_fds ? NULL : loop->fds,
                                               (size_t)count * sizeof *fds);
        if (!fds) return -ENOMEM;
        if (loop->fds == loop->few_fds) __builtin_memcpy(fds, loop->fds, sizeof loop->few_fds);
        __builtin_memset(fds + loop->fd_count, 0, (size_t)(count - loop->fd_count) * sizeof *fds);
    }
    loop->fds = fds;
    loop->fd_count = count;
    return 0;
}

static async_fd_ *async_fd_owned_(async_loop *loop, int fd)
{
    return loop && fd >= 0 && fd < loop->fd_count && loop->fds[fd].flags & ASYNC_FD_OWNED_
               ? &loop->fds[fd]
               : NULL;
}

/* Somebody waits, and has not been woken yet: a task, or a bare handle in a task's place. Who has
 * been woken has a turn to run. */
static bool async_fd_awaited_(const async_fd_ *f, int direction)
{
    return f->waiter[direction] && !f->waiter[direction]->h.ops->run;
}
static void async_fd_wake_(async_fd_ *f, int direction, int err)
{
    if (async_fd_awaited_(f, direction)) async_notify_(&f->waiter[direction]->h, err);
}
static void async_fd_leave_(async_loop *loop, async_fd_ *f, int direction)
{
    f->waiter[direction] = NULL;
    loop->fd_waits--;
}
/* Its number is another's from now on. */
static void async_fd_forget_(async_loop *loop, async_fd_ *f)
{
    int direction;
    f->flags = 0;
    f->generation++;
    for (direction = 0; direction < 2; direction++) {
        if (!f->waiter[direction]) continue;
        async_fd_wake_(f, direction, -EBADF);
        if (!f->waiter[direction]->h.ops->woken) /* a task; a bare handle has itself there */
            f->waiter[direction]->wake = -EBADF; /* woken, but its turn would come too late */
        async_fd_leave_(loop, f, direction);
    }
}

static void async_fd_event_(async_loop *loop, int fd, uint32_t generation, bool readable,
                            bool writable, bool always)
{
    async_fd_ *f = fd >= 0 && fd < loop->fd_count ? &loop->fds[fd] : NULL;
    if (!f || f->generation != generation) return;
    if (always) f->flags |= ASYNC_FD_ALWAYS_;
    if (readable) {
        f->flags &= (uint8_t)~ASYNC_FD_DRY_;
        async_fd_wake_(f, 0, 0);
    }
    if (writable) {
        f->flags &= (uint8_t) ~(ASYNC_FD_DRY_ << 1);
        async_fd_wake_(f, 1, 0);
    }
    if (!(f->flags & ASYNC_FD_OWNED_)) { /* armed once: somebody may wait for the other direction */
        int mask = async_fd_awaited_(f, 0) | async_fd_awaited_(f, 1) << 1;
        int err = mask ? async_poll_arm_(loop, fd, generation, mask) : 0;
        if (err) async_fd_wake_(f, 0, err), async_fd_wake_(f, 1, err);
    }
}
/* What the loop calls. If the poller itself fails, those who wait are told: nothing else would
 * ever wake them. */
static void async_io_poll_(async_loop *loop, int64_t timeout)
{
    int fd, err;
    if (timeout < 0) timeout = 0;
    if (timeout > ASYNC_DAY_ && timeout != INT64_MAX) timeout = ASYNC_DAY_;
    err = async_poll_(loop, timeout);
#ifdef ASYNC_URING_
    if (loop->ring) async_ring_take_(loop);
#endif
    if (err == 0 || err == -EINTR) return;
    for (fd = 0; fd < loop->fd_count; fd++)
        async_fd_wake_(&loop->fds[fd], 0, err), async_fd_wake_(&loop->fds[fd], 1, err);
}

/* A descriptor of ours: non-blocking, not inherited. Whoever had its number before has been
 * closed behind the loop's back. */
static int async_fd_own_(async_loop *loop, int fd, int flags)
{
    int err = async_fd_reserve_(loop, fd);
    if (err) return err;
    async_fd_forget_(loop, &loop->fds[fd]);
    loop->fds[fd].flags = (uint8_t)(ASYNC_FD_OWNED_ | flags);
    return 0;
}
static int async_set_nonblocking_(int fd)
{
    int flags = ASYNCC_SYS(fcntl)(fd, F_GETFL, 0);
    if (flags < 0 || ASYNCC_SYS(fcntl)(fd, F_SETFL, flags | O_NONBLOCK) < 0) return -errno;
    return 0;
}
static int async_close_fd_(int fd)
{
    return ASYNCC_SYS(close)(fd) < 0 && errno != EINTR ? -errno : 0;
}
/* For the whole process: where writing to nobody cannot be told otherwise to raise no signal. */
ASYNC_INLINE_ void async_ignore_sigpipe_(void)
{
    struct sigaction now;
    if (ASYNCC_SYS(sigaction)(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
        (void)ASYNCC_SYS(signal)(SIGPIPE, SIG_IGN);
}
/* What a socket wants: no signal, and if it is a stream no delay. Neither is worth an error. */
static void async_socket_options_(int fd, bool tcp)
{
    int on = 1;
    if (tcp) (void)ASYNCC_SYS(setsockopt)(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
#if defined(SO_NOSIGPIPE)
    (void)ASYNCC_SYS(setsockopt)(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#elif !defined(MSG_NOSIGNAL)
    async_ignore_sigpipe_();
#endif
}
static int async_socket_(async_loop *loop, int family, int type)
{
    int fd, err = 0;
    if (!loop) return -EINVAL;
#ifdef SOCK_NONBLOCK
    fd = ASYNCC_SYS(socket)(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
#else
    fd = ASYNCC_SYS(socket)(family, type, 0);
    if (fd < 0) return -errno;
    (void)ASYNCC_SYS(fcntl)(fd, F_SETFD, FD_CLOEXEC);
    err = async_set_nonblocking_(fd);
#endif
    if (!err)
        err = async_fd_own_(loop, fd,
                            ASYNC_FD_SOCKET_ |
                                (type == SOCK_STREAM && family != AF_UNIX ? ASYNC_FD_TCP_ : 0));
    if (err) (void)async_close_fd_(fd);
    else async_socket_options_(fd, false);
    return err ? err : fd;
}

int async_adopt(int fd)
{
    async_loop *loop = async_loop_;
    int type = 0, family = 0, flags = 0, err;
    socklen_t size = sizeof type;
    struct sockaddr_storage name;
    if (!loop) return -EINVAL;
    if (async_fd_owned_(loop, fd)) return -EBUSY;
    if (fd >= 0 && fd < loop->fd_count && (loop->fds[fd].waiter[0] || loop->fds[fd].waiter[1]))
        return -EBUSY;
    err = async_set_nonblocking_(fd);
    if (err) return err;
    if (loop->poll_fd >= 0)
        async_poll_del_(loop, fd); /* what a wait for it as a foreign one has left */
    if (ASYNCC_SYS(getsockopt)(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0) {
        size = sizeof name;
        if (ASYNCC_SYS(getsockname)(fd, (struct sockaddr *)&name, &size) == 0)
            family = name.ss_family;
        flags =
            ASYNC_FD_SOCKET_ |
            (type == SOCK_STREAM && (family == AF_INET || family == AF_INET6) ? ASYNC_FD_TCP_ : 0);
        async_socket_options_(fd, false);
    } else {
        async_ignore_sigpipe_();
    }
    return async_fd_own_(loop, fd, flags);
}

int async_disown(int fd)
{
    async_loop *loop = async_loop_;
    async_fd_ *f = async_fd_owned_(loop, fd);
    if (!f) return -EBADF;
    if (f->flags & ASYNC_FD_REGISTERED_) async_poll_del_(loop, fd);
    async_fd_forget_(loop, f);
    return 0;
}
int async_close(int fd)
{
    int err = async_disown(fd);
    return err ? err : async_close_fd_(fd);
}
int async_shutdown(int fd, int how)
{
    if (!async_fd_owned_(async_loop_, fd)) return -EBADF;
    return ASYNCC_SYS(shutdown)(fd, how) < 0 ? -errno : 0;
}

/* Out of descriptors: give up the spare one for a moment, to accept and hang up on whoever waits.
 * 0, or accept's errno: EAGAIN says that nobody did. */
static int async_accept_refuse_(async_loop *loop, int listener)
{
    int fd, err;
    (void)async_close_fd_(loop->spare_fd);
    fd = ASYNCC_SYS(accept)(listener, NULL, NULL);
    err = fd < 0 ? errno : 0;
    if (fd >= 0) (void)async_close_fd_(fd);
    loop->spare_fd = ASYNCC_SYS(open)("/dev/null", O_RDONLY | O_CLOEXEC);
    return err;
}
/* Nobody is accepted for a while, though somebody may be there. */
static int async_accept_pause_(async_loop *loop, int listener, async_duration d)
{
    loop->fds[listener].flags |= ASYNC_FD_PAUSED_;
    (void)async_call_later(loop, &loop->retry, d, async_accept_retry_, loop);
    return -EAGAIN;
}
static int async_accept_retry_(void *arg)
{
    async_loop *loop = (async_loop *)arg;
    int fd;
    for (fd = 0; fd < loop->fd_count; fd++)
        if (loop->fds[fd].flags & ASYNC_FD_PAUSED_) {
            loop->fds[fd].flags &= (uint8_t)~ASYNC_FD_PAUSED_;
            async_fd_event_(loop, fd, loop->fds[fd].generation, true, false, false);
        }
    return 0;
}
static int async_accept_try_(async_loop *loop, struct async_io_ *io)
{
    struct sockaddr_storage unwanted;
    int tries;
    if (loop->spare_fd < 0) loop->spare_fd = ASYNCC_SYS(open)("/dev/null", O_RDONLY | O_CLOEXEC);
    for (tries = 0; tries < ASYNC_IO_BUDGET_; tries++) {
        async_address *from = io->io.address;
        struct sockaddr *name = (struct sockaddr *)(from ? &from->storage : &unwanted);
        socklen_t length = sizeof unwanted;
        int fd, err;
#ifdef ASYNC_ACCEPT4_
        fd = ASYNCC_SYS(accept4)(io->io.fd, name, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
#else
        fd = ASYNCC_SYS(accept)(io->io.fd, name, &length);
        if (fd >= 0) (void)ASYNCC_SYS(fcntl)(fd, F_SETFD, FD_CLOEXEC);
#endif
        if (fd >= 0) {
            int tcp = loop->fds[io->io.fd].flags & ASYNC_FD_TCP_;
#ifdef ASYNC_ACCEPT4_
            err = 0;
#else
            err = async_set_nonblocking_(fd);
#endif
            if (!err) err = async_fd_own_(loop, fd, ASYNC_FD_SOCKET_ | tcp);
            if (err) {
                (void)async_close_fd_(fd);
                return err;
            }
            async_socket_options_(fd, tcp != 0);
            if (from) from->length = length;
            io->result.fd = fd;
            return 0;
        }
        err = errno;
        if ((err == EMFILE || err == ENFILE) && loop->spare_fd >= 0)
            err = async_accept_refuse_(loop, io->io.fd);
        switch (err) {
        case EMFILE: /* and nothing to refuse it with */
        case ENFILE:
        case ENOBUFS:
        case ENOMEM: return async_accept_pause_(loop, io->io.fd, ASYNC_MS(100));
        case 0: /* refused, */
        case EINTR:
        case ECONNABORTED: /* or dead in the queue: the next, please */
        case ECONNRESET:
        case EPROTO:
        case ETIMEDOUT: /* Linux passes on what the network says of that connection */
        case ENETDOWN:
        case ENETUNREACH:
        case EHOSTDOWN:
        case EHOSTUNREACH:
        case ENOPROTOOPT:
#ifdef ENONET
        case ENONET:
#endif
            break;
        default: return -err;
        }
    }
    return async_accept_pause_(loop, io->io.fd,
                               ASYNC_MS(1)); /* a flood of them: others get a turn */
}

/* TCP to a free local port can be given the very port it asks for, and talk to itself. */
static bool async_connected_to_itself_(int fd)
{
    async_address here, there;
    here.length = there.length = sizeof here.storage;
    return ASYNCC_SYS(getsockname)(fd, (struct sockaddr *)&here.storage, &here.length) == 0 &&
           ASYNCC_SYS(getpeername)(fd, (struct sockaddr *)&there.storage, &there.length) == 0 &&
           here.length == there.length &&
           (here.storage.ss_family == AF_INET || here.storage.ss_family == AF_INET6) &&
           memcmp(&here.storage, &there.storage, here.length) == 0;
}
static int async_connect_try_(struct async_io_ *io)
{
    int err = 0;
    socklen_t size = sizeof err;
    if (ASYNCC_SYS(getsockopt)(io->io.fd, SOL_SOCKET, SO_ERROR, &err, &size) < 0) return -errno;
    if (!err && async_connected_to_itself_(io->io.fd)) err = ECONNREFUSED;
    io->result.fd = io->io.fd;
    return -err;
}

struct async_stream_io_;
static int async_stream_try_(async_loop *loop, struct async_stream_io_ *io);
static int async_stream_last_(struct async_stream_io_ *io);
static int async_sendfile_try_(async_loop *loop, struct async_sendfile *io);
static bool async_io_of_stream_(const struct async_io_ *io)
{
    return io->io.op >= ASYNC_IO_STREAM_READ_ && io->io.op <= ASYNC_IO_STREAM_NEXT_;
}
/* One try. -EAGAIN: wait, then again. */
static int async_io_try_(async_loop *loop, struct async_io_ *io)
{
    async_fd_ *f = &loop->fds[io->io.fd];
    int direction = io->io.op >= ASYNC_IO_WRITES_, fd = io->io.fd;
    ptrdiff_t n;
    for (;;) {
        async_address *address = io->io.address;
        char *data = io->io.data ? (char *)io->io.data + io->io.done : NULL; /* of a sendfile */
        size_t size = io->io.size - io->io.done;
        if (size > ASYNC_IO_MOST_) size = ASYNC_IO_MOST_;
        switch (io->io.op) {
        case ASYNC_IO_READ_: /* recv() is the shorter way through the kernel */
            n = f->flags & ASYNC_FD_TCP_ ? ASYNCC_SYS(recv)(fd, data, size, 0)
                                         : ASYNCC_SYS(read)(fd, data, size);
            break;
        case ASYNC_IO_RECVFROM_:
            if (address) address->length = sizeof address->storage;
            n = ASYNCC_SYS(recvfrom)(fd, data, size, 0,
                                     address ? (struct sockaddr *)&address->storage : NULL,
                                     address ? &address->length : NULL);
            break;
        case ASYNC_IO_SENDTO_:
            n = ASYNCC_SYS(sendto)(fd, data, size, ASYNC_NOSIGNAL_,
                                   address ? (struct sockaddr *)&address->storage : NULL,
                                   address ? address->length : 0);
            break;
        case ASYNC_IO_ACCEPT_:
            n = async_accept_try_(loop, io);
            f = &loop->fds[fd]; /* the table may have grown */
            if (n == -EAGAIN) f->flags |= ASYNC_FD_DRY_;
            return (int)n;
        case ASYNC_IO_CONNECT_: return async_connect_try_(io);
        case ASYNC_IO_SENDFILE_:
            return async_sendfile_try_(loop, (struct async_sendfile *)(void *)io);
        case ASYNC_IO_STREAM_READ_:
        case ASYNC_IO_STREAM_EXACTLY_:
        case ASYNC_IO_STREAM_ALL_:
        case ASYNC_IO_STREAM_UNTIL_:
        case ASYNC_IO_STREAM_LINE_:
        case ASYNC_IO_STREAM_NEXT_:
            return async_stream_try_(loop, (struct async_stream_io_ *)(void *)io);
        case ASYNC_IO_READABLE_:
        case ASYNC_IO_WRITABLE_: return 0;
        default:
            n = f->flags & ASYNC_FD_SOCKET_ ? ASYNCC_SYS(send)(fd, data, size, ASYNC_NOSIGNAL_)
                                            : ASYNCC_SYS(write)(fd, data, size);
            break;
        }
        if (n >= 0) {
            if (n > 0 && (size_t)n < size && io->io.op == ASYNC_IO_READ_ &&
                (f->flags & (ASYNC_FD_TCP_ | ASYNC_FD_ALWAYS_)) == ASYNC_FD_TCP_)
                f->flags |= ASYNC_FD_DRY_;
            io->io.done += (size_t)n;
            io->result.n = (ptrdiff_t)io->io.done;
            if (io->io.op != ASYNC_IO_WRITE_ALL_ || io->io.done == io->io.size) return 0;
            if (n == 0) return -EIO; /* a device that takes nothing and says nothing */
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            f->flags |= (uint8_t)(ASYNC_FD_DRY_ << direction);
            return -EAGAIN;
        } else if (errno != EINTR) {
            return -errno;
        }
    }
}

static bool async_io_cancel_(async_task *task)
{
    struct async_io_ *io = (struct async_io_ *)task->u.on;
    async_fd_leave_(async_loop_, &async_loop_->fds[io->io.fd], io->io.op >= ASYNC_IO_WRITES_);
    async_wake_(task, ASYNC_CANCELED);
    return true;
}
static int async_io_block_(async_loop *loop, struct async_io_ *io, async_frame *caller,
                           async_task *task, const async_ops *ops)
{
    loop->fds[io->io.fd].waiter[io->io.op >= ASYNC_IO_WRITES_] = task;
    loop->fd_waits++;
    task->u.on = io;
    return async_block_(task, caller, ops);
}
static int async_io_wait_(async_loop *loop, struct async_io_ *io, async_frame *caller,
                          async_task *task)
{
    async_fd_ *f = &loop->fds[io->io.fd];
    int direction = io->io.op >= ASYNC_IO_WRITES_, err = 0;
    if ((async_io_of_stream_(io) || io->io.op == ASYNC_IO_SENDFILE_) &&
        !(f->flags & ASYNC_FD_DRY_ << direction)) { /* there is more, but others have their turn */
        async_push_task_(loop, task);
        return async_io_block_(loop, io, caller, task, &async_io_woken_ops_);
    }
    if (loop->poll_fd < 0) err = async_poll_open_(loop);
    if (!err && !(f->flags & ASYNC_FD_OWNED_)) {
        err = async_poll_arm_(loop, io->io.fd, f->generation,
                              1 << direction | async_fd_awaited_(f, !direction) << !direction);
        if (err == -EPERM) err = -ENOTSUP;
    } else if (!err && !(f->flags & ASYNC_FD_REGISTERED_)) {
        err = async_poll_add_(loop, io->io.fd, f->generation, direction);
        if (!err) f->flags |= ASYNC_FD_REGISTERED_;
    }
    return err ? err : async_io_block_(loop, io, caller, task, &async_io_ops_);
}
/* Its turn: the descriptor is ready, or closed, or the wait was cancelled. */
static void async_io_run_(async_handle *h)
{
    async_task *task = (async_task *)(void *)h;
    async_loop *loop = async_loop_;
    struct async_io_ *io = (struct async_io_ *)task->u.on;
    async_fd_ *f = &loop->fds[io->io.fd];
    int direction = io->io.op >= ASYNC_IO_WRITES_, err = async_told_(task);
    loop->current = task;
    task->h.ops = &async_ready_ops_;
    if (f->waiter[direction] == task)
        async_fd_leave_(loop, f, direction); /* else it was closed or cancelled */
    if (!err) {
        err = async_io_try_(loop, io);
        if (err == -EAGAIN) err = async_io_wait_(loop, io, task->frame, task);
        if (err == ASYNC_PENDING_) return;
    }
    if (err == -EBADF && async_io_of_stream_(io))
        err = async_stream_last_((struct async_stream_io_ *)(void *)io);
    if (err && io->io.op == ASYNC_IO_CONNECT_ && loop->fds[io->io.fd].generation == io->io.size)
        (void)async_close(io->io.fd);
    async_step_(task, err);
}

int async_io_start_(struct async_io_ *io, async_frame *caller, async_task *task, int fd, int op,
                    void *data, size_t size, async_address *address)
{
    async_loop *loop = async_loop_;
    int direction = op >= ASYNC_IO_WRITES_, err;
    bool foreign = op == ASYNC_IO_READABLE_ || op == ASYNC_IO_WRITABLE_;
    async_fd_ *f = async_fd_owned_(loop, fd);
    if (!f && !foreign)
        return ASYNCC_SYS(fcntl)(fd, F_GETFD, 0) < 0 ? -EBADF : -EINVAL; /* not adopted */
    if (!f && (err = async_fd_reserve_(loop, fd)) != 0) return err;
    f = &loop->fds[fd];
    if (f->waiter[direction]) return -EBUSY;
    if (size > PTRDIFF_MAX) return -EINVAL;
    io->io.fd = fd;
    io->io.op = (uint8_t)op;
    io->io.data = data;
    io->io.size = size;
    io->io.done = 0;
    io->io.address = address;
    if (loop->io_task != task) loop->io_task = task, loop->io_left = ASYNC_IO_BUDGET_;
    if (ASYNC_RARE_(loop->io_left-- <= 0)) { /* it has had its share: behind those who are ready */
        loop->io_left = ASYNC_IO_BUDGET_;
        async_push_task_(loop, task);
        return async_io_block_(loop, io, caller, task, &async_io_woken_ops_);
    }
    if (foreign) {
        struct pollfd p;
        p.fd = fd;
        p.events = direction ? POLLOUT : POLLIN;
        p.revents = 0;
        /* an owned one may have had its edge; a foreign one is looked at when it is armed */
        if (f->flags & ASYNC_FD_OWNED_ && ASYNCC_SYS(poll)(&p, 1, 0) != 0) return 0;
    } else if (!(f->flags & ASYNC_FD_DRY_ << direction)) {
        err = async_io_try_(loop, io);
        if (err != -EAGAIN) return err;
    }
    return async_io_wait_(loop, io, caller, task);
}

int async_connect_(struct async_io_ *io, async_frame *caller, async_task *task,
                   const async_address *address)
{
    async_loop *loop = async_loop_;
    int fd = async_socket_(loop, address->storage.ss_family, SOCK_STREAM), err;
    if (fd < 0) return fd;
    async_socket_options_(fd, address->storage.ss_family != AF_UNIX);
    __builtin_memset(io, 0, sizeof *io);
    io->io.fd = fd;
    io->io.op = ASYNC_IO_CONNECT_;
    io->io.size =
        loop->fds[fd].generation; /* is it still ours when there is an error to close it for? */
    if (ASYNCC_SYS(connect)(fd, (const struct sockaddr *)&address->storage, address->length) == 0)
        err = async_connect_try_(io);
    else if (errno == EINPROGRESS || errno == EINTR) err = async_io_wait_(loop, io, caller, task);
    else err = -errno;
    if (err && err != ASYNC_PENDING_) (void)async_close(fd);
    return err;
}

/* --- addresses --- */

int async_address_parse(async_address *address, const char *text)
{
    struct sockaddr_in *in = (struct sockaddr_in *)(void *)&address->storage;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)(void *)&address->storage;
    struct sockaddr_un *un = (struct sockaddr_un *)(void *)&address->storage;
    char host[64];
    const char *colon, *p;
    size_t n;
    unsigned port = 0;
    __builtin_memset(address, 0, sizeof *address);
    if (!text) return -EINVAL;
    if (strncmp(text, "unix:", 5) == 0) {
        n = strlen(text + 5);
        if (n == 0 || n >= sizeof un->sun_path) return -EINVAL;
        un->sun_family = AF_UNIX;
        __builtin_memcpy(un->sun_path, text + 5, n);
        address->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + 1);
        if (text[5] == '@') un->sun_path[0] = 0, address->length--;
        return 0;
    }
    colon = strrchr(text, ':');
    if (!colon || !colon[1]) return -EINVAL;
    for (p = colon + 1; *p; p++) {
        if (*p < '0' || *p > '9') return -EINVAL;
        port = port * 10 + (unsigned)(*p - '0');
        if (port > 65535) return -EINVAL;
    }
    n = (size_t)(colon - text);
    if (n >= sizeof host) return -EINVAL;
    __builtin_memcpy(host, text, n);
    host[n] = 0;
    if (n == 0 || (host[0] == '[' && host[n - 1] == ']')) {
        if (n) host[n - 1] = 0;
        if (n && inet_pton(AF_INET6, host + 1, &in6->sin6_addr) != 1) return -EINVAL;
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons((uint16_t)port);
        address->length = sizeof *in6;
        return 0;
    }
    if (strcmp(host, "*") != 0 && inet_pton(AF_INET, host, &in->sin_addr) != 1) return -EINVAL;
    in->sin_family = AF_INET;
    in->sin_port = htons((uint16_t)port);
    address->length = sizeof *in;
    return 0;
}

char *async_address_format(const async_address *address, char *text, size_t size)
{
    const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)&address->storage;
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)&address->storage;
    const struct sockaddr_un *un = (const struct sockaddr_un *)(const void *)&address->storage;
    char host[INET6_ADDRSTRLEN] = "?";
    if (size == 0) return text;
    if (address->storage.ss_family == AF_INET) {
        (void)inet_ntop(AF_INET, &in->sin_addr, host, sizeof host);
        (void)snprintf(text, size, "%s:%u", host, ntohs(in->sin_port));
    } else if (address->storage.ss_family == AF_INET6) {
        (void)inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof host);
        (void)snprintf(text, size, "[%s]:%u", host, ntohs(in6->sin6_port));
    } else if (address->storage.ss_family == AF_UNIX &&
               address->length > offsetof(struct sockaddr_un, sun_path)) {
        int n = (int)(address->length - offsetof(struct sockaddr_un, sun_path));
        if (un->sun_path[0]) (void)snprintf(text, size, "unix:%.*s", n, un->sun_path);
        else (void)snprintf(text, size, "unix:@%.*s", n - 1, un->sun_path + 1);
    } else {
        (void)snprintf(text, size, "unix:"); /* the nameless end of a Unix socket */
    }
    return text;
}

static int async_bound_(const char *text, int type)
{
    async_loop *loop = async_loop_;
    async_address address;
    int fd, on = 1, off = 0, err = async_address_parse(&address, text);
    if (err) return err;
    fd = async_socket_(loop, address.storage.ss_family, type);
    if (fd == -EAFNOSUPPORT && text[0] == ':') { /* a kernel without IPv6 */
        char any[8];
        (void)snprintf(any, sizeof any, "*%.6s", text);
        err = async_address_parse(&address, any);
        fd = err ? err : async_socket_(loop, address.storage.ss_family, type);
    }
    if (fd < 0) return fd;
    if (type == SOCK_STREAM && address.storage.ss_family != AF_UNIX)
        (void)ASYNCC_SYS(setsockopt)(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address.storage.ss_family == AF_INET6 && text[0] == ':')
        (void)ASYNCC_SYS(setsockopt)(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (ASYNCC_SYS(bind)(fd, (struct sockaddr *)&address.storage, address.length) < 0) {
        err = -errno;
        (void)async_close(fd);
        return err;
    }
    return fd;
}
int async_listen(const char *address, int backlog)
{
    int fd = async_bound_(address, SOCK_STREAM), err;
    if (fd < 0) return fd;
    if (ASYNCC_SYS(listen)(fd, backlog > 0 ? backlog : SOMAXCONN) < 0) {
        err = -errno;
        (void)async_close(fd);
        return err;
    }
    return fd;
}
int async_datagram(const char *address)
{
    return async_bound_(address, SOCK_DGRAM);
}
int async_local_address(int fd, async_address *address)
{
    __builtin_memset(address, 0, sizeof *address);
    address->length = sizeof address->storage;
    return ASYNCC_SYS(getsockname)(fd, (struct sockaddr *)&address->storage, &address->length) < 0
               ? -errno
               : 0;
}

static void async_io_close_(async_loop *loop)
{
    int fd;
#ifdef ASYNC_URING_
    if (loop->ring) async_ring_close_(loop);
#endif
    for (fd = 0; fd < loop->fd_count; fd++)
        if (loop->fds[fd].flags & ASYNC_FD_OWNED_) {
            async_report_(loop, "descriptor was never closed", 0, NULL, NULL);
            (void)async_close_fd_(fd);
        }
    if (loop->poll_fd >= 0) async_poll_close_(loop);
    if (loop->spare_fd >= 0) (void)async_close_fd_(loop->spare_fd);
    if (loop->fds && loop->fds != loop->few_fds)
        (void)loop->options.alloc(loop->options.context, loop->fds, 0);
    if (loop->poll_set && loop->poll_set != loop->few_polls)
        (void)loop->options.alloc(loop->options.context, loop->poll_set, 0);
    loop->fds = NULL;
    loop->poll_set = NULL;
    loop->poll_room = 0;
    loop->fd_count = loop->fd_waits = 0;
    loop->poll_fd = loop->spare_fd = -1;
}

/* Milliseconds for the pollers that know no better: rounded up, so that no timer is early. */
ASYNC_INLINE_ int async_poll_ms_(int64_t ns)
{
    return ns == INT64_MAX ? -1 : (int)(ns / 1000000 + (ns % 1000000 != 0));
}
#if ASYNCC_POLLER != ASYNCC_EPOLL
/* epoll says so itself; kqueue would wait for a file to grow, and poll() call it ready for ever. */
static int async_poll_check_(int fd)
{
    struct stat s;
    if (ASYNCC_SYS(fstat)(fd, &s) < 0) return -errno;
    return S_ISREG(s.st_mode) || S_ISDIR(s.st_mode) ? -EPERM : 0;
}
#endif

#if ASYNCC_POLLER == ASYNCC_EPOLL
/* ------------------------------------------------------------------------------------------
 * >>epoll         Linux. A foreign descriptor is re-armed by MOD and, if the kernel does not
 *                 know it (any more), by ADD: never from memory.
 * ------------------------------------------------------------------------------------------ */

static int async_poll_open_(async_loop *loop)
{
    loop->poll_fd = ASYNCC_SYS(epoll_create1)(EPOLL_CLOEXEC);
    return loop->poll_fd < 0 ? -errno : 0;
}
static void async_poll_close_(async_loop *loop)
{
    (void)async_close_fd_(loop->poll_fd);
}
static int async_epoll_ctl_(async_loop *loop, int op, int fd, uint32_t generation, uint32_t events)
{
    struct epoll_event e;
    __builtin_memset(&e, 0, sizeof e);
    e.events = events;
    e.data.u64 = (uint64_t)generation << 32 | (uint32_t)fd;
    return ASYNCC_SYS(epoll_ctl)(loop->poll_fd, op, fd, &e) < 0 ? -errno : 0;
}
static int async_poll_add_(async_loop *loop, int fd, uint32_t generation, int direction)
{
    uint32_t events = (uint32_t)EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET;
    int err = async_epoll_ctl_(loop, EPOLL_CTL_ADD, fd, generation, events);
    (void)direction;
    return err == -EEXIST ? async_epoll_ctl_(loop, EPOLL_CTL_MOD, fd, generation, events) : err;
}
static void async_poll_del_(async_loop *loop, int fd)
{
    (void)async_epoll_ctl_(loop, EPOLL_CTL_DEL, fd, 0, 0);
}
static int async_poll_arm_(async_loop *loop, int fd, uint32_t generation, int mask)
{
    uint32_t events = (uint32_t)EPOLLONESHOT | (mask & 1 ? (uint32_t)EPOLLIN | EPOLLRDHUP : 0) |
                      (mask & 2 ? (uint32_t)EPOLLOUT : 0);
    int err = async_epoll_ctl_(loop, EPOLL_CTL_MOD, fd, generation, events);
    return err == -ENOENT ? async_epoll_ctl_(loop, EPOLL_CTL_ADD, fd, generation, events) : err;
}
static int async_poll_(async_loop *loop, int64_t timeout)
{
    struct epoll_event events[128];
    int i, n = -1;
    bool done = false;
#ifdef ASYNC_EPOLL_PWAIT2_
    if (!(loop->flags & ASYNC_COARSE_) && timeout > 0 && timeout != INT64_MAX) {
        struct timespec t;
        t.tv_sec = (time_t)(timeout / 1000000000);
        t.tv_nsec = (long)(timeout % 1000000000);
        n = ASYNCC_SYS(epoll_pwait2)(loop->poll_fd, events, 128, &t, NULL);
        done = n >= 0 || errno == EINTR;
        if (!done) loop->flags |= ASYNC_COARSE_; /* an older kernel, or a filter of system calls */
    }
#endif
    if (!done) n = ASYNCC_SYS(epoll_wait)(loop->poll_fd, events, 128, async_poll_ms_(timeout));
    for (i = 0; i < n; i++) {
        uint32_t e = events[i].events;
        bool gone = (e & ((uint32_t)EPOLLHUP | EPOLLERR)) != 0;
        async_fd_event_(loop, (int)(uint32_t)events[i].data.u64,
                        (uint32_t)(events[i].data.u64 >> 32),
                        gone || (e & ((uint32_t)EPOLLIN | EPOLLRDHUP)), gone || (e & EPOLLOUT),
                        gone || (e & ((uint32_t)EPOLLRDHUP | EPOLLPRI)));
    }
    return n < 0 ? -errno : 0;
}

#elif ASYNCC_POLLER == ASYNCC_KQUEUE
/* ------------------------------------------------------------------------------------------
 * >>kqueue        macOS and the BSDs, by their kqueue(2). What the code below relies on:
 *                 - Changes go in calls of their own, without room for events: so an error is
 *                   that change's, in errno, and no event is taken on the way. After EINTR the
 *                   change has been made; making it again does no harm.
 *                 - One event for each descriptor and filter. To add it again changes `udata`
 *                   but neither EV_CLEAR nor EV_ONESHOT: so async_adopt() deletes first.
 *                 - The filter runs when it is added: what is there already is reported.
 *                 - A close deletes the events of that number, of a dup'ed descriptor too; the
 *                   generation in `udata` is for those already fetched.
 *                 - EV_EOF may come while data is still to be read: the read finds both, in
 *                   order.
 *                 - An event of EV_ONESHOT that is never fetched, because its wait was cancelled,
 *                   comes later and once: nobody waits then, or somebody wakes for nothing.
 *                 - A filter that a descriptor does not have (to write to the reading end of a
 *                   pipe; EPIPE once the other end is gone) is let go, unless it is waited for.
 * ------------------------------------------------------------------------------------------ */

static int async_poll_open_(async_loop *loop)
{
    loop->poll_fd = ASYNCC_SYS(kqueue)();
    if (loop->poll_fd < 0) return -errno;
    (void)ASYNCC_SYS(fcntl)(loop->poll_fd, F_SETFD, FD_CLOEXEC);
    return 0;
}
static void async_poll_close_(async_loop *loop)
{
    (void)async_close_fd_(loop->poll_fd);
}
static int async_kevent_(async_loop *loop, int fd, int filter, int flags, uint32_t generation)
{
    struct kevent k;
    int n;
    EV_SET(&k, (uintptr_t)fd, (short)filter, (unsigned short)flags, 0, 0,
           (void *)(uintptr_t)generation);
    do n = ASYNCC_SYS(kevent)(loop->poll_fd, &k, 1, NULL, 0, NULL);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : 0;
}
static int async_poll_add_(async_loop *loop, int fd, uint32_t generation, int direction)
{
    int reads = async_kevent_(loop, fd, EVFILT_READ, EV_ADD | EV_CLEAR, generation);
    int writes = async_kevent_(loop, fd, EVFILT_WRITE, EV_ADD | EV_CLEAR, generation);
    /* a read stops short at urgent data, and nothing here tells of it: no read is proof of dryness */
    loop->fds[fd].flags |= ASYNC_FD_ALWAYS_;
    if (reads == -ENOMEM || writes == -ENOMEM) return -ENOMEM;
    return direction ? writes : reads;
}
static void async_poll_del_(async_loop *loop, int fd)
{
    (void)async_kevent_(loop, fd, EVFILT_READ, EV_DELETE, 0);
    (void)async_kevent_(loop, fd, EVFILT_WRITE, EV_DELETE, 0);
}
static int async_poll_arm_(async_loop *loop, int fd, uint32_t generation, int mask)
{
    int err = async_poll_check_(fd);
    if (!err && mask & 1)
        err = async_kevent_(loop, fd, EVFILT_READ, EV_ADD | EV_ONESHOT, generation);
    return !err && mask & 2 ? async_kevent_(loop, fd, EVFILT_WRITE, EV_ADD | EV_ONESHOT, generation)
                            : err;
}
static int async_poll_(async_loop *loop, int64_t timeout)
{
    struct kevent events[128];
    struct timespec t;
    int i, n;
    t.tv_sec = (time_t)(timeout / 1000000000);
    t.tv_nsec = (long)(timeout % 1000000000);
    n = ASYNCC_SYS(kevent)(loop->poll_fd, NULL, 0, events, 128, timeout == INT64_MAX ? NULL : &t);
    for (i = 0; i < n; i++) {
        bool writable = events[i].filter == EVFILT_WRITE;
        async_fd_event_(loop, (int)events[i].ident, (uint32_t)(uintptr_t)events[i].udata, !writable,
                        writable, false);
    }
    return n < 0 ? -errno : 0;
}

#else
/* ------------------------------------------------------------------------------------------
 * >>poll          Everywhere else. Nothing is registered: each wait asks for what is waited for.
 * ------------------------------------------------------------------------------------------ */

static int async_poll_open_(async_loop *loop)
{
    loop->poll_fd = 0; /* "open": there is nothing to be */
    return 0;
}
static void async_poll_close_(async_loop *loop)
{
    (void)loop;
}
/* Room to ask about any descriptor of the table; found here, where somebody can be told of an
 * error. */
static int async_poll_add_(async_loop *loop, int fd, uint32_t generation, int direction)
{
    void *set;
    (void)fd, (void)generation, (void)direction;
    ASYNC_ASSERT_(sizeof(struct pollfd) <= sizeof loop->few_polls[0], "few_polls");
    if (loop->poll_room >= loop->fd_count) return 0;
    set = loop->few_polls;
    if (loop->fd_count > ASYNC_FEW_FDS_)
        set = loop->options.alloc(loop->options.context,
                                  loop->poll_set == set ? NULL : loop->poll_set,
                                  (size_t)loop->fd_count * sizeof(struct pollfd));
    if (!set) return -ENOMEM;
    loop->poll_set = set;
    loop->poll_room = loop->fd_count;
    return 0;
}
static void async_poll_del_(async_loop *loop, int fd)
{
    (void)loop, (void)fd;
}
static int async_poll_arm_(async_loop *loop, int fd, uint32_t generation, int mask)
{
    int err = async_poll_check_(fd);
    return err ? err : async_poll_add_(loop, fd, generation, mask);
}
static int async_poll_(async_loop *loop, int64_t timeout)
{
    struct pollfd *p = (struct pollfd *)loop->poll_set;
    int fd, i, n = 0;
    for (fd = 0; fd < loop->fd_count; fd++) {
        async_fd_ *f = &loop->fds[fd];
        bool reads =
                 fd == loop->wake_fd || (async_fd_awaited_(f, 0) && !(f->flags & ASYNC_FD_PAUSED_)),
             writes = async_fd_awaited_(f, 1);
        if (!reads && !writes) continue;
        p[n].fd = fd;
        p[n].events = (short)((reads ? POLLIN : 0) | (writes ? POLLOUT : 0));
        p[n++].revents = 0;
    }
    if (ASYNCC_SYS(poll)(p, (nfds_t)n, async_poll_ms_(timeout)) < 0) return -errno;
    for (i = 0; i < n; i++) {
        bool gone = (p[i].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
        if (p[i].revents)
            async_fd_event_(loop, p[i].fd, loop->fds[p[i].fd].generation,
                            gone || p[i].revents & POLLIN, gone || p[i].revents & POLLOUT, gone);
    }
    return 0;
}
#endif

#ifdef ASYNC_URING_
/* ------------------------------------------------------------------------------------------
 * >>uring         Linux's io_uring, by its system calls. Files are read, written and synced without
 *                 a thread: what is cached is there when the call returns, the rest is told by the
 *                 ring's descriptor, which epoll waits for. Where the kernel refuses the ring, or
 *                 has no room in it, threads do it, and nobody is told.
 *                 No more is given to the kernel than its answers have room for. A cancelled await
 *                 ends when the kernel has answered, as it would with a thread: until then it may
 *                 write to the buffer. So does the end of a loop.
 *                 Rejected: SQPOLL (a core that spins), completions by eventfd (a call more), one
 *                 call for the files of many tasks (a call each is not what they cost).
 *                 Sockets stay with epoll. To read all that one poll found ready in one call made
 *                 an echo 1 % cheaper, no more than it differs from run to run, and what a cancelled
 *                 read had taken had to be kept for the next. Receives that stay armed save 5 %
 *                 in a server by hand, but they take bytes before anybody asks, without limit
 *                 but the buffers that all share, and hold a socket open that has been closed.
 * ------------------------------------------------------------------------------------------ */

enum {
    ASYNC_RING_SIZE_ = 64,   /* operations in the kernel's hands: half of what its answers can be */
    ASYNC_AT_ONCE_ = 1 << 16 /* bytes that are copied here if they are cached; more: elsewhere */
};
struct async_ring_ {
    int fd;
    uint32_t busy; /* operations of files that the kernel has */
    uint32_t *sq_head, *sq_tail, sq_mask, *cq_head, *cq_tail, cq_mask;
    struct io_uring_sqe *asks;
    struct io_uring_cqe *answers;
    void *maps[2];
    size_t sizes[2];
};

static void async_disk_done_(async_loop *loop, struct async_file_io_ *io, int result);

static void async_ring_free_(async_loop *loop, struct async_ring_ *r)
{
    int i;
    for (i = 0; i < 2; i++)
        if (r->maps[i]) (void)ASYNCC_SYS(munmap)(r->maps[i], r->sizes[i]);
    if (r->fd >= 0) (void)async_close_fd_(r->fd);
    (void)loop->options.alloc(loop->options.context, r, 0);
}
static uint32_t *async_ring_word_(const struct async_ring_ *r, uint32_t offset)
{
    return (uint32_t *)(void *)((char *)r->maps[0] + offset);
}
static bool async_ring_map_(struct async_ring_ *r, int i, size_t size, long offset)
{
    void *map = ASYNCC_SYS(mmap)(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, offset);
    if (map == MAP_FAILED) return false;
    r->maps[i] = map;
    r->sizes[i] = size;
    return true;
}
static bool async_ring_set_up_(struct async_ring_ *r)
{
    struct io_uring_params p;
    size_t asks, answers;
    uint32_t i;
    __builtin_memset(&p, 0, sizeof p);
    r->fd = (int)ASYNCC_SYS(syscall)(SYS_io_uring_setup, (long)ASYNC_RING_SIZE_, (long)(intptr_t)&p,
                                     0L, 0L, 0L, 0L);
    if (r->fd < 0 || !(p.features & IORING_FEAT_RW_CUR_POS) ||
        !(p.features & IORING_FEAT_SINGLE_MMAP))
        return false;
    asks = p.sq_off.array + p.sq_entries * sizeof(uint32_t);
    answers = p.cq_off.cqes + p.cq_entries * sizeof *r->answers;
    if (!async_ring_map_(r, 0, asks > answers ? asks : answers, IORING_OFF_SQ_RING) ||
        !async_ring_map_(r, 1, p.sq_entries * sizeof *r->asks, IORING_OFF_SQES))
        return false;
    r->asks = (struct io_uring_sqe *)r->maps[1];
    r->answers = (struct io_uring_cqe *)(void *)async_ring_word_(r, p.cq_off.cqes);
    r->sq_head = async_ring_word_(r, p.sq_off.head);
    r->sq_tail = async_ring_word_(r, p.sq_off.tail);
    r->sq_mask = *async_ring_word_(r, p.sq_off.ring_mask);
    r->cq_head = async_ring_word_(r, p.cq_off.head);
    r->cq_tail = async_ring_word_(r, p.cq_off.tail);
    r->cq_mask = *async_ring_word_(r, p.cq_off.ring_mask);
    for (i = 0; i < p.sq_entries; i++) async_ring_word_(r, p.sq_off.array)[i] = i;
    return true;
}
/* The loop's ring, made when it is first wanted; NULL: there is none. */
static struct async_ring_ *async_ring_open_(async_loop *loop)
{
    struct async_ring_ *r = loop->ring;
    bool good;
    if (r || loop->flags & ASYNC_NO_RING_) return r;
    loop->flags |= ASYNC_NO_RING_;
    r = (struct async_ring_ *)loop->options.alloc(loop->options.context, NULL, sizeof *r);
    if (!r) return NULL;
    __builtin_memset(r, 0, sizeof *r);
    good = async_ring_set_up_(r) && (loop->poll_fd >= 0 || async_poll_open_(loop) == 0) &&
           async_fd_own_(loop, r->fd, 0) == 0;
    if (good && async_poll_add_(loop, r->fd, loop->fds[r->fd].generation, 0) != 0) {
        async_fd_forget_(loop, &loop->fds[r->fd]);
        good = false;
    }
    if (good) loop->ring = r;
    else async_ring_free_(loop, r);
    return loop->ring;
}
static struct io_uring_sqe *async_ring_ask_(struct async_ring_ *r, int op, int fd, void *whose)
{
    uint32_t tail = *r->sq_tail;
    struct io_uring_sqe *ask = &r->asks[tail & r->sq_mask];
    __builtin_memset(ask, 0, sizeof *ask);
    ask->opcode = (uint8_t)op;
    ask->fd = fd;
    ask->user_data = (uint64_t)(uintptr_t)whose;
    __atomic_store_n(r->sq_tail, tail + 1, __ATOMIC_RELEASE);
    return ask;
}
/* Gives the kernel what has been asked, and waits for so many answers. How much it has taken: what
 * it has not is forgotten. */
static uint32_t async_ring_enter_(struct async_ring_ *r, uint32_t answers)
{
    uint32_t n = *r->sq_tail - *r->sq_head;
    long taken;
    do
        taken = ASYNCC_SYS(syscall)(SYS_io_uring_enter, (long)r->fd, (long)n, (long)answers,
                                    answers ? (long)IORING_ENTER_GETEVENTS : 0L, 0L, 0L);
    while (taken < 0 && errno == EINTR);
    __atomic_store_n(r->sq_tail, __atomic_load_n(r->sq_head, __ATOMIC_ACQUIRE), __ATOMIC_RELEASE);
    return taken < 0 ? 0 : (uint32_t)taken;
}
/* The next answer: false if there is none. */
static bool async_ring_answer_(struct async_ring_ *r, struct io_uring_cqe *answer)
{
    uint32_t head = *r->cq_head;
    if (head == __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE)) return false;
    __builtin_memcpy(answer, &r->answers[head & r->cq_mask], sizeof *answer);
    __atomic_store_n(r->cq_head, head + 1, __ATOMIC_RELEASE);
    return true;
}
static void async_ring_take_(async_loop *loop)
{
    struct io_uring_cqe answer;
    while (async_ring_answer_(loop->ring, &answer))
        async_disk_done_(loop, (struct async_file_io_ *)(uintptr_t)answer.user_data, answer.res);
}
static void async_ring_close_(async_loop *loop)
{
    struct async_ring_ *r = loop->ring;
    struct io_uring_cqe answer;
    while (r->busy) {
        if (async_ring_answer_(r, &answer)) r->busy--;
        else (void)async_ring_enter_(r, 1);
    }
    async_fd_forget_(loop, &loop->fds[r->fd]);
    async_ring_free_(loop, r);
    loop->ring = NULL;
}
#endif /* ASYNC_URING_ */

/* ------------------------------------------------------------------------------------------
 * >>buffers       What streams and servers do. A read is one more kind of operation on the
 *                 descriptor: it fills the buffer until that satisfies it. Unsent bytes, accepting
 *                 and connecting wait by a watch, which stands where a waiting task would.
 * ------------------------------------------------------------------------------------------ */

static void async_watch_run_(async_handle *h);
static const async_ops async_watch_woken_ops_ =
    ASYNC_OPS_(async_watch_run_, NULL, NULL, NULL, NULL, "descriptor");
static const async_ops async_watch_ops_ =
    ASYNC_OPS_(NULL, async_io_cancel_, NULL, NULL, &async_watch_woken_ops_, "descriptor");

static void async_watch_run_(async_handle *h)
{
    async_watch_ *w = (async_watch_ *)(void *)h;
    async_fd_ *f = &async_loop_->fds[w->io.io.fd];
    int direction = w->io.io.op >= ASYNC_IO_WRITES_, err = w->task.wake;
    if (f->waiter[direction] == &w->task) async_fd_leave_(async_loop_, f, direction);
    w->task.wake = 0;
    h->ops = NULL;
    async_loop_->current = NULL;
    w->fn(w, err);
}
/* fn(w, 0) when the descriptor is ready, once; fn(w, error) if it never will be. -EBUSY: a task
 * waits for it. now: it may be ready already, so it is tried after those who can run. */
static int async_watch_start_(async_watch_ *w, int fd, int op, void (*fn)(async_watch_ *, int),
                              bool now)
{
    async_loop *loop = async_loop_;
    int direction = op >= ASYNC_IO_WRITES_, err;
    if (loop->fds[fd].waiter[direction]) return -EBUSY;
    w->io.io.fd = fd;
    w->io.io.op = (uint8_t)op;
    w->fn = fn;
    if (now && !(loop->fds[fd].flags & ASYNC_FD_DRY_ << direction)) {
        async_push_(loop, &w->task.h);
        (void)async_io_block_(loop, &w->io, NULL, &w->task, &async_watch_woken_ops_);
        return 0;
    }
    err = async_io_wait_(loop, &w->io, NULL, &w->task);
    if (err != ASYNC_PENDING_) return err;
    w->task.h.ops = &async_watch_ops_;
    return 0;
}
static void async_unwatch_(async_watch_ *w)
{
    async_loop *loop = async_loop_;
    int direction = w->io.io.op >= ASYNC_IO_WRITES_;
    if (!w->task.h.ops) return;
    if (loop->fds[w->io.io.fd].waiter[direction] == &w->task)
        async_fd_leave_(loop, &loop->fds[w->io.io.fd], direction);
    if (w->task.h.ops == &async_watch_woken_ops_) async_withdraw_(loop, &w->task.h);
    w->task.wake = 0;
    w->task.h.ops = NULL;
}
/* The loop closes: who watches ends as well. */
static void async_watches_close_(async_loop *loop)
{
    int fd, direction;
    for (fd = 0; fd < loop->fd_count; fd++)
        for (direction = 0; direction < 2; direction++) {
            async_task *task = loop->fds[fd].waiter[direction];
            async_watch_ *w = (async_watch_ *)(void *)task;
            if (!task ||
                (task->h.ops != &async_watch_ops_ && task->h.ops != &async_watch_woken_ops_))
                continue;
            async_unwatch_(w);
            w->fn(w, -ESHUTDOWN);
        }
}

/* --- buffers --- */

/* Room for `want` more bytes at its end. -ENOBUFS: it is the caller's and full; -ENOMEM. */
static int async_buffer_room_(async_buffer_ *b, size_t want)
{
    async_loop *loop = async_loop_;
    size_t room = b->room > 4096 ? b->room : 4096;
    char *data;
    if (b->at == b->end) b->at = b->end = 0;
    if (b->room - b->end >= want) return 0;
    if (b->at) {
        memmove(b->data, b->data + b->at, b->end - b->at);
        b->end -= b->at;
        b->at = 0;
        if (b->room - b->end >= want) return 0;
    }
    if (b->fixed) return -ENOBUFS;
    if (want > (size_t)PTRDIFF_MAX / 2 - b->end) return -ENOMEM;
    while (room < b->end + want) room *= 2;
    data = (char *)loop->options.alloc(loop->options.context, b->data, room);
    if (!data) return -ENOMEM;
    b->data = data;
    b->room = room;
    return 0;
}
static void async_buffer_open_(async_buffer_ *b, char *data, size_t size)
{
    __builtin_memset(b, 0, sizeof *b);
    b->data = data;
    b->room = size;
    b->fixed = data != NULL;
}
static void async_buffer_close_(async_buffer_ *b)
{
    async_loop *loop = async_loop_;
    if (!b->fixed && b->data) (void)loop->options.alloc(loop->options.context, b->data, 0);
    __builtin_memset(b, 0, sizeof *b);
}
static async_bytes async_buffer_take_(async_buffer_ *b, size_t n)
{
    async_bytes bytes;
    bytes.data = b->data ? b->data + b->at : NULL;
    bytes.size = n;
    b->at += n;
    return bytes;
}
/* Where the separator begins, at `from` or behind it; SIZE_MAX: nowhere. */
static size_t async_buffer_find_(const async_buffer_ *b, size_t from, const void *separator,
                                 size_t size)
{
    const char *data = b->data + b->at, *end = b->data + b->end, *p = data + from;
    while ((size_t)(end - p) >= size) {
        p = (const char *)memchr(p, *(const char *)separator, (size_t)(end - p) - size + 1);
        if (!p) break;
        if (memcmp(p, separator, size) == 0) return (size_t)(p - data);
        p++;
    }
    return SIZE_MAX;
}

/* --- open and close --- */

static async_stream *async_stream_of_(async_watch_ *w)
{
    return (async_stream *)(void *)((char *)w - offsetof(async_stream, writing));
}
static async_fd_ *async_stream_fd_(const async_stream *s)
{
    async_fd_ *f = s->flags & ASYNC_STREAM_OPEN_ ? async_fd_owned_(async_loop_, s->fd) : NULL;
    return f && f->generation == s->generation ? f : NULL;
}
int async_stream_open(async_stream *s, int fd)
{
    async_loop *loop = async_loop_;
    const async_stream_options *o = &s->options;
    int err = 0;
    if (s->flags & ASYNC_STREAM_OPEN_) return -EBUSY;
    if (!loop || (o->read_buffer && !o->read_size) || (o->write_buffer && !o->write_size))
        return -EINVAL;
    if (!async_fd_owned_(loop, fd)) err = async_adopt(fd);
    if (err) return err;
    if (!s->options.limit) s->options.limit = 65536;
    if (!s->options.write_limit) s->options.write_limit = 1 << 20;
    async_buffer_open_(&s->in, o->read_buffer, o->read_size);
    async_buffer_open_(&s->out, o->write_buffer, o->write_size);
    __builtin_memset(&s->writing, 0, sizeof s->writing);
    s->fd = fd;
    s->generation = loop->fds[fd].generation;
    s->high = 65536;
    s->low = 65536 / 4;
    s->read_error = s->write_error = 0;
    s->drainers = s->closers = NULL;
    s->flags = ASYNC_STREAM_OPEN_;
    return 0;
}
/* Oldest first. */
static void async_wake_list_(async_handle **list, int err)
{
    async_handle *first;
    (void)async_oldest_first_(list);
    first = *list;
    *list = NULL;
    async_notify_all_(first, err);
}
static int async_stream_have_(struct async_stream_io_ *io, async_stream *s);
/* Its reader is told of the end, and has it here and now: at its turn the stream may be gone. */
static void async_stream_dismiss_(async_stream *s, async_fd_ *f)
{
    async_task *task = f->waiter[0];
    struct async_stream_io_ *io = task ? (struct async_stream_io_ *)task->u.on : NULL;
    int err;
    s->flags |= ASYNC_STREAM_CLOSING_ | ASYNC_STREAM_EOF_;
    s->in.at = s->in.end;
    if (!io || !async_io_of_stream_((struct async_io_ *)(void *)io)) {
        async_fd_wake_(f, 0, -EBADF);
        return;
    }
    err = async_stream_have_(io, s);
    io->io.op = ASYNC_IO_READABLE_; /* nothing more to be tried */
    if (async_fd_awaited_(f, 0)) async_notify_(&task->h, err);
    else if (!task->wake) task->wake = (__typeof__(task->wake))err;
    async_fd_leave_(async_loop_, f, 0);
}
/* Its last act: `ended` may give the memory back. */
static void async_stream_end_(async_stream *s, int err)
{
    async_fd_ *f = async_stream_fd_(s);
    if (f) async_stream_dismiss_(s, f);
    s->flags =
        (uint8_t)((s->flags & ~ASYNC_STREAM_OPEN_) | ASYNC_STREAM_CLOSING_ | ASYNC_STREAM_EOF_);
    if (err && !s->write_error) s->write_error = (int16_t)err;
    async_unwatch_(&s->writing);
    async_wake_list_(&s->drainers, err ? err : s->write_error);
    async_wake_list_(&s->closers, err ? err : s->write_error);
    if (f) {
        err = async_close(s->fd);
        if (err && !s->write_error) s->write_error = (int16_t)err;
    }
    async_buffer_close_(&s->in);
    async_buffer_close_(&s->out);
    if (s->ended) s->ended(s);
}
int async_stream_close(async_stream *s)
{
    async_fd_ *f = async_stream_fd_(s);
    if (!(s->flags & ASYNC_STREAM_OPEN_)) return s->flags & ASYNC_STREAM_CLOSING_ ? 0 : -EBADF;
    if (s->flags & ASYNC_STREAM_CLOSING_) return 0;
    if (f) async_stream_dismiss_(s, f);
    s->flags |= ASYNC_STREAM_CLOSING_ | ASYNC_STREAM_EOF_;
    s->in.at = s->in.end;
    if (!async_stream_unsent(s) || !f) async_stream_end_(s, f ? 0 : -EBADF);
    return 0;
}
void async_stream_abort(async_stream *s)
{
    bool lost = async_stream_unsent(s) != 0;
    if (s->flags & ASYNC_STREAM_OPEN_)
        async_stream_end_(s, lost || s->drainers ? -ECONNABORTED : 0);
}

static const async_ops async_drain_ops_ =
    ASYNC_OPS_(NULL, async_cancel_wait_, NULL, NULL, &async_ready_ops_, "drain");
int async_stream_drain_leaf_(struct async_stream_drain *room, async_frame *caller, async_task *task,
                             async_stream *s)
{
    (void)room;
    if (s->write_error) return s->write_error;
    if (s->read_error) return s->read_error;
    if (!async_stream_fd_(s)) return -EBADF;
    if (!(s->flags & ASYNC_STREAM_PAUSED_)) return 0;
    task->u.on = s;
    async_link_(&s->drainers, &task->h);
    return async_block_(task, caller, &async_drain_ops_);
}
static bool async_cancel_close_(async_task *task)
{
    async_stream *s = (async_stream *)task->u.on;
    (void)async_cancel_wait_(task);
    if (!s->closers) async_stream_abort(s);
    return true;
}
static const async_ops async_closed_ops_ =
    ASYNC_OPS_(NULL, async_cancel_close_, NULL, NULL, &async_ready_ops_, "close");
int async_stream_wait_closed_leaf_(struct async_stream_wait_closed *room, async_frame *caller,
                                   async_task *task, async_stream *s)
{
    (void)room;
    if (!(s->flags & ASYNC_STREAM_OPEN_)) return s->write_error;
    task->u.on = s;
    async_link_(&s->closers, &task->h);
    return async_block_(task, caller, &async_closed_ops_);
}
/* The wait at a block's end: then the block's own error goes on. */
static void async_exit_run_(async_handle *h)
{
    async_task *task = (async_task *)(void *)h;
    struct async_wait_exit_ *wait = (struct async_wait_exit_ *)task->u.on;
    int err = async_told_(task);
    async_loop_->current = task;
    h->ops = &async_ready_ops_;
    async_step_(task, err == ASYNC_CANCELED || !wait->error ? err : wait->error);
}
static const async_ops async_exit_woken_ops_ =
    ASYNC_OPS_(async_exit_run_, NULL, NULL, NULL, NULL, "close");
static bool async_cancel_stream_exit_(async_task *task)
{
    async_stream *s = (async_stream *)((struct async_wait_exit_ *)task->u.on)->on;
    (void)async_cancel_wait_(task);
    if (!s->closers) async_stream_abort(s);
    return true;
}
static const async_ops async_stream_exit_ops_ =
    ASYNC_OPS_(NULL, async_cancel_stream_exit_, NULL, NULL, &async_exit_woken_ops_, "close");
int async_stream_exit_leaf_(struct async_stream_exit *room, async_frame *caller, async_task *task,
                            async_stream *s, int error)
{
    if (error == ASYNC_CANCELED) async_stream_abort(s);
    else (void)async_stream_close(s);
    if (!(s->flags & ASYNC_STREAM_OPEN_)) return error ? error : s->write_error;
    room->wait.on = s;
    room->wait.error = error;
    task->u.on = &room->wait;
    async_link_(&s->closers, &task->h);
    return async_block_(task, caller, &async_stream_exit_ops_);
}

/* --- reading --- */

static int async_stream_overrun_(async_stream *s, size_t consumed)
{
    s->consumed = consumed;
    return ASYNC_ELIMIT;
}
static int async_stream_incomplete_(async_stream *s, size_t expected)
{
    s->expected = expected;
    s->partial = async_buffer_take_(&s->in, s->in.end - s->in.at);
    return ASYNC_EINCOMPLETE;
}
/* A line, or what ends by the separator. io.done: how much is known to hold none. */
static int async_stream_find_(struct async_stream_io_ *io, async_stream *s, bool line)
{
    const void *separator = io->io.address;
    size_t have = s->in.end - s->in.at, size = io->io.size, at = SIZE_MAX;
    if (have >= size) at = async_buffer_find_(&s->in, io->io.done, separator, size);
    if (at <= s->options.limit) {
        io->result.bytes = async_buffer_take_(&s->in, at + size);
        return 0;
    }
    if (at != SIZE_MAX) io->io.done = at;
    else if (have >= size) io->io.done = have - size + 1;
    if (io->io.done <= s->options.limit) return -EAGAIN;
    if (line) s->in.at = at == SIZE_MAX ? s->in.end : s->in.at + at + size;
    return async_stream_overrun_(s, io->io.done);
}
/* What is asked for, out of the buffer. -EAGAIN: more has to come first. */
static int async_stream_have_(struct async_stream_io_ *io, async_stream *s)
{
    size_t have = s->in.end - s->in.at, size = io->io.size;
    int op = io->io.op, err = -EAGAIN;
    if (op == ASYNC_IO_STREAM_READ_ || op == ASYNC_IO_STREAM_EXACTLY_) {
        if (size == 0 || have >= size || (have && op == ASYNC_IO_STREAM_READ_)) {
            if (size > have) size = have;
            if (size) __builtin_memcpy(io->io.address, async_buffer_take_(&s->in, size).data, size);
            io->result.n = (ptrdiff_t)size;
            return 0;
        }
    } else if (op == ASYNC_IO_STREAM_ALL_) {
        if (have > size) err = async_stream_overrun_(s, have);
    } else {
        err = async_stream_find_(io, s, op != ASYNC_IO_STREAM_UNTIL_);
    }
    if (err != -EAGAIN) return err;
    if (s->read_error) return s->read_error;
    if (!(s->flags & ASYNC_STREAM_EOF_)) return -EAGAIN;
    if (op == ASYNC_IO_STREAM_EXACTLY_) return async_stream_incomplete_(s, size);
    if (op == ASYNC_IO_STREAM_UNTIL_) return async_stream_incomplete_(s, 0);
    if (op == ASYNC_IO_STREAM_NEXT_ && !have) return ASYNC_ESTOP;
    if (op == ASYNC_IO_STREAM_READ_) io->result.n = 0;
    else io->result.bytes = async_buffer_take_(&s->in, have);
    return 0;
}
/* Its descriptor has been closed: that is the end if the stream did it. */
static int async_stream_last_(struct async_stream_io_ *io)
{
    int err = async_stream_have_(io, (async_stream *)io->io.data);
    return err == -EAGAIN ? -EBADF : err;
}
/* One read: into the buffer, or past it if the caller has as much room. */
static int async_stream_fill_(async_loop *loop, struct async_stream_io_ *io, async_stream *s)
{
    struct async_io_ one;
    bool past;
    int err = async_buffer_room_(&s->in, 1);
    if (err) return err == -ENOBUFS ? async_stream_overrun_(s, io->io.done) : err;
    past = io->io.op == ASYNC_IO_STREAM_READ_ && io->io.size >= s->in.room;
    __builtin_memset(&one, 0, sizeof one);
    one.io.fd = s->fd;
    one.io.op = ASYNC_IO_READ_;
    one.io.data = past ? (void *)io->io.address : s->in.data + s->in.end;
    one.io.size = past ? io->io.size : s->in.room - s->in.end;
    err = async_io_try_(loop, &one);
    if (err == -EAGAIN) return err;
    if (err) s->read_error = (int16_t)err;
    else if (one.result.n == 0) s->flags |= ASYNC_STREAM_EOF_;
    else if (past) io->result.n = one.result.n;
    else s->in.end += (size_t)one.result.n;
    return !err && past && one.result.n ? ASYNC_RETURNING_ : 0;
}
/* Its turn on the descriptor. A fast peer does not keep others from theirs: -EAGAIN though there
 * is more, and async_io_wait_() will see that. */
static int async_stream_try_(async_loop *loop, struct async_stream_io_ *io)
{
    async_stream *s = (async_stream *)io->io.data;
    int reads = 0;
    for (;;) {
        int err = async_stream_have_(io, s);
        if (err != -EAGAIN || reads++ == 16 || loop->fds[io->io.fd].flags & ASYNC_FD_DRY_)
            return err;
        err = async_stream_fill_(loop, io, s);
        if (err == ASYNC_ELIMIT && io->io.op >= ASYNC_IO_STREAM_LINE_) s->in.at = s->in.end;
        if (err) return err == ASYNC_RETURNING_ ? 0 : err;
    }
}
int async_stream_start_(struct async_stream_io_ *io, async_frame *caller, async_task *task,
                        async_stream *s, int op, const void *with, size_t size)
{
    async_fd_ *f = async_stream_fd_(s);
    int err;
    if (size > PTRDIFF_MAX && op == ASYNC_IO_STREAM_ALL_) size = PTRDIFF_MAX;
    if (size > PTRDIFF_MAX || (op == ASYNC_IO_STREAM_UNTIL_ && size == 0)) return -EINVAL;
    if ((op == ASYNC_IO_STREAM_EXACTLY_ || op == ASYNC_IO_STREAM_UNTIL_) && s->in.fixed &&
        size > s->in.room)
        return -ENOBUFS;
    if (f && f->waiter[0]) return -EBUSY;
    io->io.op = (uint8_t)op;
    io->io.size = size;
    io->io.done = 0;
    io->io.address = (async_address *)(uintptr_t)with;
    if (!f && !(s->flags & ASYNC_STREAM_CLOSING_)) return -EBADF;
    err = async_stream_have_(io, s);
    if (err != -EAGAIN) return err;
    return async_io_start_((struct async_io_ *)(void *)io, caller, task, s->fd, op, s, size,
                           (async_address *)(uintptr_t)with);
}

/* --- writing --- */

/* As much as the kernel takes: bytes, or -errno. */
static ptrdiff_t async_stream_send_(const async_stream *s, const struct iovec *pieces, int n)
{
    async_fd_ *f = &async_loop_->fds[s->fd];
    while (!(f->flags & ASYNC_FD_DRY_ << 1)) {
        ssize_t sent;
        if (f->flags & ASYNC_FD_SOCKET_) {
            struct msghdr m;
            __builtin_memset(&m, 0, sizeof m);
            m.msg_iov = (struct iovec *)(uintptr_t)pieces;
            m.msg_iovlen = (__typeof__(m.msg_iovlen))n;
            sent = ASYNCC_SYS(sendmsg)(s->fd, &m, ASYNC_NOSIGNAL_);
        } else {
            sent = ASYNCC_SYS(writev)(s->fd, pieces, n);
        }
        if (sent >= 0) return sent;
        if (errno == EAGAIN || errno == EWOULDBLOCK) f->flags |= ASYNC_FD_DRY_ << 1;
        else if (errno != EINTR) return -errno;
    }
    return -EAGAIN;
}
static void async_stream_broke_(async_stream *s, int err)
{
    s->write_error = (int16_t)err;
    s->out.at = s->out.end;
    s->flags &= (uint8_t)~ASYNC_STREAM_PAUSED_;
    async_wake_list_(&s->drainers, err);
}
/* Nothing is unsent any more, or nothing ever will be sent. */
static void async_stream_sent_(async_stream *s)
{
    if (s->flags & ASYNC_STREAM_CLOSING_) {
        async_stream_end_(s, 0);
    } else if (s->flags & ASYNC_STREAM_SHUT_ && !s->write_error) {
        int err = 0;
        if (!(async_loop_->fds[s->fd].flags & ASYNC_FD_SOCKET_)) (void)async_stream_close(s);
        else err = async_shutdown(s->fd, SHUT_WR);
        if (err) async_stream_broke_(s, err);
    }
}
static void async_stream_flush_(async_watch_ *w, int err)
{
    async_stream *s = async_stream_of_(w);
    while (!err && async_stream_unsent(s)) {
        struct iovec piece;
        ptrdiff_t n;
        piece.iov_base = s->out.data + s->out.at;
        piece.iov_len = async_stream_unsent(s);
        if (piece.iov_len > ASYNC_IO_MOST_) piece.iov_len = ASYNC_IO_MOST_;
        n = async_stream_send_(s, &piece, 1);
        if (n >= 0) s->out.at += (size_t)n;
        else err = (int)n;
    }
    if (err == -EAGAIN)
        err = async_watch_start_(w, s->fd, ASYNC_IO_WRITE_, async_stream_flush_, false);
    if (err == -ESHUTDOWN) { /* of the loop */
        async_stream_end_(s, err);
        return;
    }
    if (err) async_stream_broke_(s, err);
    if (s->flags & ASYNC_STREAM_PAUSED_ && async_stream_unsent(s) <= s->low) {
        s->flags &= (uint8_t)~ASYNC_STREAM_PAUSED_;
        async_wake_list_(&s->drainers, 0);
    }
    if (!async_stream_unsent(s)) async_stream_sent_(s);
}
static void async_stream_mark_(async_stream *s)
{
    if (async_stream_unsent(s) > s->high) s->flags |= ASYNC_STREAM_PAUSED_;
}
int async_stream_set_write_limits(async_stream *s, size_t high, size_t low)
{
    if (low > high) return -EINVAL;
    s->high = high;
    s->low = low;
    async_stream_mark_(s);
    return 0;
}
int async_stream_writelines(async_stream *s, const struct iovec *lines, int n)
{
    async_fd_ *f = async_stream_fd_(s);
    struct iovec pieces[16];
    size_t size = 0, skip = 0, unsent = async_stream_unsent(s), direct = 0;
    int i, count, err;
    if (!f || s->flags & ASYNC_STREAM_CLOSING_) return -EBADF;
    if (s->write_error) return s->write_error;
    if (s->flags & ASYNC_STREAM_SHUT_) return -EPIPE;
    for (i = 0; i < n; i++) {
        if (lines[i].iov_len > (size_t)PTRDIFF_MAX / 2 - size) return -ENOBUFS;
        size += lines[i].iov_len;
    }
    if (size == 0) return 0;
    if (unsent > s->options.write_limit || (s->out.fixed && size > s->out.room - unsent))
        return -ENOBUFS;
    if (!unsent) {
        ptrdiff_t sent;
        if (f->waiter[1]) return -EBUSY; /* a task that writes to the descriptor itself */
        for (i = count = 0; i < n && count < 16 && direct < ASYNC_IO_MOST_; i++) {
            pieces[count] = lines[i];
            if (pieces[count].iov_len > ASYNC_IO_MOST_ - direct)
                pieces[count].iov_len = ASYNC_IO_MOST_ - direct;
            direct += pieces[count].iov_len;
            count += pieces[count].iov_len != 0;
        }
        sent = async_stream_send_(s, pieces, count);
        if (sent < 0 && sent != -EAGAIN) {
            async_stream_broke_(s, (int)sent);
            return (int)sent;
        }
        if (sent > 0) skip = (size_t)sent;
        if (skip == size) return 0;
    }
    err = async_buffer_room_(&s->out, size - skip);
    if (err && !skip) return err;
    if (!err && !unsent)
        err = async_watch_start_(&s->writing, s->fd, ASYNC_IO_WRITE_, async_stream_flush_, true);
    if (err) { /* a part is on its way: the rest is lost, and so is the connection */
        async_stream_broke_(s, err);
        return err;
    }
    for (i = 0; i < n; i++) {
        size_t over = skip < lines[i].iov_len ? skip : lines[i].iov_len,
               left = lines[i].iov_len - over;
        if (left)
            __builtin_memcpy(s->out.data + s->out.end, (const char *)lines[i].iov_base + over,
                             left);
        s->out.end += left;
        skip -= over;
    }
    async_stream_mark_(s);
    return 0;
}
int async_stream_write(async_stream *s, const void *data, size_t size)
{
    struct iovec piece;
    piece.iov_base = (void *)(uintptr_t)data;
    piece.iov_len = size;
    return async_stream_writelines(s, &piece, 1);
}
int async_stream_write_eof(async_stream *s)
{
    if (!async_stream_fd_(s) || s->flags & ASYNC_STREAM_CLOSING_) return -EBADF;
    if (s->write_error) return s->write_error;
    if (s->flags & ASYNC_STREAM_SHUT_) return 0;
    s->flags |= ASYNC_STREAM_SHUT_;
    if (!async_stream_unsent(s)) async_stream_sent_(s);
    return s->write_error;
}

/* --- sendfile --- */

static int async_sendfile_try_(async_loop *loop, struct async_sendfile *io)
{
    async_fd_ *f = &loop->fds[io->io.fd];
    int turns;
    for (turns = 0; turns < 16 && io->io.done < io->io.size; turns++) {
        size_t size = io->io.size - io->io.done;
        ssize_t n = -1;
        if (size > 1 << 20) size = 1 << 20;
#if defined(__linux__)
        if (!io->copy) {
            off_t at = (off_t)io->offset;
            n = ASYNCC_SYS(sendfile)(io->io.fd, io->file, &at, size);
            if (n < 0 && (errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP))
                io->copy = true;
        }
#else
        io->copy = true;
#endif
        if (io->copy) {
            char data[16384];
            n = ASYNCC_SYS(pread)(io->file, data, size < sizeof data ? size : sizeof data,
                                  (off_t)io->offset);
            if (n > 0)
                n = f->flags & ASYNC_FD_SOCKET_
                        ? ASYNCC_SYS(send)(io->io.fd, data, (size_t)n, ASYNC_NOSIGNAL_)
                        : ASYNCC_SYS(write)(io->io.fd, data, (size_t)n);
        }
        if (n == 0) return 0; /* the end of the file */
        if (n > 0) {
            io->io.done += (size_t)n;
            io->offset += n;
            io->async_result_ = (ptrdiff_t)io->io.done;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            f->flags |= ASYNC_FD_DRY_ << 1;
            return -EAGAIN;
        } else if (errno != EINTR) {
            return -errno;
        }
    }
    return io->io.done < io->io.size ? -EAGAIN : 0;
}
int async_sendfile_leaf_(struct async_sendfile *room, async_frame *caller, async_task *task, int fd,
                         int file, int64_t offset, size_t count)
{
    room->async_result_ = 0;
    room->offset = offset;
    room->file = file;
    room->copy = false;
    if (offset < 0) return -EINVAL;
#if defined(__linux__)
    async_ignore_sigpipe_(); /* sendfile() has no MSG_NOSIGNAL */
#endif
    return async_io_start_((struct async_io_ *)(void *)room, caller, task, fd, ASYNC_IO_SENDFILE_,
                           NULL, count < PTRDIFF_MAX ? count : PTRDIFF_MAX, NULL);
}

/* --- connecting: RFC 8305 --- */

typedef struct async_attempt_ {
    async_watch_ watch; /* first */
    struct async_attempts_ *all;
    async_address address;
    int fd; /* -1: none, or not any more */
} async_attempt_;
typedef struct async_attempts_ {
    struct async_connect_any *room;
    async_task *task; /* who waits */
    async_duration delay;
    async_call timer;
    size_t n, next, live;
    int err; /* of the last that failed */
    async_attempt_ attempt[1];
} async_attempts_;

static void async_attempts_end_(async_attempts_ *all)
{
    async_loop *loop = async_loop_;
    size_t i;
    (void)async_call_cancel(&all->timer);
    for (i = 0; i < all->next; i++) {
        if (all->attempt[i].fd < 0) continue;
        async_unwatch_(&all->attempt[i].watch);
        (void)async_close(all->attempt[i].fd);
    }
    all->room->attempts = NULL;
    (void)loop->options.alloc(loop->options.context, all, 0);
}
static int async_attempt_won_(async_attempt_ *attempt)
{
    attempt->all->room->async_result_ = attempt->fd;
    attempt->fd = -1;
    return 0;
}
static int async_attempt_timer_(void *arg);
static void async_attempt_ready_(async_watch_ *w, int err);
/* The next, and at once those behind it if it fails at once. 0: connected; -EINPROGRESS; an error:
 * the last has failed. */
static int async_attempt_next_(async_attempts_ *all)
{
    async_loop *loop = async_loop_;
    (void)async_call_cancel(&all->timer);
    while (all->next < all->n) {
        async_attempt_ *attempt = &all->attempt[all->next++];
        const async_address *to = &attempt->address;
        int fd = async_socket_(loop, to->storage.ss_family, SOCK_STREAM), err;
        if (fd < 0) {
            all->err = fd;
            continue;
        }
        async_socket_options_(fd, to->storage.ss_family != AF_UNIX);
        attempt->fd = attempt->watch.io.io.fd = fd;
        err = ASYNCC_SYS(connect)(fd, (const struct sockaddr *)&to->storage, to->length) == 0
                  ? async_connect_try_(&attempt->watch.io)
                  : -errno;
        if (err == 0) return async_attempt_won_(attempt);
        if (err == -EINPROGRESS || err == -EINTR) {
            err = async_watch_start_(&attempt->watch, fd, ASYNC_IO_CONNECT_, async_attempt_ready_,
                                     false);
            if (!err && all->next < all->n)
                err = async_call_later(loop, &all->timer, all->delay, async_attempt_timer_, all);
            if (!err) {
                all->live++;
                return -EINPROGRESS;
            }
            async_unwatch_(&attempt->watch);
        }
        all->err = err;
        (void)async_close(fd);
        attempt->fd = -1;
    }
    return all->live ? -EINPROGRESS : all->err;
}
static void async_attempts_over_(async_attempts_ *all, int err)
{
    async_task *task = all->task;
    if (err == -EINPROGRESS) return;
    async_attempts_end_(all);
    async_wake_(task, err);
}
static int async_attempt_timer_(void *arg)
{
    async_attempts_ *all = (async_attempts_ *)arg;
    async_attempts_over_(all, async_attempt_next_(all));
    return 0;
}
static void async_attempt_ready_(async_watch_ *w, int err)
{
    async_attempt_ *attempt = (async_attempt_ *)(void *)w;
    async_attempts_ *all = attempt->all;
    if (err == -ESHUTDOWN) {
        async_attempts_end_(all);
        return;
    }
    all->live--;
    if (!err) err = async_connect_try_(&w->io);
    if (!err) {
        err = async_attempt_won_(attempt);
    } else {
        all->err = err;
        (void)async_close(attempt->fd);
        attempt->fd = -1;
        err = async_attempt_next_(all);
    }
    async_attempts_over_(all, err);
}
static int async_connected_(struct async_connect_any *room)
{
    int err = room->stream ? async_stream_open(room->stream, room->async_result_) : 0;
    if (err) (void)async_close(room->async_result_);
    return err;
}
static bool async_attempts_cancel_(async_task *task)
{
    async_attempts_end_(((struct async_connect_any *)task->u.on)->attempts);
    async_wake_(task, ASYNC_CANCELED);
    return true;
}
/* Its turn. Cancelled since the connection was made: that is closed. */
static void async_attempts_run_(async_handle *h)
{
    async_task *task = (async_task *)(void *)h;
    struct async_connect_any *room = (struct async_connect_any *)task->u.on;
    bool connected = task->wake == 0;
    int err = async_told_(task);
    async_loop_->current = task;
    h->ops = &async_ready_ops_;
    if (!err) err = async_connected_(room);
    else if (connected) (void)async_close(room->async_result_);
    async_step_(task, err);
}
static const async_ops async_attempts_woken_ops_ =
    ASYNC_OPS_(async_attempts_run_, NULL, NULL, NULL, NULL, "connect");
static const async_ops async_attempts_ops_ =
    ASYNC_OPS_(NULL, async_attempts_cancel_, NULL, NULL, &async_attempts_woken_ops_, "connect");

int async_connect_any_(struct async_connect_any *room, async_frame *caller, async_task *task,
                       const async_address *addresses, size_t n, async_duration delay,
                       async_stream *stream)
{
    async_loop *loop = async_loop_;
    size_t size, i, k = 0, next[2] = {0, 0};
    async_attempts_ *all;
    int err;
    if (n == 0 || n > 1000) return -EINVAL;
    if (stream && stream->flags & ASYNC_STREAM_OPEN_) return -EBUSY;
    size = sizeof *all + (n - 1) * sizeof all->attempt[0];
    all = (async_attempts_ *)loop->options.alloc(loop->options.context, NULL, size);
    if (!all) return -ENOMEM;
    __builtin_memset(all, 0, size);
    for (i = 0; i < n; i++) { /* by turns one of the first family, one of another */
        int turn = (int)(i & 1), family = addresses[0].storage.ss_family;
        for (k = 0; k < 2; k++, turn = !turn) {
            while (next[turn] < n && (addresses[next[turn]].storage.ss_family == family) == turn)
                next[turn]++;
            if (next[turn] < n) break;
        }
        all->attempt[i].address = addresses[next[turn]++];
        all->attempt[i].all = all;
        all->attempt[i].fd = -1;
    }
    all->n = n;
    all->room = room;
    all->task = task;
    all->delay = delay;
    room->attempts = all;
    room->stream = stream;
    err = async_attempt_next_(all);
    if (err == -EINPROGRESS) {
        task->u.on = room;
        return async_block_(task, caller, &async_attempts_ops_);
    }
    async_attempts_end_(all);
    return err ? err : async_connected_(room);
}
int async_peer_address(int fd, async_address *address)
{
    __builtin_memset(address, 0, sizeof *address);
    address->length = sizeof address->storage;
    return ASYNCC_SYS(getpeername)(fd, (struct sockaddr *)&address->storage, &address->length) < 0
               ? -errno
               : 0;
}

/* --- servers --- */

static void async_server_accept_(async_watch_ *w, int err);
static bool async_server_full_(const async_server *server)
{
    return (server->handler.pool && !server->free) ||
           (server->max_clients && server->clients >= server->max_clients);
}
static void async_server_listen_(async_server *server)
{
    int err;
    if (!server->open || server->accepting.task.h.ops || async_server_full_(server)) return;
    err = async_watch_start_(&server->accepting, server->fd, ASYNC_IO_ACCEPT_, async_server_accept_,
                             true);
    if (!err) return;
    async_report_(async_loop_, "a server cannot go on", err, NULL, server->handler.type);
    (void)async_server_close(server);
}
static void async_server_done_(async_server *server)
{
    if (!server->open && !server->clients) async_wake_list_(&server->closers, 0);
}
static void async_client_free_(async_client_ *c)
{
    async_server *server = c->server;
    async_loop *loop = async_loop_;
    if (server) {
        *c->pprev = c->next;
        if (c->next) c->next->pprev = c->pprev;
        server->clients--;
    }
    if (!server || !server->handler.pool) {
        if (!c->stream.options
                 .read_buffer) /* else it is an item of a pool, and its server is gone */
            (void)loop->options.alloc(loop->options.context, c, 0);
    } else {
        c->next = server->free;
        server->free = c;
    }
    if (!server) return;
    async_server_listen_(server);
    async_server_done_(server);
}
static void async_client_stream_ended_(async_stream *s)
{
    async_client_ *c = (async_client_ *)(void *)s;
    if (!c->task) async_client_free_(c);
}
static int async_client_ended_(void *arg)
{
    async_client_ *c = (async_client_ *)arg;
    async_task *task = c->task;
    int err = async_task_error(task);
    c->task = NULL;
    if (err && err != ASYNC_CANCELED)
        async_report_(async_loop_, "error in a server's handler", err, task->u.text,
                      async_root_(task)->type);
    if (!(c->stream.flags & ASYNC_STREAM_OPEN_)) async_client_free_(c);
    else if (err == ASYNC_CANCELED) async_stream_abort(&c->stream);
    else (void)async_stream_close(&c->stream);
    return 0;
}
static int async_client_start_(async_server *server, int fd)
{
    async_loop *loop = async_loop_;
    const async_serve_ *h = &server->handler;
    async_client_ *c = server->free;
    async_frame *frame;
    int err;
    if (h->pool) server->free = c->next;
    else c = (async_client_ *)loop->options.alloc(loop->options.context, NULL, h->size);
    if (!c) return -ENOMEM;
    __builtin_memset(c, 0, h->pool ? h->read_at : h->size);
    c->stream.options = server->options;
    c->stream.options.read_buffer = h->pool ? (char *)c + h->read_at : NULL;
    c->stream.options.read_size = h->read_size;
    c->stream.options.write_buffer = h->pool ? (char *)c + h->write_at : NULL;
    c->stream.options.write_size = h->write_size;
    c->stream.context = server->context;
    c->server = server;
    c->next = server->first;
    if (c->next) c->next->pprev = &c->next;
    c->pprev = &server->first;
    server->first = c;
    server->clients++;
    err = async_stream_open(&c->stream, fd);
    if (err) {
        async_client_free_(c);
        return err;
    }
    c->stream.ended = async_client_stream_ended_;
    c->task = (async_task *)(void *)((char *)c + h->task);
    frame = async_root_(c->task);
    *(async_stream **)(void *)((char *)c + h->task + h->args) = &c->stream;
    (void)async_spawn_(frame, h->type, &loop->scope, 0);
    (void)async_task_add_done_callback(c->task, &c->ended, async_client_ended_, c);
    return 0;
}
static void async_server_accept_(async_watch_ *w, int err)
{
    async_server *server = (async_server *)(void *)((char *)w - offsetof(async_server, accepting));
    async_loop *loop = async_loop_;
    int n;
    if (err == -ESHUTDOWN) {
        async_report_(loop, "a server was never closed", 0, NULL, server->handler.type);
        (void)async_server_close(server);
        return;
    }
    for (n = 0; !err && n < ASYNC_IO_BUDGET_ && !async_server_full_(server); n++) {
        err = async_io_try_(loop, &w->io);
        if (err) break;
        err = async_client_start_(server, w->io.result.fd);
        if (!err) continue;
        (void)async_close(w->io.result.fd);
        async_report_(loop, "a connection is refused", err, NULL, server->handler.type);
        err = 0;
    }
    if (err && err != -EAGAIN) {
        async_report_(loop, "a server cannot go on", err, NULL, server->handler.type);
        (void)async_server_close(server);
    }
    async_server_listen_(server);
}
int async_start_server_(async_server *server, const char *address, async_serve_ handler)
{
    size_t i;
    int fd;
    if (server->open || server->clients) return -EBUSY;
    fd = async_listen(address, server->backlog);
    if (fd < 0) return fd;
    server->fd = fd;
    server->handler = handler;
    server->first = server->free = NULL;
    for (i = handler.pool_items; i-- > 0;) {
        async_client_ *c = (async_client_ *)(void *)(handler.pool + i * handler.size);
        c->next = server->free;
        server->free = c;
    }
    server->open = true;
    async_server_listen_(server);
    return 0;
}
int async_server_close(async_server *server)
{
    int err;
    if (!server->open) return 0;
    server->open = false;
    async_unwatch_(&server->accepting);
    err = async_close(server->fd);
    async_wake_list_(&server->forever, 0);
    async_server_done_(server);
    return err;
}
/* Each may be gone after its turn. */
static void async_server_each_(async_server *server, void (*act)(async_stream *))
{
    async_client_ *c = server->first, *next;
    for (; c; c = next) {
        next = c->next;
        act(&c->stream);
    }
}
static void async_client_close_(async_stream *s)
{
    (void)async_stream_close(s);
}
void async_server_close_clients(async_server *server)
{
    async_server_each_(server, async_client_close_);
}
void async_server_abort_clients(async_server *server)
{
    async_server_each_(server, async_stream_abort);
}
static void async_server_forget_(async_server *server)
{
    async_client_ *c;
    (void)async_server_close(server);
    for (c = server->first; c; c = c->next) c->server = NULL;
    server->first = NULL;
    server->clients = 0;
}
static bool async_cancel_server_wait_(async_task *task)
{
    async_server *server = (async_server *)task->u.on;
    (void)async_cancel_wait_(task);
    if (!server->closers) async_server_forget_(server);
    return true;
}
static const async_ops async_server_closed_ops_ =
    ASYNC_OPS_(NULL, async_cancel_server_wait_, NULL, NULL, &async_ready_ops_, "server");
int async_server_wait_closed_leaf_(struct async_server_wait_closed *room, async_frame *caller,
                                   async_task *task, async_server *server)
{
    (void)room;
    if (!server->open && !server->clients) return 0;
    task->u.on = server;
    async_link_(&server->closers, &task->h);
    return async_block_(task, caller, &async_server_closed_ops_);
}
static bool async_cancel_forever_(async_task *task)
{
    async_server *server = (async_server *)task->u.on;
    (void)async_cancel_wait_(task);
    (void)async_server_close(server);
    return true;
}
static const async_ops async_forever_ops_ =
    ASYNC_OPS_(NULL, async_cancel_forever_, NULL, NULL, &async_ready_ops_, "server");
int async_server_serve_forever_leaf_(struct async_server_serve_forever *room, async_frame *caller,
                                     async_task *task, async_server *server)
{
    (void)room;
    if (!server->open) return 0;
    task->u.on = server;
    async_link_(&server->forever, &task->h);
    return async_block_(task, caller, &async_forever_ops_);
}
static bool async_cancel_server_exit_(async_task *task)
{
    async_server *server = (async_server *)((struct async_wait_exit_ *)task->u.on)->on;
    (void)async_cancel_wait_(task);
    if (!server->closers) async_server_forget_(server);
    return true;
}
static const async_ops async_server_exit_ops_ =
    ASYNC_OPS_(NULL, async_cancel_server_exit_, NULL, NULL, &async_exit_woken_ops_, "server");
int async_server_exit_leaf_(struct async_server_exit *room, async_frame *caller, async_task *task,
                            async_server *server, int error)
{
    (void)async_server_close(server);
    if (!server->clients) return error;
    room->wait.on = server;
    room->wait.error = error;
    task->u.on = &room->wait;
    async_link_(&server->closers, &task->h);
    return async_block_(task, caller, &async_server_exit_ops_);
}

/* ------------------------------------------------------------------------------------------
 * >>inbox         How another thread or a signal handler reaches a loop. One atomic word is list
 *                 and state: NULL while the loop is awake and nothing has come, a list, newest
 *                 first, or a mark. Before it sleeps the loop marks an empty inbox; who replaces
 *                 that mark by a list, and nobody else, has the wake to write. So there is one
 *                 write for each sleep that is cut short, none to a loop that is awake, and no
 *                 lock: a signal handler may do it.
 *                 The loop knows of every such write, as it finds its mark replaced, and waits
 *                 for those still to come before it closes the descriptor.
 *                 epoll is told of each write (edge-triggered), so there an eventfd need not be
 *                 read. Rejected: a flag beside the list (a fence on either side of every push),
 *                 a write whenever the list was empty (many to a loop that is busy), a futex
 *                 (a loop may also wait for descriptors), EVFILT_USER (a third kind of wake).
 * ------------------------------------------------------------------------------------------ */

static int async_wake_open_(int fd[2])
{
#ifdef ASYNC_EVENTFD_
    fd[0] = fd[1] = ASYNCC_SYS(eventfd)(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return fd[0] < 0 ? -errno : 0;
#else
    int i, err = 0;
    if (ASYNCC_SYS(pipe)(fd) < 0) return -errno;
    for (i = 0; i < 2; i++) {
        (void)ASYNCC_SYS(fcntl)(fd[i], F_SETFD, FD_CLOEXEC);
        if (!err) err = async_set_nonblocking_(fd[i]);
    }
    if (err) (void)async_close_fd_(fd[0]), (void)async_close_fd_(fd[1]);
    return err;
#endif
}
/* Any thread, any signal handler. It cannot fail: there is room for far more than can be due. */
static void async_wake_write_(int fd)
{
    int saved = errno;
#ifdef ASYNC_EVENTFD_
    while (ASYNCC_SYS(eventfd_write)(fd, 1) < 0 && errno == EINTR) {}
#else
    while (ASYNCC_SYS(write)(fd, "", 1) < 0 && errno == EINTR) {}
#endif
    errno = saved;
}
static void async_wake_read_(async_loop *loop)
{
#ifdef ASYNC_EVENTFD_
    eventfd_t n = 0;
    if (ASYNCC_SYS(eventfd_read)(loop->wake_fd, &n) < 0) return;
#else
    char some[64];
    ssize_t n = ASYNCC_SYS(read)(loop->wake_fd, some, sizeof some);
    if (n < 0) return;
#endif
    loop->wakes_due -= (uint32_t)n;
}

/* Opened when somebody first says that others will call. */
static int async_inbox_open_(async_loop *loop)
{
    int fd[2], err = 0;
    if (loop->flags & ASYNC_CLOSED_) return -ESHUTDOWN;
    if (loop->wake_fd >= 0) return 0;
    if (loop->poll_fd < 0) err = async_poll_open_(loop);
    if (!err) err = async_wake_open_(fd);
    if (err) return err;
    err = async_fd_own_(loop, fd[0], 0);
    if (!err) {
        err = async_poll_add_(loop, fd[0], loop->fds[fd[0]].generation, 0);
        if (err) async_fd_forget_(loop, &loop->fds[fd[0]]);
    }
    if (err) {
        if (fd[1] != fd[0]) (void)async_close_fd_(fd[1]);
        (void)async_close_fd_(fd[0]);
        return err;
    }
    loop->wake_fd = fd[0];
    loop->wake_to = fd[1];
    __atomic_store_n(&loop->inbox, (async_handle *)NULL, __ATOMIC_RELEASE);
    return 0;
}
/* 1: who pushed has to write the wake. A handle's turn comes as if it had been woken. */
static int async_inbox_push_(async_loop *loop, async_handle *h)
{
    async_handle *old = __atomic_load_n(&loop->inbox, __ATOMIC_ACQUIRE);
    do {
        if (old == ASYNC_NOT_OPEN_) return -ENOTCONN;
        if (old == ASYNC_GONE_) return -ESHUTDOWN;
        h->next = old == ASYNC_ASLEEP_ ? NULL : old;
    } while (!__atomic_compare_exchange_n(&loop->inbox, &old, h, true, __ATOMIC_ACQ_REL,
                                          __ATOMIC_ACQUIRE));
    return old == ASYNC_ASLEEP_;
}
/* What has come, to the end of the ready queue, oldest first. */
static void async_inbox_empty_(async_loop *loop, async_handle *after)
{
    async_handle *h = __atomic_exchange_n(&loop->inbox, after, __ATOMIC_ACQUIRE), *next,
                 *first = NULL;
    if (loop->napping && h != ASYNC_ASLEEP_) loop->wakes_due++;
    loop->napping = false;
    if (h == ASYNC_ASLEEP_ || h == ASYNC_NOT_OPEN_) h = NULL;
    for (; h; h = next) {
        next = h->next;
        h->next = first;
        first = h;
    }
    for (h = first; h; h = next) {
        next = h->next;
        h->ops = h->ops->woken;
        async_push_(loop, h);
    }
#if ASYNCC_POLLER != ASYNCC_EPOLL
    if (loop->wakes_due) async_wake_read_(loop);
#endif
}
static void async_inbox_take_(async_loop *loop)
{
    /* a list, or the loop's own mark, which may have been replaced by one */
    if ((uintptr_t)__atomic_load_n(&loop->inbox, __ATOMIC_RELAXED) > (uintptr_t)ASYNC_GONE_)
        async_inbox_empty_(loop, NULL);
}
/* False: it is not empty. */
static bool async_inbox_rest_(async_loop *loop)
{
    async_handle *none = NULL;
    return loop->napping = __atomic_compare_exchange_n(&loop->inbox, &none, ASYNC_ASLEEP_, false,
                                                       __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}
static void async_inbox_close_(async_loop *loop)
{
    struct pollfd p;
    async_inbox_empty_(loop, ASYNC_GONE_);
    if (loop->wake_fd < 0) return;
    p.fd = loop->wake_fd;
    p.events = POLLIN;
    while (
        loop->wakes_due) { /* somebody is about to write, to a number that must not be another's */
        (void)ASYNCC_SYS(poll)(&p, 1, -1);
        async_wake_read_(loop);
    }
    async_fd_forget_(loop, &loop->fds[loop->wake_fd]);
    if (loop->wake_to != loop->wake_fd) (void)async_close_fd_(loop->wake_to);
    (void)async_close_fd_(loop->wake_fd);
    loop->wake_fd = -1;
}

int async_loop_keep(async_loop *loop)
{
    int err = async_inbox_open_(loop);
    if (!err) loop->kept++;
    return err;
}
void async_loop_release(async_loop *loop)
{
    if (loop->kept) loop->kept--;
}

/* From here on it may be posted again, so nothing of it is looked at; what was stored before a
 * post that came too early is seen. */
static void async_posted_run_(async_handle *h)
{
    async_call *call = (async_call *)(void *)h;
    int (*fn)(void *) = call->fn;
    void *arg = call->arg;
    int err;
    h->pprev = NULL;
    async_loop_->current = NULL;
    (void)__atomic_exchange_n(&call->posted, 0, __ATOMIC_SEQ_CST);
    err = fn(arg);
    if (err < 0) async_report_(async_loop_, "error in a callback", err, NULL, NULL);
}
/* The loop is closed. It is its owner's again, unless it is to be told (2). */
static void async_posted_drop_(async_call *call)
{
    if (__atomic_exchange_n(&call->posted, 0, __ATOMIC_SEQ_CST) == 2) (void)call->fn(call->arg);
}
static int async_post_prepare_(async_loop *loop, async_call *call, int (*fn)(void *), void *arg)
{
    if (__atomic_exchange_n(&call->posted, 1, __ATOMIC_SEQ_CST)) return -EBUSY;
    call->h.ops = &async_posted_ops_;
    call->fn = fn;
    call->arg = arg;
    call->loop = loop;
    return 0;
}
static int async_post_push_(async_loop *loop, async_call *call)
{
    int err = async_inbox_push_(loop, &call->h);
    if (err > 0) async_wake_write_(loop->wake_to);
    else if (err) __atomic_store_n(&call->posted, 0, __ATOMIC_RELEASE);
    return err > 0 ? 0 : err;
}
int async_post_(async_loop *loop, async_call *call, int (*fn)(void *), void *arg)
{
    int err = async_post_prepare_(loop, call, fn, arg);
    return err ? err : async_post_push_(loop, call);
}
int async_call_soon_threadsafe(async_loop *loop, async_call *call, int (*fn)(void *), void *arg)
{
    int err;
    if (async_running_ != loop) return async_post_(loop, call, fn, arg);
    err = async_post_prepare_(loop, call, fn, arg); /* its own thread: in line with call_soon */
    if (!err) async_push_(loop, &call->h);
    return err;
}

#if ASYNCC_THREADS
/* ------------------------------------------------------------------------------------------
 * >>pool          The threads behind to_thread: one mutex, one queue of jobs, and a stack of idle
 *                 threads, so that the one that was last at work, whose caches are warm, is woken
 *                 first. At most one thread is on its way to the queue at a time; it wakes the
 *                 next if there is more than it takes. Where the jobs are short one thread does
 *                 them all and the others sleep on; where they are long all are soon at work.
 *                 Who has finished counts as idle before it wakes the loop, so that the loop's next
 *                 job finds it, and starts no other.
 *                 A job lives in the awaiting frame and comes back on its task's own handle,
 *                 through the inbox: nothing is allocated. A cancel that does not wait cuts the
 *                 tie between thread and job, under the mutex; after that the thread has nothing
 *                 of the frame's.
 *                 Rejected: a queue for each thread (jobs here cost microseconds to hand over
 *                 anyway), one condition for all (it wakes whom it likes), to hold back the wake
 *                 while more jobs are in hand (the next may take an hour).
 * ------------------------------------------------------------------------------------------ */

struct async_worker_ {
    struct async_worker_ *next;  /* below it in the stack */
    struct async_job_head_ *job; /* that it runs; NULL: nobody waits for it any more */
    void (*drop)(void *);        /* and this is to be called in the end */
    async_pool *pool;
    pthread_cond_t wake;
    pthread_t thread;
    bool idle;
};

static void *async_worker_main_(void *arg);
/* Somebody should look at the queue: whom to wake, or NULL. */
struct async_called_ {
    struct async_worker_ *worker;
    bool fresh; /* it has no thread yet */
};
static struct async_called_ async_pool_call_(async_pool *pool)
{
    struct async_called_ called = {NULL, false};
    if (!pool->first || pool->waking) return called;
    if (pool->idle) {
        called.worker = pool->idle;
        pool->idle = called.worker->next;
        called.worker->idle = false;
    } else if (pool->threads < pool->options.size && !pool->closing) {
        called.worker = &pool->workers[pool->threads++];
        called.fresh = true;
    }
    pool->waking = called.worker != NULL;
    return called;
}
static int async_worker_start_(async_pool *pool, struct async_worker_ *w)
{
    pthread_attr_t attr;
    sigset_t all, before;
    int err = pthread_attr_init(&attr);
    if (err) return err;
    if (pool->options.stack) err = pthread_attr_setstacksize(&attr, pool->options.stack);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    if (!err) err = ASYNCC_SYS(pthread_create)(&w->thread, &attr, async_worker_main_, w);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attr);
    return err;
}
/* A job has its result: back to its loop, which is to be woken if this says 1. Under the mutex, so
 * that a cancel finds it either here or there. */
static int async_job_post_(async_pool *pool, struct async_job_head_ *job, int result)
{
    ((struct async_to_thread *)(void *)job)->async_result_ = result;
    job->state = ASYNC_POSTED_;
    if (pool->blocked) (void)pthread_cond_broadcast(&pool->done);
    return async_inbox_push_(job->loop, &job->task->h);
}
static void async_job_unlink_(async_pool *pool, struct async_job_head_ *job)
{
    *job->by.pprev = job->next;
    if (job->next) job->next->by.pprev = job->by.pprev;
    else pool->last = job->by.pprev;
}
/* The loop whose own pool it is, and which is to be told when all threads have ended. */
static void async_pool_left_(async_pool *pool)
{
    if (pool->closing && pool->left == pool->threads && pool->owner)
        (void)async_post_(pool->owner, &pool->gone, async_stop_call_, pool->owner);
}
/* Not under the mutex. Without any thread the jobs would wait for ever: they fail instead. */
static void async_worker_wake_(async_pool *pool, struct async_called_ called)
{
    int err;
    if (!called.fresh) {
        if (called.worker) (void)pthread_cond_signal(&called.worker->wake);
        return;
    }
    err = async_worker_start_(pool, called.worker);
    if (!err) return;
    (void)pthread_mutex_lock(&pool->mutex);
    pool->waking = false;
    if (--pool->threads == 0)
        while (pool->first) {
            struct async_job_head_ *job = pool->first;
            async_loop *loop = job->loop;
            async_job_unlink_(pool, job);
            if (async_job_post_(pool, job, -err) > 0) async_wake_write_(loop->wake_to);
        }
    async_pool_left_(pool);
    (void)pthread_mutex_unlock(&pool->mutex);
}

static void async_worker_set_up_(const async_pool_options *options)
{
    const char *name = options->name ? options->name : "asyncc";
#if defined(__APPLE__)
    (void)pthread_setname_np(name);
#elif defined(__linux__)
    (void)pthread_setname_np(pthread_self(), name);
#endif
#if defined(__linux__) && defined(CPU_SET)
    if (options->cpus) {
        cpu_set_t set;
        int i;
        CPU_ZERO(&set);
        for (i = 0; i < 64; i++)
            if (options->cpus >> i & 1) CPU_SET((unsigned)i, &set);
        (void)sched_setaffinity(0, sizeof set, &set);
    }
#endif
    (void)name;
    if (options->on_start) options->on_start(options->context);
}
static void *async_worker_main_(void *arg)
{
    struct async_worker_ *me = (struct async_worker_ *)arg;
    struct async_called_ next;
    async_pool *pool = me->pool;
    struct async_job_head_ *job;
    int wake = -1; /* the descriptor that wakes the loop of the last job */
    async_worker_set_up_(&pool->options);
    (void)pthread_mutex_lock(&pool->mutex);
    pool->waking = false;
    for (;;) {
        int (*fn)(void *) = NULL;
        void *with = NULL;
        me->job = job = pool->first;
        if (job) {
            async_job_unlink_(pool, job);
            job->state = ASYNC_STARTED_;
            job->by.worker = me;
            fn = job->fn;
            with = job->arg;
        } else if (pool->closing) {
            break;
        } else {
            me->idle = true;
            me->next = pool->idle;
            pool->idle = me;
        }
        next = async_pool_call_(pool);
        (void)pthread_mutex_unlock(&pool->mutex);
        if (wake >= 0) async_wake_write_(wake);
        wake = -1;
        async_worker_wake_(pool, next);
        if (job) {
            int result = fn(with);
            void (*drop)(void *) = NULL;
            (void)pthread_mutex_lock(&pool->mutex);
            if (me->job) {
                async_loop *loop = job->loop;
                if (async_job_post_(pool, job, result) > 0) wake = loop->wake_to;
            } else {
                drop = me->drop;
            }
            if (drop) {
                (void)pthread_mutex_unlock(&pool->mutex);
                drop(with);
                (void)pthread_mutex_lock(&pool->mutex);
            }
        } else {
            (void)pthread_mutex_lock(&pool->mutex);
            while (me->idle) (void)pthread_cond_wait(&me->wake, &pool->mutex);
            pool->waking = false;
        }
    }
    pool->left++;
    async_pool_left_(pool);
    (void)pthread_mutex_unlock(&pool->mutex);
    if (wake >= 0) async_wake_write_(wake);
    return NULL;
}

int async_pool_init(async_pool *pool, const async_pool_options *options)
{
    long n;
    int i;
    __builtin_memset(pool, 0, sizeof *pool);
    if (options) pool->options = *options;
    if (pool->options.size < 0) return -EINVAL;
    if (!pool->options.size) {
        n = sysconf(_SC_NPROCESSORS_ONLN);
        pool->options.size = n < 1 ? 5 : n > 28 ? 32 : (int)n + 4;
    }
    if ((size_t)pool->options.size > SIZE_MAX / sizeof *pool->workers) return -ENOMEM;
    pool->workers = (struct async_worker_ *)ASYNCC_REALLOC(NULL, (size_t)pool->options.size *
                                                                     sizeof *pool->workers);
    if (!pool->workers) return -ENOMEM;
    for (i = 0; i < pool->options.size; i++) {
        __builtin_memset(&pool->workers[i], 0, sizeof *pool->workers);
        pool->workers[i].pool = pool;
        (void)pthread_cond_init(&pool->workers[i].wake, NULL);
    }
    pool->last = &pool->first;
    (void)pthread_mutex_init(&pool->mutex, NULL);
    (void)pthread_cond_init(&pool->done, NULL);
    return 0;
}
/* They end when the queue is empty. */
static int async_pool_shut_(async_pool *pool)
{
    struct async_worker_ *w;
    int left;
    (void)pthread_mutex_lock(&pool->mutex);
    pool->closing = true;
    while ((w = pool->idle) != NULL) {
        pool->idle = w->next;
        w->idle = false;
        (void)pthread_cond_signal(&w->wake);
    }
    left = pool->threads - pool->left;
    (void)pthread_mutex_unlock(&pool->mutex);
    return left;
}
static int async_pool_threads_(async_pool *pool)
{
    int n;
    (void)pthread_mutex_lock(&pool->mutex);
    n = pool->threads;
    (void)pthread_mutex_unlock(&pool->mutex);
    return n;
}
void async_pool_close(async_pool *pool)
{
    int i;
    if (!pool->workers) return;
    (void)async_pool_shut_(pool);
    /* Who started the i-th has a smaller number, or is the caller. */
    for (i = 0; i < async_pool_threads_(pool); i++)
        (void)pthread_join(pool->workers[i].thread, NULL);
    for (i = 0; i < pool->options.size; i++) (void)pthread_cond_destroy(&pool->workers[i].wake);
    (void)pthread_cond_destroy(&pool->done);
    (void)pthread_mutex_destroy(&pool->mutex);
    ASYNCC_FREE(pool->workers);
    pool->workers = NULL;
}

/* --- a loop's own pool --- */

static int async_loop_pool_(async_loop *loop)
{
    async_pool *pool;
    int err;
    if (loop->pool) return 0;
    pool = (async_pool *)loop->options.alloc(loop->options.context, NULL, sizeof *pool);
    if (!pool) return -ENOMEM;
    err = async_pool_init(pool, NULL);
    if (err) {
        (void)loop->options.alloc(loop->options.context, pool, 0);
        return err;
    }
    pool->owner = loop;
    loop->pool = pool;
    return 0;
}
int async_loop_set_default_executor(async_loop *loop, async_pool *pool)
{
    if (loop->pool) return -EBUSY;
    loop->pool = pool;
    return 0;
}
/* The loop goes on until all threads have ended: a job may still have something to say to it. */
static int async_pools_shutdown_(async_loop *loop)
{
    int err = 0;
    if (!loop->pool || loop->pool->owner != loop || loop->pool->closing) return 0;
    if (!async_pool_shut_(loop->pool)) return 0;
    loop->kept++;
    err = async_loop_run_(loop);
    loop->kept--;
    return err;
}
static void async_job_run_(async_handle *h);
static bool async_job_cancel_(async_task *task);
static const async_ops async_job_back_ops_ =
    ASYNC_OPS_(async_job_run_, NULL, NULL, NULL, &async_ready_ops_, "a thread");
static const async_ops async_job_ops_ =
    ASYNC_OPS_(NULL, async_job_cancel_, NULL, NULL, &async_job_back_ops_, "a thread");
/* Nothing of a frame's may be used by a thread from here on: first those that need not be waited
 * for, so that none of them starts meanwhile. */
static void async_job_abandon_(struct async_job_head_ *job, bool wait)
{
    async_pool *pool = job->pool;
    bool detach = (job->kind & ASYNC_DETACH_) != 0, hook = job->kind != ASYNC_WAIT_ && job->hook;
    (void)pthread_mutex_lock(&pool->mutex);
    if (job->state == ASYNC_STARTED_ && !detach) {
        hook = wait == (job->kind == ASYNC_UNDO_) && job->hook;
        pool->blocked++;
        while (wait && job->state == ASYNC_STARTED_)
            (void)pthread_cond_wait(&pool->done, &pool->mutex);
        pool->blocked--;
    } else {
        if (job->state == ASYNC_QUEUED_) {
            async_job_unlink_(pool, job);
        } else if (job->state == ASYNC_STARTED_) {
            job->by.worker->job = NULL;
            job->by.worker->drop = job->hook;
            hook = false;
        }
        job->state = ASYNC_POSTED_; /* it has been seen to */
        job->kind = ASYNC_WAIT_;
    }
    (void)pthread_mutex_unlock(&pool->mutex);
    if (hook) job->hook(job->arg);
}
static void async_remotes_close_(async_loop *loop);
static void async_pools_close_(async_loop *loop)
{
    async_scope *scope;
    async_task *task;
    async_pool *pool = loop->pool;
    int wait;
    for (wait = 0; wait < 2; wait++)
        for (scope = loop->scopes; scope; scope = scope->next)
            for (task = scope->head; task; task = task->next)
                if (!async_task_done(task) &&
                    (task->h.ops == &async_job_ops_ || task->h.ops == &async_job_back_ops_))
                    async_job_abandon_((struct async_job_head_ *)task->u.on, wait);
    loop->pool = NULL;
    loop->jobs = 0;
    if (!pool || pool->owner != loop) return;
    async_pool_close(pool);
    (void)async_call_cancel(&pool->gone); /* nobody has waited for it */
    (void)loop->options.alloc(loop->options.context, pool, 0);
}
static const struct async_pool_ops_ async_pools_ = {async_pools_shutdown_, async_pools_close_,
                                                    async_remotes_close_};

/* --- a job --- */

/* Its turn after it has come back. */
/* A name that is looked up: in memory of its own, for its thread may outlive who asked. */
struct async_lookup_ {
    int (*finish)(async_task *, struct async_lookup_ *, int result); /* 0, an error, or pending */
    struct addrinfo hints, *list;
    const char *name, *service; /* in `text` */
    bool hinted;
    async_stream *stream; /* to be opened */
    async_address address;
    int flags;
    char *host_to, *service_to;
    size_t host_size, service_size;
    char text[1];
};
static void async_job_run_(async_handle *h)
{
    async_task *task = (async_task *)(void *)h;
    struct async_job_head_ *job = (struct async_job_head_ *)task->u.on;
    int err = async_told_(task), result = ((struct async_to_thread *)(void *)job)->async_result_;
    async_loop_->jobs--;
    async_loop_->current = task;
    h->ops = &async_ready_ops_;
    if (err && job->kind != ASYNC_WAIT_ && job->hook) job->hook(job->arg);
    if (!err && job->kind & ASYNC_LOOKUP_) {
        struct async_lookup_ *l = (struct async_lookup_ *)job->arg;
        result = l->finish(task, l, result);
        if (result == ASYNC_PENDING_) return; /* it goes on as another wait */
    }
    async_step_(task, err ? err : result < 0 ? result : 0);
}
static bool async_job_cancel_(async_task *task)
{
    struct async_job_head_ *job = (struct async_job_head_ *)task->u.on;
    async_pool *pool = job->pool;
    bool queued, running;
    (void)pthread_mutex_lock(&pool->mutex);
    queued = job->state == ASYNC_QUEUED_;
    running = job->state == ASYNC_STARTED_;
    if (queued) async_job_unlink_(pool, job);
    if (running && job->kind & ASYNC_DETACH_) {
        job->by.worker->job = NULL;
        job->by.worker->drop = job->hook;
    }
    (void)pthread_mutex_unlock(&pool->mutex);
    if (!queued && !(running && job->kind & ASYNC_DETACH_)) {
        if (running && job->kind == ASYNC_WAIT_ && job->hook) job->hook(job->arg);
        return false; /* told when it has come back */
    }
    if (queued && job->kind != ASYNC_WAIT_ && job->hook) job->hook(job->arg);
    async_loop_->jobs--;
    task->h.ops = &async_ready_ops_; /* as if it had never been away */
    async_wake_(task, ASYNC_CANCELED);
    return true;
}
int async_job_start_(struct async_to_thread *room, async_frame *caller, async_task *task,
                     async_pool *pool, const async_job *how, int kind)
{
    async_loop *loop = async_loop_;
    struct async_job_head_ *job = &room->job;
    struct async_called_ called;
    int err = async_inbox_open_(loop);
    if (!err && !pool) err = async_loop_pool_(loop);
    if (err) return err;
    if (!pool) pool = loop->pool;
    if (!pool->workers) return -ESHUTDOWN;
    job->task = task;
    job->loop = loop;
    job->pool = pool;
    job->fn = how->fn;
    job->arg = how->arg;
    job->hook = how->drop ? how->drop : how->cancel;
    job->kind = (uint8_t)kind;
    job->state = ASYNC_QUEUED_;
    job->next = NULL;
    loop->pools = &async_pools_;
    task->u.on = job;
    (void)pthread_mutex_lock(&pool->mutex);
    if (pool->closing) {
        (void)pthread_mutex_unlock(&pool->mutex);
        return -ESHUTDOWN;
    }
    (void)async_block_(task, caller, &async_job_ops_); /* it may be back before this returns */
    loop->jobs++;
    job->by.pprev = pool->last;
    *pool->last = job;
    pool->last = &job->next;
    called = async_pool_call_(pool);
    (void)pthread_mutex_unlock(&pool->mutex);
    async_worker_wake_(pool, called);
    return ASYNC_PENDING_;
}

/* --- run_coroutine_threadsafe --- */

/* The last that the loop's thread does with it: whoever waits may give its memory back at once. */
static void async_remote_end_(async_remote *r, int error)
{
    (void)pthread_mutex_lock(&r->mutex);
    (void)async_call_cancel(&r->stop); /* nobody posts another: that is done under the mutex too */
    r->error = error;
    r->state = ASYNC_REMOTE_DONE_;
    (void)pthread_cond_broadcast(&r->done);
    (void)pthread_mutex_unlock(&r->mutex);
}
static async_task *async_remote_task_(const async_remote *r)
{
    return (async_task *)(void *)r->frame - 1;
}
static int async_remote_ended_(void *arg)
{
    async_remote *r = (async_remote *)arg;
    async_scope_close_(&r->scope);
    async_remote_end_(r, async_see_(async_remote_task_(r)));
    return 0;
}
/* Not at once: the loop still has to do with a task that has just ended. */
static void async_remote_child_done_(async_scope *scope, async_task *child)
{
    async_remote *r = (async_remote *)(void *)scope;
    (void)child;
    (void)async_call_soon(r->loop, &r->ended, async_remote_ended_, r);
}
static int async_remote_begin_(void *arg)
{
    async_remote *r = (async_remote *)arg;
    if (r->loop->flags & ASYNC_CLOSED_) {
        async_remote_end_(r, -ESHUTDOWN);
        return 0;
    }
    r->loop->pools = &async_pools_;
    async_scope_open_(&r->scope, r->loop, async_remote_child_done_);
    (void)async_spawn_(r->frame, r->type, &r->scope, 0);
    return 0;
}
static int async_remote_stop_(void *arg)
{
    (void)async_task_cancel(async_remote_task_((async_remote *)arg));
    return 0;
}
/* Who is told may give its memory back, with all that links the scopes in it: first they are made
 * a list of their own. */
static void async_remotes_close_(async_loop *loop)
{
    async_scope *scope, *next, *told = NULL;
    for (scope = loop->scopes; scope; scope = next) {
        next = scope->next;
        if (scope->child_done == async_remote_child_done_) scope->next = told, told = scope;
    }
    for (scope = told; scope; scope = next) {
        async_remote *r = (async_remote *)(void *)scope;
        next = scope->next;
        async_remote_end_(r, async_task_done(async_remote_task_(r))
                                 ? async_see_(async_remote_task_(r))
                                 : -ESHUTDOWN);
    }
}

int async_remote_start_(async_loop *loop, async_remote *r, async_frame *frame,
                        const async_type *type)
{
    bool runs;
    int err;
    if (!r->ready) {
        pthread_condattr_t attr;
        (void)pthread_condattr_init(&attr);
#if !defined(__APPLE__)
        (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
#endif
        (void)pthread_mutex_init(&r->mutex, NULL);
        (void)pthread_cond_init(&r->done, &attr);
        (void)pthread_condattr_destroy(&attr);
        r->ready = true;
    }
    (void)pthread_mutex_lock(&r->mutex);
    runs = r->state == ASYNC_REMOTE_RUNS_;
    r->state = ASYNC_REMOTE_RUNS_;
    (void)pthread_mutex_unlock(&r->mutex);
    if (runs) return -EBUSY;
    r->loop = loop;
    r->frame = frame;
    r->type = type;
    err = async_post_prepare_(loop, &r->begin, async_remote_begin_, r);
    __atomic_store_n(&r->begin.posted, 2, __ATOMIC_RELAXED);
    if (!err) err = async_post_push_(loop, &r->begin);
    if (err) r->state = 0; /* nobody else has seen it */
    return err;
}
bool async_remote_done(async_remote *r)
{
    bool done;
    if (!r->ready) return false;
    (void)pthread_mutex_lock(&r->mutex);
    done = r->state == ASYNC_REMOTE_DONE_;
    (void)pthread_mutex_unlock(&r->mutex);
    return done;
}
bool async_remote_cancel(async_remote *r)
{
    bool runs;
    if (!r->ready) return false;
    (void)pthread_mutex_lock(&r->mutex);
    runs = r->state == ASYNC_REMOTE_RUNS_;
    if (runs) (void)async_post_(r->loop, &r->stop, async_remote_stop_, r);
    (void)pthread_mutex_unlock(&r->mutex);
    return runs;
}
int async_remote_wait(async_remote *r, async_duration d)
{
    struct timespec at;
    int err = 0;
    if (!r->ready) return -EINVAL;
    if (async_running_ == r->loop) return -EDEADLK;
    if (d.ns < 0) d.ns = 0;
#if defined(__APPLE__)
    (void)clock_gettime(CLOCK_REALTIME, &at);
#else
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
#endif
    at.tv_nsec += (long)(d.ns % 1000000000);
    at.tv_sec +=
        (time_t)((d.ns > ASYNC_DAY_ ? ASYNC_DAY_ : d.ns) / 1000000000 + at.tv_nsec / 1000000000);
    at.tv_nsec %= 1000000000;
    (void)pthread_mutex_lock(&r->mutex);
    while (r->state == ASYNC_REMOTE_RUNS_ && err != ETIMEDOUT)
        err = d.ns == INT64_MAX ? pthread_cond_wait(&r->done, &r->mutex)
                                : pthread_cond_timedwait(&r->done, &r->mutex, &at);
    err = r->state == ASYNC_REMOTE_DONE_   ? r->error
          : r->state == ASYNC_REMOTE_RUNS_ ? -ETIMEDOUT
                                           : -EINVAL;
    (void)pthread_mutex_unlock(&r->mutex);
    return err;
}
#endif /* ASYNCC_THREADS */

/* ------------------------------------------------------------------------------------------
 * >>lookup        Names. The memory is malloc's, because it may be a thread that gives it back.
 * ------------------------------------------------------------------------------------------ */

#if ASYNCC_THREADS
static struct async_lookup_ *async_lookup_new_(const char *name, const char *service, size_t room)
{
    size_t n = name ? strlen(name) + 1 : 0, s = service ? strlen(service) + 1 : 0;
    size_t size = sizeof(struct async_lookup_) + n + s + room;
    struct async_lookup_ *l = (struct async_lookup_ *)ASYNCC_REALLOC(NULL, size);
    if (!l) return NULL;
    __builtin_memset(l, 0, sizeof *l);
    if (name) l->name = (const char *)__builtin_memcpy(l->text, name, n);
    if (service) l->service = (const char *)__builtin_memcpy(l->text + n, service, s);
    return l;
}
static void async_lookup_drop_(void *arg)
{
    struct async_lookup_ *l = (struct async_lookup_ *)arg;
    if (l->list) ASYNCC_SYS(freeaddrinfo)(l->list);
    ASYNCC_FREE(l);
}
static int async_lookup_start_(void *room, async_frame *caller, async_task *task,
                               struct async_lookup_ *l, int (*fn)(void *))
{
    async_job job;
    int err;
    job.fn = fn;
    job.arg = l;
    job.cancel = NULL;
    job.drop = async_lookup_drop_;
    err = async_job_start_((struct async_to_thread *)room, caller, task, NULL, &job,
                           ASYNC_DETACH_ | ASYNC_LOOKUP_);
    if (err != ASYNC_PENDING_) async_lookup_drop_(l);
    return err;
}
static int async_eai_(int err)
{
    return err == EAI_SYSTEM ? -errno : err ? ASYNC_EAI(err) : 0;
}
static int async_getaddrinfo_job_(void *arg)
{
    struct async_lookup_ *l = (struct async_lookup_ *)arg;
    return async_eai_(
        ASYNCC_SYS(getaddrinfo)(l->name, l->service, l->hinted ? &l->hints : NULL, &l->list));
}
static int async_getaddrinfo_finish_(async_task *task, struct async_lookup_ *l, int result)
{
    struct async_getaddrinfo *room = (struct async_getaddrinfo *)task->u.on;
    room->async_result_ = l->list;
    l->list = NULL;
    async_lookup_drop_(l);
    return result;
}
int async_getaddrinfo_leaf_(struct async_getaddrinfo *room, async_frame *caller, async_task *task,
                            const char *name, const char *service, const struct addrinfo *hints)
{
    struct async_lookup_ *l;
    if (name && strlen(name) > 255) return -ENAMETOOLONG; /* more than DNS can hold */
    l = async_lookup_new_(name, service, 0);
    if (!l) return -ENOMEM;
    l->finish = async_getaddrinfo_finish_;
    l->hinted = hints != NULL;
    if (hints) {
        l->hints.ai_flags = hints->ai_flags;
        l->hints.ai_family = hints->ai_family;
        l->hints.ai_socktype = hints->ai_socktype;
        l->hints.ai_protocol = hints->ai_protocol;
    }
    return async_lookup_start_(room, caller, task, l, async_getaddrinfo_job_);
}

static int async_getnameinfo_job_(void *arg)
{
    struct async_lookup_ *l = (struct async_lookup_ *)arg;
    return async_eai_(ASYNCC_SYS(getnameinfo)((struct sockaddr *)&l->address.storage,
                                              l->address.length, l->text,
                                              l->host_to ? NI_MAXHOST : 0, l->text + NI_MAXHOST,
                                              l->service_to ? NI_MAXSERV : 0, l->flags));
}
static int async_getnameinfo_finish_(async_task *task, struct async_lookup_ *l, int result)
{
    const char *host = l->text, *service = l->text + NI_MAXHOST;
    (void)task;
    if (!result && ((l->host_to && strlen(host) >= l->host_size) ||
                    (l->service_to && strlen(service) >= l->service_size)))
        result = ASYNC_EAI(EAI_OVERFLOW);
    if (!result && l->host_to) __builtin_memcpy(l->host_to, host, strlen(host) + 1);
    if (!result && l->service_to) __builtin_memcpy(l->service_to, service, strlen(service) + 1);
    async_lookup_drop_(l);
    return result;
}
int async_getnameinfo_leaf_(struct async_getnameinfo *room, async_frame *caller, async_task *task,
                            const async_address *address, char *host, size_t host_size,
                            char *service, size_t service_size, int flags)
{
    struct async_lookup_ *l = async_lookup_new_(NULL, NULL, NI_MAXHOST + NI_MAXSERV);
    if (!l) return -ENOMEM;
    l->finish = async_getnameinfo_finish_;
    l->address = *address;
    l->flags = flags;
    l->host_to = host_size ? host : NULL;
    l->service_to = service_size ? service : NULL;
    l->host_size = host_size;
    l->service_size = service_size;
    return async_lookup_start_(room, caller, task, l, async_getnameinfo_job_);
}

/* The addresses are there: connect to one of them, in the same leaf. */
static int async_open_by_name_finish_(async_task *task, struct async_lookup_ *l, int result)
{
    struct async_open_connection *room = (struct async_open_connection *)task->u.on;
    async_stream *stream = l->stream;
    async_address addresses[32];
    const struct addrinfo *a;
    size_t n = 0;
    for (a = l->list; a && n < 32; a = a->ai_next) {
        if (a->ai_addrlen > sizeof addresses[n].storage) continue;
        __builtin_memset(&addresses[n], 0, sizeof addresses[n]);
        __builtin_memcpy(&addresses[n].storage, a->ai_addr, a->ai_addrlen);
        addresses[n++].length = (socklen_t)a->ai_addrlen;
    }
    async_lookup_drop_(l);
    return result ? result
                  : async_connect_any_(&room->u.any, task->frame, task, addresses, n, ASYNC_MS(250),
                                       stream);
}
/* "name:service". Numbers that are none are no names, and a port is not cut to 16 bits. */
static int async_open_by_name_(struct async_open_connection *room, async_frame *caller,
                               async_task *task, async_stream *stream, const char *text)
{
    const char *colon = text ? strrchr(text, ':') : NULL;
    struct async_lookup_ *l;
    size_t n = colon ? (size_t)(colon - text) : 0;
    ASYNC_ASSERT_(sizeof(struct async_to_thread) <= sizeof room->u.job, "room for the job");
    if (n == 0 || !colon[1] || strspn(text, "0123456789.") == n || memchr(text, ':', n) ||
        memchr(text, '[', n) || memchr(text, '/', n) ||
        (strspn(colon + 1, "0123456789") == strlen(colon + 1) &&
         (strlen(colon + 1) > 5 || atoi(colon + 1) > 65535)))
        return -EINVAL;
    if (n > 255) return -ENAMETOOLONG;
    if (stream->flags & ASYNC_STREAM_OPEN_) return -EBUSY;
    l = async_lookup_new_(text, NULL, 0);
    if (!l) return -ENOMEM;
    l->text[n] = 0;
    l->service = l->text + n + 1;
    l->finish = async_open_by_name_finish_;
    l->stream = stream;
    l->hinted = true;
    l->hints.ai_socktype = SOCK_STREAM;
    return async_lookup_start_(room, caller, task, l, async_getaddrinfo_job_);
}
#endif
int async_open_connection_leaf_(struct async_open_connection *room, async_frame *caller,
                                async_task *task, async_stream *stream, const char *text)
{
    async_address address;
    int err = async_address_parse(&address, text);
#if ASYNCC_THREADS
    if (err) return async_open_by_name_(room, caller, task, stream, text);
#endif
    return err ? err
               : async_connect_any_(&room->u.any, caller, task, &address, 1, ASYNC_MS(250), stream);
}

#if ASYNCC_SIGNALS
/* ------------------------------------------------------------------------------------------
 * >>receivers     Signals. One list of receivers for the process, one handler. The handler looks
 *                 through the list and posts to the loop of each who wants the number, as another
 *                 thread would: it marks the number, and if the receiver's call is not already on
 *                 its way sends that. So marks may fall together, and none is lost.
 *                 A spin lock holds off the threads. No signal can interrupt who holds it: a
 *                 handler has all blocked, and so has everybody else who takes it.
 *                 Rejected: a pipe for each loop, which fills up; signalfd, which wants a signal
 *                 blocked in every thread and every child; a list for each number.
 * ------------------------------------------------------------------------------------------ */

static struct {
    async_signal *first;
    struct sigaction old[64];
    uint32_t receivers[64]; /* of each number */
    pid_t pid;              /* a child of fork() has none of them */
    bool busy;              /* the lock */
} async_signals_;

static void async_signals_unlock_(const sigset_t *mask)
{
    __atomic_clear(&async_signals_.busy, __ATOMIC_RELEASE);
    if (mask) (void)ASYNCC_SYS(pthread_sigmask)(SIG_SETMASK, mask, NULL);
}
static void async_signals_lock_(sigset_t *mask)
{
    if (mask) {
        sigset_t all;
        (void)sigfillset(&all);
        (void)ASYNCC_SYS(pthread_sigmask)(SIG_SETMASK, &all, mask);
    }
    while (__atomic_test_and_set(&async_signals_.busy, __ATOMIC_ACQUIRE))
        (void)ASYNCC_SYS(poll)(NULL, 0, 1);
}
/* What it does unless somebody handles it; at the latest when the handler that says so returns. */
static void async_signal_default_(int number)
{
    struct sigaction action;
    __builtin_memset(&action, 0, sizeof action);
    action.sa_handler = SIG_DFL;
    (void)ASYNCC_SYS(sigaction)(number, &action, NULL);
    (void)ASYNCC_SYS(raise)(number);
}
static int async_signal_came_(void *arg);
/* In any thread and handler. True: it was marked, and nobody has looked yet. */
static bool async_signal_mark_(async_signal *s, int number)
{
    uint32_t bit = UINT32_C(1) << number % 32;
    bool again = (__atomic_fetch_or(&s->came[number / 32], bit, __ATOMIC_RELAXED) & bit) != 0;
    (void)async_post_(s->call.loop, &s->call, async_signal_came_, s);
    return again;
}
static void async_signal_handler_(int number)
{
    int saved = errno;
    bool taken = false, again = false, interrupts;
    async_signal *s;
    if (ASYNCC_SYS(getpid)() != __atomic_load_n(&async_signals_.pid, __ATOMIC_RELAXED)) return;
    async_signals_lock_(NULL);
    for (interrupts = false; !taken; interrupts = true) {
        for (s = async_signals_.first; s; s = s->next) {
            if (!(s->set >> number & 1) || s->interrupts != interrupts) continue;
            if (async_signal_mark_(s, number)) again = interrupts;
            taken = true;
        }
        if (interrupts) break;
    }
    async_signals_unlock_(NULL);
    if (again) async_signal_default_(number);
    errno = saved;
}

/* Under the lock. */
static int async_signal_catch_(int number)
{
    struct sigaction action;
    if (async_signals_.receivers[number] == 0) {
        __builtin_memset(&action, 0, sizeof action);
        action.sa_handler = async_signal_handler_;
        action.sa_flags = SA_RESTART | (number == SIGCHLD ? SA_NOCLDSTOP : 0);
        (void)sigfillset(&action.sa_mask);
        if (ASYNCC_SYS(sigaction)(number, &action, &async_signals_.old[number]) < 0) return -errno;
    }
    async_signals_.receivers[number]++;
    return 0;
}
/* The old handler, unless somebody else has set another meanwhile. */
static void async_signal_uncatch_(int number)
{
    struct sigaction now;
    if (--async_signals_.receivers[number]) return;
    if (ASYNCC_SYS(sigaction)(number, NULL, &now) == 0 && now.sa_handler == async_signal_handler_)
        (void)ASYNCC_SYS(sigaction)(number, &async_signals_.old[number], NULL);
}
/* What the parent received is nothing to a child that did not exec. */
static void async_signals_check_fork_(void)
{
    pid_t pid = ASYNCC_SYS(getpid)(), old = __atomic_load_n(&async_signals_.pid, __ATOMIC_RELAXED);
    async_signal *s;
    int number;
    if (old == pid || !__atomic_compare_exchange_n(&async_signals_.pid, &old, pid, false,
                                                   __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        return;
    if (!old) return; /* the first of all */
    for (number = 1; number < 64; number++)
        if (async_signals_.receivers[number]) {
            async_signals_.receivers[number] = 1;
            async_signal_uncatch_(number);
        }
    for (s = async_signals_.first; s; s = s->next) s->set = 0;
    async_signals_.first = NULL;
    async_signals_.busy = false;
}

static int async_signal_add_(async_loop *loop, async_signal *s, uint64_t set)
{
    const uint64_t refused = ASYNC_SIGNALS(0, SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE, SIGILL);
    sigset_t mask;
    async_signal **at;
    int number, err = 0;
    if (!loop || !set || set & refused) return -EINVAL;
    async_signals_check_fork_();
    if (s->set) return -EBUSY;
    err = async_inbox_open_(loop);
    if (err) return err;
    s->call.loop = loop;
    s->came[0] = s->came[1] = 0;
    async_signals_lock_(&mask);
    for (number = 1; !err && number < 64; number++)
        if (set >> number & 1) err = async_signal_catch_(number);
    if (err) {
        for (number -= 2; number > 0; number--)
            if (set >> number & 1) async_signal_uncatch_(number);
    } else {
        s->set = set;
        s->next = NULL;
        for (at = &async_signals_.first; *at; at = &(*at)->next) {}
        *at = s;
        if (!s->interrupts) loop->kept++;
    }
    async_signals_unlock_(&mask);
    return err;
}
int async_add_signal_handler(async_loop *loop, async_signal *s, int number, int (*fn)(void *),
                             void *arg)
{
    if (s->set) return -EBUSY;
    s->fn = fn;
    s->arg = arg;
    s->interrupts = false;
    return fn ? async_signal_add_(loop, s, async_signal_bit_(number)) : -EINVAL;
}
bool async_remove_signal_handler(async_signal *s)
{
    sigset_t mask;
    async_signal **at;
    int number;
    async_signals_check_fork_();
    if (!s->set) return false;
    async_signals_lock_(&mask);
    for (at = &async_signals_.first; *at != s; at = &(*at)->next) {}
    *at = s->next;
    for (number = 1; number < 64; number++)
        if (s->set >> number & 1) async_signal_uncatch_(number);
    async_signals_unlock_(&mask);
    s->set = 0;
    (void)async_call_cancel(&s->call);
    if (!s->interrupts) async_loop_release(s->call.loop);
    if (s->waiter) {
        ((struct async_signal_wait *)s->waiter->u.on)->receiver = NULL;
        if (s->waiter->h.ops->cancel) async_wake_(s->waiter, -EBADF);
        s->waiter = NULL;
    }
    return true;
}
/* At its loop's close. Its tasks are gone, and their waits. */
static void async_signals_close_(async_loop *loop)
{
    async_signal *s;
    sigset_t mask;
    async_signals_check_fork_();
    do {
        async_signals_lock_(&mask);
        for (s = async_signals_.first; s && s->call.loop != loop; s = s->next) {}
        async_signals_unlock_(&mask);
        if (!s) return;
        s->waiter = NULL;
    } while (async_remove_signal_handler(s));
}

/* The smallest number that has come, or 0. */
static int async_signal_take_(async_signal *s)
{
    int i;
    for (i = 0; i < 2; i++) {
        uint32_t came = __atomic_load_n(&s->came[i], __ATOMIC_RELAXED), bit = came & (0 - came);
        if (!came) continue;
        (void)__atomic_fetch_and(&s->came[i], ~bit, __ATOMIC_RELAXED);
        return i * 32 + __builtin_ctz(came);
    }
    return 0;
}
static bool async_signal_cancel_(async_task *task)
{
    struct async_signal_wait *room = (struct async_signal_wait *)task->u.on;
    room->receiver->waiter = NULL;
    room->receiver = NULL;
    async_wake_(task, ASYNC_CANCELED);
    return true;
}
static void async_signal_run_(async_handle *h)
{
    async_task *task = (async_task *)(void *)h;
    struct async_signal_wait *room = (struct async_signal_wait *)task->u.on;
    int err = async_told_(task);
    task->h.ops = &async_ready_ops_;
    async_loop_->current = task;
    if (room->receiver) room->receiver->waiter = NULL;
    if (!err && !room->receiver) err = -EBADF;
    if (!err) room->async_result_ = async_signal_take_(room->receiver);
    async_step_(task, err);
}
static const async_ops async_signal_woken_ops_ =
    ASYNC_OPS_(async_signal_run_, NULL, NULL, NULL, NULL, "signal");
static const async_ops async_signal_ops_ =
    ASYNC_OPS_(NULL, async_signal_cancel_, NULL, NULL, &async_signal_woken_ops_, "signal");
int async_signal_wait_leaf_(struct async_signal_wait *room, async_frame *caller, async_task *task,
                            async_signal *s)
{
    if (!s->set || s->fn) return -EINVAL;
    if (s->waiter) return -EBUSY;
    if ((room->async_result_ = async_signal_take_(s)) != 0) return 0;
    room->receiver = s;
    s->waiter = task;
    task->u.on = room;
    return async_block_(task, caller, &async_signal_ops_);
}
int async_signal_enter_leaf_(struct async_signal_enter *room, async_frame *caller, async_task *task,
                             async_signal *s, uint64_t signals)
{
    (void)room, (void)caller, (void)task;
    if (s->set) return -EBUSY;
    s->fn = NULL;
    s->interrupts = false;
    return async_signal_add_(async_loop_, s, signals);
}
int async_signal_exit_leaf_(struct async_signal_exit *room, async_frame *caller, async_task *task,
                            async_signal *s, int error)
{
    (void)room, (void)caller, (void)task;
    (void)async_remove_signal_handler(s);
    return error;
}

/* In its loop: what the handler has marked. */
static int async_signal_came_(void *arg)
{
    async_signal *s = (async_signal *)arg;
    if (s->interrupts) {
        async_task *task = (async_task *)s->arg;
        if (!async_task_cancel(task)) async_signal_default_(SIGINT);
    } else if (!s->fn) {
        if (s->waiter && s->waiter->h.ops == &async_signal_ops_) async_wake_(s->waiter, 0);
    } else if (async_signal_take_(s)) {
        return s->fn(s->arg);
    }
    return 0;
}

/* SIGINT for a run: in the main thread, as in Python, and if nobody has said otherwise. */
static bool async_main_thread_(void)
{
#if defined(__linux__)
    return ASYNCC_SYS(syscall)(SYS_gettid, 0L, 0L, 0L, 0L, 0L, 0L) == ASYNCC_SYS(getpid)();
#elif defined(__APPLE__) || defined(__FreeBSD__) || defined(__NetBSD__) || defined(__OpenBSD__)
    return pthread_main_np() != 0;
#else
    return true;
#endif
}
static void async_interrupt_begin_(async_loop *loop, async_signal *s, async_task *main)
{
    struct sigaction now;
    __builtin_memset(s, 0, sizeof *s);
    if (!async_main_thread_()) return;
    if (ASYNCC_SYS(sigaction)(SIGINT, NULL, &now) < 0 || now.sa_handler != SIG_DFL) return;
    s->interrupts = true;
    s->arg = main;
    (void)async_signal_add_(loop, s, async_signal_bit_(SIGINT)); /* or SIGINT ends the process */
}
/* It came in main's last step, which no cancel ends any more: the other tasks still clean up. */
static bool async_interrupt_late_(async_signal *s)
{
    sigset_t mask;
    bool late;
    if (!__atomic_load_n(&s->came[SIGINT / 32], __ATOMIC_RELAXED)) return false;
    async_signals_lock_(&mask); /* a handler in another thread may still be at it */
    late = async_call_cancel(&s->call);
    async_signals_unlock_(&mask);
    return late;
}
/* True: its end is that of an interrupt. As asyncio's: of one that comes late a value is lost, but
 * no error. */
static bool async_interrupt_end_(async_signal *s, async_task *main, int err, bool late)
{
    const uint32_t bit = UINT32_C(1) << SIGINT % 32, *at = &s->came[SIGINT / 32];
    bool came = (__atomic_load_n(at, __ATOMIC_RELAXED) & bit) != 0;
    (void)async_remove_signal_handler(s);
    if (!came && *at & bit) late = true; /* in between */
    if (late) return !err || (err == ASYNC_CANCELED && !async_task_cancelling(main));
    return came && err == ASYNC_CANCELED && async_task_uncancel(main) == 0;
}
/* ------------------------------------------------------------------------------------------
 * >>children      Processes. posix_spawn, because it tells exec's error, sets signals right
 *                 between fork and exec, and copies no page tables. Its parent side is a pidfd
 *                 in the table of descriptors, with a call where others have a task; without
 *                 pidfds (another system, an old kernel, no descriptor left) SIGCHLD, which asks
 *                 for each child anew, as signals fall together.
 *                 All is done in the loop's thread, which alone reaps: so a pid that is not marked
 *                 as ended cannot be another's.
 *                 Rejected: a thread that waits for each child; waitpid(-1), which takes away the
 *                 children of others; fork and exec, slow where memory is large, and a handler
 *                 of the parent's may run in the child.
 * ------------------------------------------------------------------------------------------ */

#ifndef __linux__
extern char **environ;
#endif
static void async_process_run_(async_handle *h);
static void async_processes_close_(async_loop *loop);
static const async_ops async_process_woken_ops_ =
    ASYNC_OPS_(async_process_run_, NULL, NULL, NULL, &async_process_woken_ops_, "process");
static const async_ops async_process_ops_ =
    ASYNC_OPS_(NULL, NULL, NULL, NULL, &async_process_woken_ops_, "process");

/* A pipe that no other child gets. */
static int async_pipe_(int fd[2])
{
#ifdef __linux__
    return ASYNCC_SYS(pipe2)(fd, O_CLOEXEC) < 0 ? -errno : 0;
#else
    if (ASYNCC_SYS(pipe)(fd) < 0) return -errno;
    (void)ASYNCC_SYS(fcntl)(fd[0], F_SETFD, FD_CLOEXEC);
    (void)ASYNCC_SYS(fcntl)(fd[1], F_SETFD, FD_CLOEXEC);
    return 0;
#endif
}
int async_close_pipe(int *fd)
{
    int err = *fd >= 0 ? async_close(*fd) : 0;
    *fd = -1;
    return err;
}
/* Notes whose numbers they are, or closes those that are still the process's. */
static void async_process_pipes_(async_process *p, bool over)
{
    int *ends[3] = {&p->in, &p->out, &p->err}, i;
    for (i = 0; i < 3; i++) {
        async_fd_ *f = async_fd_owned_(async_loop_, *ends[i]);
        if (!over) p->generations[i] = f ? f->generation : 0;
        else if (f && f->generation == p->generations[i]) (void)async_close_pipe(ends[i]);
        else *ends[i] = -1;
    }
}

/* What the child gets as its `number`: in *theirs, which has to be closed here afterwards if it is
 * not the user's. In the child all are moved at once, so none may be below 3, where another's
 * place is. */
static int async_process_stream_(int number, int what, int *ours, int *theirs)
{
    int fd[2], err, high;
    if (what == ASYNC_PIPE) {
        err = async_pipe_(fd);
        if (err) return err;
        *theirs = fd[number != 0];
        err = async_adopt(fd[number == 0]);
        if (err) (void)async_close_fd_(fd[number == 0]);
        else *ours = fd[number == 0];
    } else if (what == ASYNC_DEVNULL) {
        *theirs = ASYNCC_SYS(open)("/dev/null", O_RDWR | O_CLOEXEC);
        err = *theirs < 0 ? -errno : 0;
    } else {
        *theirs = ASYNCC_SYS(fcntl)(what, F_DUPFD_CLOEXEC, 3);
        err = *theirs < 0 ? -errno : 0;
    }
    if (!err && *theirs < 3) {
        high = ASYNCC_SYS(fcntl)(*theirs, F_DUPFD_CLOEXEC, 3);
        err = high < 0 ? -errno : 0;
        (void)async_close_fd_(*theirs);
        *theirs = high;
    }
    return err;
}
/* posix_spawn gives an error number, and so do those that prepare it. */
static int async_process_exec_(async_process *p, const char *const *argv,
                               const async_process_options *o, const int *theirs)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t set;
    int i, err, flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    err = posix_spawn_file_actions_init(&actions);
    if (err) return -err;
    err = posix_spawnattr_init(&attributes);
    if (err) {
        (void)posix_spawn_file_actions_destroy(&actions);
        return -err;
    }
    for (i = 0; i < 3; i++) {
        if (!err && theirs[i] >= 0) err = posix_spawn_file_actions_adddup2(&actions, theirs[i], i);
#ifdef __APPLE__
        else if (!err && ASYNCC_SYS(fcntl)(i, F_GETFD, 0) >= 0)
            err = posix_spawn_file_actions_addinherit_np(&actions, i);
#endif
    }
    if (!err && o->err == ASYNC_STDOUT) err = posix_spawn_file_actions_adddup2(&actions, 1, 2);
#ifdef ASYNC_CLOSEFROM_
    if (!err) err = posix_spawn_file_actions_addclosefrom_np(&actions, 3);
#endif
    if (!err && o->cwd) {
#ifdef ASYNC_ADDCHDIR_
        err = posix_spawn_file_actions_addchdir_np(&actions, o->cwd);
#else
        err = ENOTSUP;
#endif
    }
    (void)sigemptyset(&set);
    if (!err) err = posix_spawnattr_setsigmask(&attributes, &set);
    (void)sigfillset(&set);
    (void)sigdelset(&set, SIGKILL);
    (void)sigdelset(&set, SIGSTOP);
    if (!err) err = posix_spawnattr_setsigdefault(&attributes, &set);
    if (o->new_group) {
        flags |= POSIX_SPAWN_SETPGROUP;
        if (!err) err = posix_spawnattr_setpgroup(&attributes, 0);
    }
    if (o->new_session) {
#ifdef POSIX_SPAWN_SETSID
        flags |= POSIX_SPAWN_SETSID;
#else
        if (!err) err = ENOTSUP;
#endif
    }
#ifdef POSIX_SPAWN_CLOEXEC_DEFAULT
    flags |= POSIX_SPAWN_CLOEXEC_DEFAULT;
#endif
    if (!err) err = posix_spawnattr_setflags(&attributes, (short)flags);
    if (!err)
        err = ASYNCC_SYS(posix_spawnp)(&p->pid, argv[0], &actions, &attributes,
                                       (char *const *)(uintptr_t)argv,
                                       o->env ? (char *const *)(uintptr_t)o->env : environ);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    return -err;
}

/* True: it has ended, and is reaped. */
static bool async_process_reap_(async_process *p, int options)
{
    pid_t pid;
    int status = 0;
    do pid = ASYNCC_SYS(waitpid)(p->pid, &status, options);
    while (pid < 0 && errno == EINTR);
    if (pid == 0) return false;
    if (pid < 0) {
        async_report_(p->loop, "the status of a process was taken by somebody else", -errno, NULL,
                      NULL);
        p->returncode = 255;
    } else {
        p->returncode = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    }
    p->running = false;
    return true;
}
static void async_process_unwatch_(async_process *p)
{
    async_loop *loop = p->loop;
    if (p->pidfd >= 0) {
        async_fd_ *f = &loop->fds[p->pidfd];
        if (p->watch.pprev) async_withdraw_(loop, &p->watch);
        if (f->waiter[0]) async_fd_leave_(loop, f, 0);
        async_poll_del_(loop, p->pidfd);
        async_fd_forget_(loop, f);
        (void)async_close_fd_(p->pidfd);
        p->pidfd = -1;
    }
    (void)async_remove_signal_handler(&p->child);
    if (p->next) p->next->prev = p->prev;
    *p->prev = p->next;
}
static int async_process_check_(void *arg)
{
    async_process *p = (async_process *)arg;
    async_handle *h, *next;
    if (!async_process_reap_(p, WNOHANG)) return 0;
    async_process_unwatch_(p);
    (void)async_oldest_first_(&p->waiters);
    h = p->waiters;
    p->waiters = NULL;
    for (; h; h = next) {
        async_task *task = (async_task *)(void *)h;
        struct async_process_wait *room = (struct async_process_wait *)task->u.on;
        next = h->next;
        room->async_result_ = p->returncode;
        async_wake_(task, room->error);
    }
    return 0;
}
static void async_process_run_(async_handle *h)
{
    async_loop_->current = NULL;
    h->pprev = NULL;
    h->ops = &async_process_ops_;
    (void)async_process_check_((char *)h - offsetof(async_process, watch));
}

static int async_process_watch_(async_loop *loop, async_process *p)
{
    int err;
#ifdef ASYNC_PIDFD_
    p->pidfd = (int)ASYNCC_SYS(syscall)(SYS_pidfd_open, (long)p->pid, 0L, 0L, 0L, 0L, 0L);
    if (p->pidfd >= 0) {
        err = async_fd_own_(loop, p->pidfd, 0);
        if (!err) {
            err = async_poll_add_(loop, p->pidfd, loop->fds[p->pidfd].generation, 0);
            if (!err) {
                p->watch.ops = &async_process_ops_;
                loop->fds[p->pidfd].waiter[0] = (async_task *)(void *)&p->watch;
                loop->fd_waits++;
                return 0;
            }
            async_fd_forget_(loop, &loop->fds[p->pidfd]);
        }
        (void)async_close_fd_(p->pidfd);
        p->pidfd = -1;
    }
#endif
    err = async_add_signal_handler(loop, &p->child, SIGCHLD, async_process_check_, p);
    if (!err) (void)async_signal_mark_(&p->child, SIGCHLD); /* it may have ended before */
    return err;
}
int async_process_spawn(async_process *p, const char *const *argv,
                        const async_process_options *options)
{
    static async_process_options inherit;
    const async_process_options *o = options ? options : &inherit;
    async_loop *loop = async_loop_;
    int theirs[3] = {-1, -1, -1}, i, err = 0;
    __builtin_memset(p, 0, sizeof *p);
    p->in = p->out = p->err = p->pidfd = -1;
    if (!loop || loop->flags & ASYNC_CLOSED_ || !argv || !argv[0]) return -EINVAL;
    if (loop->poll_fd < 0) err = async_poll_open_(loop);
    if (!err && o->in) err = async_process_stream_(0, o->in, &p->in, &theirs[0]);
    if (!err && o->out) err = async_process_stream_(1, o->out, &p->out, &theirs[1]);
    if (!err && o->err && o->err != ASYNC_STDOUT)
        err = async_process_stream_(2, o->err, &p->err, &theirs[2]);
    async_process_pipes_(p, false);
    if (!err) err = async_process_exec_(p, argv, o, theirs);
    for (i = 0; i < 3; i++)
        if (theirs[i] >= 0) (void)async_close_fd_(theirs[i]);
    if (!err) {
        p->loop = loop;
        p->running = true;
        p->next = loop->processes;
        p->prev = &loop->processes;
        if (p->next) p->next->prev = &p->next;
        loop->processes = p;
        loop->end_processes = async_processes_close_;
        err = async_process_watch_(loop, p);
        if (err) {
            (void)async_process_kill(p);
            (void)async_process_reap_(p, 0);
            async_process_unwatch_(p);
        }
    }
    if (err) {
        async_process_pipes_(p, true);
        p->pid = 0;
    }
    return err;
}

int async_process_send_signal(async_process *p, int number)
{
    if (!p->running) return -ESRCH;
#ifdef ASYNC_PIDFD_
    if (p->pidfd >= 0) {
        if (ASYNCC_SYS(syscall)(SYS_pidfd_send_signal, (long)p->pidfd, (long)number, 0L, 0L, 0L,
                                0L) == 0)
            return 0;
        if (errno != ENOSYS) return -errno;
    }
#endif
    return ASYNCC_SYS(kill)(p->pid, number) < 0 ? -errno : 0;
}

static const async_ops async_process_wait_ops_ =
    ASYNC_OPS_(NULL, async_cancel_wait_, NULL, NULL, &async_ready_ops_, "process");
int async_process_wait_leaf_(struct async_process_wait *room, async_frame *caller, async_task *task,
                             async_process *p)
{
    if (!p->running) {
        room->async_result_ = p->returncode;
        return p->pid ? 0 : -ECHILD;
    }
    if (p->loop != async_loop_)
        return async_misuse_(task, caller, "waits for a process of another loop");
    room->error = 0;
    task->u.on = room;
    async_link_(&p->waiters, &task->h);
    return async_block_(task, caller, &async_process_wait_ops_);
}
/* Cancelled while it waits for the end: it goes on waiting, for an end that is near. */
static bool async_process_exit_cancel_(async_task *task)
{
    struct async_process_exit *room = (struct async_process_exit *)task->u.on;
    (void)async_process_kill(room->process);
    return false;
}
static const async_ops async_process_exit_ops_ =
    ASYNC_OPS_(NULL, async_process_exit_cancel_, NULL, NULL, &async_ready_ops_, "process");
int async_process_exit_leaf_(struct async_process_exit *room, async_frame *caller, async_task *task,
                             async_process *p, int error)
{
    if (p->running && error) (void)async_process_kill(p);
    async_process_pipes_(p, true);
    if (!p->running) return error;
    room->wait.error = error;
    room->process = p;
    task->u.on = room;
    async_link_(&p->waiters, &task->h);
    return async_block_(task, caller, &async_process_exit_ops_);
}

/* At its loop's close. The tasks that waited are gone. */
static void async_processes_close_(async_loop *loop)
{
    async_process *p;
    while ((p = loop->processes) != NULL) {
        async_report_(loop, "process was still running", 0, NULL, NULL);
        (void)async_process_kill(p);
        (void)async_process_reap_(p, 0);
        async_process_unwatch_(p);
        p->waiters = NULL;
        async_process_pipes_(p, true);
    }
}

ASYNC_DEFINE_API_(async_process_feed_)
{
    ASYNC_BEGIN
    if (self->size)
        AWAIT_ERR(self->error, async_write_all, self->process->in, self->input, self->size);
    (void)async_close_pipe(&self->process->in);
    if (self->error && self->error != -EPIPE && self->error != -ECONNRESET)
        ASYNC_RAISE(self->error);
    ASYNC_END
}
ASYNC_DEFINE_API_(async_process_drain_)
{
    async_output *const to = self->to ? self->to : &self->none;
    ASYNC_BEGIN
    to->size = 0;
    do {
        if (to->size < to->room)
            AWAIT_TO(self->n, async_read, *self->fd, to->data + to->size, to->room - to->size);
        else AWAIT_TO(self->n, async_read, *self->fd, self->rest, sizeof self->rest);
        to->size += (size_t)self->n;
    } while (self->n > 0);
    (void)async_close_pipe(self->fd);
    ASYNC_END
}
ASYNC_DEFINE_API_(async_process_communicate)
{
    async_process *const p = self->process;
    ASYNC_BEGIN
    if (p->in >= 0) {
        ASYNC_SPAWN(&self->feed, async_process_feed_, p, self->input, self->size);
        self->t[self->n++] = &self->feed.task;
    }
    if (p->out >= 0) {
        ASYNC_SPAWN(&self->drain, async_process_drain_, &p->out, self->out);
        self->t[self->n++] = &self->drain.task;
    }
    if (p->err >= 0) {
        ASYNC_SPAWN(&self->drain_err, async_process_drain_, &p->err, self->err);
        self->t[self->n++] = &self->drain_err.task;
    }
    if (self->n) AWAIT(async_gather, ASYNC_TASK_POINTERS(self->t, self->n));
    AWAIT_TO(self->code, async_process_wait, p);
    ASYNC_RETURN(self->code);
    ASYNC_END
}
#endif /* ASYNCC_SIGNALS */
#if ASYNCC_THREADS
/* ------------------------------------------------------------------------------------------
 * >>disk          What the threads do for >>files. All they need lies in the room of the await,
 *                 which is there until they are done. An open that is cancelled may have
 *                 opened, a close may not have begun: both are seen to when the await ends.
 *                 Reads, writes and syncs are io_uring's where that is there and asked for.
 *                 Rejected: POSIX AIO (threads too, and signals).
 * ------------------------------------------------------------------------------------------ */

static int async_file_errno_(int result)
{
    return result < 0 ? -errno : 0;
}
static int async_file_open_(void *arg)
{
    struct async_file_io_ *io = (struct async_file_io_ *)arg;
    int fd;
    do fd = ASYNCC_SYS(open)(io->from.path, io->fd | O_CLOEXEC, (mode_t)io->n);
    while (fd < 0 && errno == EINTR);
    if (fd < 0) return -errno;
    io->to.file->fd = fd;
    return 0;
}
/* Takes away what an open has brought, or what a close has not. */
static void async_file_drop_(void *arg)
{
    async_file *file = ((struct async_file_io_ *)arg)->to.file;
    if (file->fd >= 0) (void)async_close_fd_(file->fd);
    file->fd = -1;
}
static int async_file_close_(void *arg)
{
    struct async_file_io_ *io = (struct async_file_io_ *)arg;
    int fd = io->to.file->fd, err;
    io->to.file->fd = -1;
    err = fd >= 0 ? async_close_fd_(fd) : 0;
    return io->fd ? io->fd : err; /* the block's error */
}
static int async_file_moves_(struct async_file_io_ *io, ptrdiff_t done, bool writes)
{
    ptrdiff_t n;
    while (done < io->n) {
        char *data = (char *)io->from.data + done;
        size_t size = (size_t)(io->n - done);
        if (size > ASYNC_IO_MOST_) size = ASYNC_IO_MOST_;
        if (io->to.at < 0)
            n = writes ? ASYNCC_SYS(write)(io->fd, data, size)
                       : ASYNCC_SYS(read)(io->fd, data, size);
        else
            n = writes ? ASYNCC_SYS(pwrite)(io->fd, data, size, (off_t)(io->to.at + done))
                       : ASYNCC_SYS(pread)(io->fd, data, size, (off_t)(io->to.at + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return -errno;
        if (n == 0 && writes) return -EIO; /* a device that takes nothing and says nothing */
        if (n == 0) break;
        done += n;
    }
    io->n = done;
    return 0;
}
static int async_file_read_(void *arg)
{
    return async_file_moves_((struct async_file_io_ *)arg, 0, false);
}
static int async_file_write_(void *arg)
{
    return async_file_moves_((struct async_file_io_ *)arg, 0, true);
}
static int async_file_sync_(void *arg)
{
    int result;
    do result = ASYNCC_SYS(fsync)(((struct async_file_io_ *)arg)->fd);
    while (result < 0 && errno == EINTR);
    return async_file_errno_(result);
}
static int async_file_stat_(void *arg)
{
    struct async_file_io_ *io = (struct async_file_io_ *)arg;
    return async_file_errno_(ASYNCC_SYS(fstat)(io->fd, (struct stat *)io->to.data));
}
static int async_stat_path_(void *arg)
{
    struct async_file_io_ *io = (struct async_file_io_ *)arg;
    return async_file_errno_(ASYNCC_SYS(stat)(io->from.path, (struct stat *)io->to.data));
}
/* As many names as there is room for. */
static int async_file_names_(void *arg)
{
    struct async_file_io_ *io = (struct async_file_io_ *)arg;
    struct async_names_ *names = (struct async_names_ *)io->to.data;
    const struct dirent *entry;
    names->size = 0;
    if (!names->folder) names->folder = ASYNCC_SYS(opendir)(io->from.path);
    if (!names->folder) return -errno;
    for (;;) {
        if (!names->waiting) {
            errno = 0;
            entry = ASYNCC_SYS(readdir)((DIR *)names->folder);
            if (!entry) return -errno;
            names->waiting = entry->d_name;
        }
        if (strcmp(names->waiting, ".") != 0 && strcmp(names->waiting, "..") != 0) {
            size_t size = strlen(names->waiting) + 1;
            if (size > sizeof names->text) return -ENAMETOOLONG;
            if (size > sizeof names->text - names->size) return 0;
            __builtin_memcpy(names->text + names->size, names->waiting, size);
            names->size += size;
        }
        names->waiting = NULL;
    }
}
void async_close_directory_(void *folder)
{
    if (folder) (void)ASYNCC_SYS(closedir)((DIR *)folder);
}

#ifdef ASYNC_URING_
static void async_disk_run_(async_handle *h)
{
    async_task *task = (async_task *)(void *)h;
    async_loop_->current = task;
    h->ops = &async_ready_ops_;
    async_step_(task, async_told_(task));
}
static bool async_disk_cancel_(async_task *task)
{
    (void)task;
    return false; /* told when the kernel has answered */
}
static const async_ops async_disk_back_ops_ =
    ASYNC_OPS_(async_disk_run_, NULL, NULL, NULL, &async_ready_ops_, "a file");
static const async_ops async_disk_ops_ =
    ASYNC_OPS_(NULL, async_disk_cancel_, NULL, NULL, &async_disk_back_ops_, "a file");

/* The rest of it, to the kernel. False: it has no room. */
static bool async_disk_ask_(struct async_ring_ *r, struct async_file_io_ *io)
{
    static const uint8_t does[] = {IORING_OP_READ, IORING_OP_WRITE, IORING_OP_FSYNC};
    ptrdiff_t done = io->by.ring.done, size = io->n - done;
    int op = io->by.ring.op;
    struct io_uring_sqe *ask = async_ring_ask_(r, does[op - ASYNC_FILE_READ_], io->fd, io);
    if (op != ASYNC_FILE_SYNC_) {
        ask->addr = (uint64_t)(uintptr_t)io->from.data + (uint64_t)done;
        ask->len = size > ASYNC_IO_MOST_ ? (uint32_t)ASYNC_IO_MOST_ : (uint32_t)size;
        ask->off = (uint64_t)(io->to.at < 0 ? -1 : io->to.at + done);
        if (size > ASYNC_AT_ONCE_) ask->flags = IOSQE_ASYNC;
    }
    return async_ring_enter_(r, 0) == 1;
}
static void async_disk_done_(async_loop *loop, struct async_file_io_ *io, int result)
{
    int op = io->by.ring.op, err = result < 0 ? result : 0;
    bool more = result == -EINTR;
    if (result >= 0 && op != ASYNC_FILE_SYNC_) {
        io->by.ring.done += result;
        more = result > 0 && io->by.ring.done < io->n;
        if (result == 0 && op == ASYNC_FILE_WRITE_ && io->n) err = -EIO;
    }
    if (more) {
        if (async_disk_ask_(loop->ring, io)) return;
        err = op == ASYNC_FILE_SYNC_
                  ? async_file_sync_(io)
                  : async_file_moves_(io, io->by.ring.done, op == ASYNC_FILE_WRITE_);
    } else if (op != ASYNC_FILE_SYNC_) {
        io->n = io->by.ring.done;
    }
    loop->ring->busy--;
    loop->fd_waits--;
    loop->jobs--;
    async_notify_(&io->by.ring.task->h, err);
}
/* False: not by this way. */
static bool async_disk_start_(async_loop *loop, struct async_file_io_ *io, async_frame *caller,
                              async_task *task, int op)
{
    struct async_ring_ *r = async_ring_open_(loop);
    if (!r || r->busy == ASYNC_RING_SIZE_) return false;
    io->by.ring.task = task;
    io->by.ring.done = 0;
    io->by.ring.op = op;
    if (!async_disk_ask_(r, io)) return false;
    r->busy++;
    loop->fd_waits++;
    loop->jobs++;
    task->u.on = io;
    (void)async_block_(task, caller, &async_disk_ops_);
    async_ring_take_(loop); /* it may have been done at once; its turn comes all the same */
    return true;
}
#endif

int async_file_start_(void *room, async_frame *caller, async_task *task, int op, int fd,
                      const void *from, ptrdiff_t n)
{
    static int (*const does[])(void *) = {async_file_open_,  async_file_close_, async_file_read_,
                                          async_file_write_, async_file_sync_,  async_file_stat_,
                                          async_stat_path_,  async_file_names_};
    struct async_file_io_ *io = (struct async_file_io_ *)room;
    async_job job = {does[op], io, NULL, NULL};
    int err;
    io->fd = fd;
    io->from.data = (void *)(uintptr_t)from;
    io->n = n;
#ifdef ASYNC_URING_
    if (op >= ASYNC_FILE_READ_ && op <= ASYNC_FILE_SYNC_ &&
        async_disk_start_(async_loop_, io, caller, task, op))
        return ASYNC_PENDING_;
#endif
    if (op <= ASYNC_FILE_CLOSE_) job.drop = async_file_drop_;
    err = async_job_start_(&io->by.job, caller, task, NULL, &job,
                           op <= ASYNC_FILE_CLOSE_ ? ASYNC_UNDO_ : ASYNC_WAIT_);
    /* no thread to be had: it is closed all the same */
    return err != ASYNC_PENDING_ && op == ASYNC_FILE_CLOSE_ ? async_file_close_(io) : err;
}
#endif /* ASYNCC_THREADS */
#endif /* ASYNCC_IO */

#if ASYNCC_CANCEL && ASYNCC_NAMES
/* ------------------------------------------------------------------------------------------
 * >>tree          The await tree as text. Frames are linked from the innermost out and printed
 *                 the other way round, a few at a time, so that nothing is turned round for it and
 *                 a deep chain needs no stack. No stdio: this is for small machines too.
 * ------------------------------------------------------------------------------------------ */

struct async_printer_ {
    void (*print)(void *arg, const char *text);
    void *arg;
};
#if !ASYNCC_FREESTANDING
static void async_print_to_log_(void *arg, const char *text)
{
    (void)arg;
    ASYNCC_LOG("%s", text);
}
#endif
static void async_say_(const struct async_printer_ *p, const char *text)
{
    p->print(p->arg, text);
}
static void async_say_digits_(const struct async_printer_ *p, const char *before, uint64_t n,
                              unsigned base, int least)
{
    char text[32], *at = text + sizeof text;
    size_t prefix = 0;
    while (before[prefix]) prefix++;
    *--at = 0;
    do {
        *--at = "0123456789abcdef"[n % base];
        n /= base;
    } while (--least > 0 || n);
    while (prefix) *--at = before[--prefix];
    async_say_(p, at);
}
static void async_say_number_(const struct async_printer_ *p, uint64_t n)
{
    async_say_digits_(p, "", n, 10, 1);
}
/* In one piece, so that a test of yours can leave it out. */
static void async_say_address_(const struct async_printer_ *p, const void *address)
{
    async_say_digits_(p, " 0x", (uintptr_t)address, 16, 1);
}
static void async_say_time_(const struct async_printer_ *p, async_span_ span)
{
#if ASYNCC_FREESTANDING
    uint64_t ms = (uint64_t)(span > 0 ? span : 0) * 1000 / ASYNCC_TICK_HZ;
#else
    uint64_t ms = (uint64_t)(span > 0 ? span : 0) / 1000000;
#endif
    async_say_number_(p, ms / 1000);
    async_say_digits_(p, ".", ms % 1000, 10, 3);
    async_say_(p, " s");
}
static void async_say_task_(const struct async_printer_ *p, const async_task *task)
{
    async_say_(p, " ");
    async_say_(p, async_task_name(task));
    async_say_address_(p, task);
}

static void async_say_frame_(const struct async_printer_ *p, const async_frame *frame)
{
    async_say_(p, "    ");
    async_say_(p, frame->type->name);
    async_say_(p, ", ");
    async_say_(p, frame->type->file);
    async_say_(p, ":");
    async_say_number_(p, (unsigned)(frame->line ? frame->line : frame->type->line));
    async_say_(p, "\n");
}
static void async_say_frames_(const struct async_printer_ *p, const async_task *task)
{
    enum {MOST = 16};
    const async_frame *part[MOST], *frame;
    size_t left = 1, n, i;
    for (frame = task->frame; frame != async_root_(task); frame = frame->up.caller) left++;
    for (; left; left -= n) { /* of those not printed yet the outermost */
        n = left < (size_t)MOST ? left : (size_t)MOST;
        frame = task->frame;
        for (i = 0; i < left - n; i++) frame = frame->up.caller;
        for (i = 0; i < n; i++) {
            part[i] = frame;
            if (i + 1 < n) frame = frame->up.caller;
        }
        while (i) async_say_frame_(p, part[--i]);
    }
}

static void async_say_set_(const struct async_printer_ *p, const struct async_set_ *set)
{
    async_say_(p, ", ");
    async_say_number_(p, set->left);
    async_say_(p, " of ");
    async_say_number_(p, set->n);
    async_say_(p, " have not ended");
}
static void async_say_wait_(const struct async_printer_ *p, async_loop *loop, async_task *task)
{
    const async_ops *ops = task->h.ops;
    async_say_(p, "    ");
    async_say_(p, ops->what);
    if (ops == &async_sleep_ops_ || ops == &async_slept_ops_) {
        async_say_(p, ", ");
        async_say_time_(p, (async_span_)(task->u.when - async_loop_time(loop)));
        async_say_(p, " left");
    } else if (ops->child_done) {
        async_say_set_(p, (const struct async_set_ *)task->u.on);
    } else if (ops == &async_wait_ops_) {
        async_say_set_(p, &((const struct async_wait *)task->u.on)->set);
    } else if (ops->target) {
        async_say_task_(p, ops->target(task));
    } else if (ops == &async_shield_ops_) {
        async_say_task_(p, (async_task *)task->u.on);
    } else if (ops->cancel == async_line_cancel_) {
        /* the lock, semaphore, queue ... is the next member after the place in its line */
        async_say_address_(p, *(void *const *)((async_waiter_ *)task->u.on + 1));
#if ASYNCC_IO
    } else if (ops->cancel == async_io_cancel_) {
        const struct async_io_head_ *io = &((struct async_io_ *)task->u.on)->io;
        async_say_(p, " ");
        async_say_number_(p, (unsigned)io->fd);
        async_say_(p, io->op == ASYNC_IO_ACCEPT_    ? ", to accept"
                      : io->op == ASYNC_IO_CONNECT_ ? ", to connect"
                      : io->op >= ASYNC_IO_WRITES_  ? ", to write"
                                                    : ", to read");
#endif
    } else if (ops->cancel && ops != &async_children_ops_) {
        async_say_address_(p, task->u.on);
    }
#if ASYNCC_DEBUG
    async_say_(p, ", for ");
    async_say_time_(p, (async_span_)(async_loop_time(loop) - task->since));
#endif
    async_say_(p, "\n");
}

void async_print_tasks(async_loop *loop, void (*print)(void *arg, const char *text), void *arg)
{
    struct async_printer_ p;
    async_scope *scope;
    async_task *task;
    size_t count = async_all_tasks(loop, NULL, 0);
    p.print = print;
    p.arg = arg;
#if !ASYNCC_FREESTANDING
    if (!print) p.print = async_print_to_log_;
#endif
    if (!p.print) return;
    async_say_number_(&p, count);
    async_say_(&p, count == 1 ? " task\n" : " tasks\n");
    for (scope = loop->scopes; scope; scope = scope->next)
        for (task = scope->head; task; task = task->next) {
            const async_frame *root = async_root_(task);
            if (async_task_done(task)) continue;
            async_say_(&p, "task");
            async_say_task_(&p, task);
            async_say_(&p, "\n");
            if (task == loop->current || task->flags & ASYNC_OUTER_) {
                async_say_(&p, "    runs\n");
            } else if (task->frame == root && !root->state && !task->h.ops->cancel &&
                       root->type->resume != async_branch_resume_) {
                async_say_frame_(&p, root);
                async_say_(&p, "    not started\n");
            } else {
                async_say_frames_(&p, task);
                async_say_wait_(&p, loop, task);
            }
        }
}
#if ASYNCC_IO
static int async_print_now_(void *loop)
{
    async_print_tasks((async_loop *)loop, NULL, NULL);
    return 0;
}
int async_print_tasks_soon(async_loop *loop)
{
    int err = async_post_(loop, &loop->print, async_print_now_, loop);
    return err == -EBUSY ? 0 : err;
}
#endif
#endif /* ASYNCC_CANCEL && ASYNCC_NAMES */

#if ASYNCC_CONTEXT
/* ------------------------------------------------------------------------------------------
 * >>context       Task-local values: a list of nodes that lie in frames. What a task from the
 *                 allocator sees lies behind it, in the same memory.
 * ------------------------------------------------------------------------------------------ */

int async_context_enter_leaf_(struct async_context_enter *room, async_frame *caller,
                              async_task *task, async_context *context,
                              const async_context_var *var, const void *value)
{
    (void)room;
    if (context->entered || context->seen)
        return async_misuse_(task, caller, "enters an async_context that is still seen");
    context->outer = task->context;
    context->var = var;
    context->value = value;
    context->of = NULL;
    context->entered = true;
    task->context = context;
    return 0;
}
/* Most often the innermost; but a generator may be closed in a block of its consumer's. */
int async_context_exit_leaf_(struct async_context_exit *room, async_frame *caller, async_task *task,
                             async_context *context, int error)
{
    async_context **at = &task->context;
    (void)room, (void)caller;
    while (*at && *at != context) at = &(*at)->outer;
    if (*at) *at = context->outer;
    context->entered = false;
    return error;
}
void *async_context_get(const async_context_var *var)
{
    async_task *task = async_current_task();
    async_context *context = task ? task->context : NULL;
    while (context && context->var != var) context = context->outer;
    return context ? (void *)(uintptr_t)context->value : var->otherwise;
}
#endif

#if !ASYNCC_FREESTANDING
/* ------------------------------------------------------------------------------------------
 * >>drive         One tick at a time. The poller is asked in each, also if no task waits for a
 *                 descriptor: an event that nobody wants would else keep it readable, and the host
 *                 would spin.
 * ------------------------------------------------------------------------------------------ */

/* A copy, so that the one in a loop's own turn stays where it is called. */
static ASYNC_NOT_INLINE_ int64_t async_first_deadline_(async_loop *loop)
{
    return async_next_timer_(loop);
}
int async_loop_tick(async_loop *loop)
{
    uint32_t resumes = 0, jobs = 0;
    int64_t next;
    int err = async_loop_enter_(loop);
    if (err) return err;
    loop->current = NULL;
#if ASYNCC_IO
    async_inbox_take_(loop);
    if (loop->poll_fd >= 0) async_io_poll_(loop, 0);
    jobs = loop->jobs;
#endif
    if (!(loop->flags & ASYNC_VIRTUAL_)) {
        loop->now = async_clock_();
    } else if (!loop->head &&
               !jobs) { /* a virtual clock does not go on while threads are at work */
        next = async_first_deadline_(loop);
        if (next != INT64_MAX && next > loop->now) loop->now = next;
    }
    async_run_batch_(loop, &resumes, loop->options.slow_step.ns != 0);
    loop->current = NULL;
#if ASYNCC_IO
    if (loop->wake_fd >= 0 && !loop->head) (void)async_inbox_rest_(loop); /* who posts now writes */
#endif
    if (loop->flags & ASYNC_STOP_) err = -EINTR;
    async_loop_leave_(loop);
    return err;
}
async_time async_loop_next_deadline(async_loop *loop)
{
    int64_t next = loop->head ? loop->now : async_first_deadline_(loop);
#if ASYNCC_IO
    /* it may have run by itself since the last tick, or not at all: who posts from now on writes */
    if (!(loop->flags & ASYNC_RUNNING_) && !__atomic_load_n(&loop->inbox, __ATOMIC_RELAXED))
        (void)async_inbox_rest_(loop);
    if ((uintptr_t)__atomic_load_n(&loop->inbox, __ATOMIC_RELAXED) > (uintptr_t)ASYNC_ASLEEP_)
        return loop->now;
#endif
    return loop->flags & ASYNC_VIRTUAL_ && next != INT64_MAX && next > loop->now ? loop->now : next;
}
#if ASYNCC_IO
int async_loop_fd(async_loop *loop)
{
    int err = 0;
    if (loop->flags & ASYNC_CLOSED_) return -ESHUTDOWN;
#if ASYNCC_POLLER == ASYNCC_POLL
    return -ENOTSUP;
#endif
    if (loop->poll_fd < 0) err = async_poll_open_(loop);
    return err ? err : loop->poll_fd;
}
#endif
#endif

#ifdef __cplusplus
}
#endif
#endif /* ASYNCC_IMPLEMENTATION */

/* ------------------------------------------------------------------------------------------
 * >>licence       MIT
 *
 * Copyright (c) 2026 the asyncc.h authors
 *
 * Permission is hereby granted, free of charge, to any person obtaining a copy of this software
 * and associated documentation files (the "Software"), to deal in the Software without
 * restriction, including without limitation the rights to use, copy, modify, merge, publish,
 * distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the
 * Software is furnished to do so, subject to the following conditions:
 *
 * The above copyright notice and this permission notice shall be included in all copies or
 * substantial portions of the Software.
 *
 * THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING
 * BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
 * NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM,
 * DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
 * OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
 * ------------------------------------------------------------------------------------------ */
