import { GraphQLError, type GraphQLFieldResolver } from 'graphql'
import { ambiguousError } from './ambiguous-error.ts'
import { EntityAnswerer } from './answer-entities.ts'
import { conceptField, conceptsField, MAX_BATCH_KEYS, survivorField } from './build-crosswalk-sdl.ts'
import type { CrosswalkContext, VisibilityReader } from './crosswalk-context.ts'
import type { ConceptModel, CrosswalkModel, SenseModel, VocabularyField, Way } from './crosswalk-model.ts'
import { describeConflict, describeLink, describeMember, otherSense } from './describe-link.ts'
import { entityOf, type Entity } from './entity.ts'
import { encodeConceptId, findCluster, type Cluster } from './identity.ts'
import { linkId, type FoundLink, type LinkReader, type Member } from './link-reader.ts'
import type { LinkView } from './links/index.ts'
import { keyFrom, memberOf, memberOfId, namedMembers } from './named-members.ts'
import { termResolvers } from './term-resolvers.ts'
import { readView, viewNow, type ViewArguments } from './view-arguments.ts'
import { Visibility } from './visibility.ts'
import { codeOf } from './vocabulary-codes.ts'

export interface CrosswalkResolverOptions {
  readonly model: CrosswalkModel
  readonly reader: LinkReader
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly findVisible: VisibilityReader | undefined
  /** Called at the beginning of each request: takes over links that other processes have stored. Microseconds. */
  readonly refresh: () => void
}

type Resolver = GraphQLFieldResolver<Readonly<Record<string, unknown>>, CrosswalkContext>

/** Field resolvers of the crosswalk by type and field. */
export type ResolverMap = Readonly<Record<string, Readonly<Record<string, Resolver>>>>

/** The concept type's source: which record it was reached from, under which view. */
interface ConceptSource extends Readonly<Record<string, unknown>> {
  readonly __typename: string
  readonly id: string
  readonly view?: LinkView
  readonly cluster?: Cluster
}

/** Two ways to the same answers: resolvers for every field, and a quick way for what is asked most. */
export interface CrosswalkExecution {
  readonly resolvers: ResolverMap
  readonly answerer: EntityAnswerer
}

/** Builds the resolvers; every one that needs no domain to be asked is synchronous. */
export function buildCrosswalkExecution(options: CrosswalkResolverOptions): CrosswalkExecution {
  const { model, reader } = options
  const own = new CrosswalkResolvers(options)
  return {
    resolvers: {
      ...Object.fromEntries([...model.senses.values()].map((sense) => [sense.typeName, own.ofSense(sense)])),
      ...Object.fromEntries(model.concepts.map((concept) => [concept.concept.name, own.ofConcept(concept)])),
      Query: { ...own.ofQuery(), ...termResolvers(model) },
    },
    answerer: new EntityAnswerer({ model, reader, visibility: (context) => own.visibility(context), view: (args) => own.view(args) }),
  }
}

class CrosswalkResolvers {
  readonly #model: CrosswalkModel
  readonly #reader: LinkReader
  readonly #now: () => number
  readonly #findVisible: VisibilityReader | undefined
  readonly #refresh: () => void
  #current: LinkView | undefined
  /** One for each request: contexts are made per request. */
  readonly #visibilities = new WeakMap<CrosswalkContext, Visibility>()

  constructor(options: CrosswalkResolverOptions) {
    this.#model = options.model
    this.#reader = options.reader
    this.#now = options.now
    this.#findVisible = options.findVisible
    this.#refresh = options.refresh
  }

  ofSense(sense: SenseModel): Readonly<Record<string, Resolver>> {
    return {
      ...Object.fromEntries(sense.ways.map((way) => [way.field, this.#way(sense, way)])),
      ...Object.fromEntries(sense.vocabularies.map((one) => [one.standardField, standardValue(one)])),
      mappings: (source, args: ViewArguments & { readonly to?: readonly string[] | null }, context) => {
        const member = memberOf(sense, source)
        assertSenses(this.#model, args.to ?? [])
        return this.#describeVisible(this.#reader.links(member, this.view(args)), context, args.to ?? undefined)
      },
      concept: async (source, args: ViewArguments, context) => {
        const view = this.view(args)
        return conceptSource(sense.concept.name, await this.#cluster(memberOf(sense, source), view, context), view)
      },
    }
  }

  ofConcept({ senses, survivorship }: ConceptModel): Readonly<Record<string, Resolver>> {
    return {
      aliases: async (source, _args, context) => {
        const { id, members } = await this.#clusterOf(source as ConceptSource, context)
        return members.map(encodeConceptId).filter((alias) => alias !== id)
      },
      members: async (source, _args, context) => (await this.#clusterOf(source as ConceptSource, context)).members.map(describeMember),
      explain: async (source, _args, context) => (await this.#clusterOf(source as ConceptSource, context)).links.map(describeLink),
      conflicts: async (source, _args, context) =>
        (await this.#clusterOf(source as ConceptSource, context)).conflicts.map(describeConflict),
      history: async (source, _args, context) => {
        const { members } = await this.#clusterOf(source as ConceptSource, context)
        const knownAtMs = (source as ConceptSource).view?.knownAtMs ?? Infinity
        const links = new Map(
          members.flatMap((member) =>
            this.#reader.history(member, knownAtMs).map((link) => [`${linkId(link)}\t${link.statement.recordedAtMs}`, link] as const),
          ),
        )
        return this.#describeVisible(
          [...links.values()].sort((one, other) => one.statement.recordedAtMs - other.statement.recordedAtMs),
          context,
          undefined,
        )
      },
      ...Object.fromEntries(
        senses.flatMap((sense) => {
          const members: Resolver = async (source, _args, context) =>
            (await this.#clusterOf(source as ConceptSource, context)).members
              .filter((member) => member.sense === sense.sense.name)
              .map(({ key }) => entityOf(sense, key))
          return [
            [survivorField(sense.typeName), members],
            [`as${sense.typeName}`, this.#conceptWay(sense)],
          ]
        }),
      ),
      ...Object.fromEntries(
        survivorship.map((field) => [
          field.name,
          (source: Readonly<Record<string, unknown>>): unknown => {
            for (const { sense, field: from } of field.sources) {
              const records = source[survivorField(sense.typeName)]
              const value = (Array.isArray(records) ? (records as readonly unknown[]) : [])
                .map((record) => propertyOf(record, from))
                .find((one) => one !== null && one !== undefined)
              if (value !== undefined) return value
            }
            return null
          },
        ]),
      ),
    }
  }

  ofQuery(): Readonly<Record<string, Resolver>> {
    const identityConflicts: Resolver = async (_source, _args, context) => {
      const view = this.view({})
      const clusters = await Promise.all(
        this.#reader
          .keptApart(view)
          .slice(0, MAX_BATCH_KEYS)
          .map((member) => this.#cluster(member, view, context)),
      )
      return [
        ...new Map(clusters.flatMap(({ conflicts }) => conflicts).map((conflict) => [linkId(conflict.negative), conflict])).values(),
      ].map(describeConflict)
    }
    return Object.fromEntries([
      ['identityConflicts', identityConflicts],
      ...this.#model.concepts.flatMap(({ concept, senses }): readonly (readonly [string, Resolver])[] => {
        const one: Resolver = async (_source, args: ViewArguments & Readonly<Record<string, unknown>>, context) => {
          const [member] = namedMembers(this.#model, senses, { args, idArgument: 'id' })
          return member === undefined ? null : this.#conceptOf(concept.name, member, this.view(args), context)
        }
        const many: Resolver = (_source, args: ViewArguments & Readonly<Record<string, unknown>>, context) => {
          const view = this.view(args)
          return namedMembers(this.#model, senses, { args, idArgument: 'ids' }).map((member) =>
            member === undefined ? null : this.#conceptOf(concept.name, member, view, context),
          )
        }
        return [
          [conceptField(concept.name), one],
          [conceptsField(concept.name), many],
        ]
      }),
    ])
  }

  /** The way from a sense's records to those of another. */
  #way(sense: SenseModel, way: Way): Resolver {
    const target = this.#model.senses.get(way.to)
    if (target === undefined) throw new TypeError(`${way.to} is not in the model`)
    return (source, args: ViewArguments, context) => {
      const visibility = this.visibility(context)
      const whole = visibility.ofSense(target)
      const keys = whole === 'none' ? [] : this.#reader.counterparts(way, keyFrom(sense, source), this.view(args))
      if (whole !== 'by-record' || keys.length === 0) return pick(way, target, keys)
      const shown = visibility.of(keys.map((key) => ({ sense: way.to, key })))
      return Promise.resolve(shown).then((answers) =>
        pick(
          way,
          target,
          keys.filter((_, at) => answers[at] === true),
        ),
      )
    }
  }

  /** From a concept to the records of a sense: its own, and those that other mappings lead to from any of its records. */
  #conceptWay(sense: SenseModel): Resolver {
    return async (source, _args, context) => {
      const { members } = await this.#clusterOf(source as ConceptSource, context)
      const view = (source as ConceptSource).view ?? this.view({})
      const keys = new Set<string>()
      for (const member of members) {
        if (member.sense === sense.sense.name) keys.add(member.key)
        const way = this.#model.senses.get(member.sense)?.ways.find(({ to }) => to === sense.sense.name)
        if (way !== undefined) for (const key of this.#reader.counterparts(way, member.key, view)) keys.add(key)
      }
      const found = [...keys]
      const shown = await this.visibility(context).of(found.map((key) => ({ sense: sense.sense.name, key })))
      return found.filter((_, at) => shown[at] === true).map((key) => entityOf(sense, key))
    }
  }

  async #conceptOf(name: string, member: Member, view: LinkView, context: CrosswalkContext): Promise<ConceptSource | null> {
    const [visible] = await this.visibility(context).of([member])
    return visible === true ? conceptSource(name, await this.#cluster(member, view, context), view) : null
  }

  #cluster(member: Member, view: LinkView, context: CrosswalkContext): Promise<Cluster> {
    const visibility = this.visibility(context)
    return findCluster(member, {
      view,
      reader: this.#reader,
      visible: (members) => visibility.of(members),
      isReadable: (sense) => visibility.isReadable(sense),
    })
  }

  async #clusterOf(source: ConceptSource, context: CrosswalkContext): Promise<Cluster> {
    if (source.cluster !== undefined) return source.cluster
    const member = memberOfId(this.#model, source.id)
    const [visible] = member === undefined ? [false] : await this.visibility(context).of([member])
    if (member === undefined || visible !== true) return { id: source.id, members: [], links: [], conflicts: [] }
    return this.#cluster(member, source.view ?? this.view({}), context)
  }

  async #describeVisible(
    links: readonly FoundLink[],
    context: CrosswalkContext,
    to: readonly string[] | undefined,
  ): Promise<readonly unknown[]> {
    const visibility = this.visibility(context)
    const wanted = links.filter((link) => {
      const other = otherSense(link)
      const sense = this.#model.senses.get(other)
      return sense !== undefined && (to === undefined || to.includes(other)) && visibility.ofSense(sense) !== 'none'
    })
    const shown = await visibility.of(wanted.map((link) => link.counterpart ?? link.origin))
    return wanted.filter((link, at) => link.counterpart === undefined || shown[at] === true).map(describeLink)
  }

  /** One object for all questions of a millisecond that choose nothing. */
  view(args: ViewArguments): LinkView {
    const nowMs = this.#now()
    if (args.asOf !== undefined || args.knownAt !== undefined || args.minConfidence !== undefined || args.status !== undefined)
      return readView(args, nowMs)
    if (this.#current?.asOfMs !== nowMs) this.#current = viewNow(nowMs)
    return this.#current
  }

  /** What one caller may see, for the time of one request. */
  visibility(context: CrosswalkContext): Visibility {
    const known = this.#visibilities.get(context)
    if (known !== undefined) return known
    this.#refresh()
    const visibility = new Visibility(this.#model, context, this.#findVisible)
    this.#visibilities.set(context, visibility)
    return visibility
  }
}

/** @throws GraphQLError MAPPING_AMBIGUOUS when the mapping allows one counterpart and there are several. */
function pick(way: Way, target: SenseModel, keys: readonly string[]): readonly Entity[] | Entity | null {
  if (way.many) return keys.map((key) => entityOf(target, key))
  const [only] = keys
  if (only === undefined) return null
  if (keys.length === 1) return entityOf(target, only)
  throw ambiguousError(way, keys.length)
}

// The lexicon's words are for everyone who is signed in (`terms`), so naming them tells nobody anything.
function assertSenses({ lexicon }: CrosswalkModel, names: readonly string[]): void {
  const known: ReadonlyMap<string, unknown> = lexicon.senses
  const unknown = names.find((name) => !known.has(name))
  if (unknown === undefined) return
  const message = `to: there is no sense ${JSON.stringify(unknown.slice(0, 60))}; the senses are ${[...known.keys()].toSorted().join(', ')}.`
  throw new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } })
}

function standardValue({ vocabulary, field }: VocabularyField): Resolver {
  const code = codeOf(vocabulary)
  return (source) => {
    const value = source[field]
    return typeof value === 'string' ? code(value) : null
  }
}

function conceptSource(name: string, cluster: Cluster, view: LinkView): ConceptSource {
  return { __typename: name, id: cluster.id, cluster, view }
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined
}
