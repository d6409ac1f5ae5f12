/* The world behind a switch: every system call and allocation of the header goes through a
 * function here, so that a test can count them and make one fail. Include it before test.h.
 *
 *     seam_of_connect.count     calls of connect() so far
 *     seam_of_accept.times = 2, seam_of_accept.error = EMFILE    the next two fail
 *     seam_fail(k, i)           the k-th call from now on fails, with the i-th of its errors
 *     seam_interrupt = true     whatever a signal can interrupt is interrupted, every other time
 *     seam_blocks               allocations not given back
 *
 * The errors listed are those that a correct caller can meet on Linux, macOS or FreeBSD: EFAULT
 * and the like are left out, and so is EAGAIN, which nothing but an empty or full buffer gives.
 */
#ifndef SEAM_H_
#define SEAM_H_

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#if defined(ASYNCC_POLLER) && ASYNCC_POLLER == 2
#include <sys/event.h>
#endif

#define ASYNCC_SYS(call) seam_##call
#define ASYNCC_REALLOC(old, size) seam_realloc(old, size)
#define ASYNCC_FREE(old) seam_free(old)
#define SEAM_UNUSED __attribute__((__unused__))

struct seam_call {
    const char *name;
    const int *errors; /* ended by a 0 */
    long count;
    int error, times; /* the next so many fail with this one */
};

enum { SEAM_SHORT = 10000 }; /* not an error: half of it is done */

static long seam_count;            /* of all calls, since seam_fail() */
static long seam_fail_at;          /* which one; 0: none */
static int seam_fail_with;         /* which of its errors */
static struct seam_call *seam_hit; /* the call that was due, even if it has no such error */
static int seam_error;             /* what it was given; 0: nothing */
static bool seam_interrupt;
static long seam_blocks;
static void (*seam_before_connect)(int fd);
static const struct sockaddr *seam_connect_to; /* for it */
static SEAM_UNUSED void (*seam_before_wake)(void);

static SEAM_UNUSED void seam_fail(long k, int i)
{
    seam_count = 0;
    seam_fail_at = k;
    seam_fail_with = i;
    seam_hit = NULL;
    seam_error = 0;
}

static int seam_enter(struct seam_call *call)
{
    int i;
    long count = __atomic_add_fetch(&call->count, 1, __ATOMIC_RELAXED); /* threads call too */
    long all = __atomic_add_fetch(&seam_count, 1, __ATOMIC_RELAXED);
    if (call->times > 0) return call->times--, call->error;
    if (all == seam_fail_at) {
        seam_hit = call;
        for (i = 0; call->errors[i]; i++)
            if (i == seam_fail_with) return seam_error = call->errors[i];
    }
    if (seam_interrupt && count & 1)
        for (i = 0; call->errors[i]; i++)
            if (call->errors[i] == EINTR) return EINTR;
    return 0;
}

/* SEAM(result, name, (parameters), (arguments), errors ..., 0) */
#define SEAM_CALL(name, ...)                                                                       \
    static const int seam_errors_of_##name[] = {__VA_ARGS__};                                      \
    static struct seam_call seam_of_##name = {#name, seam_errors_of_##name, 0, 0, 0};
#define SEAM(type, name, parameters, arguments, ...)                                               \
    SEAM_CALL(name, __VA_ARGS__)                                                                   \
    static SEAM_UNUSED type seam_##name parameters                                                 \
    {                                                                                              \
        int error = seam_enter(&seam_of_##name);                                                   \
        if (!error) return name arguments;                                                         \
        errno = error;                                                                             \
        return -1;                                                                                 \
    }

#ifdef SO_NOSIGPIPE
/* macOS: a socket says itself that it wants no signal. */
static unsigned char seam_no_signal[1 << 15];
#define SEAM_SEND_FLAGS(fd, flags) ((flags) | (seam_no_signal[fd] ? 0x4000 /* MSG_NOSIGNAL */ : 0))
#else
#define SEAM_SEND_FLAGS(fd, flags) (flags)
#endif

#define SEAM_NETWORK ENETDOWN, ENETUNREACH, EHOSTUNREACH
#define SEAM_NO_ROOM EMFILE, ENFILE, ENOMEM

SEAM(int, socket, (int family, int type, int protocol), (family, type, protocol), SEAM_NO_ROOM,
     ENOBUFS, EACCES, EAFNOSUPPORT, EPROTONOSUPPORT, 0)
SEAM(int, bind, (int fd, const struct sockaddr *name, socklen_t size), (fd, name, size), EACCES,
     EADDRINUSE, EADDRNOTAVAIL, ENOMEM, 0)
SEAM(int, listen, (int fd, int backlog), (fd, backlog), EADDRINUSE, 0)
SEAM(int, accept, (int fd, struct sockaddr *name, socklen_t *size), (fd, name, size), EINTR,
     ECONNABORTED, EPROTO, SEAM_NO_ROOM, ENOBUFS, EPERM, SEAM_NETWORK, EHOSTDOWN, ENOPROTOOPT, 0)
SEAM(int, accept4, (int fd, struct sockaddr *name, socklen_t *size, int flags),
     (fd, name, size, flags), EINTR, ECONNABORTED, EPROTO, SEAM_NO_ROOM, ENOBUFS, EPERM,
     SEAM_NETWORK, EHOSTDOWN, ENOPROTOOPT, 0)
SEAM(int, getsockopt, (int fd, int level, int option, void *value, socklen_t *size),
     (fd, level, option, value, size), ENOBUFS, 0)
SEAM(int, getsockname, (int fd, struct sockaddr *name, socklen_t *size), (fd, name, size), ENOBUFS,
     0)
SEAM(int, getpeername, (int fd, struct sockaddr *name, socklen_t *size), (fd, name, size), ENOBUFS,
     ENOTCONN, 0)
SEAM(int, shutdown, (int fd, int how), (fd, how), ENOTCONN, ENOBUFS, 0)
SEAM(ssize_t, read, (int fd, void *data, size_t size), (fd, data, size), EINTR, EIO, ECONNRESET,
     ETIMEDOUT, ENOBUFS, 0)
SEAM(ssize_t, recv, (int fd, void *data, size_t size, int flags), (fd, data, size, flags), EINTR,
     ECONNRESET, ETIMEDOUT, ENOBUFS, 0)
SEAM(ssize_t, recvfrom,
     (int fd, void *data, size_t size, int flags, struct sockaddr *name, socklen_t *length),
     (fd, data, size, flags, name, length), EINTR, ECONNREFUSED, ENOMEM, 0)
SEAM(ssize_t, sendto,
     (int fd, const void *data, size_t size, int flags, const struct sockaddr *name,
      socklen_t length),
     (fd, data, size, SEAM_SEND_FLAGS(fd, flags), name, length), EINTR, EMSGSIZE, ENOBUFS, ENOMEM,
     EACCES, EPERM, SEAM_NETWORK, 0)
SEAM(int, fcntl, (int fd, int command, int value), (fd, command, value), EBADF, 0)
SEAM_CALL(open, EINTR, SEAM_NO_ROOM, ENOENT, EACCES, 0)
static SEAM_UNUSED int seam_open(const char *path, int flags, ...)
{
    int error = seam_enter(&seam_of_open), mode = 0;
    va_list more;
    va_start(more, flags);
    if (flags & O_CREAT) mode = va_arg(more, int);
    va_end(more);
    if (!error) return open(path, flags, mode);
    errno = error;
    return -1;
}
SEAM(int, stat, (const char *path, struct stat *s), (path, s), ENOENT, EACCES, ENOMEM, 0)
SEAM(int, fsync, (int fd), (fd), EINTR, EIO, ENOSPC, 0)
SEAM(ssize_t, pwrite, (int fd, const void *data, size_t size, off_t at), (fd, data, size, at),
     EINTR, EIO, ENOSPC, 0)
SEAM_CALL(opendir, SEAM_NO_ROOM, ENOENT, EACCES, 0)
static SEAM_UNUSED DIR *seam_opendir(const char *path)
{
    int error = seam_enter(&seam_of_opendir);
    if (!error) return opendir(path);
    errno = error;
    return NULL;
}
SEAM_CALL(readdir, EIO, 0)
static SEAM_UNUSED struct dirent *seam_readdir(DIR *folder)
{
    int error = seam_enter(&seam_of_readdir);
    if (!error) return readdir(folder);
    errno = error;
    return NULL;
}
SEAM(int, closedir, (DIR * folder), (folder), 0)
SEAM(int, fstat, (int fd, struct stat *s), (fd, s), EBADF, ENOMEM, 0)
SEAM(int, poll, (struct pollfd * p, nfds_t n, int timeout), (p, n, timeout), EINTR, ENOMEM, 0)
SEAM(int, nanosleep, (const struct timespec *t, struct timespec *left), (t, left), EINTR, 0)
/* These do not fail if called properly. */
SEAM_CALL(clock_gettime, 0)
static SEAM_UNUSED void (*seam_before_clock)(void);
static SEAM_UNUSED int seam_clock_gettime(clockid_t clock, struct timespec *t)
{
    (void)seam_enter(&seam_of_clock_gettime);
    if (seam_before_clock) seam_before_clock();
    return clock_gettime(clock, t);
}
SEAM(int, sigaction, (int number, const struct sigaction *now, struct sigaction *old),
     (number, now, old), 0)
SEAM(int, pthread_sigmask, (int how, const sigset_t *mask, sigset_t *old), (how, mask, old), 0)
SEAM(int, raise, (int number), (number), 0)
SEAM(pid_t, getpid, (void), (), 0)
#ifdef __linux__
/* gettid, pidfds and io_uring: a kernel that does not know them, or has no room left. */
SEAM_CALL(syscall, ENOSYS, EMFILE, EPERM, ENOMEM, EAGAIN, EINTR, 0)
static SEAM_UNUSED long seam_syscall(long n, long a, long b, long c, long d, long e, long f)
{
    int error = seam_enter(&seam_of_syscall);
#ifdef SYS_io_uring_enter
    if (error && n == SYS_io_uring_setup) return errno = error, -1;
    if (error && n == SYS_io_uring_enter) return errno = error == EINTR ? EINTR : EAGAIN, -1;
    if (error == EINTR) error = 0;
#endif
    if (!error) return syscall(n, a, b, c, d, e, f);
#ifdef SYS_pidfd_open
    if (n != SYS_pidfd_open) error = ENOSYS; /* the others make none */
#endif
    errno = error;
    return -1;
}
SEAM_CALL(mmap, ENOMEM, EAGAIN, 0)
static SEAM_UNUSED void *seam_mmap(void *at, size_t size, int may, int flags, int fd, off_t offset)
{
    int error = seam_enter(&seam_of_mmap);
    if (!error) return mmap(at, size, may, flags, fd, offset);
    errno = error;
    return MAP_FAILED;
}
SEAM(int, munmap, (void *at, size_t size), (at, size), 0)
SEAM(int, pipe2, (int *fd, int flags), (fd, flags), EMFILE, ENFILE, 0)
#endif
SEAM(pid_t, waitpid, (pid_t pid, int *status, int options), (pid, status, options), EINTR, 0)
SEAM(int, kill, (pid_t pid, int number), (pid, number), 0)
/* This one gives its error. */
SEAM_CALL(posix_spawnp, EAGAIN, ENOMEM, ENOENT, EACCES, 0)
static SEAM_UNUSED int seam_posix_spawnp(pid_t *pid, const char *file,
                                         const posix_spawn_file_actions_t *actions,
                                         const posix_spawnattr_t *attributes, char *const *argv,
                                         char *const *env)
{
    int error = seam_enter(&seam_of_posix_spawnp);
    return error ? error : posix_spawnp(pid, file, actions, attributes, argv, env);
}
SEAM_CALL(signal, 0)
static SEAM_UNUSED void (*seam_signal(int number, void (*handler)(int)))(int)
{
    (void)seam_enter(&seam_of_signal);
    return signal(number, handler);
}

#if !defined(ASYNCC_POLLER) || ASYNCC_POLLER == 1
SEAM(int, epoll_create1, (int flags), (flags), SEAM_NO_ROOM, 0)
SEAM(int, epoll_ctl, (int poller, int op, int fd, struct epoll_event *e), (poller, op, fd, e),
     ENOMEM, ENOSPC, 0)
SEAM(int, epoll_wait, (int poller, struct epoll_event *e, int n, int timeout),
     (poller, e, n, timeout), EINTR, 0)
#if defined(__GLIBC__) && defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 35)
SEAM(int, epoll_pwait2,
     (int poller, struct epoll_event *e, int n, const struct timespec *t, const sigset_t *mask),
     (poller, e, n, t, mask), EINTR, ENOSYS, EPERM, 0)
#endif
#endif
#elif ASYNCC_POLLER == 2
SEAM(int, kqueue, (void), (), SEAM_NO_ROOM, 0)
/* By its manual: after EINTR all changes have been made. */
SEAM_CALL(kevent, EINTR, ENOMEM, 0)
static long seam_kevent_waits;
static SEAM_UNUSED int seam_kevent(int kq, const struct kevent *changes, int changed,
                                   struct kevent *events, int n, const struct timespec *t)
{
    int error = seam_enter(&seam_of_kevent);
    if (!changed) (void)__atomic_add_fetch(&seam_kevent_waits, 1, __ATOMIC_RELAXED);
    if (error == EINTR && changed) (void)kevent(kq, changes, changed, NULL, 0, NULL);
    if (!error || (error == ENOMEM && !changed)) return kevent(kq, changes, changed, events, n, t);
    errno = error;
    return -1;
}
#endif

/* How one thread wakes another. */
#if defined(__linux__) && (!defined(ASYNCC_POLLER) || ASYNCC_POLLER != 2)
SEAM(int, eventfd, (unsigned count, int flags), (count, flags), SEAM_NO_ROOM, 0)
SEAM(int, eventfd_read, (int fd, eventfd_t *n), (fd, n), EINTR, 0)
SEAM_CALL(eventfd_write, EINTR, 0)
static SEAM_UNUSED int seam_eventfd_write(int fd, eventfd_t n)
{
    int error = seam_enter(&seam_of_eventfd_write);
    if (!error && seam_before_wake) seam_before_wake();
    if (!error) return eventfd_write(fd, n);
    errno = error;
    return -1;
}
#endif
SEAM(int, pipe, (int fd[2]), (fd), EMFILE, ENFILE, 0)

/* Gives its error. */
SEAM_CALL(pthread_create, EAGAIN, 0)
static SEAM_UNUSED int seam_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
                                           void *(*fn)(void *), void *arg)
{
    int error = seam_enter(&seam_of_pthread_create);
    return error ? error : pthread_create(thread, attr, fn, arg);
}

/* The descriptor is gone whatever it says. */
SEAM_CALL(close, EINTR, EIO, 0)
static SEAM_UNUSED int seam_close(int fd)
{
    int error = seam_enter(&seam_of_close), result = close(fd);
#ifdef SO_NOSIGPIPE
    if (fd >= 0) seam_no_signal[fd] = 0;
#endif
    if (!error || result < 0) return result;
    errno = error;
    return -1;
}

/* Interrupted, it goes on in the background. */
SEAM_CALL(connect, EINTR, ECONNREFUSED, ETIMEDOUT, EACCES, EADDRNOTAVAIL, EADDRINUSE, ENETUNREACH,
          EAGAIN, 0)
static SEAM_UNUSED int seam_connect(int fd, const struct sockaddr *name, socklen_t size)
{
    int error = seam_enter(&seam_of_connect), result;
    seam_connect_to = name;
    if (seam_before_connect) seam_before_connect(fd);
    if (!error) return connect(fd, name, size);
    if (error == EINTR && (result = connect(fd, name, size)) < 0 && errno != EINPROGRESS)
        return result;
    errno = error;
    return -1;
}

SEAM_CALL(setsockopt, ENOBUFS, EINVAL, 0)
static SEAM_UNUSED int seam_setsockopt(int fd, int level, int option, const void *value,
                                       socklen_t size)
{
    int error = seam_enter(&seam_of_setsockopt);
#ifdef SO_NOSIGPIPE
    if (level == SOL_SOCKET && option == SO_NOSIGPIPE) { /* this one cannot fail on a live socket */
        seam_no_signal[fd] = 1;
        return 0;
    }
#endif
    if (!error) return setsockopt(fd, level, option, value, size);
    errno = error;
    return -1;
}

SEAM_CALL(send, EINTR, EPIPE, ECONNRESET, ENOBUFS, ENOMEM, SEAM_SHORT, 0)
static SEAM_UNUSED ssize_t seam_send(int fd, const void *data, size_t size, int flags)
{
    int error = seam_enter(&seam_of_send);
    if (error == SEAM_SHORT) size -= size / 2;
    if (!error || error == SEAM_SHORT) return send(fd, data, size, SEAM_SEND_FLAGS(fd, flags));
    errno = error;
    return -1;
}
SEAM_CALL(write, EINTR, EPIPE, EIO, SEAM_SHORT, 0)
static SEAM_UNUSED ssize_t seam_write(int fd, const void *data, size_t size)
{
    int error = seam_enter(&seam_of_write);
    if (error == SEAM_SHORT) size -= size / 2;
    if (!error || error == SEAM_SHORT) return write(fd, data, size);
    errno = error;
    return -1;
}

/* Of several pieces a short one takes half of the first. */
SEAM_CALL(sendmsg, EINTR, EPIPE, ECONNRESET, ENOBUFS, ENOMEM, SEAM_SHORT, 0)
static SEAM_UNUSED ssize_t seam_sendmsg(int fd, const struct msghdr *m, int flags)
{
    int error = seam_enter(&seam_of_sendmsg);
    const struct iovec *v = m->msg_iov;
    if (error == SEAM_SHORT)
        return send(fd, v->iov_base, v->iov_len - v->iov_len / 2, SEAM_SEND_FLAGS(fd, flags));
    if (!error) return sendmsg(fd, m, SEAM_SEND_FLAGS(fd, flags));
    errno = error;
    return -1;
}
SEAM_CALL(writev, EINTR, EPIPE, EIO, SEAM_SHORT, 0)
static SEAM_UNUSED ssize_t seam_writev(int fd, const struct iovec *v, int n)
{
    int error = seam_enter(&seam_of_writev);
    if (error == SEAM_SHORT) return write(fd, v->iov_base, v->iov_len - v->iov_len / 2);
    if (!error) return writev(fd, v, n);
    errno = error;
    return -1;
}
/* EINVAL: not with these descriptors. */
SEAM_CALL(sendfile, EINTR, EINVAL, EPIPE, ECONNRESET, EIO, ENOMEM, SEAM_SHORT, 0)
static SEAM_UNUSED ssize_t seam_sendfile(int fd, int file, off_t *at, size_t size)
{
    int error = seam_enter(&seam_of_sendfile);
    if (error == SEAM_SHORT) size -= size / 2;
    if (!error || error == SEAM_SHORT) return sendfile(fd, file, at, size);
    errno = error;
    return -1;
}
SEAM(ssize_t, pread, (int fd, void *data, size_t size, off_t at), (fd, data, size, at), EINTR, EIO,
     0)

/* Names: what a test says, or the system's. It runs in a thread. */
static int (*seam_names)(const char *name, const char *service, const struct addrinfo *hints,
                         struct addrinfo **list);
SEAM_CALL(getaddrinfo, EMFILE, ENOMEM, 0)
static SEAM_UNUSED int seam_getaddrinfo(const char *name, const char *service,
                                        const struct addrinfo *hints, struct addrinfo **list)
{
    int error = seam_enter(&seam_of_getaddrinfo);
    if (!error) {
        error = (seam_names ? seam_names : getaddrinfo)(name, service, hints, list);
        if (!error) __atomic_add_fetch(&seam_blocks, 1, __ATOMIC_RELAXED);
        return error;
    }
    errno = error;
    return EAI_SYSTEM;
}
static SEAM_UNUSED void seam_freeaddrinfo(struct addrinfo *list)
{
    __atomic_sub_fetch(&seam_blocks, 1, __ATOMIC_RELAXED); /* a list counts as one */
    freeaddrinfo(list);
}
SEAM_CALL(getnameinfo, EMFILE, ENOMEM, 0)
static SEAM_UNUSED int seam_getnameinfo(const struct sockaddr *a, socklen_t size, char *host,
                                        socklen_t host_size, char *service, socklen_t service_size,
                                        int flags)
{
    int error = seam_enter(&seam_of_getnameinfo);
    if (!error) return getnameinfo(a, size, host, host_size, service, service_size, flags);
    errno = error;
    return EAI_SYSTEM;
}

SEAM_CALL(realloc, ENOMEM, 0)
static SEAM_UNUSED void *seam_realloc(void *old, size_t size)
{
    void *block = seam_enter(&seam_of_realloc) ? NULL : realloc(old, size);
    if (block && !old) __atomic_add_fetch(&seam_blocks, 1, __ATOMIC_RELAXED);
    return block;
}
static SEAM_UNUSED void seam_free(void *old)
{
    if (old) __atomic_sub_fetch(&seam_blocks, 1, __ATOMIC_RELAXED);
    free(old);
}

/* How often the loop has asked its poller, or slept. */
static SEAM_UNUSED long seam_polls(void)
{
#if !defined(ASYNCC_POLLER) || ASYNCC_POLLER == 1
    long polls = seam_of_epoll_wait.count + seam_of_nanosleep.count;
#if defined(__GLIBC__) && defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 35)
    polls += seam_of_epoll_pwait2.count;
#endif
#endif
    return polls;
#elif ASYNCC_POLLER == 2
    return seam_kevent_waits + seam_of_nanosleep.count;
#else
    return seam_of_poll.count + seam_of_nanosleep.count;
#endif
}

/* Open descriptors, of the first thousand. */
static SEAM_UNUSED int seam_descriptors(void)
{
    int fd, count = 0;
    for (fd = 0; fd < 1000; fd++) count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

#endif
