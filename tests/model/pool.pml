/* The pool of threads and the inbox of asyncc.h (>>pool, >>inbox), for spin: one loop, JOBS jobs,
 * up to THREADS threads, each of which may fail to start, and a thread that calls. The loop submits, cancels at any time,
 * sleeps, shuts down or closes in the midst of it. In every order of events:
 *   - nobody waits for ever (no invalid end state): no wake is lost, no job is forgotten;
 *   - a job runs at most once, and its await ends exactly once, with its result or cancelled;
 *   - one that was cancelled in the queue never runs;
 *   - a thread touches a frame only while the await lasts: `owned`;
 *   - nobody writes to the descriptor after it was closed.
 * FAULT leaves out one thing that the code does; each must be found: see model.sh. */
#ifndef JOBS
#define JOBS 2
#endif
#define THREADS 2
#define NONE 255
#define CALL JOBS /* in the mail: not a job, but a call */
#ifndef FAULT
#define FAULT 0
#endif

mtype = { NEW, QUEUED, STARTED, POSTED };        /* a job */
mtype = { EMPTY, LIST, ASLEEP, GONE };           /* the inbox */

/* The pool. What the code does under its mutex is atomic here: nobody else sees the middle of it. */
chan queue = [JOBS] of { byte };
chan idlers = [THREADS] of { byte };
bool waking, closing, idle[THREADS];
byte threads, gone, running[THREADS];
mtype state[JOBS];
byte by[JOBS];

/* the inbox: one word, changed by compare-and-swap; what is in it */
mtype inbox = EMPTY;
chan mail = [JOBS + 1] of { byte };
bool event;                  /* epoll has something to tell */
byte wrote, due;             /* wakes written; known to the loop */
bool napping, shut;          /* the descriptor is closed */

/* what is true of the jobs */
bool waits[JOBS];            /* a cancel waits for the end of one that runs, or cuts the tie */
bool owned[JOBS];            /* the frame is there */
bool must[JOBS];             /* cancelled, to be told when it comes back */
byte ran[JOBS], ended[JOBS], outstanding;

/* Somebody should look at the queue: the idle thread, or a new one (+ THREADS), or NONE. */
inline call(who)
{
    who = NONE;
    if
    :: len(queue) > 0 && !waking ->
        if
        :: len(idlers) > 0 -> idlers?who; idle[who] = false
        :: len(idlers) == 0 && threads < THREADS && !closing ->
            who = threads + THREADS; threads++
        :: else
        fi;
        waking = (who != NONE)
    :: else
    fi
}
/* Not under the mutex. A signal is the change of `idle`, which is waited for under the mutex. */
inline wake(who, job)
{
    if
    :: who != NONE && who >= THREADS ->
        if
        :: run worker(who - THREADS)
        :: atomic { /* it does not start: without any, the jobs fail */
                waking = false;
                threads--;
                do
                :: threads == 0 && len(queue) > 0 ->
                    queue?job;
                    state[job] = POSTED;
                    push(job)
                :: else -> break
                od
            }
        fi
    :: else
    fi
}
/* Into the inbox, and a wake if it was asleep; `owes`: it is to be written later, outside. */
inline post(job, owes)
{
    atomic {
        assert(inbox != GONE);
        assert(owned[job]);
        owes = (inbox == ASLEEP);
        inbox = LIST;
        mail!job
    }
}
inline write_wake()
{
    atomic {
        assert(!shut);
        wrote++;
        event = true
    }
}
inline push(job)
{
    post(job, owed);
    if
    :: owed -> write_wake(); owed = false
    :: else
    fi
}

proctype worker(byte me)
{
    byte job = NONE, next = NONE, other;
    bool owed = false, ends = false;
    waking = false;
    do
    :: true ->
        atomic { /* the end of one job and the choice of the next */
            if
            :: job != NONE && running[me] != NONE ->
                state[job] = POSTED;
                post(job, owed)
            :: else
            fi;
            job = NONE;
            running[me] = NONE;
            if
            :: len(queue) > 0 ->
                queue?job;
                state[job] = STARTED;
                by[job] = me;
                running[me] = job
            :: len(queue) == 0 && closing ->
                ends = true
            :: else ->
                idle[me] = true;
                idlers!me
            fi;
            if
            :: ends -> next = NONE
            :: else -> call(next)
            fi
        };
        if
        :: owed ->
            owed = false;
#if FAULT != 1
            write_wake()
#endif
        :: else
        fi;
        if
        :: ends -> break
        :: else
        fi;
        wake(next, other);
        if
        :: job != NONE ->
            ran[job]++;
            assert(ran[job] == 1)
        :: else -> atomic { !idle[me] -> waking = false }
        fi
    od;
    gone++
}

/* A thread of the user's calls, whatever the loop is about. */
active proctype caller()
{
    bool owes = false;
    atomic {
        if
        :: inbox == GONE /* it is told */
        :: else -> owes = (inbox == ASLEEP); inbox = LIST; mail!CALL
        fi
    };
    if
    :: owes -> write_wake()
    :: else
    fi
}

/* An await ends: from here on its frame may be anything. */
inline end(job)
{
    ended[job]++;
    assert(ended[job] == 1);
    owned[job] = false;
    outstanding--
}
inline take(after)
{
    atomic {
        if
        :: napping && inbox != ASLEEP -> due++
        :: else
        fi;
        napping = false;
        inbox = after;
        do
        :: len(mail) > 0 ->
            mail?j;
            if
            :: j == CALL
            :: else -> assert(owned[j]); assert(state[j] == POSTED); end(j)
            fi
        :: else -> break
        od
    }
}
/* As async_job_cancel_, or with `closing_loop` as async_job_abandon_. */
inline cancel(job, closing_loop)
{
    atomic {
        if
        :: state[job] == QUEUED ->
            queue??eval(job);
            state[job] = NEW;
            assert(ran[job] == 0);
            ran[job] = 1; /* and never will: it would fail there */
            end(job)
        :: state[job] == STARTED && !waits[job] ->
#if FAULT != 2
            running[by[job]] = NONE;
#endif
            end(job)
        :: else -> must[job] = true
        fi
    };
    if
    :: closing_loop && owned[job] -> state[job] == POSTED
    :: else
    fi
}

active proctype loop()
{
    byte j, n = 0, who, other;
    bool owed = false, timer = false;
    do
    :: n < JOBS -> /* submit */
        j = n;
        n++;
        if
        :: waits[j] = true
        :: waits[j] = false
        fi;
        owned[j] = true;
        outstanding++;
        atomic {
            state[j] = QUEUED;
            queue!j;
            call(who)
        };
        wake(who, other)
    :: n > 0 -> /* cancel any that has not ended */
        if
        :: j = 0
        :: j = n - 1
        fi;
        if
        :: owned[j] && !must[j] -> cancel(j, false)
        :: else
        fi
    :: inbox == LIST -> take(EMPTY)
    :: n == JOBS && outstanding > 0 -> /* nothing to do: sleep */
        atomic {
            if
            :: inbox == EMPTY -> inbox = ASLEEP; napping = true
#if FAULT != 3
            :: else
#else
            :: else -> inbox = ASLEEP; napping = true
#endif
            fi
        };
        if
        :: napping ->
            if
            :: atomic { event -> event = false }
            :: atomic { !timer -> timer = true } /* once, something else wakes it */
            fi;
            take(EMPTY)
        :: else
        fi
    :: n == JOBS && outstanding == 0 -> break
    :: true -> break /* close in the midst of it */
    od;
    for (j : 0 .. JOBS - 1) {
        if
        :: owned[j] && !(must[j] && state[j] == POSTED) -> cancel(j, true)
        :: else
        fi
    }
    atomic { /* the pool shuts: those who are idle wake and end */
        closing = true;
        do
        :: len(idlers) > 0 -> idlers?who; idle[who] = false
        :: else -> break
        od
    };
    gone == threads; /* pthread_join */
    take(GONE);
#if FAULT != 4
    wrote >= due; /* close waits for wakes that are due */
#endif
    shut = true;
    for (j : 0 .. JOBS - 1) {
        assert(!owned[j]);
        assert(j >= n || ended[j] == 1)
    }
}
