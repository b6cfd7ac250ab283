import { randomBytes } from 'node:crypto'
import type { DataProduct } from '@polyseme/kit/contract'
import { findNearestName, GatewayError } from '@polyseme/kit/errors'
import type { Principal } from '@polyseme/kit/identity'
import { productId } from '../policies/index.ts'
import type { AccessDatabase, AccessRow } from '../store/index.ts'
import type { Agreement, AgreementRequest, AgreementState, AgreementStep } from './agreement.ts'
import { checkRequest } from './check-request.ts'
import { shortName, wholeName } from './person.ts'

export interface AgreementFilter {
  readonly product?: string
  readonly state?: AgreementState
}

/** The agreements in force at one moment. */
interface InForce {
  readonly version: number
  /** When the next one ends; from then on this is out of date. */
  readonly untilMs: number
  readonly agreements: readonly Agreement[]
}

const PEOPLE_ISSUER = 'peopleIssuer'
const PURPOSES = 'purposes'
/** Purposes that the message of a refusal lists. */
const MOST_NAMED = 30

/** Which step leads from which state where. */
const STEPS: Readonly<Record<'approved' | 'rejected' | 'revoked', AgreementState>> = { approved: 'requested', rejected: 'requested', revoked: 'approved' }

/** Access agreements: requested, decided by the product's owner, in force until their last day or their revocation. */
export class AgreementStore {
  readonly #database: AccessDatabase
  #inForce: InForce | undefined

  constructor(database: AccessDatabase) {
    this.#database = database
  }

  /**
   * Takes note of the issuer whose people contracts and agreements name by their subject alone. Agreements of before that name no
   * issuer become its people's: they were for any, which was right only where there was one.
   */
  usePeopleIssuer(issuer: string | undefined): void {
    if (issuer === this.peopleIssuer()) return
    this.#database.change(() => {
      if (issuer === undefined) {
        this.#database.run('DELETE FROM settings WHERE name = ?', PEOPLE_ISSUER)
        return
      }
      this.#database.run('INSERT OR REPLACE INTO settings VALUES (?, ?)', PEOPLE_ISSUER, issuer)
      this.#database.run('UPDATE agreements SET issuer = ? WHERE issuer IS NULL', issuer)
    })
  }

  /** The issuer that `usePeopleIssuer` named last, in whichever process. */
  peopleIssuer(): string | undefined {
    const [known] = this.#database.all('SELECT value FROM settings WHERE name = ?', PEOPLE_ISSUER)
    return known === undefined ? undefined : String(known['value'])
  }

  /** Takes note of the purposes that the mesh's vocabulary lists; undefined where it lists none, so that any word is one. */
  usePurposes(purposes: readonly string[] | undefined): void {
    const wanted = purposes === undefined ? undefined : JSON.stringify(purposes)
    const [known] = this.#database.all('SELECT value FROM settings WHERE name = ?', PURPOSES)
    if (known?.['value'] === wanted) return
    this.#database.change(() => {
      if (wanted === undefined) this.#database.run('DELETE FROM settings WHERE name = ?', PURPOSES)
      else this.#database.run('INSERT OR REPLACE INTO settings VALUES (?, ?)', PURPOSES, wanted)
    })
  }

  /** Takes note of the products that there are and of who owns them. */
  useProducts(contracts: readonly DataProduct[]): void {
    this.#database.change(() => {
      this.#database.run('DELETE FROM products')
      for (const contract of contracts) this.#database.run('INSERT OR REPLACE INTO products VALUES (?, ?)', productId(contract), JSON.stringify(ownersOf(contract)))
    })
  }

  /** Who may decide about a product, as the contract names them; nobody about one that is not in the graph. */
  ownersOf(product: string): readonly string[] {
    const [known] = this.#database.all('SELECT owners FROM products WHERE product = ?', product)
    return known === undefined ? [] : JSON.parse(String(known['owners'])) as readonly string[]
  }

  /** Whether a person, `issuer|subject` or the name of one of the mesh's own people, owns a product. */
  owns(person: string, product: string): boolean {
    const peopleIssuer = this.peopleIssuer()
    return this.ownersOf(product).some((owner) => wholeName(owner, peopleIssuer) === wholeName(person, peopleIssuer))
  }

  /** Whether the person asked for the agreement. */
  asked(person: string, { history }: Agreement): boolean {
    const peopleIssuer = this.peopleIssuer()
    return wholeName(history[0]?.actor ?? '', peopleIssuer) === wholeName(person, peopleIssuer)
  }

  #checkProduct(product: string): void {
    const products = this.#database.all('SELECT product FROM products')
    if (products.some((row) => row['product'] === product)) return
    const nearest = findNearestName(product, products.map((row) => String(row['product'])))
    throw new GatewayError('NOT_FOUND', `There is no product ${product}; ${nearest === undefined ? 'a product is named `domain/product`, as in billing/invoices' : `did you mean ${nearest}?`}`)
  }

  #checkPurpose(purpose: string): void {
    const [known] = this.#database.all('SELECT value FROM settings WHERE name = ?', PURPOSES)
    const purposes = known === undefined ? undefined : JSON.parse(String(known['value'])) as readonly string[]
    if (purposes === undefined || purposes.includes(purpose)) return
    const names = purposes.length === 0 ? 'it has none' : `it has ${purposes.slice(0, MOST_NAMED).join(', ')}${purposes.length > MOST_NAMED ? ' …' : ''}`
    throw new GatewayError('BAD_USER_INPUT', `The purpose of the request is not acceptable: the vocabulary of this mesh has no purpose "${purpose}"; ${names}.`)
  }

  /**
   * @param actor `issuer|subject`, or the name of one of the mesh's own people
   * @throws BAD_USER_INPUT a part of the request is missing or not acceptable · NOT_FOUND no such product
   */
  request(request: AgreementRequest, actor: string): Agreement {
    checkRequest(request, this.#database.clock())
    this.#checkProduct(request.product)
    this.#checkPurpose(request.purpose)
    const id = `ag-${randomBytes(5).toString('hex')}`
    const issuer = request.issuer ?? this.peopleIssuer()
    if (issuer === undefined) throw new GatewayError('BAD_USER_INPUT', 'The issuer of the request is not acceptable: there are several, so name the one whose people or client it is for.')
    const { product, consumer, people, purpose, useCase, until } = request
    this.#database.change(() => {
      this.#database.run('INSERT INTO agreements VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)', id, product, issuer, consumer, JSON.stringify(people), purpose, useCase, until, 'requested')
      this.#addStep(id, 'requested', actor)
    })
    return this.get(id)
  }

  /** @throws FORBIDDEN the actor does not own the product · BAD_USER_INPUT the agreement is not waiting for that */
  decide(id: string, step: 'approved' | 'rejected' | 'revoked', { actor, mayApprove = false, reason }: { readonly actor: string; /** The actor has the right to approve in the product's domain, owner or not. */ readonly mayApprove?: boolean; readonly reason?: string }): Agreement {
    this.#database.change(() => {
      // Read inside the transaction, so that of two decisions at once the second sees the first.
      const agreement = this.get(id)
      const owners = this.ownersOf(agreement.product)
      if (!mayApprove && !this.owns(actor, agreement.product)) {
        throw new GatewayError('FORBIDDEN', `${shortName(actor, this.peopleIssuer())} does not own ${agreement.product}; ${owners.length === 0 ? 'no contract in the graph names an owner' : `its owners are ${owners.join(', ')}`}.`)
      }
      if (agreement.state !== STEPS[step]) throw new GatewayError('BAD_USER_INPUT', `The agreement ${id} is ${agreement.state}, so it cannot be ${step}.`)
      if (step === 'approved') this.#checkPurpose(agreement.purpose)
      this.#database.run('UPDATE agreements SET state = ? WHERE id = ?', step, id)
      this.#addStep(id, step, actor, reason)
    })
    return this.get(id)
  }

  /** @throws NOT_FOUND */
  get(id: string): Agreement {
    const [agreement] = this.#read('WHERE id = ?', id)
    if (agreement === undefined) throw new GatewayError('NOT_FOUND', `There is no agreement ${id}.`)
    return agreement
  }

  /** All agreements that fit, the newest request last. */
  list({ product, state }: AgreementFilter = {}): readonly Agreement[] {
    const all = product === undefined ? this.#read('') : this.#read('WHERE product = ?', product)
    return state === undefined ? all : all.filter((agreement) => agreement.state === state)
  }

  /** Another value whenever `productsFor` may answer otherwise than before. */
  version(): unknown {
    return this.#current()
  }

  /** Products for which the caller has an agreement in force, for the purpose that the request names. */
  productsFor(principal: Principal): readonly string[] {
    return [...new Set(this.inForceFor(principal).map((agreement) => agreement.product))].sort()
  }

  /**
   * The agreements in force for a caller. A request that names no purpose is covered where the caller's agreements on the
   * product leave no doubt which it is.
   */
  inForceFor(principal: Principal): readonly Agreement[] {
    const own = this.#current().agreements.filter((agreement) => isFor(agreement, principal))
    if (principal.purpose !== undefined) return own.filter((agreement) => agreement.purpose === principal.purpose)
    return own.filter((agreement) => own.every((other) => other.product !== agreement.product || other.purpose === agreement.purpose))
  }

  #current(): InForce {
    const version = this.#database.version()
    const nowMs = this.#database.clock()
    if (this.#inForce?.version === version && nowMs < this.#inForce.untilMs) return this.#inForce
    const agreements = this.#read('WHERE state = ?', 'approved').filter((agreement) => agreement.state === 'approved')
    const untilMs = Math.min(Infinity, ...agreements.map((agreement) => endOf(agreement.until)))
    this.#inForce = { version, untilMs, agreements }
    return this.#inForce
  }

  #read(where: string, ...parameters: readonly string[]): readonly Agreement[] {
    const histories = this.#historiesOf(where, parameters)
    return this.#database.all(`SELECT * FROM agreements ${where} ORDER BY rowid`, ...parameters).map((row) => toAgreement(row, histories.get(String(row['id'])) ?? [], this.#database.clock()))
  }

  /** One statement for all of them: there may be thousands. */
  #historiesOf(where: string, parameters: readonly string[]): ReadonlyMap<string, AgreementStep[]> {
    const histories = new Map<string, AgreementStep[]>()
    const peopleIssuer = this.peopleIssuer()
    for (const row of this.#database.all(`SELECT * FROM agreement_steps WHERE agreement IN (SELECT id FROM agreements ${where}) ORDER BY agreement, step`, ...parameters)) {
      const id = String(row['agreement'])
      const history = histories.get(id) ?? []
      history.push({
        kind: String(row['kind']) as AgreementStep['kind'],
        actor: shortName(String(row['actor']), peopleIssuer),
        at: String(row['at']),
        ...(row['reason'] === null ? {} : { reason: String(row['reason']) }),
      })
      histories.set(id, history)
    }
    return histories
  }

  #addStep(id: string, kind: AgreementStep['kind'], actor: string, reason?: string): void {
    const at = new Date(this.#database.clock()).toISOString()
    this.#database.run('INSERT INTO agreement_steps SELECT ?, count(*) + 1, ?, ?, ?, ? FROM agreement_steps WHERE agreement = ?', id, kind, wholeName(actor, this.peopleIssuer()), at, reason ?? null, id)
  }
}

function toAgreement(row: AccessRow, history: readonly AgreementStep[], nowMs: number): Agreement {
  const until = String(row['until'])
  const stored = String(row['state']) as AgreementState
  return {
    id: String(row['id']),
    product: String(row['product']),
    ...(row['issuer'] === null ? {} : { issuer: String(row['issuer']) }),
    consumer: String(row['consumer']),
    people: JSON.parse(String(row['people'])) as string[],
    purpose: String(row['purpose']),
    useCase: String(row['use_case']),
    until,
    state: stored === 'approved' && nowMs >= endOf(until) ? 'expired' : stored,
    history,
  }
}

function isFor(agreement: Agreement, { issuer, subject, clientId }: Principal): boolean {
  if (agreement.issuer !== issuer) return false
  return agreement.people.length === 0 ? clientId === agreement.consumer : agreement.people.includes(subject)
}

/** The moment after the last day. */
function endOf(until: string): number {
  return Date.parse(`${until}T00:00:00Z`) + 86_400_000
}

/** Members of the team who own it, and whoever the contract's roles name as approvers. */
function ownersOf({ contract }: DataProduct): readonly string[] {
  const members = (contract.team?.members ?? []).filter((member) => /owner/i.test(member.role ?? '')).flatMap((member) => member.username ?? [])
  const approvers = (contract.roles ?? []).flatMap((role) => [role.firstLevelApprovers, role.secondLevelApprovers]).flatMap((names) => names?.split(',') ?? [])
  return [...new Set([...members, ...approvers].map((name) => name.trim()).filter((name) => name !== ''))]
}
