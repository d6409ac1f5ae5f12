// Switch, spawn and join, queues and timers in Go: rows of workload,size,ns of CPU time each.
package main

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"
)

func cpu() int64 {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return u.Utime.Nano() + u.Stime.Nano()
}

func measure(workload string, size, n int, run func(n int)) {
	run(n / 10)
	begin := cpu()
	run(n)
	fmt.Printf("%s,%d,%.1f\n", workload, size, float64(cpu()-begin)/float64(n))
}

func switches(n int) {
	var all sync.WaitGroup
	for i := 0; i < 100; i++ {
		all.Add(1)
		go func() {
			for j := 0; j < n/100; j++ {
				runtime.Gosched()
			}
			all.Done()
		}()
	}
	all.Wait()
}

func spawn(n int) {
	done := make(chan int)
	for i := 0; i < n; i++ {
		go func() { done <- 1 }()
		<-done
	}
}

func queue(capacity int) func(n int) {
	return func(n int) {
		q := make(chan int, capacity)
		go func() {
			for i := 0; i < n; i++ {
				q <- i
			}
		}()
		for i := 0; i < n; i++ {
			<-q
		}
	}
}

func delay(i int) time.Duration {
	return time.Duration(uint64(uint32(i)*2654435769) * 1000000000 >> 32)
}

func fire(n int) {
	var all sync.WaitGroup
	all.Add(n)
	for i := 0; i < n; i++ {
		time.AfterFunc(delay(i), all.Done)
	}
	all.Wait()
}

func cancel(n int) {
	t := make([]*time.Timer, n)
	for i := range t {
		t[i] = time.AfterFunc(time.Hour+delay(i), func() {})
	}
	for i := range t {
		t[i].Stop()
	}
}

func main() {
	runtime.GOMAXPROCS(1)
	n := 1000000
	if len(os.Args) > 1 { // quick
		n = 100000
	}
	measure("switch", 100, n, switches)
	measure("spawn-join", 0, n, spawn)
	measure("queue", 1, n, queue(1))
	measure("queue", 128, n, queue(128))
	measure("timer-fire", 100000, 100000, fire)
	measure("timer-cancel", 100000, 100000, cancel)
}
