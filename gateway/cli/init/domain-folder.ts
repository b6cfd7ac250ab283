import type { DraftedContract } from '@polyseme/kit/contract'
import { isMap, isScalar, parseDocument } from 'yaml'

/** What a new domain's folder is made from. */
export interface DomainDraft {
  readonly domain: string
  readonly contract: DraftedContract
  /** Name of the contract's file, without ending. */
  readonly product: string
  /** Who answers for the product: an e-mail address or a user name. */
  readonly owner: string
}

/** A file of the new folder. */
export interface DraftedFile {
  /** Relative to the folder. */
  readonly path: string
  readonly text: string
}

/** The files of a domain that serves, checks and publishes as they are. */
export function draftDomainFolder(draft: DomainDraft): readonly DraftedFile[] {
  return [
    { path: `${draft.product}.odcs.yaml`, text: withOwner(draft.contract.text, draft.owner) },
    { path: 'README.md', text: readme(draft) },
    { path: 'policies/README.md', text: policiesReadme(draft) },
  ]
}

/** The draft says REVIEW where the owner is missing; here one is known, or at least likely. */
function withOwner(contract: string, owner: string): string {
  const document = parseDocument(contract)
  const pair = isMap(document.contents) ? document.contents.items.find(({ key }) => isScalar(key) && key.value === 'team') : undefined
  if (isScalar(pair?.key)) pair.key.commentBefore = ' REVIEW: is this who answers for it?'
  document.setIn(['team', 'members'], document.createNode([{ username: owner, role: 'owner' }]))
  return document.toString({ lineWidth: 140 })
}

function readme({ domain, product, contract, owner }: DomainDraft): string {
  return `# ${domain}

Owner: ${owner}. What this domain offers to others stands in [${product}.odcs.yaml](${product}.odcs.yaml), an
[Open Data Contract](https://bitol-io.github.io/open-data-contract-standard/). It was drafted from the data: ${contract.reviews} places in it say
REVIEW and want a person's eye.

\`\`\`sh
polyseme contract check ${domain}                    # what is wrong with it, and what it becomes in the graph
polyseme subgraph serve ${domain} --port 4105        # serves it; only calls that the gateway signed are answered
polyseme check ${domain}                             # what publishing would do: composition, consumers, rules
polyseme publish ${domain} --url http://127.0.0.1:4105/graphql --message "what changes for whom"
\`\`\`

\`check\` and \`publish\` ask the gateway in POLYSEME_REGISTRY with the token in POLYSEME_TOKEN; of the demo, say \`--as steward\` instead.
Who may read it says \`roles\` in the contract; who may publish it says the token (\`${domain}:publish\`). What scopes cannot say stands in
[policies/](policies).
`
}

function policiesReadme({ domain }: DomainDraft): string {
  return `# Policies of ${domain}

Files \`*.cedar\` in this folder are published with the contract. A domain can only narrow what scopes open, and open its own restricted
fields. For example, \`policies/contacts.cedar\`, with the names of your own type and fields:

\`\`\`cedar
@id("contacts-masked")
@mask("partial")
forbid (principal, action == Action::"reveal", resource in Object::"TypeName")
when { ["email", "phone"].contains(resource.name) }
unless { principal in Role::"steward" };
\`\`\`
`
}
