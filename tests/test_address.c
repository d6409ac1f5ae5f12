/* Addresses, from text and back. */
#include "test.h"

#include <netinet/in.h>
#include <sys/un.h>

static const char *again(const char *text)
{
    static char out[128];
    async_address address;
    int err = async_address_parse(&address, text);
    if (err == -EINVAL) return "EINVAL";
    CHECK_INT(err, 0);
    CHECK(async_address_format(&address, out, sizeof out) == out);
    return out;
}

TEST(address_there_and_back)
{
    CHECK_STR(again("127.0.0.1:80"), "127.0.0.1:80");
    CHECK_STR(again("255.255.255.255:65535"), "255.255.255.255:65535");
    CHECK_STR(again("1.2.3.4:0"), "1.2.3.4:0");
    CHECK_STR(again("*:80"), "0.0.0.0:80");
    CHECK_STR(again(":80"), "[::]:80");
    CHECK_STR(again("[::1]:080"), "[::1]:80");
    CHECK_STR(again("[2001:db8::1:2]:443"), "[2001:db8::1:2]:443");
    CHECK_STR(again("[::ffff:1.2.3.4]:1"), "[::ffff:1.2.3.4]:1");
    CHECK_STR(again("unix:/tmp/x"), "unix:/tmp/x");
    CHECK_STR(again("unix:relative"), "unix:relative");
    CHECK_STR(again("unix:@name"), "unix:@name");
}

TEST(F44_address_that_is_none)
{
    static const char *const bad[] = {
        "",
        ":",
        "80",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "1.2.3.4:-1",
        "1.2.3:80",
        "1.2.3.4:8o",
        "1.2.3.4: 80",
        "1.2.3.4.5:80",
        "localhost:80",
        "[::1]",
        "[::1:80",
        "::1:80",
        "[]:80",
        "[1.2.3.4]:80",
        "[::1]80",
        "[::1]x:80",
        "unix:",
        "*",
        "* :80",
        "1.2.3.4:999999999999999999999",
    };
    async_address address;
    char text[400];
    size_t i;
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (strcmp(again(bad[i]), "EINVAL") != 0) printf("taken: %s\n", bad[i]);
        CHECK_STR(again(bad[i]), "EINVAL");
    }
    CHECK_INT(async_address_parse(&address, NULL), -EINVAL);
    for (i = 1; i < sizeof text; i++) { /* of any length, and never cut */
        memset(text, '1', i);
        text[i] = 0;
        memcpy(text + i - 1, ":", 1);
        CHECK_STR(again(text), "EINVAL");
        if (i < 20) continue;
        memset(text, 'x', i);
        memcpy(text, "unix:", 5);
        CHECK_STR(again(text),
                  i - 5 < sizeof(((struct sockaddr_un *)0)->sun_path) ? text : "EINVAL");
    }
}

TEST(address_into_little_room)
{
    async_address address;
    char text[8];
    CHECK_INT(async_address_parse(&address, "127.0.0.1:80"), 0);
    memset(text, '#', sizeof text);
    CHECK_STR(async_address_format(&address, text, 4), "127");
    CHECK_INT(text[4], '#');
    CHECK_STR(async_address_format(&address, text, 1), "");
    text[0] = 'x';
    CHECK(async_address_format(&address, text, 0) == text);
    CHECK_INT(text[0], 'x');
}

TEST(address_of_what_is_no_socket)
{
    async_address address;
    CHECK_INT(async_local_address(-1, &address), -EBADF);
    CHECK_INT(async_local_address(0, &address), -ENOTSOCK);
}
