#!/bin/sh
# nginx.sh FOLDER: nginx as one process that answers "hello", its files in FOLDER. It takes no port
# of the system's choice, so one is looked for.
port=$((10000 + $$ % 20000))
mkdir -p "$1" && cd "$1" || exit 1
cat >nginx.conf <<EOF
daemon off; master_process off; worker_processes 1; pid nginx.pid; error_log stderr crit;
events { worker_connections 16384; }
http {
    access_log off; keepalive_requests 1000000000; keepalive_timeout 600; tcp_nodelay on;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    server {
        listen 127.0.0.1:$port backlog=4096;
        location / { default_type text/plain; return 200 "hello\n"; }
    }
}
EOF
echo "listening on 127.0.0.1:$port" # soon: nginx does not say when
exec nginx -p . -c nginx.conf 2>nginx.log
