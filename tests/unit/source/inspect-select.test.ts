import { describe, expect, it } from 'vitest'
import { inspectSelect } from '@polyseme/kit/source'

describe('inspectSelect', () => {
  it.each<[string, readonly string[]]>([
    ['SELECT count(*) FROM customers', ['customers']],
    ['SELECT 100.0 * count(*) FILTER (WHERE a IS NULL) / greatest(count(*), 1) FROM t', ['t']],
    ['SELECT max(n) FROM (SELECT count(*) AS n FROM t GROUP BY a HAVING count(*) > 1) AS x', ['t']],
    ['SELECT count(*) FROM a JOIN b ON a.id = b.id WHERE NOT EXISTS (SELECT 1 FROM c WHERE c.id = a.id)', ['a', 'b', 'c']],
    ["SELECT CASE WHEN lower(trim(x)) LIKE 'a%' THEN 1 ELSE 0 END FROM t LIMIT 1", ['t']],
    ["SELECT count(*) FROM t WHERE d < current_date - INTERVAL '1 day' AND x::int BETWEEN 1 AND 5", ['t']],
    ['SELECT count(*) FROM t UNION ALL SELECT count(*) FROM u', ['t', 'u']],
    ['SELECT sum(x) OVER (PARTITION BY y) FROM t', ['t']],
    ['SELECT (SELECT count(*) FROM "Quoted Name")', ['Quoted Name']],
  ])('accepts a SELECT that only computes: %s', async (text, tables) => {
    expect(await inspectSelect(text)).toEqual({ kind: 'select', tables, defined: new Set() })
  })

  it('tells the names that the query defines itself, and those that it reads, apart from what they mean', async () => {
    const found = await inspectSelect('WITH Recent AS (SELECT * FROM t) SELECT count(*) FROM recent, u')
    expect(found).toEqual({ kind: 'select', tables: expect.arrayContaining(['recent', 't', 'u']), defined: new Set(['recent']) })
  })

  it.each([
    ['DELETE FROM t', 'the query is not a SELECT'],
    ['INSERT INTO t VALUES (1)', 'the query is not a SELECT'],
    ['DROP TABLE t', 'the query is not a SELECT'],
    ["COPY t TO '/tmp/x'", 'the query is not a SELECT'],
    ["ATTACH '/tmp/x.duckdb'", 'the query is not a SELECT'],
    ['SET threads = 9', 'the query is not a SELECT'],
    ['SELECT 1; SELECT 2', 'the query is not a single statement'],
    ['', 'the query is not a single statement'],
    ['SELECT count(*) FROM read_text(secret)', 'the query reads something else than tables'],
    ["SELECT count(*) FROM read_parquet('x.parquet')", 'the query reads something else than tables'],
    ['SELECT count(*) FROM generate_series(1, 1000000000000)', 'the query reads something else than tables'],
    ['SELECT count(*) FROM (DESCRIBE t)', 'the query reads something else than tables'],
    ['SELECT count(*) FROM billing.invoices', 'the query names a schema; write {object}, or the bare name'],
    ['SELECT count(*) FROM information_schema.tables', 'the query names a schema; write {object}, or the bare name'],
    ["SELECT getenv('HOME')", 'the query calls getenv, which is not among the functions that only compute'],
    ["SELECT pg_read_file('/etc/passwd')", 'the query calls pg_read_file, which is not among the functions that only compute'],
    ['SELECT pg_sleep(100)', 'the query calls pg_sleep, which is not among the functions that only compute'],
    ["SELECT set_config('a', 'b', false)", 'the query calls set_config, which is not among the functions that only compute'],
    ["SELECT nextval('s')", 'the query calls nextval, which is not among the functions that only compute'],
    ['SELECT repeat(a, 1000000000) FROM t', 'the query calls repeat, which is not among the functions that only compute'],
    ['SELECT other.count(x) FROM t', 'the query calls count, which is not among the functions that only compute'],
    ['SELECT 1 -- and more', 'the query holds a comment'],
    ['SELECT 1 /* and more */', 'the query holds a comment'],
    ["SELECT E'\\'' FROM t", 'the query holds a backslash'],
    ["SELECT E'a' FROM t", 'the query holds a text with a prefix'],
    ["SELECT U&'a' FROM t", 'the query holds a text with a prefix'],
    ['SELECT $$a$$ FROM t', 'the query holds a dollar sign'],
    ['SELECT $1 FROM t', 'the query holds a dollar sign'],
    ['SELECT ? FROM t', 'the query holds a parameter, or something that not both engines have'],
    ['SELECT 1\u0000', 'the query holds an invisible character'],
    ['WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n', 'the query is recursive'],
    ['SELECT a, b FROM t', 'the query gives more than one column'],
    ['SELECT * FROM t', 'the query gives more than one column'],
    ['SELECT 1 UNION SELECT a, b FROM t', 'the query gives more than one column'],
    ['SELECT main.trim(a) FROM t', 'the query calls trim, which is not among the functions that only compute'],
    ['SELECT count(*) FROM t) AS q; DROP TABLE t', 'the query is not SQL that both engines read alike'],
    ['SELECT count(*) FROM t USING SAMPLE 10%', 'the query takes a sample'],
    ['SELECT count(*) FROM t TABLESAMPLE 10%', 'the query takes a sample'],
    ['SELECT list_transform([1], x -> x + 1)', 'the query calls list_transform, which is not among the functions that only compute'],
    ["SELECT a || B'1' FROM t", 'the query holds a text with a prefix'],
    [`SELECT ${'1 + '.repeat(6_000)}1`, 'the query has more than 20000 characters'],
  ])('refuses everything else: %s', async (text, reason) => {
    expect(await inspectSelect(text)).toEqual({ kind: 'refused', reason })
  })

  it.each([`${'('.repeat(9_000)}1${')'.repeat(9_000)}`, '-'.repeat(2) + '1', `${'NOT '.repeat(4_000)}TRUE`, `${"'a' || ".repeat(2_000)}'a'`])('comes back from a hostile query, %#', async (text) => {
    expect(['select', 'refused']).toContain((await inspectSelect(`SELECT ${text}`)).kind)
  })
})
