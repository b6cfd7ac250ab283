/** Where an operator reads: one JSON object a line, so that nothing a client sends can break a line or colour a terminal. */
export interface Log {
  readonly info: (event: string, fields?: Readonly<Record<string, unknown>>) => void
  readonly warn: (event: string, fields?: Readonly<Record<string, unknown>>) => void
  /** `cause` is written with its stack and its own causes. */
  readonly error: (event: string, fields?: Readonly<Record<string, unknown>>, cause?: unknown) => void
}

/**
 * @param write takes one line without its end
 * @param always stands in every line
 */
export function createLog(write: (line: string) => void, always: Readonly<Record<string, unknown>> = {}, clock: () => number = Date.now): Log {
  const entry = (level: string, event: string, fields: Readonly<Record<string, unknown>> = {}): void => {
    write(JSON.stringify({ time: new Date(clock()).toISOString(), level, event, ...always, ...fields }))
  }
  return {
    info: (event, fields) => entry('info', event, fields),
    warn: (event, fields) => entry('warn', event, fields),
    error: (event, fields, cause) => entry('error', event, { ...fields, ...(cause === undefined ? {} : { cause: describe(cause) }) }),
  }
}

function describe(cause: unknown, depth = 0): string {
  if (!(cause instanceof Error)) return String(cause)
  const own = cause.stack ?? cause.message
  return cause.cause === undefined || depth > 4 ? own : `${own}\ncaused by ${describe(cause.cause, depth + 1)}`
}
