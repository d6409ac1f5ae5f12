/* Declared here, defined in part_two_files.c, used by test_two_files.c; each may be C or C++. */
#ifndef PART_TWO_FILES_H_
#define PART_TWO_FILES_H_

struct pair {
    short a;
    long long b;
};

ASYNC_DECLARE(int, remote_add, args(int a, int b));
ASYNC_DECLARE(struct pair, remote_pair, args(short a, long long b, const char *text),
              vars(int n; char c), raw(char bytes[3]), awaits(remote_add));
ASYNC_DECLARE(void, remote_fails, tasks(remote_add t), awaits(remote_add));
ASYNC_DECLARE_GENERATOR(int, remote_count, args(int n), vars(int i), awaits(remote_add));

#ifdef __cplusplus
extern "C" {
#endif
/* sizeof and offsets of the frames as the other file sees them. */
extern const unsigned remote_layout[];
#ifdef __cplusplus
}
#endif

#define PART_LAYOUT(f)                                                                             \
    (unsigned)sizeof(struct f), (unsigned)sizeof(ASYNC_TASK(f)),                                   \
        (unsigned)offsetof(struct f, async_args_), (unsigned)offsetof(struct f, async_zero_),      \
        (unsigned)offsetof(struct f, async_zero_end_), (unsigned)offsetof(struct f, async_awaits_)
#define PART_LAYOUTS                                                                               \
    PART_LAYOUT(remote_add), PART_LAYOUT(remote_pair), PART_LAYOUT(remote_fails),                  \
        PART_LAYOUT(remote_count)

#endif
