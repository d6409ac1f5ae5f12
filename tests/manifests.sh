#!/bin/sh
# manifests.sh: library.json (PlatformIO) and library.properties (Arduino) say what their tools demand
# and what asyncc.h is; the sketch compiles as C++ for AVR and Cortex-M, and runs on the host with a
# stand-in for Arduino. TAP lines.
cd "$(dirname "$0")/.." || exit
out=build/manifests
mkdir -p $out
version=$(sed -n 's/^#define ASYNC_VERSION "\(.*\)"$/\1/p' asyncc.h)

verdict() { # status, name
    if [ "$1" = 0 ]; then echo "ok - manifests: $2"
    else
        echo "not ok - manifests: $2"
        head -n 10 $out/log | sed 's/^/#   /'
    fi
}

# Arduino: all these fields; a name of at most 63 letters, digits, spaces, _ . and -, which begins
# with a letter or digit; a sentence that is one; a category of its list; headers that are there.
property() {
    sed -n "s/^$1=//p" library.properties
}
{
    for field in name version author maintainer sentence paragraph category url architectures includes; do
        [ "$(grep -c "^$field=" library.properties)" = 1 ] || echo "$field is not there once"
    done
    property name | grep -Eq '^[A-Za-z0-9][A-Za-z0-9 _.-]{0,62}$' || echo "name"
    [ "$(property version)" = "$version" ] || echo "version is not $version"
    property category | grep -Exq 'Display|Communication|Signal Input/Output|Sensors|Device Control|Timing|Data Storage|Data Processing|Other' || echo category
    property paragraph | grep -iq '^arduino' && echo "paragraph"
    for header in $(property includes | tr ',' ' '); do [ -f "$header" ] || echo "no $header"; done
    [ -d src ] && echo "src/ would hide the header: with it, only what is there is found"
    for sketch in examples/*/*.ino; do
        [ "$(basename "$sketch" .ino)" = "$(basename "$(dirname "$sketch")")" ] || echo "$sketch"
    done
    ls ./*.c ./*.cpp ./*.S 2>/dev/null # those would be compiled
    grep -v '^[a-z_]*=\|^#' library.properties
} >$out/log
[ ! -s $out/log ]
verdict $? library.properties

# PlatformIO: name, version and description of at most 50, 20 and 255 characters, a licence of SPDX,
# no field it does not know, and what is exported is there.
if command -v python3 >/dev/null; then
    python3 - "$version" >$out/log 2>&1 <<'END'
import glob, json, re, sys
m = json.load(open('library.json'))
assert re.fullmatch(r'[a-z0-9]([a-z0-9-]*[a-z0-9])?', m['name']) and len(m['name']) <= 50
assert m['version'] == sys.argv[1] and len(m['version']) <= 20
assert 0 < len(m['description']) <= 255
assert all(0 < len(word.strip()) <= 50 for word in m['keywords'].split(','))
assert m['license'] == 'MIT' and 'MIT License' in open('LICENSE').read()
known = {'name', 'version', 'description', 'keywords', 'license', 'frameworks', 'platforms', 'headers', 'build',
         'export', 'homepage', 'repository', 'authors', 'dependencies', 'examples', 'scripts'}
assert set(m) <= known, set(m) - known
assert set(m['build']) <= {'flags', 'unflags', 'includeDir', 'srcDir', 'srcFilter', 'extraScript', 'libArchive',
                           'libLDFMode', 'libCompatMode', 'builder'}
assert m['headers'] in m['export']['include']
for pattern in m['export']['include']:
    assert glob.glob(pattern), pattern
END
    verdict $? library.json
else
    echo "ok - manifests: library.json # SKIP python3 is not installed"
fi

# The sketch. Arduino's core for AVR says -std=gnu++11, those for ARM gnu++11 to gnu++17.
sketch=examples/arduino_blink/arduino_blink.ino
warn='-Wall -Wextra -Werror -fno-exceptions -Itests/arduino -I. -x c++'
for compiler in 'avr-g++ -mmcu=atmega328p -std=gnu++11' 'arm-none-eabi-g++ -mcpu=cortex-m0plus -mthumb -std=gnu++11' \
    'arm-none-eabi-g++ -mcpu=cortex-m4 -mthumb -std=gnu++17'; do
    name="the sketch by $compiler"
    if ! command -v ${compiler%% *} >/dev/null; then
        echo "ok - manifests: $name # SKIP ${compiler%% *} is not installed"
        continue
    fi
    # shellcheck disable=SC2086
    $compiler -Os $warn -c $sketch -o $out/sketch.o >$out/log 2>&1
    verdict $? "$name"
done
name='the sketch runs'
if ! command -v g++ >/dev/null; then
    echo "ok - manifests: $name # SKIP g++ is not installed"
    exit
fi
# shellcheck disable=SC2086
g++ -std=gnu++17 $warn '-DASYNCC_IRQ_SAVE()=0' '-DASYNCC_IRQ_RESTORE(k)=(void)(k)' '-DASYNCC_IRQ_DISABLE()=(void)0' \
    '-DASYNCC_IRQ_ENABLE()=(void)0' $sketch tests/arduino/main.cpp -o $out/sketch >$out/log 2>&1 && $out/sketch >$out/log
cat >$out/want <<'END'
9600 baud
pin 13 mode 1
0 pin 13: 1
500 pin 13: 0
625 pin 13: 1
1
1125 pin 13: 0
1250 pin 13: 1
1750 pin 13: 0
1875 pin 13: 1
2
2375 pin 13: 0
2500 pin 13: 1
END
cmp -s $out/want $out/log
verdict $? "$name"
