import type { ContractDocument } from './draft.ts'
import type { OdcsProperty, OdcsSchemaObject } from './odcs-schema.ts'

/** Reports a physical name that could leave its place: it names a table or column, and may become part of a file's name. */
export function checkPhysicalName(element: OdcsSchemaObject | OdcsProperty, { findings, places }: ContractDocument): void {
  const key = element.physicalName === undefined ? 'name' : 'physicalName'
  const name = element.physicalName ?? element.name
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const isSafe = name !== '' && name.length <= 255 && !/[\u0000-\u001F\u007F]/.test(name) && !/(?:^|[/\\])\.\.(?:[/\\]|$)|^[/\\]/.test(name)
  if (isSafe) return
  findings.report({
    rule: 'contract-physical-name',
    at: places.of(element, key),
    what: `\`${key}\` of \`${element.name.slice(0, 60)}\` can't name a table, column or file`,
    expected: '1 to 255 characters, without control characters, `..` as a path segment or a leading slash',
    why: 'it becomes an identifier in SQL and part of a file name',
    how: 'write the name as the database has it',
  })
}
