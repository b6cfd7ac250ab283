/** Headings of the list of commands and, by the first word of a command, what stands below each. */
const GROUPS: readonly (readonly [heading: string, firstWords: readonly string[]])[] = [
  ['See it at work', ['demo', 'token', 'issuer', 'export']],
  ['A domain and its data products', ['init', 'contract', 'subgraph', 'promises', 'check', 'publish', 'adopt']],
  ['What words mean', ['lexicon', 'link']],
  ['Who may see what', ['access', 'tokens', 'audit']],
  ['The live graph', ['serve', 'operations', 'history', 'notices', 'diff', 'approve', 'promote', 'end-canary', 'rollback', 'deprecate', 'retire', 'supergraph', 'crosswalk', 'registry']],
]

/** Commands under their headings, in the order in which a newcomer meets them; what has no heading comes last. */
export function groupCommands<T extends { readonly name: string }>(commands: readonly T[]): readonly { readonly heading: string; readonly commands: readonly T[] }[] {
  const placed = GROUPS.map(([heading, firstWords]) => ({
    heading,
    commands: firstWords.flatMap((word) => commands.filter(({ name }) => name === word || name.startsWith(`${word} `))),
  }))
  const rest = commands.filter((command) => !placed.some((group) => group.commands.includes(command)))
  return [...placed, { heading: 'More', commands: rest }].filter((group) => group.commands.length > 0)
}
