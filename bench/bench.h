/* What every benchmark here shares: rounds in which the contenders take turns, and medians.
 *
 * A contender is a function that does n operations. Each is first given n such that a round
 * lasts a few milliseconds; then every round runs all of them one after the other, so that a
 * slow moment of the machine hits all alike. The first contender of a workload is the limit: the
 * ratio of another is the median over the rounds of its time by the limit's time in that round.
 * Time is CPU time of the thread: other programs on the machine do not count.
 *
 * Arguments of a program: --quick, --csv FILE (appends), --size N (others are left out), and words
 * that name workloads. */
#ifndef BENCH_H
#define BENCH_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BENCH_ROUNDS_MOST = 31, BENCH_CONTENDERS_MOST = 8 };

typedef void bench_fn(uint64_t n, uint64_t size);

struct bench_contender {
    const char *name;
    bench_fn *run; /* NULL: not built here, left out */
};

static struct {
    int rounds;
    int64_t round_ns; /* how long one contender's share of a round lasts */
    FILE *csv;
    char **words;
    int word_count;
    bool quick;
    uint64_t size; /* the only one that is wanted; 0: all */
} bench;

#ifndef BENCH_CLOCK
#define BENCH_CLOCK CLOCK_THREAD_CPUTIME_ID
#endif
static int64_t bench_cpu_ns(void)
{
    struct timespec t;
    clock_gettime(BENCH_CLOCK, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void bench_start(int argc, char **argv)
{
    int i;
    bench.rounds = 15;
    bench.round_ns = 20000000;
    for (i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--quick")) {
            bench.quick = true;
            bench.rounds = 7;
            bench.round_ns = 3000000;
        } else if (!strcmp(argv[i], "--csv") && i + 1 < argc) {
            const char *file = argv[++i];
            bench.csv = fopen(file, "a");
            if (!bench.csv) {
                perror(file);
                exit(1);
            }
        } else if (!strcmp(argv[i], "--size") && i + 1 < argc) {
            bench.size = strtoull(argv[++i], NULL, 10);
        } else {
            break;
        }
    }
    bench.words = argv + i;
    bench.word_count = argc - i;
    if (bench.csv && ftell(bench.csv) == 0)
        fputs("workload,size,contender,ratio,ns,ns_least,n\n", bench.csv);
}

static bool bench_wanted(const char *workload)
{
    int i;
    for (i = 0; i < bench.word_count; i++)
        if (strstr(workload, bench.words[i])) return true;
    return bench.word_count == 0;
}

static int bench_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}
static double bench_median(double *v, int n)
{
    qsort(v, (size_t)n, sizeof v[0], bench_compare);
    return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static double bench_once(const struct bench_contender *c, uint64_t n, uint64_t size)
{
    int64_t start = bench_cpu_ns();
    c->run(n, size);
    return (double)(bench_cpu_ns() - start) / (double)n;
}

/* Operations in one round: doubled until it lasts long enough. `batch`: n is a multiple of it. */
static uint64_t bench_calibrate(const struct bench_contender *c, uint64_t size, uint64_t batch)
{
    uint64_t n = batch;
    for (;;) {
        double ns = bench_once(c, n, size) * (double)n;
        if (ns >= (double)bench.round_ns) return n;
        n = ns < (double)bench.round_ns / 10 ? n * 8 : n * 2;
    }
}

/* Prints one row a contender; `size` is what grows from row to row (0: nothing does). */
static void bench_workload(const char *workload, uint64_t size, uint64_t batch,
                           const struct bench_contender *contenders, int count)
{
    double ns[BENCH_CONTENDERS_MOST][BENCH_ROUNDS_MOST], each[BENCH_ROUNDS_MOST],
        ratio[BENCH_CONTENDERS_MOST];
    uint64_t n[BENCH_CONTENDERS_MOST] = {0};
    int i, round, rounds = size < 1000000 || bench.rounds < 7 ? bench.rounds : 7; /* those last */
    if (!bench_wanted(workload) || (bench.size && size && size != bench.size)) return;
    for (i = 0; i < count; i++)
        if (contenders[i].run) n[i] = bench_calibrate(&contenders[i], size, batch);
    for (round = 0; round < rounds; round++)
        for (i = 0; i < count; i++)
            if (contenders[i].run) ns[i][round] = bench_once(&contenders[i], n[i], size);
    for (i = 0; i < count; i++) {
        if (!contenders[i].run) continue;
        for (round = 0; round < rounds; round++) each[round] = ns[i][round] / ns[0][round];
        ratio[i] = bench_median(each, rounds);
    }
    for (i = 0; i < count; i++) { /* only now: a median sorts */
        double median;
        char what[64];
        if (!contenders[i].run) continue;
        median = bench_median(ns[i], rounds);
        if (size) (void)snprintf(what, sizeof what, "%s %llu", workload, (unsigned long long)size);
        else (void)snprintf(what, sizeof what, "%s", workload);
        printf("%-28s %-16s %6.2f x %9.2f ns\n", what, contenders[i].name, ratio[i], median);
        if (bench.csv)
            fprintf(bench.csv, "%s,%llu,%s,%.3f,%.3f,%.3f,%llu\n", workload,
                    (unsigned long long)size, contenders[i].name, ratio[i], median, ns[i][0],
                    (unsigned long long)n[i]);
    }
    fflush(stdout);
}
#define BENCH(workload, size, batch, ...)                                                          \
    do {                                                                                           \
        const struct bench_contender bench_list_[] = {__VA_ARGS__};                                \
        bench_workload(workload, size, batch, bench_list_,                                         \
                       (int)(sizeof bench_list_ / sizeof bench_list_[0]));                         \
    } while (0)

/* Keeps a value alive without storing it anywhere. */
#define BENCH_KEEP(x) __asm__ volatile("" : : "r"(x) : "memory")

#endif
