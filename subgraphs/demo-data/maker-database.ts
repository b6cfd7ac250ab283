import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { DEMO_COUNTRIES, type DemoCountry } from './countries.ts'
import { sqlList, sqlText } from './sql-text.ts'

/** The database in which the demo world is made: in memory, gone when closed. */
export interface MakerDatabase extends AsyncDisposable {
  readonly connection: DuckDBConnection
  run(sql: string): Promise<void>
}

/**
 * Opens the database with the functions that every step uses.
 *
 * - `rnd(id, what)`: number in [0, 1) that depends on the seed, the id and the word only, so that no step depends on
 *   the order or the number of another step's draws.
 * - `dice(id, what, n)`: whole number from 0 to n − 1. `pick(list, u)`: the element at u in [0, 1).
 * - `ts(sec)`, `day(sec)`: epoch seconds as TIMESTAMPTZ and DATE. `as_of()`: the snapshot's moment in epoch seconds.
 */
export async function openMakerDatabase(seed: number, asOf: Date): Promise<MakerDatabase> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2', memory_limit: '2GB' })
  const connection = await instance.connect()
  const run = async (sql: string): Promise<void> => {
    await connection.run(sql)
  }
  await run("SET TimeZone = 'UTC'")
  // 53 bits of the hash: as many as a double holds.
  await run(`CREATE MACRO rnd(id, what) AS (hash(id, what, ${seed}) >> 11)::DOUBLE / 9007199254740992.0`)
  await run(`CREATE MACRO dice(id, what, n) AS (hash(id, what, ${seed}) % n::UBIGINT)::INTEGER`)
  await run("CREATE MACRO iso(sec) AS strftime(make_timestamp(floor(sec)::BIGINT * 1000000), '%Y-%m-%dT%H:%M:%SZ')")
  await run('CREATE MACRO pick(list, u) AS list[1 + floor(u * len(list))::INTEGER]')
  await run('CREATE MACRO ts(sec) AS to_timestamp(floor(sec)::DOUBLE)')
  await run("CREATE MACRO day(sec) AS (DATE '1970-01-01' + floor(sec / 86400)::INTEGER)")
  await run(`CREATE MACRO as_of() AS ${Math.floor(asOf.getTime() / 1000)}`)
  // strip_accents knows letters with marks; these four are letters of their own.
  const latin = "replace(replace(replace(replace(text, 'ß', 'ss'), 'ø', 'o'), 'ł', 'l'), 'ı', 'i')"
  await run(`CREATE MACRO slug(text) AS trim(regexp_replace(lower(strip_accents(${latin})), '[^a-z0-9]+', '-', 'g'), '-')`)
  await run(countriesTable())
  await run('CREATE TABLE nation AS SELECT DISTINCT ON (iso2) * FROM country ORDER BY iso2, slot')
  return {
    connection,
    run,
    [Symbol.asyncDispose]: async () => {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

/** One row per point of weight, so that a die of 100 draws a country by its weight. */
function countriesTable(): string {
  const slots = DEMO_COUNTRIES.flatMap((country) => Array.from({ length: country.weight }, () => country))
  return `CREATE TABLE country AS SELECT * FROM (VALUES ${slots.map(countryRow).join(', ')}) AS t(
    slot, iso2, iso3, english, local, variants, region, currency, time_zone, utc_offset, language, dialling, tld, legal_forms, cities, street)`
}

function countryRow(country: DemoCountry, slot: number): string {
  const values = [
    String(slot),
    ...[country.iso2, country.iso3, country.english, country.local].map(sqlText),
    sqlList(country.variants),
    ...[country.region, country.currency, country.timeZone].map(sqlText),
    String(country.utcOffsetHours),
    ...[country.language, country.dialling, country.tld].map(sqlText),
    sqlList(country.legalForms),
    sqlList(country.cities),
    sqlText(country.street),
  ]
  return `(${values.join(', ')})`
}
