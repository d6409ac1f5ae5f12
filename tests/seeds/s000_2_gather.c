/* gather: both at once, results in the order of the arguments.
 *
 * Output:
 *     Starting main function
 *     Hello from my async function 1
 *     Hello from my async function 2
 *     Done with async function 2
 *     Done with async function 1
 *     Done with main function
 *     ('my_async_function1 result', 'my_async_function2 result')
 *     elapsed 3.0
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
      tasks(my_async_function1 one, my_async_function2 two))
{
    ASYNC_BEGIN
    seconds();
    printf("Starting main function\n");
    ASYNC_SPAWN(&self->one, my_async_function1);
    ASYNC_SPAWN(&self->two, my_async_function2);
    AWAIT(async_gather, ASYNC_TASKS(&self->one, &self->two));
    self->r.one = ASYNC_RESULT(&self->one);
    self->r.two = ASYNC_RESULT(&self->two);
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
