// Switch, spawn and join, a queue and timers in Node: rows of workload,size,ns of CPU time each.
const cpu = () => { const u = process.cpuUsage(); return (u.user + u.system) * 1000; };

async function measure(workload, size, n, run) {
  await run(n / 10);
  const begin = cpu();
  await run(n);
  console.log(`${workload},${size},${((cpu() - begin) / n).toFixed(1)}`);
}

async function switches(n) { // an await lets the others run
  const one = async () => { for (let i = 0; i < n / 100; i++) await null; };
  await Promise.all(Array.from({ length: 100 }, one));
}

async function spawn(n) {
  const child = async (x) => { await null; return x + 1; };
  let sum = 0;
  for (let i = 0; i < n; i++) sum += await child(i);
  return sum;
}

class Queue {
  constructor(capacity) { this.capacity = capacity; this.items = []; this.getters = []; this.putters = []; }
  async put(x) {
    while (this.items.length >= this.capacity) await new Promise((f) => this.putters.push(f));
    this.items.push(x);
    if (this.getters.length) this.getters.shift()();
  }
  async get() {
    while (!this.items.length) await new Promise((f) => this.getters.push(f));
    const x = this.items.shift();
    if (this.putters.length) this.putters.shift()();
    return x;
  }
}
const queue = (capacity) => async (n) => {
  const q = new Queue(capacity);
  const put = async () => { for (let i = 0; i < n; i++) await q.put(i); };
  const get = async () => { for (let i = 0; i < n; i++) await q.get(); };
  await Promise.all([put(), get()]);
};

const delay = (i) => Number((BigInt(Math.imul(i, 2654435769) >>> 0) * 1000n) >> 32n); // whole ms
const delays = Array.from({ length: 100000 }, (_, i) => delay(i));
const fire = (n) => new Promise((done) => {
  let left = n;
  for (let i = 0; i < n; i++) setTimeout(() => { if (--left === 0) done(); }, delays[i]);
});
const cancel = async (n) => {
  const t = [];
  for (let i = 0; i < n; i++) t.push(setTimeout(() => {}, 3600000 + delays[i]));
  for (const one of t) clearTimeout(one);
};

(async () => {
  const n = process.argv[2] ? 100000 : 1000000;
  await measure('switch', 100, n, switches);
  await measure('spawn-join', 0, n, spawn);
  await measure('queue', 1, n, queue(1));
  await measure('queue', 128, n, queue(128));
  await measure('timer-fire', 100000, 100000, fire);
  await measure('timer-cancel', 100000, 100000, cancel);
})();
