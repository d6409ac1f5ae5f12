/* The limit that the echo server example is measured against: epoll by hand, nothing else. */
#define _GNU_SOURCE 1
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), poll = epoll_create1(0), on = 1,
        i, n;
    struct epoll_event e = {.events = EPOLLIN, .data.fd = listener}, events[128];
    static char data[4096];
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&address, size) < 0 || listen(listener, SOMAXCONN) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) < 0 ||
        epoll_ctl(poll, EPOLL_CTL_ADD, listener, &e) < 0)
        return 1;
    printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    while ((n = epoll_wait(poll, events, 128, -1)) >= 0) {
        for (i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            ssize_t got;
            if (fd == listener) {
                fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
                if (fd < 0) continue;
                (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                e.events = EPOLLIN;
                e.data.fd = fd;
                if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &e) < 0) (void)close(fd);
                continue;
            }
            got = recv(fd, data, sizeof data, 0);
            /* small answers always fit: this is the limit, not a server */
            if (got <= 0 || send(fd, data, (size_t)got, MSG_NOSIGNAL) != got) (void)close(fd);
        }
    }
    return 0;
}
