/** A parsed cron expression: the minutes, in UTC, at which it is due. */
export interface CronSchedule {
  readonly minutes: ReadonlySet<number>
  readonly hours: ReadonlySet<number>
  readonly days: ReadonlySet<number>
  readonly months: ReadonlySet<number>
  /** 0 is Sunday. */
  readonly weekdays: ReadonlySet<number>
  /** Both given: either suffices, as cron has it. */
  readonly isDayOpen: boolean
  readonly isWeekdayOpen: boolean
}

const NICKNAMES: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *', '@daily': '0 0 * * *', '@midnight': '0 0 * * *', '@weekly': '0 0 * * 0', '@monthly': '0 0 1 * *', '@yearly': '0 0 1 1 *', '@annually': '0 0 1 1 *',
}
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

/** Reads the five fields of cron (`*`, lists, ranges, steps, English names) or a nickname; undefined for anything else. */
export function parseCron(text: string): CronSchedule | undefined {
  const written = text.trim().toLowerCase()
  const parts = (Object.hasOwn(NICKNAMES, written) ? (NICKNAMES[written] ?? '') : written).split(/\s+/)
  const [minute, hour, day, month, weekday] = parts
  if (parts.length !== 5 || minute === undefined || hour === undefined || day === undefined || month === undefined || weekday === undefined) return undefined
  const minutes = parseField(minute, { min: 0, max: 59 })
  const hours = parseField(hour, { min: 0, max: 23 })
  const days = parseField(day, { min: 1, max: 31 })
  const months = parseField(month, { min: 1, max: 12, names: MONTHS, firstName: 1 })
  const weekdays = parseField(weekday, { min: 0, max: 7, names: WEEKDAYS, firstName: 0 })
  if (minutes === undefined || hours === undefined || days === undefined || months === undefined || weekdays === undefined) return undefined
  if (weekdays.has(7)) weekdays.add(0)
  const schedule = { minutes, hours, days, months, weekdays, isDayOpen: day.startsWith('*'), isWeekdayOpen: weekday.startsWith('*') }
  // 31 February never comes.
  return findNextRun(schedule, Date.UTC(2000, 0, 1)) === undefined ? undefined : schedule
}

interface FieldRange {
  readonly min: number
  readonly max: number
  readonly names?: readonly string[]
  readonly firstName?: number
}

function parseField(field: string, range: FieldRange): Set<number> | undefined {
  const values = new Set<number>()
  for (const item of field.split(',')) {
    const match = /^(?:\*|([a-z0-9]+)(?:-([a-z0-9]+))?)(?:\/(\d{1,2}))?$/.exec(item)
    if (match === null) return undefined
    const [, first, last, every] = match
    const from = first === undefined ? range.min : readValue(first, range)
    // `5/10` counts from 5 to the end.
    const to = last !== undefined ? readValue(last, range) : first === undefined || every !== undefined ? range.max : from
    const step = Number(every ?? 1)
    if (from === undefined || to === undefined || from > to || step < 1) return undefined
    for (let value = from; value <= to; value += step) values.add(value)
  }
  return values
}

function readValue(text: string, { min, max, names = [], firstName = 0 }: FieldRange): number | undefined {
  const named = names.indexOf(text.slice(0, 3))
  const value = /^\d{1,2}$/.test(text) ? Number(text) : named < 0 ? undefined : named + firstName
  return value === undefined || value < min || value > max ? undefined : value
}

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
/** The longest wait is that for 29 February over a century that is no leap year. */
const SEARCH_MS = 8.1 * 366 * DAY_MS

/** The first minute after a moment at which the schedule is due; epoch milliseconds, UTC. Undefined: never. */
export function findNextRun(schedule: CronSchedule, afterMs: number): number | undefined {
  let at = Math.floor(afterMs / MINUTE_MS) * MINUTE_MS + MINUTE_MS
  const end = afterMs + SEARCH_MS
  while (at <= end) {
    const date = new Date(at)
    if (!isDayDue(schedule, date)) at = (Math.floor(at / DAY_MS) + 1) * DAY_MS
    else if (!schedule.hours.has(date.getUTCHours())) at = (Math.floor(at / HOUR_MS) + 1) * HOUR_MS
    else if (!schedule.minutes.has(date.getUTCMinutes())) at += MINUTE_MS
    else return at
  }
  return undefined
}

function isDayDue(schedule: CronSchedule, date: Date): boolean {
  if (!schedule.months.has(date.getUTCMonth() + 1)) return false
  const day = schedule.days.has(date.getUTCDate())
  const weekday = schedule.weekdays.has(date.getUTCDay())
  return schedule.isDayOpen || schedule.isWeekdayOpen ? day && weekday : day || weekday
}
