import { GatewayError } from '@polyseme/kit/errors'
import type { Principal } from '@polyseme/kit/identity'
import type { AccessDatabase } from '../store/index.ts'
import { formatPersonalToken, generatePersonalToken, hashSecret, isSecret, parsePersonalToken } from './personal-token.ts'

/** A personal access token as it is listed: never with its secret. */
export interface PersonalToken {
  readonly id: string
  readonly name: string
  readonly issuer: string
  readonly subject: string
  readonly scopes: readonly string[]
  readonly createdAt: string
  readonly expiresAt: string
  readonly state: 'valid' | 'expired' | 'revoked'
}

export interface PersonalTokenRequest {
  /** What it is for, for who looks at the list: `Excel on my laptop`. */
  readonly name: string
  /** Some of the owner's own. */
  readonly scopes: readonly string[]
  /** 1 to 366. */
  readonly days: number
}

interface StoredToken {
  readonly token: PersonalToken
  readonly secretHash: string
  readonly principal: Principal
  readonly expiresAtMs: number
}

const MAX_DAYS = 366
const DAY_MS = 86_400_000
const MAX_TOKENS_OF_ONE = 50

/**
 * Tokens for tools that cannot sign in: a person makes one, sees it once, and gives it away; it stands for that person
 * with some of the person's scopes until it expires or is revoked. Roles and claims are those that the person has now, as far as known:
 * at the creation, and from then on in the newest token of the person's issuer that came with the same client.
 */
export class PersonalTokenStore {
  readonly #database: AccessDatabase
  #known: { readonly version: number; readonly tokens: ReadonlyMap<string, StoredToken> } | undefined
  readonly #noted = new WeakSet<Principal>()

  constructor(database: AccessDatabase) {
    this.#database = database
  }

  /**
   * Makes a token; this is the only time that it is to be seen.
   *
   * @throws FORBIDDEN a scope that the owner does not have, or an owner who came with a personal token himself
   * @throws BAD_USER_INPUT a name, number of days or of tokens that is not acceptable
   */
  create(owner: Principal, { name, scopes, days }: PersonalTokenRequest): { readonly secret: string; readonly token: PersonalToken } {
    if (isPersonal(owner)) throw new GatewayError('FORBIDDEN', 'A personal token cannot make another one; sign in.')
    const foreign = scopes.find((scope) => !owner.scopes.has(scope))
    if (foreign !== undefined) throw new GatewayError('FORBIDDEN', 'A personal token can have only scopes that its owner has.')
    if (name.trim() === '' || name.length > 100) throw new GatewayError('BAD_USER_INPUT', 'A personal token needs a name of at most 100 characters.')
    if (!(Number.isInteger(days) && days >= 1 && days <= MAX_DAYS)) throw new GatewayError('BAD_USER_INPUT', `A personal token lives 1 to ${MAX_DAYS} days.`)
    const own = this.list({ issuer: owner.issuer, subject: owner.subject }).filter(({ state }) => state === 'valid')
    if (own.length >= MAX_TOKENS_OF_ONE) throw new GatewayError('BAD_USER_INPUT', `One person has at most ${MAX_TOKENS_OF_ONE} personal tokens; revoke one first.`)
    const parts = generatePersonalToken()
    const nowMs = this.#database.clock()
    this.#database.change(() => {
      this.#database.run(
        'INSERT INTO personal_tokens VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)',
        parts.id, hashSecret(parts.secret), name, owner.issuer, owner.subject, owner.clientId ?? null, JSON.stringify(scopes), JSON.stringify(owner.roles), JSON.stringify(owner.claims),
        new Date(nowMs).toISOString(), new Date(nowMs + days * DAY_MS).toISOString(),
      )
      this.#writeRights(owner, Math.min(owner.expiresAtSec, nowMs / 1_000))
    })
    const made = this.#stored().get(parts.id)
    if (made === undefined) throw new TypeError('a token that was just written is not there')
    return { secret: formatPersonalToken(parts), token: made.token }
  }

  list(owner?: { readonly issuer: string; readonly subject: string }): readonly PersonalToken[] {
    const all = [...this.#stored().values()].map(({ token }) => ({ ...token, state: token.state === 'revoked' ? token.state : Date.parse(token.expiresAt) <= this.#database.clock() ? 'expired' as const : 'valid' as const }))
    return owner === undefined ? all : all.filter(({ issuer, subject }) => issuer === owner.issuer && subject === owner.subject)
  }

  /** Holds from the next request on, in other processes within the database's bound. @throws NOT_FOUND */
  revoke(id: string, owner?: { readonly issuer: string; readonly subject: string }): void {
    if (!this.list(owner).some((token) => token.id === id)) throw new GatewayError('NOT_FOUND', `There is no personal token ${id}.`)
    this.#database.change(() => this.#database.run('UPDATE personal_tokens SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?', new Date(this.#database.clock()).toISOString(), id))
  }

  /** The caller that a token stands for, and since when; undefined when it is no token of this store, expired or revoked. */
  find(text: string): { readonly principal: Principal; readonly issuedAtSec: number } | undefined {
    const parts = parsePersonalToken(text)
    const stored = parts === undefined ? undefined : this.#stored().get(parts.id)
    if (parts === undefined || stored === undefined || !isSecret(parts.secret, stored.secretHash)) return undefined
    const { token, principal, expiresAtMs } = stored
    if (token.state === 'revoked' || this.#database.clock() >= expiresAtMs) return undefined
    return { principal, issuedAtSec: Date.parse(token.createdAt) / 1_000 }
  }

  /**
   * Takes note of what an owner has now, from a token of the owner's issuer: from then on the owner's personal tokens stand for these
   * roles and claims. Free for who has no personal token, and for a principal that was seen before.
   */
  noteOwner(principal: Principal): void {
    if (this.#noted.has(principal) || isPersonal(principal)) return
    this.#noted.add(principal)
    const { issuer, subject, clientId = '', expiresAtSec } = principal
    const own = [...this.#stored().values()].filter(({ token }) => token.issuer === issuer && token.subject === subject && token.state === 'valid')
    if (own.length === 0) return
    const [known] = this.#database.all('SELECT roles, claims, expires_sec FROM owner_rights WHERE issuer = ? AND subject = ? AND client = ?', issuer, subject, clientId)
    const [roles, claims] = [JSON.stringify(principal.roles), JSON.stringify(principal.claims)]
    // An older token that is still used says what the owner had, not what the owner has.
    if (known !== undefined && Number(known['expires_sec']) > expiresAtSec) return
    if (known !== undefined && known['roles'] === roles && known['claims'] === claims && expiresAtSec - Number(known['expires_sec']) < NOTE_EVERY_SEC) return
    this.#database.change(() => this.#writeRights(principal, expiresAtSec))
  }

  #writeRights({ issuer, subject, clientId = '', roles, claims }: Principal, seenSec: number): void {
    this.#database.run('INSERT OR REPLACE INTO owner_rights VALUES (?, ?, ?, ?, ?, ?)', issuer, subject, clientId, JSON.stringify(roles), JSON.stringify(claims), seenSec)
  }

  #stored(): ReadonlyMap<string, StoredToken> {
    const version = this.#database.version()
    if (this.#known?.version === version) return this.#known.tokens
    const rows = this.#database.all('SELECT * FROM personal_tokens ORDER BY created_at, id')
    const seen = this.#database.all('SELECT * FROM owner_rights ORDER BY expires_sec DESC')
    const tokens = new Map(
      rows.map((row): [string, StoredToken] => {
        const id = String(row['id'])
        const scopes = JSON.parse(String(row['scopes'])) as string[]
        const expiresAt = String(row['expires_at'])
        const expiresAtMs = Date.parse(expiresAt)
        const owner = { issuer: String(row['issuer']), subject: String(row['subject']) }
        const client = row['client'] === null ? undefined : String(row['client'])
        // Roles may come by client, so those of the client that the token was made with count; without one, the newest.
        const now = seen.find((rights) => rights['issuer'] === owner.issuer && rights['subject'] === owner.subject && (client === undefined || rights['client'] === client)) ?? row
        const principal: Principal = Object.freeze({
          ...owner,
          ...(client === undefined ? {} : { clientId: client }),
          scopes: new Set(scopes),
          roles: JSON.parse(String(now['roles'])) as string[],
          claims: JSON.parse(String(now['claims'])) as Record<string, unknown>,
          expiresAtSec: Math.floor(expiresAtMs / 1_000),
          tokenId: `${PERSONAL_TOKEN_ID_PREFIX}${id}`,
        })
        const token: PersonalToken = { id, name: String(row['name']), ...owner, scopes, createdAt: String(row['created_at']), expiresAt, state: row['revoked_at'] === null ? 'valid' : 'revoked' }
        return [id, { token, secretHash: String(row['secret_hash']), principal, expiresAtMs }]
      }),
    )
    this.#known = { version, tokens }
    return tokens
  }
}

/** Rights that did not change are written again this seldom. */
const NOTE_EVERY_SEC = 3_600
const PERSONAL_TOKEN_ID_PREFIX = 'personal:'

function isPersonal(principal: Principal): boolean {
  return principal.tokenId?.startsWith(PERSONAL_TOKEN_ID_PREFIX) === true
}
