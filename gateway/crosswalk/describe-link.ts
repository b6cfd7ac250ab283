import { decodeEntityKey, invertPredicate } from '@polyseme/kit/lexicon'
import { graphName } from './graph-name.ts'
import type { IdentityConflict } from './join-keeping-apart.ts'
import type { FoundLink, Member } from './link-reader.ts'

/** The sense on the other side of a link, whether there is a counterpart or not. */
export function otherSense({ counterpart, route }: FoundLink): Member['sense'] {
  return counterpart?.sense ?? (route.side === 'from' ? route.mapping.to : route.mapping.from)
}

/** A link as type `Mapping` shows it, read from the record that was asked about. */
export function describeLink({ route, statement, origin, counterpart }: FoundLink): unknown {
  const { mapping, side } = route
  const { provenance } = statement
  return {
    mapping: mapping.id,
    rule: graphName(mapping.rule.kind),
    predicate: graphName(side === 'from' ? statement.predicate : invertPredicate(statement.predicate)),
    negative: statement.negative,
    from: describeMember(origin),
    to: counterpart === undefined ? null : describeMember(counterpart),
    confidence: statement.confidence,
    justification: provenance.justification,
    source: provenance.source,
    author: provenance.author,
    reviewer: provenance.reviewer,
    comment: provenance.comment,
    validFrom: momentText(statement.validFromMs),
    validTo: momentText(statement.validToMs),
    recordedAt: momentText(statement.recordedAtMs),
    status: graphName(statement.status),
  }
}

/** A conflict as type `IdentityConflict` shows it. */
export function describeConflict({ negative, path }: IdentityConflict): unknown {
  return { negative: describeLink(negative), path: path.map(describeLink) }
}

/** A record as type `ConceptMember` shows it. */
export function describeMember(member: Member): { readonly sense: string; readonly key: readonly string[] } {
  return { sense: member.sense, key: decodeEntityKey(member.key) ?? [member.key] }
}

function momentText(ms: number): string | null {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : null
}
