import type { RegExpFlavour } from '../source/index.ts'

type TranslatedFlavour = Exclude<RegExpFlavour, 'ecmascript'>

/** Repetitions beyond this the engine refuses. */
const MAX_REPEAT: Readonly<Record<TranslatedFlavour, number>> = { re2: 1_000, postgres: 255 }

const SPACES = '\t\n\u000B\f\r \u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000\uFEFF'
const WORD = 'A-Za-z0-9_'
/** PostgreSQL's own `\y` depends on the database's locale. */
const POSTGRES_EDGE = `(?:(?<=[${WORD}])(?![${WORD}])|(?<![${WORD}])(?=[${WORD}]))`
const POSTGRES_NO_EDGE = `(?:(?<=[${WORD}])(?=[${WORD}])|(?<![${WORD}])(?![${WORD}]))`

/**
 * The engine's own regular expression for one of the contract, which is ECMAScript's with the flag `u`: the same texts
 * match. Undefined where the engine has no such thing.
 */
export function engineRegExp(pattern: string, engine: RegExpFlavour): string | undefined {
  if (engine === 'ecmascript') return pattern
  const tokens = pattern.match(TOKEN)
  if (tokens === null) return pattern === '' ? '' : undefined
  if (tokens.join('') !== pattern) return undefined
  const parts: string[] = []
  for (const token of tokens) {
    const part = translate(token, engine)
    if (part === undefined) return undefined
    parts.push(part)
  }
  return parts.join('')
}

const ESCAPE = String.raw`\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u\{[0-9a-fA-F]+\}|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\[pP]\{[^}]*\}|\\c[A-Za-z]|\\[^]`
const TOKEN = new RegExp(String.raw`${ESCAPE}|\[(?:\\[^]|[^\]\\])*\]|\(\?<\w+>|\(\?:|\{\d+(?:,\d*)?\}|[^]`, 'gu')
const MEMBER = new RegExp(`${ESCAPE}|[^]`, 'gu')

function translate(token: string, engine: TranslatedFlavour): string | undefined {
  if (token.startsWith('[')) return translateClass(token, engine)
  if (token.startsWith('(?')) return '(?:'
  if (token.startsWith('{')) return (token.match(/\d+/g) ?? []).every((count) => Number(count) <= MAX_REPEAT[engine]) ? token : undefined
  if (token === '.') return '[^\n\r\u2028\u2029]'
  if (!token.startsWith('\\')) return /[()*+?|^$]/.test(token) ? token : literal(token)
  switch (token) {
    case '\\d':
      return '[0-9]'
    case '\\D':
      return '[^0-9]'
    case '\\w':
      return `[${WORD}]`
    case '\\W':
      return `[^${WORD}]`
    case '\\s':
      return `[${SPACES}]`
    case '\\S':
      return `[^${SPACES}]`
    case '\\b':
      return engine === 'postgres' ? POSTGRES_EDGE : token
    case '\\B':
      return engine === 'postgres' ? POSTGRES_NO_EDGE : token
    default:
      return translateEscape(token, engine)
  }
}

function translateClass(token: string, engine: TranslatedFlavour): string | undefined {
  if (ANYTHING.has(token)) return engine === 'postgres' ? '.' : '[\\s\\S]'
  const negated = token.startsWith('[^')
  const members = token.slice(negated ? 2 : 1, -1).match(MEMBER) ?? []
  const inside: string[] = []
  for (const member of members) {
    const part = translateMember(member, engine)
    if (part === undefined) return undefined
    inside.push(part)
  }
  // `[]` matches nothing, for which neither engine has a class.
  return inside.length === 0 ? undefined : `[${negated ? '^' : ''}${inside.join('')}]`
}

const ANYTHING: ReadonlySet<string> = new Set(['[^]', ...['s', 'd', 'w'].flatMap((name) => [`[\\${name}\\${name.toUpperCase()}]`, `[\\${name.toUpperCase()}\\${name}]`])])

function translateMember(member: string, engine: TranslatedFlavour): string | undefined {
  if (member === '-') return member
  if (!member.startsWith('\\')) return literal(member)
  switch (member) {
    case '\\d':
      return '0-9'
    case '\\w':
      return WORD
    case '\\s':
      return SPACES
    case '\\b':
      return '\u0008'
    case '\\D':
    case '\\W':
    case '\\S':
      // PostgreSQL has no complement inside brackets, and DuckDB's knows fewer spaces.
      return undefined
    default:
      return translateEscape(member, engine)
  }
}

function translateEscape(token: string, engine: TranslatedFlavour): string | undefined {
  const category = /^\\([pP])\{(?:(?:General_Category|gc)=)?([A-Z][a-z]?)\}$/.exec(token)
  if (category !== null) return engine === 're2' ? `\\${category[1] ?? 'p'}{${category[2] ?? ''}}` : undefined
  const character = escapedCharacter(token)
  return character === undefined || character === '\0' ? undefined : literal(character)
}

const CONTROLS: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f', v: '\v' }

function escapedCharacter(token: string): string | undefined {
  const name = token.slice(1)
  if (/^u.*\\u/.test(name)) return JSON.parse(`"${token}"`) as string
  if (/^[ux]/.test(name)) {
    const point = Number.parseInt(name.replaceAll(/^[ux]|[{}]/g, ''), 16)
    return point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff) ? undefined : String.fromCodePoint(point)
  }
  if (Object.hasOwn(CONTROLS, name)) return CONTROLS[name]
  // What is left is punctuation; other letters have a meaning that was not looked at.
  return /^[A-Za-z0-9]/.test(name) ? undefined : name
}

function literal(character: string): string {
  return /^[!-/:-@[-`{-~]$/.test(character) && character !== '_' ? `\\${character}` : character
}
