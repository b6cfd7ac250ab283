import type { Command } from '../command.ts'

/**
 * Every command by name. A file is loaded only when its command runs, so that `polyseme token` does not wait for a
 * composer; for the same reason a command imports what is heavy inside `run`.
 */
const LOADERS: Readonly<Record<string, () => Promise<Command>>> = {
  'access approve': async () => (await import('./access-agreements.ts')).accessApproveCommand,
  'access explain': async () => (await import('./access-explain.ts')).accessExplainCommand,
  'access list': async () => (await import('./access-agreements.ts')).accessListCommand,
  'access reject': async () => (await import('./access-agreements.ts')).accessRejectCommand,
  'access request': async () => (await import('./access-agreements.ts')).accessRequestCommand,
  'access revoke': async () => (await import('./access-agreements.ts')).accessRevokeCommand,
  'audit verify': async () => (await import('./audit-verify.ts')).auditVerifyCommand,
  'contract check': async () => (await import('./contract-check.ts')).contractCheckCommand,
  'contract from-data': async () => (await import('./contract-from-data.ts')).contractFromDataCommand,
  'contract types': async () => (await import('./contract-types.ts')).contractTypesCommand,
  'link evaluate': async () => (await import('./link-evaluate.ts')).linkEvaluateCommand,
  'link propose': async () => (await import('./link-propose.ts')).linkProposeCommand,
  'link review': async () => (await import('./link-review.ts')).linkReviewCommand,
  'lexicon check': async () => (await import('./lexicon-check.ts')).lexiconCheckCommand,
  adopt: async () => (await import('./adopt.ts')).adoptCommand,
  approve: async () => (await import('./registry-steps.ts')).approveCommand,
  check: async () => (await import('./check.ts')).checkCommand,
  'crosswalk serve': async () => (await import('./crosswalk-serve.ts')).crosswalkServeCommand,
  deprecate: async () => (await import('./deprecate.ts')).deprecateCommand,
  diff: async () => (await import('./diff.ts')).diffCommand,
  demo: async () => (await import('./demo.ts')).demoCommand,
  'demo data': async () => (await import('./demo-data.ts')).demoDataCommand,
  export: async () => (await import('./export.ts')).exportCommand,
  'init domain': async () => (await import('./init-domain.ts')).initDomainCommand,
  issuer: async () => (await import('./issuer.ts')).issuerCommand,
  'end-canary': async () => (await import('./registry-steps.ts')).endCanaryCommand,
  history: async () => (await import('./history.ts')).historyCommand,
  notices: async () => (await import('./notices.ts')).noticesCommand,
  'operations add': async () => (await import('./operations-add.ts')).operationsAddCommand,
  promises: async () => (await import('./promises.ts')).promisesCommand,
  promote: async () => (await import('./registry-steps.ts')).promoteCommand,
  publish: async () => (await import('./publish.ts')).publishCommand,
  retire: async () => (await import('./registry-steps.ts')).retireCommand,
  'registry backup': async () => (await import('./registry-backup.ts')).registryBackupCommand,
  'registry restore': async () => (await import('./registry-backup.ts')).registryRestoreCommand,
  rollback: async () => (await import('./registry-steps.ts')).rollbackCommand,
  serve: async () => (await import('./serve.ts')).serveCommand,
  'subgraph sdl': async () => (await import('./subgraph-sdl.ts')).subgraphSdlCommand,
  'subgraph serve': async () => (await import('./subgraph-serve.ts')).subgraphServeCommand,
  'tokens create': async () => (await import('./tokens.ts')).tokensCreateCommand,
  'tokens list': async () => (await import('./tokens.ts')).tokensListCommand,
  'tokens revoke': async () => (await import('./tokens.ts')).tokensRevokeCommand,
  'supergraph export': async () => (await import('./supergraph-export.ts')).supergraphExportCommand,
  token: async () => (await import('./token.ts')).tokenCommand,
}

export const commandNames: readonly string[] = Object.keys(LOADERS)

/** @throws TypeError when `name` is not one of `commandNames` */
export async function loadCommand(name: string): Promise<Command> {
  const load = LOADERS[name]
  if (load === undefined) throw new TypeError(`no command ${name}`)
  return await load()
}

/** All commands, in the order in which help shows them. */
export async function loadCommands(): Promise<readonly Command[]> {
  return await Promise.all(Object.values(LOADERS).map((load) => load()))
}
