/* kqueue on Linux, for tests only: enough of it, over epoll, to run asyncc.h's >>kqueue section
 * as its manuals say it behaves. Select it by -Itests/kqueue -DASYNCC_POLLER=2.
 *
 * What it keeps to: one event for each descriptor and filter; the filter runs when the event is
 * added and again when it is fetched; to add it again changes udata only; EV_CLEAR reports what
 * has changed since the last report, EV_ONESHOT once and is deleted then; EV_EOF comes together
 * with data; ENOENT for an event that is not there, EBADF, EPIPE for a pipe without its other
 * end, EINVAL for a timeout that macOS refuses; an error of a change goes to the list of events
 * if that has room.
 *
 * How: a kqueue is an epoll descriptor over two others, one for each filter, so that a wake for
 * reading never reports the other filter. Not kept to: with a dup'ed descriptor open elsewhere, a
 * closed one may still report once.
 *
 * With KQUEUE_LIKE_MACOS also what macOS lacks is taken away, and what only it has is added.
 */
#ifndef KQUEUE_STANDIN_H_
#define KQUEUE_STANDIN_H_
#pragma GCC system_header

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifdef KQUEUE_LIKE_MACOS
#undef SOCK_NONBLOCK
#undef SOCK_CLOEXEC
#undef MSG_NOSIGNAL
#define SO_NOSIGPIPE 0x1022
#endif

struct kevent {
    uintptr_t ident;
    short filter;
    unsigned short flags;
    unsigned fflags;
    intptr_t data;
    void *udata;
};
#define EVFILT_READ (-1)
#define EVFILT_WRITE (-2)
#define EV_ADD 0x0001
#define EV_DELETE 0x0002
#define EV_ONESHOT 0x0010
#define EV_CLEAR 0x0020
#define EV_ERROR 0x4000
#define EV_EOF 0x8000
#define EV_SET(k, i, f, fl, ff, d, u)                                                              \
    ((k)->ident = (i), (k)->filter = (f), (k)->flags = (fl), (k)->fflags = (ff), (k)->data = (d),  \
     (k)->udata = (u))

#define KQUEUE_STATIC_ static __attribute__((__unused__))

struct kqueue_note_ {
    unsigned short flags;
    void *udata;
};
struct kqueue_ {
    int fd, part[2]; /* for reading and writing; -1: free */
    struct kqueue_note_ *notes[2];
    size_t size;
};
/* Of all threads; one that is in use belongs to the thread of its loop. */
KQUEUE_STATIC_ struct kqueue_ kqueues_[8];
KQUEUE_STATIC_ pthread_mutex_t kqueues_lock_ = PTHREAD_MUTEX_INITIALIZER;

KQUEUE_STATIC_ struct kqueue_ *kqueue_find_(int fd)
{
    struct kqueue_ *q, *end = kqueues_ + 8;
    pthread_mutex_lock(&kqueues_lock_);
    for (q = kqueues_; q < end && !(q->size && q->fd == fd); q++) {}
    pthread_mutex_unlock(&kqueues_lock_);
    return q < end ? q : NULL;
}

KQUEUE_STATIC_ int kqueue_close_(int fd)
{
    struct kqueue_ *q = kqueue_find_(fd);
    int i;
    for (i = 0; q && i < 2; i++) {
        (void)(close)(q->part[i]);
        free(q->notes[i]);
    }
    pthread_mutex_lock(&kqueues_lock_);
    if (q) memset(q, 0, sizeof *q);
    pthread_mutex_unlock(&kqueues_lock_);
    return (close)(fd);
}
#define close(fd) kqueue_close_(fd)

KQUEUE_STATIC_ int kqueue(void)
{
    struct kqueue_ *q, *end = kqueues_ + 8;
    struct epoll_event e;
    int i, error;
    pthread_mutex_lock(&kqueues_lock_);
    for (q = kqueues_; q < end && q->size; q++) {}
    if (q < end) {
        q->fd = epoll_create1(EPOLL_CLOEXEC);
        q->size = 20000;
    }
    pthread_mutex_unlock(&kqueues_lock_);
    if (q == end) return errno = ENOMEM, -1;
    q->part[0] = epoll_create1(EPOLL_CLOEXEC);
    q->part[1] = epoll_create1(EPOLL_CLOEXEC);
    for (i = 0; i < 2; i++) {
        memset(&e, 0, sizeof e);
        e.events = EPOLLIN;
        e.data.fd = i;
        q->notes[i] = (struct kqueue_note_ *)calloc(q->size, sizeof *q->notes[i]);
        if (q->part[1] >= 0 && q->notes[i] && epoll_ctl(q->fd, EPOLL_CTL_ADD, q->part[i], &e) == 0)
            continue;
        error = q->part[1] < 0 ? EMFILE : ENOMEM;
        (void)kqueue_close_(q->fd);
        return errno = error, -1;
    }
    return q->fd;
}

/* The filter: is there something to report? */
KQUEUE_STATIC_ bool kqueue_filter_(int fd, int part, struct kevent *k)
{
    struct pollfd p;
    int bytes = 0;
    p.fd = fd;
    p.events = (short)(part ? POLLOUT : POLLIN | POLLRDHUP);
    p.revents = 0;
    if (poll(&p, 1, 0) <= 0 || p.revents & POLLNVAL) return false;
    if (!part) (void)ioctl(fd, FIONREAD, &bytes);
    k->data = bytes;
    if (p.revents & (POLLHUP | POLLERR | (part ? 0 : POLLRDHUP))) k->flags |= EV_EOF;
    return true;
}

KQUEUE_STATIC_ int kqueue_arm_(struct kqueue_ *q, int part, int fd, int op)
{
    unsigned short flags = q->notes[part][fd].flags;
    struct epoll_event e;
    memset(&e, 0, sizeof e);
    e.data.fd = fd;
    e.events = part ? (uint32_t)EPOLLOUT : (uint32_t)EPOLLIN | EPOLLRDHUP;
    if (flags & EV_ONESHOT) e.events |= EPOLLONESHOT;
    if (flags & EV_CLEAR) e.events |= EPOLLET;
    if (epoll_ctl(q->part[part], op, fd, &e) == 0) return 0;
    return errno == EPERM ? EINVAL : errno;
}

KQUEUE_STATIC_ int kqueue_change_(struct kqueue_ *q, const struct kevent *k)
{
    int part = k->filter == EVFILT_WRITE, fd = (int)k->ident, known;
    struct kqueue_note_ *note;
    struct epoll_event e;
    struct pollfd p;
    struct stat s;
    if (k->filter != EVFILT_READ && k->filter != EVFILT_WRITE) return EINVAL;
    if (k->ident >= q->size || fstat(fd, &s) < 0) return EBADF;
    note = &q->notes[part][fd];
    memset(&e, 0, sizeof e);
    e.data.fd = fd;
    if (k->flags & EV_DELETE)
        return epoll_ctl(q->part[part], EPOLL_CTL_DEL, fd, &e) < 0 ? errno : 0;
    /* the kernel knows whether it is there: a close takes it away */
    e.events = 0;
    known = epoll_ctl(q->part[part], EPOLL_CTL_MOD, fd, &e) == 0;
    if (!known && !(k->flags & EV_ADD)) return ENOENT;
    if (!known && part && S_ISFIFO(s.st_mode)) {
        p.fd = fd;
        p.events = POLLOUT;
        if (poll(&p, 1, 0) > 0 && p.revents & POLLERR) return EPIPE;
    }
    if (!known) note->flags = k->flags;
    note->udata = k->udata;
    return kqueue_arm_(q, part, fd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD);
}

KQUEUE_STATIC_ int64_t kqueue_now_(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

KQUEUE_STATIC_ int kevent(int fd, const struct kevent *changes, int changed, struct kevent *events,
                          int n, const struct timespec *timeout)
{
    struct kqueue_ *q = kqueue_find_(fd);
    struct epoll_event ready[64];
    struct timespec left = {0, 0};
    int64_t deadline = 0, ns;
    int i, part, got, found = 0, error;
    struct pollfd p;
    if (!q) return errno = EBADF, -1;
    for (i = 0; i < changed; i++) {
        error = kqueue_change_(q, &changes[i]);
        if (!error) continue;
        if (found == n) return errno = error, -1;
        events[found] = changes[i];
        events[found].flags = EV_ERROR;
        events[found++].data = error;
    }
    if (n == 0 || found) return found;
    if (timeout) {
        if (timeout->tv_sec < 0 || timeout->tv_sec > 100000000 || timeout->tv_nsec < 0 ||
            timeout->tv_nsec > 999999999)
            return errno = EINVAL, -1;
        deadline = kqueue_now_() + (int64_t)timeout->tv_sec * 1000000000 + timeout->tv_nsec;
    }
    do {
        ns = timeout ? deadline - kqueue_now_() : 0;
        left.tv_sec = (time_t)(ns > 0 ? ns / 1000000000 : 0);
        left.tv_nsec = (long)(ns > 0 ? ns % 1000000000 : 0);
        p.fd = q->fd;
        p.events = POLLIN;
        if (ppoll(&p, 1, timeout ? &left : NULL, NULL) < 0) return -1;
        for (part = 0; part < 2; part++) {
            got = n - found < 64 ? n - found : 64;
            got = got > 0 ? epoll_wait(q->part[part], ready, got, 0) : 0;
            for (i = 0; i < got; i++) {
                struct kevent *k = &events[found];
                int ident = ready[i].data.fd;
                struct kqueue_note_ *note = &q->notes[part][ident];
                bool report;
                EV_SET(k, (uintptr_t)ident, (short)(part ? EVFILT_WRITE : EVFILT_READ), note->flags,
                       0, 0, note->udata);
                report = kqueue_filter_(ident, part, k);
                found += report;
                if (!(note->flags & EV_ONESHOT)) continue;
                if (!report) (void)kqueue_arm_(q, part, ident, EPOLL_CTL_MOD);
                else (void)epoll_ctl(q->part[part], EPOLL_CTL_DEL, ident, &ready[i]);
            }
        }
    } while (!found && (!timeout || ns > 0));
    return found;
}

#endif
