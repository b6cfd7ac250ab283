import type { DuckDBConnection } from '@duckdb/node-api'
import type { LinkTable } from './links.ts'

export interface LinkTableText {
  readonly text: string
  readonly rows: number
}

/** A link table as an SSSOM TSV file: metadata in comment lines, a header line, rows. */
export async function linkTableText(connection: DuckDBConnection, link: LinkTable): Promise<LinkTableText> {
  const result = await connection.runAndReadAll(`SELECT * FROM ${link.table} ORDER BY subject_id, object_id, recorded_at`)
  const rows = result.getRowsJson()
  const lines = [
    `#mapping_set_id: https://example.com/links/${link.id}`,
    `#mapping_set_title: ${JSON.stringify(link.title)}`,
    '#license: https://creativecommons.org/publicdomain/zero/1.0/',
    '#curie_map:',
    ...[link.from, link.to].map((sense) => `#  ${sense}: "urn:sense:${sense}:"`),
    '#  person: "https://example.com/people/"',
    '#  skos: "http://www.w3.org/2004/02/skos/core#"',
    '#  semapv: "https://w3id.org/semapv/vocab/"',
    '#  sssom: "https://w3id.org/sssom/"',
    result.columnNames().join('\t'),
    ...rows.map((row) => row.map(String).join('\t')),
  ]
  return { text: `${lines.join('\n')}\n`, rows: rows.length }
}
