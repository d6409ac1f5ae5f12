# The client against the server of 35, and against Python's own where there is one.
client=$1
. ../tests/server.sh
binary=$work/server
${CC:-cc} -O1 -I.. -pthread 35_streams_server.c -o "$binary" || fail "the server does not compile"
start 127.0.0.1:0
same "against asyncc's server" "$("$client" "$address")" "received: ONE
received: TWO
received: THREE
the server has closed"
port=${address##*:}
same "by name" "$("$client" "localhost:$port" | tail -n 1)" "the server has closed"
stop TERM
"$client" "$address" 2>"$work/err" && fail "nobody is there, but no error"
grep -q 'Connection refused' "$work/err" || fail "no word about nobody being there"

if ! command -v python3 >/dev/null; then
    echo "python3 is not installed: its half was left out"
    exit 0
fi
cat >"$work/server.py" <<'END'
import asyncio
async def echo(reader, writer):
    async for line in reader:
        writer.write(line.upper())
        await writer.drain()
    writer.close()
async def main():
    server = await asyncio.start_server(echo, '127.0.0.1', 0)
    print('listening on 127.0.0.1:%d' % server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
END
binary=python3
start "$work/server.py"
same "against Python's server" "$("$client" "$address")" "received: ONE
received: TWO
received: THREE
the server has closed"
stop KILL
exit 0
