// The HTTP hello in Node.
const body = 'hello\n';
const server = require('http').createServer((request, response) => {
  response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': body.length });
  response.end(body);
});
server.keepAliveTimeout = 60000;
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () =>
  console.log(`listening on 127.0.0.1:${server.address().port}`));
