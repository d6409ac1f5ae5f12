/* The same work in C++20 coroutines: frames from a freelist, symmetric transfer between caller
 * and callee, the queue's links inside the awaiters. */
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <utility>

namespace
{

struct node {
    node *next;
    std::coroutine_handle<> who;
};
struct queue {
    node *head = nullptr, **tail = &head;
    void push(node *n)
    {
        n->next = nullptr;
        *tail = n;
        tail = &n->next;
    }
    void run()
    {
        while (node *n = head) {
            head = n->next;
            if (!head) tail = &head;
            n->who.resume();
        }
    }
} ready;

/* Freed frames by size, in steps of 64 bytes. */
struct pool {
    struct block {
        block *next;
    };
    static inline block *free[64];
    static void *get(std::size_t size)
    {
        std::size_t c = (size + 63) / 64;
        if (c >= 64) return std::malloc(size);
        block *b = free[c];
        if (!b) return std::malloc(c * 64);
        free[c] = b->next;
        return b;
    }
    static void put(void *p, std::size_t size)
    {
        std::size_t c = (size + 63) / 64;
        if (c >= 64) return std::free(p);
        block *b = static_cast<block *>(p);
        b->next = free[c];
        free[c] = b;
    }
};
struct heap {
    static void *get(std::size_t size) { return std::malloc(size); }
    static void put(void *p, std::size_t) { std::free(p); }
};

/* A coroutine to be awaited (starts then, inline) or spawned (starts by the queue). */
template <class Memory = pool> struct task {
    struct promise_type;
    using handle = std::coroutine_handle<promise_type>;
    struct promise_type {
        std::coroutine_handle<> caller = nullptr; /* awaits this one: resumed at its end */
        node *joiner = nullptr;                   /* joins this one: queued at its end */
        node start{nullptr, nullptr};
        int result = 0;
        task get_return_object() { return task{handle::from_promise(*this)}; }
        std::suspend_always initial_suspend() noexcept { return {}; }
        struct last {
            bool await_ready() noexcept { return false; }
            std::coroutine_handle<> await_suspend(handle h) noexcept
            {
                promise_type &p = h.promise();
                if (p.caller) return p.caller;
                if (p.joiner) ready.push(p.joiner);
                return std::noop_coroutine();
            }
            void await_resume() noexcept {}
        };
        last final_suspend() noexcept { return {}; }
        void return_value(int v) noexcept { result = v; }
        void unhandled_exception() { std::terminate(); }
        static void *operator new(std::size_t size) { return Memory::get(size); }
        static void operator delete(void *p, std::size_t size) { Memory::put(p, size); }
    };

    handle h;
    explicit task(handle from) : h(from) {}
    task(task &&other) noexcept : h(std::exchange(other.h, {})) {}
    task(const task &) = delete;
    ~task()
    {
        if (h) h.destroy();
    }
    void spawn()
    {
        h.promise().start.who = h;
        ready.push(&h.promise().start);
    }
    bool await_ready() { return false; }
    handle await_suspend(std::coroutine_handle<> caller)
    {
        h.promise().caller = caller;
        return h;
    }
    int await_resume() { return h.promise().result; }
    auto join()
    {
        struct awaiter : node {
            promise_type &p;
            explicit awaiter(promise_type &on) : node{nullptr, nullptr}, p(on) {}
            bool await_ready() { return false; }
            void await_suspend(std::coroutine_handle<> joiner)
            {
                who = joiner;
                p.joiner = this;
            }
            int await_resume() { return p.result; }
        };
        return awaiter(h.promise());
    }
};

struct turn : node {
    bool await_ready() { return false; }
    void await_suspend(std::coroutine_handle<> h)
    {
        who = h;
        ready.push(this);
    }
    void await_resume() {}
};

task<> switcher(uint64_t n)
{
    while (n--) co_await turn{};
    co_return 0;
}
task<> near(int x)
{
    if (x < 0) co_await turn{};
    co_return x + 1;
}
task<> awaiter(int n)
{
    int sum = 0;
    while (n--) sum += co_await near(n);
    co_return sum;
}
task<> level(uint64_t n, uint64_t depth)
{
    if (depth > 1) co_return co_await level(n, depth - 1);
    while (n--) co_await turn{};
    co_return 0;
}
template <class Memory> task<Memory> child(int x)
{
    co_return x + 1;
}
template <class Memory> task<> parent(int n)
{
    int sum = 0;
    while (n--) {
        task<Memory> t = child<Memory>(n);
        t.spawn();
        sum += co_await t.join();
    }
    co_return sum;
}
void run(task<> t)
{
    t.spawn();
    ready.run();
}

} // namespace

extern "C" {
void cpp20_switch(uint64_t n, uint64_t size)
{
    task<> *t = static_cast<task<> *>(std::malloc(size * sizeof *t));
    for (uint64_t i = 0; i < size; i++) (new (&t[i]) task<>(switcher(n / size)))->spawn();
    ready.run();
    for (uint64_t i = 0; i < size; i++) t[i].~task();
    std::free(t);
}
void cpp20_await(uint64_t n, uint64_t) { run(awaiter(static_cast<int>(n))); }
void cpp20_resume(uint64_t n, uint64_t size) { run(level(n, size)); }
void cpp20_spawn(uint64_t n, uint64_t) { run(parent<pool>(static_cast<int>(n))); }
void cpp20_spawn_malloc(uint64_t n, uint64_t) { run(parent<heap>(static_cast<int>(n))); }
}
