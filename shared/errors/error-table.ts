import { ERROR_CODES } from './codes.ts'

/** The page `docs/errors.md`: every code with what it means to the client. A test keeps the file equal to this text. */
export function renderErrorTable(): string {
  const rows = Object.entries(ERROR_CODES).map(([code, { status, exposeMessage, retryable, help }]) =>
    `| \`${code}\` | ${status} | ${retryable ? 'may help' : 'no'} | ${exposeMessage ? 'yes' : 'no'} | ${help} |`)
  return [
    '# Error codes',
    '',
    'Every error carries one of these in `extensions.code` (GraphQL) or `code` (command line and REST). The HTTP status is that of a response',
    'whose only outcome is the error; in a partial answer (HTTP 200 with `data` and `errors`) it has no effect.',
    'Where the message is not shown, the client gets the help text instead and the details stand in the log under the request id.',
    '',
    '| code | HTTP status | trying again | message shown | what to do |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
}
