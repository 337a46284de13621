import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluate, parseExpression } from '../../expression/index.ts';
import { OrquestaNames } from '../orquesta/names.ts';
import { Variables } from '../orquesta/variables.ts';
import { translateExpression, translateTemplate } from './index.ts';

const names = new OrquestaNames(new Variables([], [], []));
const vms = [
  { name: 'vmweb1', region: 'us-east', role: 'web', cores: 2 },
  { name: 'vmdb1', region: 'us-east', role: 'db', cores: 8 },
  { name: 'vmweb2', region: 'us-west', role: 'web', cores: 4 },
];
const workflow = {
  vms,
  n: 7,
  s: 'Some Text',
  nothing: null,
  xs: [3, 1, 2],
  d: { a: 1, b: 2 },
  hosts: ['h1', 'h2'],
  key: 'a',
  json: '{"foo": {"bar": [1, 2]}}',
  file: '/etc/st2/st2.conf',
};

type Dialect = 'yaql' | 'jinja';

function translated(source: string, dialect: Dialect): string {
  const { text, problems } = translateExpression(source, dialect, names);
  expect(problems.filter(({ kind }) => kind === 'lost')).toEqual([]);
  return text;
}

function valueOf(source: string, dialect: Dialect): unknown {
  const text = translated(source, dialect);
  expect(parseExpression(text).problems).toEqual([]);
  return evaluate(text, { workflow });
}

describe('YAQL', () => {
  test.each<[source: string, code: string | null, value: unknown]>([
    // What Orquesta's own page about YAQL shows
    ['dict(a=>123, b=>true)', '{ a: 123, b: true }', { a: 123, b: true }],
    ['ctx(d).keys()', 'keys(workflow.d)', ['a', 'b']],
    ['ctx(d).values()', 'values(workflow.d)', [1, 2]],
    ['dict(a=>123, b=>true) + dict(c=>xyz)', "merge({ a: 123, b: true }, { c: 'xyz' })", { a: 123, b: true, c: 'xyz' }],
    ['ctx(d).get(b)', 'workflow.d?.b', 2],
    ['ctx(d).get(z, false)', 'workflow.d?.z ?? false', false],
    ['ctx(d).get(ctx(key))', 'workflow.d?.[workflow.key]', 1],
    ['list(1, 2, 3)', '[1, 2, 3]', [1, 2, 3]],
    ['list(abc, def) + list(ijk)', "flat([['abc', 'def'], ['ijk']])", ['abc', 'def', 'ijk']],
    ['ctx(xs)[0]', 'workflow.xs[0]', 3],
    ['ctx(vms).select($.name)', 'map(workflow.vms, vm => vm.name)', ['vmweb1', 'vmdb1', 'vmweb2']],
    ['ctx(vms).select([$.name, $.role]).first()', 'map(workflow.vms, vm => [vm.name, vm.role])[0]', ['vmweb1', 'web']],
    ['ctx(vms).select($.region).distinct()', 'unique(map(workflow.vms, vm => vm.region))', ['us-east', 'us-west']],
    [
      "ctx(vms).where($.region = 'us-east' and $.role = 'web').select($.name)",
      "map(filter(workflow.vms, vm => vm.region == 'us-east' and vm.role == 'web'), vm => vm.name)",
      ['vmweb1'],
    ],
    [
      "let(my_region => 'us-west', my_role => 'web') -> ctx(vms).where($.region = $.my_region and $.role = $my_role).select($.name)",
      "map(filter(workflow.vms, vm => vm.region == 'us-west' and vm.role == 'web'), vm => vm.name)",
      ['vmweb2'],
    ],
    [
      'dict(ctx(vms).select([$.name, $.cores]))',
      'from_entries(map(workflow.vms, vm => [vm.name, vm.cores]))',
      { vmweb1: 2, vmdb1: 8, vmweb2: 4 },
    ],
    ["int('7') + float('0.5')", "int('7') + number('0.5')", 7.5],
    ['str(ctx(n))', 'string(workflow.n)', '7'],
    ['len(ctx(xs)) + ctx(s).len()', 'length(workflow.xs) + length(workflow.s)', 12],
    ['max(ctx(n), 9) - min(1, 2)', 'max(workflow.n, 9) - min(1, 2)', 8],
    ["regex('^so').matches('some')", "match('some', '^so')", true],
    ["ctx(s).toUpper() + 'x'.toLower()", "upper(workflow.s) + lower('x')", 'SOME TEXTx'],
    ["['some', 'list'].contains(list)", "'list' in ['some', 'list']", true],
    [
      "'one, two'.split(',').select(str($).trim())",
      "map(split('one, two', ','), x => trim(string(x)))",
      ['one', 'two'],
    ],
    // Operators
    ['ctx(n) = 7 and not ctx(n) != 7', 'workflow.n == 7 and not workflow.n != 7', true],
    ['ctx(n) mod 4 * 2 - -1', 'workflow.n % 4 * 2 - -1', 7],
    ['(ctx(n) + 1) * 2', '(workflow.n + 1) * 2', 16],
    ['ctx(n) / 2', 'floor(workflow.n / 2)', 3],
    ['ctx(n) / 2.5', 'workflow.n / 2.5', 2.8],
    ["ctx(s) =~ 'T.xt' and ctx(s) !~ z", "match(workflow.s, 'T.xt') and not match(workflow.s, 'z')", true],
    ['h1 in ctx(hosts)', "'h1' in workflow.hosts", true],
    ['ctx(nothing)?.len()', 'workflow.nothing == null ? null : length(workflow.nothing)', null],
    ['{a => 1, "b c" => ctx(n)}', "{ a: 1, 'b c': workflow.n }", { a: 1, 'b c': 7 }],
    ['{ctx(key) => 1}', 'from_entries([[workflow.key, 1]])', { a: 1 }],
    // Lists and dictionaries
    ['ctx(vms)[$.cores > 2].name', 'map(filter(workflow.vms, vm => vm.cores > 2), vm => vm.name)', ['vmdb1', 'vmweb2']],
    ['ctx(vms).where($.cores > 2).len()', 'length(filter(workflow.vms, vm => vm.cores > 2))', 2],
    [
      'ctx(vms).orderByDescending($.cores).first().name',
      "sort_by(workflow.vms, vm => vm.cores, 'desc')[0].name",
      'vmdb1',
    ],
    ['ctx(xs).orderBy($).take(2)', 'first(sort(workflow.xs), 2)', [1, 2]],
    ['ctx(xs).skip(1).reverse()', 'reversed(slice(workflow.xs, 1))', [2, 1]],
    ['ctx(xs).sum() + ctx(xs).max()', 'sum(workflow.xs) + max(workflow.xs)', 9],
    [
      'ctx(xs).any($ > 2) and ctx(xs).all($ > 0)',
      'any(workflow.xs, x => x > 2) and all(workflow.xs, x => x > 0)',
      true,
    ],
    ['ctx(xs).where($ > 9).first(none)', "filter(workflow.xs, x => x > 9)[0] ?? 'none'", 'none'],
    ["ctx(hosts).join(', ')", "join(workflow.hosts, ', ')", 'h1, h2'],
    ["', '.join(ctx(hosts))", "join(workflow.hosts, ', ')", 'h1, h2'],
    ['ctx(d).items().select($[0])', 'map(entries(workflow.d), x => x.key)', ['a', 'b']],
    ['ctx(d).items()', 'map(entries(workflow.d), e => [e.key, e.value])', [['a', 1], ['b', 2]]], // prettier-ignore
    ['ctx(d).items().select($)', 'map(entries(workflow.d), x => [x.key, x.value])', [['a', 1], ['b', 2]]], // prettier-ignore
    [
      'ctx(d).items().where($[1] > 1).select(str($[0]))',
      'map(filter(entries(workflow.d), x => x.value > 1), x => string(x.key))',
      ['b'],
    ],
    ['dict(ctx(d).items().where($[1] > 1))', 'from_entries(filter(entries(workflow.d), x => x.value > 1))', { b: 2 }],
    ['ctx(xs).toDict(str($), $ * 2)', 'from_entries(map(workflow.xs, x => [string(x), x * 2]))', { 1: 2, 2: 4, 3: 6 }],
    ['ctx(d).set(c, 3)', 'merge(workflow.d, { c: 3 })', { a: 1, b: 2, c: 3 }],
    ['ctx(d).delete(a)', "omit(workflow.d, 'a')", { b: 2 }],
    ['ctx(d).containsKey(a)', "'a' in workflow.d", true],
    ['ctx(vms).groupBy($.region)', 'map(entries(group_by(workflow.vms, vm => vm.region)), e => [e.key, e.value])', [['us-east', vms.slice(0, 2)], ['us-west', [vms[2]]]]], // prettier-ignore
    ['ctx(vms).groupBy($.region, $.name)', 'map(entries(group_by(workflow.vms, vm => vm.region)), group => [group.key, map(group.value, vm => vm.name)])', [['us-east', ['vmweb1', 'vmdb1']], ['us-west', ['vmweb2']]]], // prettier-ignore
    ['ctx(hosts).zip(ctx(xs))', 'zip(workflow.hosts, workflow.xs)', [['h1', 3], ['h2', 1]]], // prettier-ignore
    ['ctx(hosts).enumerate()', 'map(workflow.hosts, (x, i) => [i, x])', [[0, 'h1'], [1, 'h2']]], // prettier-ignore
    ['ctx(vms).selectMany([$.name, $.role]).len()', 'length(flat(map(workflow.vms, vm => [vm.name, vm.role])))', 6],
    ['ctx(vms).where($.cores > 2).single().name', null, 'vmdb1'],
    ['ctx(xs).limit(1) + ctx(xs).append(4, 5)', null, [3, 3, 1, 2, 4, 5]],
    ['[[1], [[2]]].flatten()', 'flat([[1], [[2]]], 100)', [1, 2]],
    ['ctx(xs).orderByDescending($)', 'reversed(sort(workflow.xs))', [3, 2, 1]],
    ['ctx(vms).distinct($.region).len() + ctx(xs).count()', null, 5],
    ['ctx(d).containsValue(2) and ctx(d).set({c => 1}).containsKey(c)', null, true],
    ['ctx(d).mergeWith({b => 3})', 'merge(workflow.d, { b: 3 })', { a: 1, b: 3 }],
    ['ctx(xs).sum(10)', '10 + sum(workflow.xs)', 16],
    ['ctx(xs).last() + range(1, 3).len()', 'workflow.xs[-1] + length(range(1, 3))', 4],
    ['list(ctx(xs).where($ > 1))', 'filter(workflow.xs, x => x > 1)', [3, 2]],
    ['ctx(d).items().first()[1]', 'entries(workflow.d)[0].value', 1],
    ['ctx(d).items().last()', '[entries(workflow.d)[-1].key, entries(workflow.d)[-1].value]', ['b', 2]],
    // Branches and texts
    ["' a '.norm() + 'ab'.substring(1) + 'abc'.substring(ctx(xs)[1], 1)", null, 'abb'],
    ["'a-b-c'.split('-', 1).len()", "length(split('a-b-c', '-', 2))", 2],
    ["'a-b'.replace({a => x, b => y})", "replace(replace('a-b', 'a', 'x'), 'b', 'y')", 'x-y'],
    ["'{{x}} {0} {name}'.format(1, name => 2)", "'{' + 'x' + '}' + ' ' + string(1) + ' ' + string(2)", '{x} 1 2'],
    ["isEmpty('') and isDict(ctx(d)) and isInteger(1) and isNumber(1) and isBoolean(true)", null, true],
    ['abs(-2) + round(2.4) + int(bool(1))', null, 5],
    ["'abc'.startsWith(a) and 'abc'.endsWith(c) and abc.matches('b.')", null, true],
    ["`a\\`b` + '\\'' + use_none(x)", null, "a`b'x"],
    ['let(5) -> $1 + 1', '5 + 1', 6],
    ['+ctx(n)', 'workflow.n', 7],
    ['switch(ctx(n) > 5 => big, true => small)', "workflow.n > 5 ? 'big' : 'small'", 'big'],
    ['switch(ctx(n) > 9 => big, not ctx(n) > 9 => small)', "workflow.n > 9 ? 'big' : 'small'", 'small'],
    ['coalesce(ctx(nothing), ctx(n))', 'workflow.nothing ?? workflow.n', 7],
    ["'{0}-{1}'.format(ctx(n), b)", "string(workflow.n) + '-' + 'b'", '7-b'],
    ["ctx(s).replace('Text', 'thing').substring(0, 6)", "slice(replace(workflow.s, 'Text', 'thing'), 0, 6)", 'Some t'],
    ["concat(ctx(s), '!')", "string(workflow.s) + '!'", 'Some Text!'],
    [
      'isString(ctx(s)) and isList(ctx(xs))',
      "type_of(workflow.s) == 'string' and type_of(workflow.xs) == 'list'",
      true,
    ],
    // StackStorm's functions
    ["regex_match(ctx(s), 'some', true)", "match(workflow.s, '^(?:some)', 'i')", true],
    ["regex_search(ctx(s), '(?i)text')", "match(workflow.s, 'text', 'i')", true],
    ["regex_substring(ctx(s), 'T\\w+')", "capture(workflow.s, '(T\\\\w+)')[0]", 'Text'],
    ['from_json_string(ctx(json)).foo.bar[1]', 'parse_json(workflow.json).foo.bar[1]', 2],
    ['json(ctx(json)).foo.bar.len()', 'length(parse_json(workflow.json).foo.bar)', 2],
    ['basename(ctx(file))', "split(workflow.file, '/')[-1]", 'st2.conf'],
    ['dirname(ctx(file))', "join(slice(split(workflow.file, '/'), 0, -1), '/')", '/etc/st2'],
    ['to_json_string(ctx(d))', 'json(workflow.d)', '{"a":1,"b":2}'],
  ])('%s', (source, code, value) => {
    if (code !== null) expect(translated(source, 'yaql')).toBe(code);
    expect(valueOf(source, 'yaql')).toEqual(value);
  });

  test.each([
    ['succeeded() and result().status_code = 200', 'succeeded() and result().status_code == 200'],
    ['task_status(task1) in [succeeded, failed]', "status('task1') in ['succeeded', 'failed']"],
    ['task(build).result.stdout', 'task.build.stdout'],
    ["task('build').status = failed", "status('build') == 'failed'"],
    ['st2kv(my_key)', 'keystore.my_key'],
    ["st2kv('system.slack.token', decrypt => true)", "keystore['slack.token']"],
    ["st2kv('system.x', default => none)", "keystore.x ?? 'none'"],
    ['st2kv(ctx(key))', 'keystore[workflow.key]'],
    ['ctx().st2.action_execution_id', 'system.run_id'],
    ['random(10, 19)', 'floor(random() * 10) + 10'],
    ['now().format("%Y")', "format_date(now(), '%Y')"],
    ['ctx()', 'workflow'],
    ['random()', 'random()'],
    ['random(1, ctx(n))', 'floor(random() * (workflow.n - 1 + 1)) + 1'],
    ['task().result', 'result()'],
    ['task(a).task_name', "'a'"],
    ['ctx(st2).start_timestamp', 'system.started_at'],
    ['ctx(a).b.select($.c.select($.d))', 'map(workflow.a.b, x => map(x.c, y => y.d))'],
    ['ctx(entries).where($.a).orderBy($.b)', 'sort_by(filter(workflow.entries, entry => entry.a), entry => entry.b)'],
    ['ctx(boxes).select($)', 'map(workflow.boxes, box => box)'],
    ['ctx(items).select($)', 'map(workflow.items, x => x)'],
  ])('%s', (source, code) => {
    expect(translated(source, 'yaql')).toBe(code);
    expect(parseExpression(code).problems).toEqual([]);
  });

  test.each([
    ['foo(1)', 0, 6, 'there is no counterpart for foo()'],
    ['ctx(x).foo()', 0, 12, 'there is no counterpart for .foo()'],
    ['1 + $.x', 4, 5, "'$' stands for nothing here (Mistral wrote $.x for what is ctx(x))"],
    ['item()', 0, 6, 'item() stands outside of a task with items'],
    ['ctx().st2', 0, 9, 'there is no counterpart for all that StackStorm says of a run'],
    ['ctx().st2.user', 0, 14, 'there is no counterpart for st2.user; give it to the run as a parameter'],
    ['task(x)', 0, 7, 'of what task() gives, only .result, .status and .task_name have a counterpart'],
    ['1 +', 3, 3, 'the expression ends too early'],
    ['1 2', 2, 3, "'2' is not understood here"],
    ['a[', 2, 2, 'the expression ends too early'],
    ['(1', 2, 2, "the expression ends too early; ')' was expected"],
    ["'abc", 0, 4, "the text that begins with ' does not end"],
    ['1 # 2', 2, 3, "'#' is not understood here"],
    ['', 0, 0, 'there is no expression here'],
    ["ctx(s) =~ '(?x)a'", 10, 17, 'the flags (?x) of a pattern have no counterpart'],
    ["regex_match(ctx(s), '(?x)a')", 0, 28, 'the flags (?x) of a pattern have no counterpart'],
    ["regex_match(ctx(s), 'a(?<b')", 0, 28, 'this pattern means something to Python only'],
    ['regex_match(ctx(s), ctx(key))', 20, 28, 'regex_match() has a counterpart only where this argument is a text'],
    ['dict(1 -> 2)', 5, 11, "only let(…) can stand before '->'"],
    ['foo => 1', 4, 6, "'=>' is not understood here"],
    ['{1}', 0, 1, 'an entry of a dictionary has the form key => value'],
    ['ctx(s) * 2 + [1] * 2', 13, 20, 'repeating a text or a list has no counterpart'],
    ['len()', 0, 5, 'len() lacks an argument'],
    ['task(x, 1).result', 0, 10, 'of what task() gives, only .result, .status and .task_name have a counterpart'],
    ['zip([1], [2], pad => 0)', 0, 23, 'zip() with a padding has no counterpart'],
    ['regex(a).replace(b, c)', 0, 22, 'there is no counterpart for .replace()'],
    ['ctx(x).format(1)', 0, 16, 'format() has a counterpart only of a text that is known before a run'],
    ["'a'.replace(ctx(d))", 0, 19, 'replace() with a computed dictionary has no counterpart'],
    ['ctx(xs).select()', 0, 16, 'select() lacks an argument'],
    ['ctx(xs).where()', 0, 15, 'where() lacks what to do'],
    ["'{}'.format()", 0, 13, 'format() lacks an argument'],
    ["'{a}'.format()", 0, 14, "format() lacks 'a'"],
    ['ctx(d).items().select($.a)', 22, 25, 'a pair of key and value has no fields'],
    ["regex_substring(a, '(a)(b)')", 0, 28, 'a pattern with several groups has no counterpart here'],
    ["regex_substring(a, 'a', 1)", 0, 26, 'only the first match has a counterpart'],
    ['a.1', 2, 3, 'a name was expected behind the dot'],
    ['let(ctx(x) => 1) -> 2', 4, 10, 'a key that is computed has no counterpart: keys are known before a run'],
    ['abs(1, 2)', 0, 9, 'abs() has a counterpart only with fewer arguments'],
  ])('%s is lost', (source, start, end, message) => {
    const { text, problems, code } = translateExpression(source, 'yaql', names);
    expect(problems).toEqual([{ start, end, kind: 'lost', message }]);
    expect(text).toBe(source);
    expect(code).toBeUndefined();
  });

  test('says what it means a little less or more', () => {
    expect(translateExpression('zip(ctx(hosts), ctx(xs))', 'yaql', names).problems).toEqual([
      {
        start: 0,
        end: 24,
        kind: 'changed',
        message: "Orquesta's zip() fills up shorter lists with null; heddle's ends with the shortest",
      },
    ]);
  });
});

describe('Jinja', () => {
  test.each<[source: string, code: string | null, value: unknown]>([
    ["ctx('n') + 1", 'workflow.n + 1', 8],
    ['ctx().d["a"]', 'workflow.d.a', 1],
    ['ctx().d[ctx().key]', 'workflow.d[workflow.key]', 1],
    ["ctx().missing | default('x')", "workflow.missing ?? 'x'", 'x'],
    ["ctx().nothing | default('x', true)", "(workflow.nothing ?? null) or 'x'", 'x'],
    ["ctx().s ~ '-' ~ ctx().n", "string(workflow.s) + '-' + string(workflow.n)", 'Some Text-7'],
    ['ctx().n // 2 + 7 / 2', 'floor(workflow.n / 2) + 7 / 2', 6.5],
    ["'big' if ctx().n > 5 else 'small'", "workflow.n > 5 ? 'big' : 'small'", 'big'],
    ["'big' if ctx().n > 9", "workflow.n > 9 ? 'big' : ''", ''],
    ['not ctx().nothing and ctx().n not in [1, 2]', 'not workflow.nothing and workflow.n not in [1, 2]', true],
    ['(1 < ctx().n) == true', '(1 < workflow.n) == true', true],
    ['1 < ctx().n < 9', '1 < workflow.n and workflow.n < 9', true],
    ['ctx().nope is defined', '(workflow.nope ?? null) != null', false],
    ['ctx().nope is not defined', '(workflow.nope ?? null) == null', true],
    [
      'ctx().nothing is none and ctx().s is string',
      "workflow.nothing == null and type_of(workflow.s) == 'string'",
      true,
    ],
    ['ctx().n is divisibleby 7 and ctx().n is odd', 'workflow.n % 7 == 0 and workflow.n % 2 != 0', true],
    ["ctx().s | lower | replace('some', 'any')", "replace(lower(workflow.s), 'some', 'any')", 'any text'],
    ["ctx().s.split(' ')[1].upper()", "upper(split(workflow.s, ' ')[1])", 'TEXT'],
    ["'a,b,c'.split(',', 1)", "split('a,b,c', ',', 2)", ['a', 'b,c']],
    ["', '.join(ctx().hosts)", "join(workflow.hosts, ', ')", 'h1, h2'],
    ["ctx().hosts | join(', ')", "join(workflow.hosts, ', ')", 'h1, h2'],
    ["'{} and {1}'.format('a', ctx().n)", "'a' + ' and ' + string(workflow.n)", 'a and 7'],
    ['ctx().xs[1:]', 'slice(workflow.xs, 1)', [1, 2]],
    ['ctx().xs[:-1]', 'slice(workflow.xs, 0, -1)', [3, 1]],
    ['ctx().xs[::-1]', 'reversed(workflow.xs)', [2, 1, 3]],
    ['ctx().xs | sort | first', 'sort(workflow.xs)[0]', 1],
    ['ctx().xs | sort(reverse=true)', 'reversed(sort(workflow.xs))', [3, 2, 1]],
    ["ctx().vms | map(attribute='name') | list", 'map(workflow.vms, vm => vm.name)', ['vmweb1', 'vmdb1', 'vmweb2']],
    ["ctx().xs | map('string') | join", "join(map(workflow.xs, x => string(x)), '')", '312'],
    ["ctx().vms | selectattr('role', 'equalto', 'db') | list", "filter(workflow.vms, vm => vm.role == 'db')", [vms[1]]],
    [
      "ctx().vms | rejectattr('cores', 'gt', 2) | map(attribute='cores') | sum",
      'sum(map(filter(workflow.vms, vm => not vm.cores > 2), vm => vm.cores))',
      2,
    ],
    ['ctx().xs | select("odd") | list', 'filter(workflow.xs, x => x % 2 != 0)', [3, 1]],
    ["ctx().vms | sort(attribute='cores') | last", 'sort_by(workflow.vms, vm => vm.cores)[-1]', vms[1]],
    ["ctx().vms | sum(attribute='cores')", 'sum(map(workflow.vms, vm => vm.cores))', 14],
    ["ctx().d.get('z', 5)", 'workflow.d?.z ?? 5', 5],
    ['ctx().d.items() | list', 'map(entries(workflow.d), e => [e.key, e.value])', [['a', 1], ['b', 2]]], // prettier-ignore
    ["{'a': 1, 'b': (1, 2)}", '{ a: 1, b: [1, 2] }', { a: 1, b: [1, 2] }],
    ['dict(a=1)', '{ a: 1 }', { a: 1 }],
    ["ctx().s | regex_search('T.xt')", "match(workflow.s, 'T.xt')", true],
    ['ctx().json | from_json_string | length', 'length(parse_json(workflow.json))', 1],
    ['(ctx().n | int) + (ctx().s | length)', 'int(workflow.n) + length(workflow.s)', 16],
    ['ctx().hosts | unique | length', 'length(unique(workflow.hosts))', 2],
    ['ctx().xs | max + ctx().xs | min', 'max(workflow.xs) + min(workflow.xs)', 4],
    ["(ctx().vms | max(attribute='cores')) - 1", 'max(map(workflow.vms, vm => vm.cores)) - 1', 7],
    ["ctx().vms | join('+', attribute='role')", "join(map(workflow.vms, vm => vm.role), '+')", 'web+db+web'],
    ["ctx().s | wordcount + ' a ' | trim | length", "length(split(workflow.s)) + length(trim(' a '))", 3],
    ['ctx().d | dictsort | first', null, ['a', 1]],
    ['ctx().d | items | list', 'map(entries(workflow.d), e => [e.key, e.value])', [['a', 1], ['b', 2]]], // prettier-ignore
    ["'2.5' | float + ('7' | int)", "number('2.5') + int('7')", 9.5],
    ["2.567 | round(1) + ('no' | bool | string | upper | length)", null, 7.6],
    ['ctx().d | tojson | safe', 'json(workflow.d)', '{"a":1,"b":2}'],
    ["'a b' | urlencode", "url_encode('a b')", 'a%20b'],
    ['ctx().xs | reverse | list', 'reversed(workflow.xs)', [2, 1, 3]],
    ['ctx().xs | reject("gt", 1) | list', 'filter(workflow.xs, x => not x > 1)', [1]],
    ['ctx().xs | select | list', 'filter(workflow.xs, x => x)', [3, 1, 2]],
    ["ctx().vms | map('length') | sum", 'sum(map(workflow.vms, vm => length(vm)))', 12],
    ["ctx().s.strip().startswith('Some') and ctx().s.endswith('t')", null, true],
    ["ctx().s.replace('Text', 'x').lower().splitlines()", null, ['some x']],
    ['ctx().d.keys() + ctx().d.values() | list', null, ['a', 'b', 1, 2]],
    ['ctx().d is mapping and ctx().xs is sequence and ctx().n is number', null, true],
    ["ctx().n is integer and 'A' is upper and 'a' is lower and 2 is even", null, true],
    ['ctx().n is ge 7 and ctx().n is le 7 and ctx().n is ne 8 and ctx().n is lt 8', null, true],
    ["'h1' is in ctx().hosts and true is true and false is false and true is boolean", null, true],
    ['(none, 1)[0] is none and ctx().undefined_thing is undefined', null, true],
    ["'x' if ctx().d.a == 1 and ctx().d['b'] != 1 else 'y'", null, 'x'],
    ["'\\x41\\u0042\\n\\q'", null, 'AB\n\\q'],
    ['ctx().hosts.0', 'workflow.hosts[0]', 'h1'],
    ["'a' 'b'", "'ab'", 'ab'],
    ['range(3) | list', 'range(3)', [0, 1, 2]],
    ['-ctx().n | abs', 'abs(-workflow.n)', 7],
    ['2 - -ctx().n', '2 - -workflow.n', 9],
  ])('%s', (source, code, value) => {
    if (code !== null) expect(translated(source, 'jinja')).toBe(code);
    // Ranges are lists that are never built.
    expect(JSON.parse(JSON.stringify(valueOf(source, 'jinja')))).toEqual(value);
  });

  test.each([
    ['foo', 0, 3, "'foo' is no name here"],
    ['ctx().x | foo', 0, 13, 'there is no counterpart for the filter foo'],
    ['ctx().x is foo', 0, 14, "there is no counterpart for the test 'foo'"],
    ['ctx().x.foo()', 0, 13, 'there is no counterpart for .foo()'],
    ["'%s' % 1", 0, 8, 'the formatting operator % has no counterpart'],
    ['2 ** 3', 0, 6, 'there is no operator for powers'],
    ['ctx().xs[::2]', 0, 13, 'a slice with a step has no counterpart'],
    ['ctx().xs[]', 0, 10, 'there is nothing between the brackets'],
    ['[1', 2, 2, "the expression ends too early; ']' was expected"],
    ['ctx().', 6, 6, 'a name was expected behind the dot'],
    ["'{:>3}'.format(1)", 0, 17, 'only {}, {0} and {name} have a counterpart in format()'],
  ])('%s is lost', (source, start, end, message) => {
    const { problems } = translateExpression(source, 'jinja', names);
    expect(problems).toEqual([{ start, end, kind: 'lost', message }]);
  });
});

describe('texts', () => {
  test.each([
    ['no expression', 'no expression'],
    ['<% ctx(n) %>', '<< workflow.n >>'],
    [' {{ ctx().n }} ', '<< workflow.n >>'],
    ['{{- ctx().n -}}', '<< workflow.n >>'],
    ['a <% ctx(n) %> b <% ctx(s) %>', 'a << workflow.n >> b << workflow.s >>'],
    ['cat <<EOF <% ctx(n) %>', 'cat \\<<EOF << workflow.n >>'],
    ['C:\\<% ctx(n) %>', 'C:\\\\<< workflow.n >>'],
    [
      '{% if ctx().n > 5 %}big{% elif ctx().n %}small{% else %}none{% endif %}',
      "<< workflow.n > 5 ? 'big' : workflow.n ? 'small' : 'none' >>",
    ],
    [
      '{% for h in ctx().hosts %}\n- {{ h }}\n{% endfor %}\nend',
      "<< join(map(workflow.hosts, h => '- ' + string(h) + '\\n'), '') >>end",
    ],
    [
      '{% for h in ctx().hosts if h != "h1" -%}  {{ loop.index }}{% if not loop.last %},{% endif %}{%- endfor %}',
      "<< join(map(filter(workflow.hosts, h => h != 'h1'), (h, i) => string(i + 1) + (not i == length(filter(workflow.hosts, h => h != 'h1')) - 1 ? ',' : '')), '') >>",
    ],
    [
      '{% for k, v in ctx().d.items() %}{{ k }}={{ v }};{% endfor %}',
      "<< join(map(entries(workflow.d), x => string(x.key) + '=' + string(x.value) + ';'), '') >>",
    ],
    ['{% set x = ctx().n %}{{ x }}-{{ x }}{# a remark #}', '<< workflow.n >>-<< workflow.n >>'],
    ['{% raw %}{{ a }}{% endraw %}', '\\{{ a }}'],
  ])('%s', (text, expected) => {
    const { text: translated_, problems } = translateTemplate(text, names);
    expect(problems).toEqual([]);
    expect(translated_).toBe(expected);
  });

  test('what is lost in one part leaves the whole as it was, and says where', () => {
    const text = '<% ctx(n) %> and <% foo() %>';
    expect(translateTemplate(text, names)).toEqual({
      text,
      problems: [{ start: 20, end: 25, kind: 'lost', message: 'there is no counterpart for foo()' }],
    });
  });

  test.each([
    ['{% macro x() %}{% endmacro %}', 0, "the statement 'macro' of Jinja has no counterpart"],
    ['{% if a %}', 0, 'this statement is not ended'],
    ['{% for in x %}{% endfor %}', 0, 'this loop is not understood'],
    ['{% for x in ctx().xs %}{% else %}{% endfor %}', 23, "the 'else' of a loop has no counterpart"],
    ['a {% if foo %}b{% endif %}', 8, "'foo' is no name here"],
  ])('%s is lost', (text, start, message) => {
    const { problems } = translateTemplate(text, names);
    expect(problems).toEqual([{ start, end: problems[0]?.end, kind: 'lost', message }]);
  });

  test('any text gives an answer, and what is translated is an expression of heddle', () => {
    const word = fc.constantFrom('ctx(n)', 'ctx().d', '$', '.select(', ')', '[', ']', "'a'", '1', ' and ', 'not ', '=', '|', ' if ', ' else ', 'items()', '.', ',', '=>', '{', '}', '%}', '{%', 'for x in ', '~', '-'); // prettier-ignore
    const garbage = fc.array(word, { maxLength: 12 }).map((words) => words.join(''));
    fc.assert(
      fc.property(garbage, fc.constantFrom('<%', '{{', '{%'), (inside, opener) => {
        const closer = opener === '<%' ? '%>' : opener === '{{' ? '}}' : '%}';
        const { code, problems, text } = translateTemplate(`${opener} ${inside} ${closer}`, names);
        if (code === undefined) return;
        expect(problems.filter(({ kind }) => kind === 'lost')).toEqual([]);
        expect(parseExpression(code.text).problems.filter(({ severity }) => severity === 'error')).toEqual([]);
        expect(text).toBe(`<< ${code.text} >>`);
      }),
      { numRuns: 2000 },
    );
  });

  test('length and nesting have an end', () => {
    const deep = (count: number) => `${'('.repeat(count)}1${')'.repeat(count)}`;
    for (const dialect of ['yaql', 'jinja'] as const) {
      const message = (source: string) => translateExpression(source, dialect, names).problems[0]?.message;
      expect(message(deep(5000))).toBe('the expression is too long');
      expect(message(deep(300))).toBe('the expression is nested too deeply');
      for (const chain of [`1${' + 1'.repeat(990)}`, `${'not '.repeat(1900)}1`, `ctx().a${'.a'.repeat(990)}`]) {
        expect(message(chain)).toBeUndefined();
      }
    }
    const blocks = `${'{% if ctx().a %}'.repeat(60)}${'{% endif %}'.repeat(60)}`;
    expect(translateTemplate(blocks, names).problems[0]?.message).toBe('statements are nested too deeply');
  });
});
