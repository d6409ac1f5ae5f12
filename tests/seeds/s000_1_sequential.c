/* Two awaits one after the other: the second function starts when the first has ended.
 *
 * Output:
 *     Starting main function
 *     Hello from my async function 1
 *     Done with async function 1
 *     Hello from my async function 2
 *     Done with async function 2
 *     Done with main function
 *     ('my_async_function1 result', 'my_async_function2 result')
 *     elapsed 5.0
 */
#include "seed.h"

struct results {
    const char *one, *two;
};

ASYNC(const char *, my_async_function1)
{
    ASYNC_BEGIN
    printf("Hello from my async function 1\n");
    AWAIT(async_sleep, ASYNC_SEC(3));
    printf("Done with async function 1\n");
    ASYNC_RETURN("my_async_function1 result");
    ASYNC_END
}

ASYNC(const char *, my_async_function2)
{
    ASYNC_BEGIN
    printf("Hello from my async function 2\n");
    AWAIT(async_sleep, ASYNC_SEC(2));
    printf("Done with async function 2\n");
    ASYNC_RETURN("my_async_function2 result");
    ASYNC_END
}

ASYNC(struct results, main_async_function, vars(struct results r),
      awaits(my_async_function1, my_async_function2))
{
    ASYNC_BEGIN
    seconds();
    printf("Starting main function\n");
    AWAIT_TO(self->r.one, my_async_function1);
    AWAIT_TO(self->r.two, my_async_function2);
    printf("Done with main function\n");
    seconds();
    ASYNC_RETURN(self->r);
    ASYNC_END
}

int main(void)
{
    struct results r = {NULL, NULL};
    int err = ASYNC_RUN_TO(r, main_async_function);
    if (err) return 1;
    printf("('%s', '%s')\n", r.one, r.two);
    printf("elapsed %.1f\n", seconds());
    return 0;
}
