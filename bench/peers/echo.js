// The echo server in Node.
const server = require('net').createServer({ noDelay: true }, (c) => {
  c.on('data', (data) => c.write(data));
  c.on('error', () => {});
});
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () =>
  console.log(`listening on 127.0.0.1:${server.address().port}`));
