/* The echo server as a blocking program: one thread a connection. */
#define _GNU_SOURCE 1
#include "listen.h"
#include <pthread.h>
#include <stdint.h>

static void *serve(void *arg)
{
    int fd = (int)(intptr_t)arg;
    char data[4096];
    ssize_t n;
    no_delay(fd);
    while ((n = recv(fd, data, sizeof data, 0)) > 0)
        if (send(fd, data, (size_t)n, MSG_NOSIGNAL) != n) break;
    (void)close(fd);
    return NULL;
}
int main(void)
{
    int listener = listen_here(0), fd;
    pthread_attr_t small;
    (void)pthread_attr_init(&small);
    (void)pthread_attr_setstacksize(&small, 65536);
    (void)pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        pthread_t thread;
        if (pthread_create(&thread, &small, serve, (void *)(intptr_t)fd) != 0) (void)close(fd);
    }
    return 1;
}
