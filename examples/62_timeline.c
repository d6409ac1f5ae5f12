/* The tutorials' timeline, "Time | Event", printed and drawn from trace events: the picture is one
 * SVG file that needs nothing else. The clock is virtual, so it takes no time and is exact.
 *
 *     cc -I.. 62_timeline.c -o timeline && ./timeline timeline.svg
 */
struct async_task;
static void record(int event, struct async_task *task);
#define ASYNCC_TRACE(event, task) record(event, task)
#define ASYNCC_IMPLEMENTATION
#include "asyncc.h"
#include <stdio.h>

/* --- what happens --- */

enum { LANES = 8, MOST = 200 };
static async_loop loop;
static struct event {
    int lane;
    const char *text;
    double at;
} events[MOST];
static int count, lanes;
static const char *lane_names[LANES];

/* Of the tasks with a name of their own: their first step, the later ones, and the last. */
static void record(int what, struct async_task *task)
{
    const char *name = task ? async_task_name(task) : "";
    int lane;
    if (strncmp(name, "Task", 4) != 0 || count == MOST) return;
    for (lane = 0; lane < lanes && lane_names[lane] != name; lane++) {}
    if (lane == LANES) return;
    if (what == ASYNC_TRACE_STEP) {
        events[count].text = lane == lanes ? "Start" : "Resumed";
        if (lane == lanes) lane_names[lanes++] = name;
    } else if (what == ASYNC_TRACE_END) {
        events[count].text = "Done";
    } else {
        return;
    }
    events[count].lane = lane;
    events[count].at = (double)async_loop_time(&loop) / 1e9;
    count++;
}

/* --- the picture: a lane for each task, a bar from its start to its end, a mark for each event --- */

static void draw(FILE *f)
{
    const double scale = 180, left = 90, lane_height = 44;
    double last = events[count - 1].at, width = left + last * scale + 230;
    double height =
        lanes * lane_height + 60 > count * 18 + 50 ? lanes * lane_height + 60 : count * 18 + 50;
    int i, j;
    fprintf(
        f,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
        "font-family=\"sans-serif\" font-size=\"13\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
        width, height);
    for (i = 0; i <= (int)(last * 2 + 0.5); i++) {
        double x = left + i * scale / 2;
        fprintf(
            f,
            "<path d=\"M%.0f 30V%.0f\" stroke=\"#ddd\"/><text x=\"%.0f\" y=\"20\" text-anchor=\"middle\">%.1f s</text>\n",
            x, height - 20, x, i / 2.0);
    }
    for (i = 0; i < lanes; i++) {
        double from = -1, to = 0, y = 40 + i * lane_height;
        for (j = 0; j < count; j++)
            if (events[j].lane == i) {
                if (from < 0) from = events[j].at;
                to = events[j].at;
            }
        fprintf(
            f,
            "<text x=\"8\" y=\"%.0f\">%s</text><rect x=\"%.1f\" y=\"%.0f\" width=\"%.1f\" height=\"20\" rx=\"3\" fill=\"#9cf\"/>\n",
            y + 15, lane_names[i], left + from * scale, y, (to - from) * scale);
    }
    for (j = 0; j < count; j++)
        fprintf(
            f,
            "<circle cx=\"%.1f\" cy=\"%.0f\" r=\"5\" fill=\"%s\"><title>%.1f %s: %s</title></circle>\n",
            left + events[j].at * scale, 50 + events[j].lane * lane_height,
            *events[j].text == 'S'   ? "#2a2"
            : *events[j].text == 'D' ? "#c33"
                                     : "#25c",
            events[j].at, lane_names[events[j].lane], events[j].text);
    fprintf(f, "<text x=\"%.0f\" y=\"20\" font-weight=\"bold\">Time | Event</text>\n", width - 190);
    for (j = 0; j < count; j++)
        fprintf(f, "<text x=\"%.0f\" y=\"%d\">%.1f | %s: %s</text>\n", width - 190, 42 + j * 18,
                events[j].at, lane_names[events[j].lane], events[j].text);
    fprintf(f, "</svg>\n");
}

/* --- the tutorial's program --- */

ASYNC(void, task, args(int ms, int more))
{
    ASYNC_BEGIN
    AWAIT(async_sleep, ASYNC_MS(self->ms));
    if (self->more) AWAIT(async_sleep, ASYNC_MS(self->more));
    ASYNC_END
}
ASYNC(void, amain, tasks(task one, task two, task three))
{
    ASYNC_BEGIN
    ASYNC_SPAWN(&self->one, task, 1000, 1000);
    ASYNC_SPAWN(&self->two, task, 2000, 0);
    ASYNC_SPAWN(&self->three, task, 500, 500);
    (void)async_task_set_name(&self->one.task, "Task 1");
    (void)async_task_set_name(&self->two.task, "Task 2");
    (void)async_task_set_name(&self->three.task, "Task 3");
    AWAIT(async_gather, ASYNC_TASKS(&self->one, &self->two, &self->three));
    ASYNC_END
}

int main(int argc, char **argv)
{
    static ASYNC_TASK(amain) main_task;
    async_options options = {.virtual_clock = true};
    FILE *f;
    int i;
    if (async_loop_init(&loop, &options)) return 1;
    ASYNC_SPAWN_ON(&loop, &main_task, amain);
    if (async_loop_run_until_complete(&loop, &main_task.task)) return 1;
    async_loop_close(&loop);

    printf("Time | Event\n");
    for (i = 0; i < count; i++)
        printf("%4.1f | %s: %s\n", events[i].at, lane_names[events[i].lane], events[i].text);
    if (argc < 2) return 0;
    f = fopen(argv[1], "w");
    if (!f) return 1;
    draw(f);
    return fclose(f) != 0;
}
