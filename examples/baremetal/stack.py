#!/usr/bin/env python3
"""stack.py IMAGE FILE [entry [interrupt ...]] [name=bytes ...] [name*times ...]

The deepest that the stack of a firmware gets, in bytes, and by which calls. From what gcc says:
FILE.ci of -fcallgraph-info=su (who calls whom, and each function's frame), FILE.aux of -aux-info
(signatures), FILE.o and FILE.i of -save-temps=obj (whose address is taken, and how pointers are
declared), as far as it came into the image. `entry` and the interrupts are those of the
section .vectors, unless named. All interrupts are taken to nest, each once.

A call by pointer may reach every function whose address is taken and whose arguments are of the
types with which the pointer, found by its name in the source line of the call, is declared; all
whose address is taken if that says nothing. Recursion has no bound and is an error, unless a
function in the circle is said to be in it so many times at once: name*times. So is a function that
has no figure (of another file, or with a frame of variable size): name=bytes.

Circles in asyncc.h, and what bounds them:
    async_task_run_*2          what hands over (a lock, a queue) runs inside a turn; never twice
    async_resume_of_NAME*1     NAME has an ASYNC_FOR: it does not run itself
    async_select_stop_*N       selects in the branches of selects, N deep
    async_first_step_*N        eager tasks that spawn eager tasks, N deep
"""
import os, re, subprocess, sys

EXCEPTION = {40: 36}  # ARM: bytes that the processor pushes, with 4 to align; else the handler does


def fail(text):
    sys.exit('stack: ' + text)


def arguments(text, at):
    """The types of the arguments in text[at:], which begins with a parenthesis."""
    depth, parts, part = 0, [], ''
    for c in text[at:]:
        depth += {'(': 1, ')': -1}.get(c, 0)
        if depth == 0 or (depth == 1 and c == ','):
            parts.append(part)
            part = ''
            if depth == 0: break
        elif depth > 1 or c != '(': part += c
    kinds = []
    for part in parts:
        words = re.findall(r'\w+', re.sub(r'\b(const|struct|volatile)\b', '', part))
        stars = part.count('*')
        if '(' in part: kinds.append('function')
        elif stars: kinds.append(words[0] + '*' * stars)
        elif words and words != ['void']: kinds.append('number')
    return tuple(kinds)


class Firmware:
    def __init__(self, image, file):
        self.frame, self.calls, self.place = {}, {}, {}
        plain = lambda title: title.rsplit(':', 1)[-1]
        for line in open(file + '.ci'):
            text = re.findall(r'"((?:[^"\\]|\\.)*)"', line)
            if line.startswith('node:'):
                size = re.search(r'\\n(\d+) bytes \((.*)\)$', text[1])
                if size and size.group(2) != 'dynamic': self.frame[plain(text[0])] = int(size.group(1))
                self.calls.setdefault(plain(text[0]), [])
            elif line.startswith('edge:'):
                self.calls.setdefault(plain(text[0]), []).append((plain(text[1]), ''.join(text[2:]) or '::'))
        files = {where.rsplit(':', 2)[0] for edges in self.calls.values() for _, where in edges}
        self.source = {f: open(f).read().split('\n') for f in files if os.path.exists(f)}
        self.pointers, self.signature = {}, {}
        text = open(file + '.i').read()
        for m in re.finditer(r'\(\*(\w+)\)(?=\()', text):
            self.pointers.setdefault(m.group(1), set()).add(arguments(text, m.end()))
        self.macros = {}
        for m in re.finditer(r'^#define (\w+)(.*(?:\\\n.*)*)', '\n'.join(map('\n'.join, self.source.values())), re.M):
            self.macros.setdefault(m.group(1), set()).update(re.findall(r'\w+', m.group(2)))
        for line in open(file + '.aux'):
            m = re.match(r'/\* .*? \*/ .*?(\w+) (?=\()', line)
            if m: self.signature[m.group(1)] = arguments(line, m.end())
        self.relocations(image, file + '.o')

    def relocations(self, image, obj):
        self.taken, self.vectors, section = set(), [], ''
        self.machine = open(obj, 'rb').read(19)[18]  # as ELF numbers them
        tool = {40: 'arm-none-eabi-objdump', 243: 'riscv64-unknown-elf-objdump'}[self.machine]
        tell = lambda *args: subprocess.check_output([tool, *args], text=True).split('\n')
        there = tuple('.' + line.split()[-1] for line in tell('-t', image) if line)
        for line in tell('-r', obj):
            if line.startswith('RELOCATION'):
                section = line.split('[')[1].rstrip(']:')
                kept = section.count('.') == 1 or section.endswith(there)
            words = line.split()
            if len(words) != 3 or re.search(r'CALL|JUMP|JAL|BRANCH', words[1]): continue
            name = re.sub(r'^\.text\.|[+-]0x\w+$', '', words[2])
            if name not in self.frame or '.' + name not in there: continue
            if not kept or re.match(r'\.(debug|eh_frame|ARM)', section): continue
            if section == '.vectors': self.vectors += [name] * (name not in self.vectors)
            else: self.taken.add(name)

    def callees(self, name):
        found = set()
        for callee, where in self.calls.get(name, []):
            if callee != '__indirect_call':
                found.add(callee)
                continue
            f, line, _ = where.rsplit(':', 2)
            words = set(re.findall(r'\w+', self.source[f][int(line) - 1]) if f in self.source else [])
            words = words.union(*(self.macros.get(w, ()) for w in words))
            kinds = set().union(*(self.pointers.get(w, ()) for w in words))
            fit = lambda as_: {t for t in self.taken if as_(self.signature[t]) in map(as_, kinds)}
            found |= (fit(tuple) or fit(len)) if kinds else self.taken
        return found

    def deepest(self, name, bounds, sizes):
        done, path = {}, []

        def walk(f, left):
            if f in sizes: return sizes[f], (f,)
            if f not in self.frame: fail('no figure for `%s`: give %s=bytes' % (f, f))
            short = f.split('.')[0] # without what gcc adds to the names of clones
            if short in bounds:
                if not left[short]: return 0, ()
                left = dict(left, **{short: left[short] - 1})
            key = f, tuple(sorted(left.items()))
            if key in path:
                fail('recursion: ' + ' > '.join(p[0] for p in path[path.index(key):] + [key]))
            if key not in done:
                path.append(key)
                best = max((walk(c, left) for c in sorted(self.callees(f))), default=(0, ()))
                path.pop()
                done[key] = best[0] + self.frame[f], (f,) + best[1]
            return done[key]

        return walk(name, bounds)


def main():
    names = [a for a in sys.argv[3:] if re.fullmatch(r'[\w.]+', a)]
    given = [re.fullmatch(r'([\w.]+)([=*])(\d+)', a) for a in sys.argv[3:] if a not in names]
    if len(sys.argv) < 3 or None in given: fail(__doc__)
    firmware = Firmware(*sys.argv[1:3])
    bounds, sizes = ({m[1]: int(m[3]) for m in given if m[2] == sign} for sign in '*=')
    total = 0
    for i, name in enumerate(names or firmware.vectors):
        size, path = firmware.deepest(name, bounds, sizes)
        if i: size += EXCEPTION.get(firmware.machine, 0)
        total += size
        print('%6d  %s%s' % (size, '+ interrupt: ' if i else '', ' > '.join(path)))
    print('%6d  bytes' % total)


main()
